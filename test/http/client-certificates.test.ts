import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type SecureVersion } from 'node:tls';
import { ClientAuthority, type ClientCertificate } from '../support/client-authority.js';
import { plainPod, podReview, unconfinedPod } from '../support/pod-review.js';
import { answersIn } from '../support/raw-https.js';
import { eventually, json, type Serving, scratch, sendTo, startServing, stopAll } from '../support/serving.js';

afterEach(stopAll);

const trusted = new ClientAuthority();
const other = new ClientAuthority();
const next = new ClientAuthority('Clients from next year on');
const below = new ClientAuthority('Clients of one cluster', trusted);
const deep = { raw: '[' };

type Outcome =
  /** What the answer's code is, where there is no decision. */
  | { readonly error: string; readonly status: number }
  /** `caller` of the record that the decision left. */
  | { readonly caller: unknown };

/** A client authority in a file, and the flags that name it. */
function clientCa(
  ca: string,
  ...more: readonly string[]
): { readonly file: string; readonly flags: readonly string[] } {
  const file = join(scratch(), 'clients.crt');
  writeFileSync(file, ca);
  return { file, flags: ['--client-ca', file, ...more] };
}

let count = 0;

/** What comes of a denial that somebody asks for. */
async function ask(serving: Serving, material?: ClientCertificate, body?: (uid: string) => string): Promise<Outcome> {
  count += 1;
  const uid = `ask-${count}`;
  const text = body?.(uid) ?? JSON.stringify(podReview(unconfinedPod, { uid, namespace: uid }));
  const where = { port: serving.port, ca: serving.ca, ...material };
  const { status, text: answer } = await sendTo(where, 'POST', '/validate', text, json);
  return outcomeOf(serving, uid, status, answer);
}

async function outcomeOf(serving: Serving, uid: string, status: number, answer: string): Promise<Outcome> {
  const record = () =>
    (serving.records() as unknown as { request?: { uid: string }; caller?: unknown }[]).find(
      ({ request }) => request?.uid === uid,
    );
  // It was on disk before the answer; that it has come through the pipe is another thing.
  if (status === 200)
    return {
      caller: (
        await eventually(
          async () => record(),
          (found) => found !== undefined,
        )
      )?.caller,
    };
  expect(record()).toBeUndefined();
  return { error: (JSON.parse(answer) as { error: { code: string } }).error.code, status };
}

const apiServer: Outcome = { caller: { authenticated: true, name: 'kube-apiserver' } };
const stranger: Outcome = { caller: { authenticated: false } };
const required: Outcome = { error: 'client-certificate-required', status: 401 };
const notAllowed: Outcome = { error: 'client-not-allowed', status: 403 };

/** What a caller may show, what comes of it where one of the name kube-apiserver is required, and where any is. */
const shown: readonly (readonly [
  what: string,
  material: () => ClientCertificate | undefined,
  named: Outcome,
  any: Outcome,
])[] = [
  ['nothing', () => undefined, required, required],
  ['a certificate of its authority and name', () => trusted.issue(), apiServer, apiServer],
  ['one without any purpose', () => trusted.issue({ usage: 'none' }), apiServer, apiServer],
  ['one of an authority below, which comes with it', () => below.issue(), apiServer, apiServer],
  ['one for servers', () => trusted.issue({ usage: 'server' }), required, required],
  ['one that has ended', () => trusted.issue({ endsIn: -60_000 }), required, required],
  ['one of another authority', () => other.issue(), required, required],
  [
    'one of another name',
    () => trusted.issue({ names: ['a'] }),
    notAllowed,
    { caller: { authenticated: true, name: 'a' } },
  ],
  ['an empty name', () => trusted.issue({ names: [''] }), notAllowed, { caller: { authenticated: true } }],
  ['no name', () => trusted.issue({ names: [] }), notAllowed, { caller: { authenticated: true } }],
  [
    'two names',
    () => trusted.issue({ names: ['kube-apiserver', 'a'] }),
    notAllowed,
    { caller: { authenticated: true } },
  ],
  [
    'a name with a comma',
    () => trusted.issue({ names: ['kube-apiserver,a'] }),
    notAllowed,
    { caller: { authenticated: true, name: 'kube-apiserver,a' } },
  ],
  [
    'the name "undefined"',
    () => trusted.issue({ names: ['undefined'] }),
    notAllowed,
    { caller: { authenticated: true, name: 'undefined' } },
  ],
];

const names = ['--client-names', 'kube-apiserver'];

test('required: whoever shows no certificate that counts gets no decision, and leaves no record', async () => {
  const [named, any] = await Promise.all([
    startServing('webhook', clientCa(trusted.ca, ...names).flags),
    startServing('webhook', clientCa(trusted.ca).flags),
  ]);
  for (const [what, material, ofNamed, ofAny] of shown) {
    const pair = material();
    expect([what, await ask(named, pair), await ask(any, pair)]).toEqual([what, ofNamed, ofAny]);
  }
  expect((await named.get('/readyz')).status).toBe(200);
  const metrics = (await named.get('/metrics')).text;
  expect(metrics).toMatch(/^seccomply_admission_callers_total\{authenticated="true"\} 3$/m);
  expect(metrics).toMatch(/^seccomply_admission_callers_total\{authenticated="false"\} 10$/m);
  // Once for each thing that is wrong.
  expect(named.stderr().match(/CERT_HAS_EXPIRED.*not authenticated/g)).toHaveLength(1);
});

