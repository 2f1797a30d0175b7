import { connect } from 'node:tls';

/**
 * What somebody without any right can send to the server, and what has to come back. test/http/hostile-inputs.test.ts holds that each is
 * answered right and leaves nothing behind, bench/hostile.bench.mjs that nobody else waits for it.
 */
export interface HostileInput {
  readonly name: string;
  /** Written on one connection, each a TLS record of its own (16 KiB at most); `hold`: nothing more follows, and the connection stays. */
  readonly writes: () => Iterable<string | Buffer>;
  /** `hold` keeps the connection open when all is written; `deaf` does not read, either. Without: until the server has answered and closed it. */
  readonly afterwards?: 'hold' | 'deaf';
  /** On so many connections at once. */
  readonly connections?: number;
  /** What the answers may be, in words: `200 denied`. Empty: none comes. */
  readonly answers: readonly string[];
  /** The server ends the connection while more is being written, and the reset that comes of it can overtake the answer. */
  readonly isCutOff?: boolean;
  /** How often the bench sends it, in a second: about a megabyte, or what a connection carries. */
  readonly perSecond: number;
}

interface Server {
  readonly port: number;
  readonly ca: string;
}

const type = 'Content-Type: application/json';

function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function call(body: string | Buffer, path = '/validate', ...more: readonly string[]): Buffer {
  const lines = [`POST ${path} HTTP/1.1`, 'Host: x', type, `Content-Length: ${Buffer.byteLength(body)}`];
  return Buffer.concat([Buffer.from(head(...lines, ...more)), Buffer.from(body)]);
}

/** A call that is the last of its connection. */
const lastCall = (body: string | Buffer, path?: string): Buffer => call(body, path, 'Connection: close');

function numbered<T>(count: number, of: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => of(index));
}

function members(count: number, of: (index: number) => readonly [string, unknown]): object {
  return Object.fromEntries(numbered(count, of));
}

/** An AdmissionReview with this object. */
function review(object: unknown, request: object = {}): string {
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'hostile',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      name: 'web',
      namespace: 'shop',
      operation: 'CREATE',
      userInfo: { username: 'dev', groups: ['system:authenticated'] },
      object,
      ...request,
    },
  });
}

const pod = (spec: object, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', ...metadata },
  spec,
});
const container = (index: number, more: object = {}): object => ({ name: `c${index}`, image: 'nginx:1.27', ...more });
const unconfined = { securityContext: { seccompProfile: { type: 'Unconfined' } } };
const one = { containers: [container(0)] };
const deployments = {
  kind: { group: 'apps', version: 'v1', kind: 'Deployment' },
  resource: { group: 'apps', version: 'v1', resource: 'deployments' },
};
const deployment = (spec: object): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: { template: { metadata: {}, spec } },
});

/** A review as a hostile input. */
function reviewed(name: string, body: () => string, answers: readonly string[], perSecond = 4): HostileInput {
  return { name, writes: () => [lastCall(body())], answers, perSecond };
}

const decided = ['200 allowed'];
const denied = ['200 denied'];
/** Denied unread, with a record. */
const unread = ['200 denied unread'];

