import { connect as connectTcp } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { exemptedPod, plainPod, podReview, unconfinedPod } from '../support/pod-review.js';
import { exchange } from '../support/raw-https.js';
import { eventually, json, type ReviewResponse, type Serving, startServing, stopAll } from '../support/serving.js';

let serving: Serving;
beforeAll(async () => {
  serving = await startServing('webhook', [
    '--body-limit',
    '1MiB',
    '--in-flight-limit',
    '8MiB',
    '--deadline',
    '1500ms',
  ]);
});
afterAll(stopAll);

const errorOf = ({ status, text }: { status: number; text: string }): string => {
  const { error } = JSON.parse(text) as { error: { code: string; status: number; message: string; advice: string } };
  expect(error.status).toBe(status);
  expect(error.message).toMatch(/\.$/);
  expect(error.advice).toMatch(/\.$/);
  expect(text).not.toMatch(/\bat \/|node_modules|\.[jt]s:\d/);
  return `${status} ${error.code}`;
};
const post = (body: string | Buffer, headers: Record<string, string> = json, path = '/mutate') =>
  serving.send('POST', path, body, headers);

const raw = (write: (socket: TLSSocket) => void): Promise<string> => exchange(serving, write);

describe('what the API server asks of an answer', () => {
  test('mutate: uid, patch and patchType together, and the patch is base64 of JSON', async () => {
    const response = await serving.review('mutate', podReview(plainPod, { uid: 'ü-"1"' }));
    expect(response).toMatchObject({ uid: 'ü-"1"', allowed: true, patchType: 'JSONPatch' });
    expect(JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString())).toEqual([
      {
        op: 'add',
        path: '/spec/containers/0/securityContext',
        value: {
          seccompProfile: { type: 'Localhost', localhostProfile: expect.stringMatching(/^seccomply\/web-static\./) },
        },
      },
    ]);
  });

  test('validate: never a patch, and what mutate would have changed is refused', async () => {
    const response = await serving.review('validate', podReview(plainPod));
    expect(response).not.toHaveProperty('patch');
    expect(response).not.toHaveProperty('patchType');
    expect(response.allowed).toBe(false);
    expect(response.status?.message).toMatch(/not injected/);
  });

  test('a refusal has code, reason, a message of one line and the id of its record', async () => {
    for (const webhook of ['mutate', 'validate'] as const) {
      const response = await serving.review(webhook, podReview(unconfinedPod, { uid: `refused-${webhook}` }));
      expect(response).toMatchObject({ uid: `refused-${webhook}`, allowed: false, status: { code: 403 } });
      expect(response.status?.message).toMatch(/^[^\n]*shell[^\n]*Unconfined[^\n]*$/);
      expect(response).not.toHaveProperty('patch');
      expect(await recordOf(response)).toBeDefined();
    }
  });

  test('annotations have keys the API server keeps', async () => {
    const response = await serving.review('mutate', podReview(exemptedPod, { namespace: 'perf' }));
    expect(response.allowed).toBe(true);
    for (const [key, value] of Object.entries(response.auditAnnotations ?? {})) {
      expect(key).toMatch(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/);
      expect(typeof value).toBe('string');
    }
  });

  test('a dry run is answered the same, and its record is marked', async () => {
    const response = await serving.review('validate', podReview(unconfinedPod, { dryRun: true, uid: 'dry' }));
    expect(response.allowed).toBe(false);
    expect(await recordOf(response)).toMatchObject({ recordType: 'denial', request: { dryRun: true, uid: 'dry' } });
  });

  test('calls on one connection are answered in turn', async () => {
    const answer = await raw((socket) => {
      const body = JSON.stringify(podReview(plainPod, { uid: 'first' }));
      const next = JSON.stringify(podReview(unconfinedPod, { uid: 'second' }));
      for (const [text, last] of [
        [body, ''],
        [next, 'Connection: close\r\n'],
      ] as const)
        socket.write(
          `POST /mutate HTTP/1.1\r\nHost: x\r\n${last}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
        );
    });
    expect(answer.indexOf('"uid":"first"')).toBeGreaterThan(0);
    expect(answer.indexOf('"uid":"second"')).toBeGreaterThan(answer.indexOf('"uid":"first"'));
  });
});

describe('calls that are no admission', () => {
  test.each([
    ['GET', '/mutate', '405 method-not-allowed', 'POST'],
    ['PUT', '/validate', '405 method-not-allowed', 'POST'],
    ['POST', '/healthz', '405 method-not-allowed', 'GET, HEAD'],
    ['DELETE', '/metrics', '405 method-not-allowed', 'GET, HEAD'],
    ['GET', '/', '404 not-found', undefined],
    ['POST', '/mutate/', '404 not-found', undefined],
    ['GET', '/%E0%A4%A', '404 not-found', undefined],
    ['GET', '/../etc/passwd', '404 not-found', undefined],
  ])('%s %s', async (method, path, expected, allow) => {
    const answer = await serving.send(method, path, method === 'POST' || method === 'PUT' ? '{}' : undefined, json);
    expect(errorOf(answer)).toBe(expected);
    expect(answer.headers.allow).toBe(allow);
    expect(answer.headers['x-powered-by']).toBeUndefined();
  });

  test('HEAD is answered for what can be read', async () => {
    expect(await serving.send('HEAD', '/healthz')).toMatchObject({ status: 200, text: '' });
  });
});

describe('bodies that cannot be decided on', () => {
  test.each([
    ['no content type', '{}', {}, '415 unsupported-media-type'],
    ['another content type', '{}', { 'content-type': 'text/plain' }, '415 unsupported-media-type'],
    ['a compressed body', '{}', { ...json, 'content-encoding': 'gzip' }, '415 unsupported-media-type'],
    [
      'a type with parameters is fine',
      '{"',
      { 'content-type': 'application/json; charset=utf-8' },
      '400 malformed-json',
    ],
    ['an empty body', '', json, '400 body-missing'],
    ['half of a review', '{"kind":', json, '400 malformed-json'],
    ['junk', '\u0000\u0001', json, '400 malformed-json'],
    ['a byte order mark', '\uFEFF{}', json, '400 malformed-json'],
    ['an array', '[]', json, '400 bad-review'],
    ['null', 'null', json, '400 bad-review'],
    ['no request', '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}', json, '400 bad-review'],
    [
      'v1beta1',
      '{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"x"}}',
      json,
      '400 bad-review',
    ],
    ['no uid', '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{}}', json, '400 bad-review'],
    ['nesting', `${'['.repeat(600)}${']'.repeat(600)}`, json, '400 json-too-deep'],
    [
      'nesting and size',
      `[${'1,'.repeat(100_000)}${'{"a":'.repeat(600)}1${'}'.repeat(600)}]`,
      json,
      '400 json-too-deep',
    ],
    ['large junk', `{"a":"${'x'.repeat(300_000)}`, json, '400 malformed-json'],
  ])('%s', async (_, body, headers, expected) => {
    expect(errorOf(await post(body, headers as Record<string, string>))).toBe(expected);
  });

  test('brackets inside texts are no nesting', async () => {
    const review = podReview(plainPod, {}, { annotations: { note: '[{'.repeat(2_000) } });
    expect((await serving.review('mutate', review)).allowed).toBe(true);
  });

  test.each([['mutate'], ['validate']] as const)(
    'a request over the limit is refused on record by %s',
    async (webhook) => {
      const review = podReview(
        unconfinedPod,
        { uid: `large-${webhook}`, namespace: `big-${webhook}` },
        { annotations: { a: '<'.repeat(1_200_000) } },
      );
      const response = await serving.review(webhook, review);
      expect(response).toMatchObject({ uid: `large-${webhook}`, allowed: false, status: { code: 413 } });
      expect(response.status?.message).toMatch(/larger than 1048576 bytes/);
      expect(await recordOf(response)).toMatchObject({
        recordType: 'denial',
        request: { uid: `large-${webhook}`, namespace: `big-${webhook}`, webhook },
      });
    },
  );

  test('over the limit without a length, and without a uid', async () => {
    const large = Buffer.from(
      JSON.stringify(podReview(plainPod, { uid: 'chunked' }, { labels: { a: 'x'.repeat(2_000_000) } })),
    );
    const chunked = await post(large, { ...json, 'transfer-encoding': 'chunked' });
    expect(JSON.parse(chunked.text)).toMatchObject({ response: { uid: 'chunked', allowed: false } });
    expect(errorOf(await post(Buffer.alloc(1_500_000, ' ')))).toBe('413 body-too-large');
  });

  test('a large review within the limit gets the patch of a small one', async () => {
    const small = await serving.review('mutate', podReview(plainPod));
    const env = Array.from({ length: 8_000 }, (_, index) => ({ name: `V${index}`, value: 'x'.repeat(40) }));
    const large = podReview({ containers: [{ ...plainPod.containers[0], env }] });
    expect(JSON.stringify(large).length).toBeGreaterThan(400_000);
    expect((await serving.review('mutate', large)).patch).toBe(small.patch);
  });

  test('a body that comes too slowly is answered before the deadline of the caller, and loses its connection', async () => {
    const began = Date.now();
    const answer = await raw((socket) =>
      socket.write(
        'POST /mutate?timeout=1s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
      ),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"body-timeout"');
    expect(answer).toMatch(/Connection: close/i);
    expect(Date.now() - began).toBeGreaterThan(850);
  });

  test('a caller that goes away in the middle leaves nothing behind', async () => {
    await raw((socket) => {
      socket.write('POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{');
      setTimeout(() => socket.destroy(), 50);
    });
    await eventually(
      async () => (await serving.get('/metrics')).text,
      (text) => /^seccomply_in_flight_requests 0$/m.test(text) && /^seccomply_in_flight_bytes 0$/m.test(text),
    );
  });

  test('what is no HTTP gets an error, and what is no TLS gets nothing', async () => {
    expect(await raw((socket) => socket.write('HELO example\r\n\r\n'))).toMatch(
      /^HTTP\/1\.1 400 [\s\S]*"code":"bad-request"/,
    );
    expect(
      await raw((socket) => socket.write(`GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`)),
    ).toMatch(/^HTTP\/1\.1 431 [\s\S]*"code":"headers-too-large"/);
    const plain = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connectTcp(serving.port, '127.0.0.1', () =>
        socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'),
      );
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
      });
      socket.on('close', () => resolve(text)).on('error', () => undefined);
    });
    expect(plain).not.toContain('HTTP');
  });

  test('more bodies at once than there is room for get 503, small ones still come through', async () => {
    const sockets: TLSSocket[] = [];
    const open = (): Promise<string> =>
      raw((socket) => {
        sockets.push(socket);
        socket.write(
          'POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1048000\r\nConnection: close\r\n\r\n',
        );
        socket.write(Buffer.alloc(1_047_000, ' '));
      });
    const answers = Array.from({ length: 12 }, open);
    await eventually(
      async () => (await serving.get('/metrics')).text,
      (text) =>
        /^seccomply_in_flight_bytes [67]\d{6}$/m.test(text) &&
        /^seccomply_http_errors_total\{code="overloaded"\} [1-9]/m.test(text),
    );
    expect((await serving.review('mutate', podReview(plainPod))).allowed).toBe(true);
    // Those that were refused are closed already.
    for (const socket of sockets) if (socket.writable) socket.write(Buffer.alloc(1_000, ' '));
    const texts = await Promise.all(answers);
    const refused = texts.filter((text) => text.startsWith('HTTP/1.1 503'));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every((text) => text.includes('"code":"overloaded"') && /Retry-After: 1/i.test(text))).toBe(true);
    expect(texts.length - refused.length).toBeGreaterThan(0);
  });
});

test('the log and the answers never carry what was in a body', () => {
  expect(serving.stderr()).not.toMatch(/nginx|busybox|shell/);
});

test('TLS 1.2 is refused unless allowed, and only HTTP/1.1 is spoken', async () => {
  const protocol = (options: object): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(
        { host: '127.0.0.1', port: serving.port, ca: serving.ca, servername: 'localhost', ...options },
        () => {
          resolve(`${socket.getProtocol()} ${socket.alpnProtocol}`);
          socket.destroy();
        },
      );
      socket.on('error', (error) => resolve((error as { code?: string }).code ?? 'error'));
    });
  expect(await protocol({ maxVersion: 'TLSv1.2' })).toMatch(/^E/);
  expect(await protocol({ ALPNProtocols: ['h2', 'http/1.1'] })).toBe('TLSv1.3 http/1.1');
});

/** The record of an answer; standard output may come a moment later than the answer. */
function recordOf({ auditAnnotations }: ReviewResponse): Promise<Record<string, never> | undefined> {
  return eventually(
    async () => serving.records().find(({ recordId }) => recordId === auditAnnotations?.['record-id']),
    (record) => record !== undefined,
  );
}