test('optional: everybody is answered, and the records say who showed a certificate that counts', async () => {
  const serving = await startServing(
    'webhook',
    clientCa(trusted.ca, ...names, '--client-certificates', 'optional').flags,
  );
  for (const [what, material, ofNamed] of shown)
    expect([what, await ask(serving, material())]).toEqual([what, 'caller' in ofNamed ? ofNamed : stranger]);
  expect(startRecord(serving)).toMatchObject({ start: { clientCertificates: 'optional' } });
});

test('without --client-ca nobody is asked, and no record says more than that', async () => {
  const serving = await startServing('webhook');
  expect(await ask(serving)).toEqual(stranger);
  expect(await ask(serving, trusted.issue())).toEqual(stranger);
  expect(startRecord(serving)).toMatchObject({ start: { clientCertificates: 'none' } });
});

test('a request refused unread says whose word it is, too', async () => {
  const serving = await startServing('webhook', [
    ...clientCa(trusted.ca, '--client-certificates', 'optional').flags,
    ...['--body-limit', '64KiB', '--json-depth', '64'],
  ]);
  const large = (uid: string) =>
    JSON.stringify(podReview(plainPod, { uid, namespace: uid }, { labels: { a: 'x'.repeat(70_000) } }));
  const nested = (uid: string) =>
    JSON.stringify(podReview(plainPod, { uid, namespace: uid }, { labels: deep })).replace(
      '"["',
      `${'['.repeat(100)}${']'.repeat(100)}`,
    );
  const pair = trusted.issue();
  for (const body of [large, nested])
    expect([await ask(serving, pair, body), await ask(serving, undefined, body)]).toEqual([apiServer, stranger]);
});

test.each<SecureVersion>(['TLSv1.2', 'TLSv1.3'])(
  'a resumed session of %s is worth what it was at first',
  async (version) => {
    const [named, any] = (await Promise.all(
      [names, []].map((more) =>
        startServing('webhook', [...clientCa(trusted.ca, ...more).flags, '--tls-min-version', '1.2']),
      ),
    )) as [Serving, Serving];
    for (const serving of [named, any])
      for (const [material, wanted] of [
        [undefined, required],
        [next.issue(), required],
        [trusted.issue(), apiServer],
      ] as const) {
        const first = await askOver(serving, version, material);
        const again = await askOver(serving, version, material, first.session);
        expect([first.outcome, again.isResumed, again.outcome]).toEqual([wanted, true, wanted]);
      }
  },
);

test('a changed file of authorities counts without a restart, for sessions from before too, and a broken one does not', async () => {
  const { file, flags } = clientCa(trusted.ca);
  const serving = await startServing('webhook', flags);
  const [before, after] = [trusted.issue(), next.issue()];
  const { outcome, session } = await askOver(serving, 'TLSv1.3', before);
  expect(outcome).toEqual(apiServer);

  writeFileSync(file, trusted.ca + next.ca);
  await eventually(
    () => ask(serving, after),
    (answer) => 'caller' in answer,
  );
  expect(await ask(serving, before)).toEqual(apiServer);

  writeFileSync(file, next.ca.slice(0, -100));
  const degraded = await eventually(
    async () => (await serving.get('/readyz?verbose')).text,
    (text) => text.includes('[-] client-ca'),
  );
  expect(degraded).toContain(`certificate 1 of --client-ca ${file} cannot be read; the authorities before it count on`);
  expect([await ask(serving, before), await ask(serving, after)]).toEqual([apiServer, apiServer]);

  writeFileSync(file, next.ca);
  await eventually(
    () => ask(serving, before),
    (answer) => 'error' in answer,
  );
  expect(await ask(serving, after)).toEqual(apiServer);
  expect((await askOver(serving, 'TLSv1.3', before, session)).outcome).toEqual(required);
  expect((await serving.get('/readyz?verbose')).text).toContain('[+] client-ca ok');
});

function startRecord(serving: Serving): unknown {
  return serving.records().find(({ recordType }) => String(recordType) === 'start');
}

interface Exchange {
  readonly outcome: Outcome;
  readonly isResumed: boolean;
  readonly session: Buffer | undefined;
}

/** The same question over one connection of a version of TLS, and the session to resume. */
function askOver(
  serving: Serving,
  version: SecureVersion,
  material: ClientCertificate | undefined,
  session?: Buffer,
): Promise<Exchange> {
  count += 1;
  const uid = `ask-${count}`;
  const body = JSON.stringify(podReview(unconfinedPod, { uid, namespace: uid }));
  return new Promise((resolve, reject) => {
    let text = '';
    let given: Buffer | undefined;
    let isResumed = false;
    const socket = connect(
      {
        ...{ host: '127.0.0.1', port: serving.port, ca: serving.ca, servername: 'localhost', ...material },
        ...{ minVersion: version, maxVersion: version, ...(session === undefined ? {} : { session }) },
      },
      () => {
        isResumed = socket.isSessionReused();
        socket.write(
          `POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
        );
      },
    );
    socket
      .setEncoding('utf8')
      .on('session', (fresh: Buffer) => {
        given = fresh;
      })
      .on('data', (chunk: string) => {
        text += chunk;
      })
      .on('error', reject)
      .on('close', () => {
        const [answer] = answersIn(text);
        outcomeOf(serving, uid, answer?.status ?? 0, answer?.text ?? '').then(
          (outcome) => resolve({ outcome, isResumed, session: given }),
          reject,
        );
      });
  });
}