const heads: readonly HostileInput[] = [
  {
    name: 'eight deadlines of 15,000 digits at once',
    writes: () => [
      ...numbered(7, () => call('{}', `/mutate?timeout=${'1'.repeat(15_000)}`)),
      lastCall('{}', `/mutate?timeout=${'1'.repeat(15_000)}x`),
    ],
    answers: ['400 bad-review'],
    perSecond: 4,
  },
  {
    name: 'a query of 15,000 characters and no deadline in it',
    writes: () => [lastCall('{}', `/mutate?${'a&'.repeat(7_500)}`)],
    answers: ['400 bad-review'],
    perSecond: 20,
  },
  {
    name: 'nine hundred headers',
    writes: () => [
      head('GET /healthz HTTP/1.1', 'Host: x', ...numbered(900, (index) => `X-${index}: 1`), 'Connection: close'),
    ],
    answers: ['200 ok'],
    perSecond: 20,
  },
  {
    name: 'a header of a megabyte',
    writes: () => [`GET /healthz HTTP/1.1\r\nA: ${'x'.repeat(1_000_000)}`],
    answers: ['431 headers-too-large'],
    isCutOff: true,
    perSecond: 4,
  },
  {
    name: 'a cookie of 15,000 parts',
    writes: () => [head('GET / HTTP/1.1', 'Host: 127.0.0.1', `Cookie: ${';='.repeat(7_500)}`, 'Connection: close')],
    answers: ['404 not-found', '200 ok', '403 not-from-here'],
    perSecond: 20,
  },
  {
    name: 'heads that never end',
    writes: () => ['POST /mutate HTTP/1.1\r\nHost: x\r\nContent-'],
    afterwards: 'hold',
    connections: 100,
    answers: [],
    perSecond: 1,
  },
  {
    name: 'connections that bring nothing',
    writes: () => [],
    afterwards: 'hold',
    connections: 100,
    answers: [],
    perSecond: 1,
  },
  {
    name: 'five hundred health checks at once',
    writes: () => [head('GET /healthz HTTP/1.1', 'Host: x').repeat(500)],
    answers: ['200 ok', '400 bad-request'],
    isCutOff: true,
    perSecond: 10,
  },
  {
    name: 'two hundred scrapes of the metrics at once',
    writes: () => [head('GET /metrics HTTP/1.1', 'Host: x').repeat(200)],
    answers: ['200 ok', '400 bad-request', '404 not-found'],
    isCutOff: true,
    perSecond: 5,
  },
  {
    name: 'fifty looks at readiness at once',
    writes: () => [head('GET /readyz?verbose HTTP/1.1', 'Host: x').repeat(50)],
    answers: ['200 ok', '400 bad-request'],
    isCutOff: true,
    perSecond: 10,
  },
  {
    name: 'two hundred calls at once',
    writes: () => [Buffer.concat(numbered(200, () => call(review(pod(one)))))],
    answers: ['200 allowed', '200 denied', '400 bad-request', '400 body-incomplete'],
    isCutOff: true,
    perSecond: 5,
  },
];

const bodies: readonly HostileInput[] = [
  {
    name: 'a body over the limit, byte by byte',
    writes: () => [head('POST /validate HTTP/1.1', 'Host: x', type, 'Content-Length: 99000000'), ...singles(6_000)],
    afterwards: 'hold',
    answers: [],
    perSecond: 1,
  },
  {
    name: 'a body over the limit whose head names nobody',
    writes: () => [
      head('POST /validate HTTP/1.1', 'Host: x', type, 'Content-Length: 99000000', 'Connection: close'),
      `{"a":"${'x'.repeat(70_000)}`,
    ],
    answers: ['413 body-too-large'],
    perSecond: 10,
  },
  {
    name: 'a body in a hundred thousand chunks of one byte',
    writes: () => [
      head('POST /validate HTTP/1.1', 'Host: x', type, 'Transfer-Encoding: chunked'),
      '1\r\nx\r\n'.repeat(100_000),
    ],
    answers: ['400 body-fragmented'],
    isCutOff: true,
    perSecond: 1,
  },
  {
    name: 'a body in thousands of TLS records of one byte',
    writes: () => [head('POST /validate HTTP/1.1', 'Host: x', type, 'Content-Length: 10000000'), ...singles(6_000)],
    answers: ['400 body-fragmented'],
    isCutOff: true,
    perSecond: 1,
  },
  {
    name: 'large bodies that stop before their end',
    writes: () => [
      head('POST /validate HTTP/1.1', 'Host: x', type, 'Content-Length: 3000000'),
      Buffer.alloc(400_000, ' '),
    ],
    afterwards: 'hold',
    connections: 4,
    answers: [],
    perSecond: 1,
  },
  {
    name: 'a chunk with an extension of a megabyte',
    writes: () => [
      head('POST /validate HTTP/1.1', 'Host: x', type, 'Transfer-Encoding: chunked'),
      `1;a="${'x'.repeat(1_000_000)}`,
    ],
    answers: ['413 body-too-large', '431 headers-too-large', '400 bad-request'],
    isCutOff: true,
    perSecond: 2,
  },
  {
    name: 'a trailer of a megabyte',
    writes: () => [
      head('POST /validate HTTP/1.1', 'Host: x', type, 'Transfer-Encoding: chunked'),
      `1\r\n{\r\n0\r\nX: ${'x'.repeat(1_000_000)}`,
    ],
    answers: ['431 headers-too-large'],
    isCutOff: true,
    perSecond: 2,
  },
  {
    name: 'a thousand expectations',
    writes: () => [
      head('POST /validate HTTP/1.1', 'Host: x', type, 'Content-Length: 0', 'Expect: tea').repeat(15),
      head('POST /validate HTTP/1.1', 'Host: x', type, 'Content-Length: 0', 'Expect: tea', 'Connection: close'),
    ],
    answers: ['417 expectation-failed'],
    perSecond: 5,
  },
  {
    name: 'callers that do not read their answers',
    writes: () =>
      numbered(12, () => call(review(pod({ containers: numbered(1_000, (index) => container(index)) })), '/mutate')),
    afterwards: 'deaf',
    connections: 2,
    answers: [],
    perSecond: 0.5,
  },
  {
    name: 'three megabytes that are no JSON',
    writes: () => [lastCall('['.repeat(3_000_000))],
    answers: ['400 json-too-deep'],
    perSecond: 2,
  },
];

const objects: readonly HostileInput[] = [
  reviewed(
    '16,384 containers',
    () => review(pod({ containers: numbered(16_384, (index) => container(index, unconfined)) })),
    [...denied, ...unread],
    2,
  ),
  reviewed(
    'a thousand containers',
    () => review(pod({ containers: numbered(1_000, (index) => container(index)) })),
    denied,
    2,
  ),
  reviewed(
    'a thousand containers, each Unconfined',
    () => review(pod({ containers: numbered(1_000, (index) => container(index, unconfined)) })),
    denied,
    2,
  ),
  reviewed(
    'a thousand containers with images of a hundred folders',
    () =>
      review(
        pod({
          containers: numbered(1_000, (index) => container(index, { image: `g.io/${'a/'.repeat(110)}w${index}:1` })),
        }),
      ),
    denied,
    2,
  ),
  reviewed(
    'a thousand containers with made-up paths of the catalogue',
    () =>
      review(
        pod({
          containers: numbered(1_000, (index) =>
            container(index, {
              securityContext: {
                capabilities: { add: [`C${index}`, 'SYS_ADMIN'] },
                seccompProfile: {
                  type: 'Localhost',
                  localhostProfile: `seccomply/web-static.${String(index).padStart(32, '0')}.json`,
                },
              },
            }),
          ),
        }),
      ),
    denied,
    2,
  ),
  reviewed(
    'a hundred thousand capabilities',
    () =>
      review(
        pod({
          containers: [
            container(0, { securityContext: { capabilities: { add: numbered(100_000, (index) => `C${index}`) } } }),
          ],
        }),
      ),
    unread,
  ),
  reviewed(
    'twenty thousand mounts of a volume with a path of 40,000 characters',
    () =>
      review(
        pod({
          hostPID: true,
          volumes: [{ name: 'v', hostPath: { path: `/var/lib/kubelet/${'a/'.repeat(20_000)}` } }],
          containers: [container(0, { volumeMounts: numbered(20_000, () => ({ name: 'v', subPath: 'a' })) })],
        }),
      ),
    unread,
  ),
  reviewed(
    'two thousand mounts of a volume with a path of 40,000 characters',
    () =>
      review(
        pod({
          volumes: [{ name: 'v', hostPath: { path: `/var/lib/kubelet/${'a/'.repeat(20_000)}` } }],
          containers: [container(0, { volumeMounts: numbered(2_000, () => ({ name: 'v', subPath: 'a' })) })],
        }),
      ),
    [...denied, ...decided],
  ),
  reviewed(
    'a subPath of two megabytes that goes down and back',
    () =>
      review(
        pod({
          volumes: [{ name: 'v', hostPath: { path: '/srv' } }],
          containers: [
            container(0, {
              volumeMounts: [
                { name: 'v', mountPath: '/v', subPath: `${'b/'.repeat(450_000)}${'../b/'.repeat(190_000)}` },
              ],
            }),
          ],
        }),
      ),
    denied,
  ),
  reviewed(
    'a localhostProfile of two megabytes',
    () =>
      review(
        pod({
          securityContext: {
            seccompProfile: { type: 'Localhost', localhostProfile: `${'b/'.repeat(900_000)}x.json` },
          },
          ...one,
        }),
      ),
    denied,
  ),
  reviewed(
    'fifty thousand volumes',
    () =>
      review(pod({ ...one, volumes: numbered(50_000, (index) => ({ name: `v${index}`, hostPath: { path: '/' } })) })),
    unread,
  ),
  reviewed(
    'a hundred thousand legacy annotations',
    () =>
      review(
        pod(one, {
          annotations: members(100_000, (index) => [`container.seccomp.security.alpha.kubernetes.io/c${index}`, 'x']),
        }),
      ),
    unread,
    2,
  ),
  reviewed(
    'a hundred thousand labels',
    () => review(pod(one, { labels: members(100_000, (index) => [`l${index}`, 'x']) })),
    unread,
  ),
  reviewed(
    'a hundred thousand owners',
    () =>
      review(
        pod(
          { containers: [container(0, unconfined)] },
          { ownerReferences: numbered(100_000, (index) => ({ name: `o${index}` })) },
        ),
      ),
    unread,
  ),
  reviewed(
    'a user of two hundred thousand groups',
    () => review(pod(one), { userInfo: { username: 'dev', groups: numbered(200_000, (index) => `g${index}`) } }),
    unread,
  ),
  reviewed(
    'names of three megabytes',
    () => review(pod({ containers: [container(0, { name: 'x'.repeat(3_000_000) })] })),
    unread,
    2,
  ),
  reviewed(
    'an image of three megabytes',
    () => review(pod({ containers: [container(0, { image: 'x'.repeat(3_000_000) })] })),
    unread,
    2,
  ),
  reviewed(
    'an update of 8,000 containers, each with another image',
    () =>
      review(pod({ containers: numbered(8_000, (index) => container(index)) }), {
        operation: 'UPDATE',
        oldObject: pod({ containers: numbered(8_000, (index) => container(index, { image: 'old:1' })) }),
      }),
    [...denied, ...unread],
    2,
  ),
  reviewed(
    'eight thousand ephemeral containers',
    () =>
      review(pod({ ...one, ephemeralContainers: numbered(8_000, (index) => container(index, unconfined)) }), {
        operation: 'UPDATE',
        subResource: 'ephemeralcontainers',
        oldObject: pod(one),
      }),
    [...denied, ...unread],
    2,
  ),
  reviewed(
    'a Deployment of which 40,000 variables are compared',
    () => {
      const template = deployment({
        containers: [container(0, { env: numbered(40_000, (index) => ({ name: `V${index}`, value: 'x' })) })],
      });
      return review(template, { ...deployments, operation: 'UPDATE', oldObject: template });
    },
    decided,
    2,
  ),
  reviewed(
    'three hundred thousand members that nobody reads',
    () => review(pod({ ...one, x: members(300_000, (index) => [`k${index}`, 1]) })),
    [...decided, ...denied],
    2,
  ),
  reviewed('half a million empty objects', () => review(pod({ ...one, x: numbered(500_000, () => ({})) })), [
    ...decided,
    ...denied,
  ]),
  reviewed(
    'an object that is nested a hundred thousand deep',
    () => review(pod(one)).replace('"spec":', () => `"x":${'['.repeat(100_000)}${']'.repeat(100_000)},"spec":`),
    unread,
  ),
  reviewed(
    'the same key fifty thousand times',
    () => review(pod(one)).replace('"spec":', () => `${'"metadata":{"labels":{"a":"b"}},'.repeat(50_000)}"spec":`),
    unread,
  ),
  reviewed(
    'fifty thousand prototypes',
    () => review(pod(one)).replace('"spec":', () => `${'"__proto__":{"spec":{}},'.repeat(50_000)}"spec":`),
    [...decided, ...denied],
  ),
];

export const hostileInputs: readonly HostileInput[] = [...heads, ...bodies, ...objects];

/**
 * Sends it once, on its connections at once. Resolves with what came back on each when the server has closed it, or, for one that is held,
 * when `until` does.
 */
export function sendHostile(server: Server, input: HostileInput, until: Promise<unknown>): Promise<readonly string[]> {
  return Promise.all(numbered(input.connections ?? 1, () => exchange(server, input, until)));
}

function exchange(
  { port, ca }: Server,
  { writes, afterwards }: HostileInput,
  until: Promise<unknown>,
): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost' });
    // Without it, and without waiting for each write, small ones would be put together.
    socket.setNoDelay(true);
    const write = (rest: Iterator<string | Buffer>): void => {
      const next = rest.next();
      if (next.done !== true && !socket.destroyed) socket.write(next.value, () => write(rest));
    };
    socket.once('secureConnect', () => write(writes()[Symbol.iterator]()));
    if (afterwards !== 'deaf')
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
    socket.on('error', () => undefined).on('close', () => resolve(text));
    if (afterwards !== undefined) void until.then(() => socket.destroy());
  });
}

function singles(count: number): readonly string[] {
  return numbered(count, (index) => (index === 0 ? '{' : ' '));
}

/** The answers in what came back, in words: `200 allowed`, `200 denied unread`, `400 bad-request`. */
export function answersInWords(raw: string): readonly string[] {
  return raw
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((text) => text !== '')
    .map((text) => {
      const status = text.slice(9, 12);
      const code = /"code":"([a-z-]+)"/.exec(text)?.[1];
      if (code !== undefined) return `${status} ${code}`;
      if (text.includes('"allowed":true')) return `${status} allowed`;
      if (!text.includes('"allowed":false')) return `${status} ok`;
      return `${status} denied${text.includes('"code":413') ? ' unread' : ''}`;
    });
}
