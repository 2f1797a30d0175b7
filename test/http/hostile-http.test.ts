import type { TLSSocket } from 'node:tls';
import { plainPod, podReview, unconfinedPod } from '../support/pod-review.js';
import { answersIn, exchange, exchangePlain, type RawAnswer } from '../support/raw-https.js';
import { eventually, type Serving, startServing, stopAll } from '../support/serving.js';

let serving: Serving;
beforeAll(async () => {
  serving = await startServing('webhook', ['--deadline', '5s']);
});
afterAll(stopAll);

const review = (uid: string, spec: Readonly<Record<string, unknown>> = plainPod): string =>
  JSON.stringify(podReview(spec, { uid }));
const lines = (...some: readonly string[]): string => `${some.join('\r\n')}\r\n\r\n`;
const type = 'Content-Type: application/json';
/** A whole call; what stands in `more` comes before the end of its head. */
const call = (body: string, ...more: readonly string[]): string =>
  lines('POST /mutate HTTP/1.1', 'Host: x', type, `Content-Length: ${Buffer.byteLength(body)}`, ...more) + body;
/** Ends a connection without waiting for anything: what comes before it has been answered then. */
const last = lines('GET /healthz HTTP/1.1', 'Host: x', 'Connection: close');

const shown = ({ status, text }: RawAnswer): string => {
  if (text === '') return String(status);
  if (!text.startsWith('{')) return `${status} ${text.trim()}`;
  const { error, response } = JSON.parse(text) as {
    error?: { code: string };
    response?: { uid: string; allowed: boolean };
  };
  return error === undefined
    ? `${status} ${response?.uid} ${response?.allowed ? 'allowed' : 'denied'}`
    : `${status} ${error.code}`;
};
const send = async (write: Parameters<typeof exchange>[1]): Promise<readonly string[]> =>
  answersIn(await exchange(serving, write)).map(shown);

/** The server is alive, right, and holds nothing. */
afterEach(async () => {
  expect(serving.child.exitCode).toBeNull();
  expect((await serving.review('mutate', podReview(unconfinedPod, { uid: 'after' }))).allowed).toBe(false);
  await eventually(
    async () => (await serving.get('/metrics')).text,
    (text) => /^seccomply_in_flight_requests 0$/m.test(text) && /^seccomply_in_flight_bytes 0$/m.test(text),
  );
});

describe('one request that two readers could read as two', () => {
  const smuggled = call(review('smuggled'));
  test.each([
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6']],
    ['two lengths that are the same', ['Content-Length: 5', 'Content-Length: 5']],
    ['two lengths in one header', ['Content-Length: 5, 5']],
    ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 5']],
    ['a coding that is not known, and a length', ['Transfer-Encoding: xchunked', 'Content-Length: 5']],
    ['chunked that is not the last coding', ['Transfer-Encoding: chunked, identity']],
    ['chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity']],
    ['a folded header', ['X-A: b', ' Content-Length: 5']],
    ['a folded coding', ['Transfer-Encoding:', ' chunked']],
    ['a space before the colon', ['Content-Length : 5']],
    ['a space before the colon of the coding', ['Transfer-Encoding : chunked']],
    ['a negative length', ['Content-Length: -5']],
    ['a length with a sign', ['Content-Length: +5']],
    ['a length in hex', ['Content-Length: 0x5']],
    ['a length without end', [`Content-Length: ${'9'.repeat(30)}`]],
    ['a control character in a header', ['X-A: \u0000']],
    ['a line feed alone', ['X-A: b\nContent-Length: 5']],
    ['a carriage return alone', ['X-A: b\rContent-Length: 5']],
    ['a header without a name', [': 5']],
    ['a header without a colon', ['Content-Length 5']],
  ])('%s: refused, and what follows is not read', async (_, headers) => {
    const answers = await send(`${lines('POST /mutate HTTP/1.1', 'Host: x', type, ...headers)}12345${smuggled}${last}`);
    expect(answers).toEqual(['400 bad-request']);
  });

  test.each([
    ['a size in no hex', 'xyz\r\n'],
    ['a size without end', `${'f'.repeat(20)}\r\n`],
    ['a chunk longer than its size', '3\r\nabcdef\r\n0\r\n\r\n'],
    ['a size with a sign', '-3\r\nabc\r\n'],
    ['a space before the size', ' 3\r\nabc\r\n'],
    ['a line feed alone after a size', '3\nabc\r\n0\r\n\r\n'],
    ['a line feed alone after a chunk', '3\r\nabc\n0\r\n\r\n'],
  ])('chunks that are none (%s): refused, and what follows is not read', async (_, chunks) => {
    const head = lines('POST /mutate HTTP/1.1', 'Host: x', type, 'Transfer-Encoding: chunked');
    expect(await send(`${head}${chunks}${smuggled}${last}`)).toEqual(['400 bad-request']);
  });

  test('the body of a refused call is no request, whatever it looks like', async () => {
    const answers = await send(
      lines('POST /nowhere HTTP/1.1', 'Host: x', `Content-Length: ${smuggled.length}`) + smuggled + last,
    );
    expect(answers).toEqual(['404 not-found', '200 ok']);
  });
});

describe('calls that HTTP allows', () => {
  const body = review('one');
  const half = body.length / 2;
  const chunk = (text: string, extension = ''): string =>
    `${Buffer.byteLength(text).toString(16)}${extension}\r\n${text}\r\n`;
  const chunked = lines('POST /mutate HTTP/1.1', 'Host: x', type, 'Transfer-Encoding: chunked');

  test('a body in chunks, with an extension and a trailer', async () => {
    const chunks = `${chunk(body.slice(0, half), ';a="b"')}${chunk(body.slice(half))}0\r\nX-Trailer: x\r\n\r\n`;
    expect(await send(chunked + chunks + last)).toEqual(['200 one allowed', '200 ok']);
  });

  test('a body in chunks of one byte', async () => {
    const chunks = [...body].map((one) => chunk(one)).join('');
    expect(await send(`${chunked}${chunks}0\r\n\r\n${last}`)).toEqual(['200 one allowed', '200 ok']);
  });

  test('a body byte by byte, each in a record of its own', async () => {
    const answers = await send((socket) => {
      const next = (at: number): void => {
        if (at === body.length) socket.write(last);
        else socket.write(body.charAt(at), () => next(at + 1));
      };
      socket.write(lines('POST /mutate HTTP/1.1', 'Host: x', type, `Content-Length: ${body.length}`), () => next(0));
    });
    expect(answers).toEqual(['200 one allowed', '200 ok']);
  });

  const uids = Array.from({ length: 60 }, (_, index) => `call-${index}`);
  const calls = uids.map((uid, index) =>
    call(index === 7 ? '{' : review(uid, index % 2 === 0 ? plainPod : unconfinedPod)),
  );
  const expected = uids.map((uid, index) =>
    index === 7 ? '400 malformed-json' : `200 ${uid} ${index % 2 === 0 ? 'allowed' : 'denied'}`,
  );

  test('calls at once on one connection are answered in their order, with an error among them', async () => {
    expect(await send(calls.slice(0, 10).join('') + last)).toEqual([...expected.slice(0, 10), '200 ok']);
  });

  test('more calls at once than answers fit into the buffer: each that is answered is answered in its turn', async () => {
    // Node gives such a connection up (HPE_PAUSED over TLS); nothing of it may be left, or be another's answer.
    const raw = await exchange(serving, (socket) => socket.end(calls.join('')));
    const answers = answersIn(raw).map(shown);
    const answered = answers.filter((one) => !one.startsWith('400 b'));
    expect(answered).toEqual(expected.slice(0, answered.length));
  });

  test('more than 16 requests at once end their connection', async () => {
    const answers = await send(lines('GET /nowhere HTTP/1.1', 'Host: x').repeat(500));
    expect(answers).toEqual([...Array.from({ length: 16 }, () => '404 not-found'), '400 bad-request']);
  });

  test('Expect: 100-continue', async () => {
    const answers = await send((socket) => {
      socket.write(call('', 'Expect: 100-continue').replace('Content-Length: 0', `Content-Length: ${body.length}`));
      socket.once('data', (text: string) => {
        expect(text).toBe('HTTP/1.1 100 Continue\r\n\r\n');
        socket.write(body + last);
      });
    });
    expect(answers).toEqual(['100', '200 one allowed', '200 ok']);
  });

  test('Expect something else', async () => {
    expect(await send(call(body, 'Expect: tea') + last)).toEqual(['417 expectation-failed', '200 ok']);
  });

  test('HTTP/1.0 is answered, and the connection closed', async () => {
    expect(await send(call(body).replace('HTTP/1.1', 'HTTP/1.0'))).toEqual(['200 one allowed']);
    expect(await send('GET /healthz HTTP/1.0\r\n\r\n')).toEqual(['200 ok']);
  });

  test('HTTP/1.1 without Host, other versions and other words', async () => {
    expect(await exchange(serving, call(body).replace('Host: x\r\n', ''))).toMatch(/^HTTP\/1\.1 400 /);
    for (const version of ['HTTP/1.2', 'HTTP/3.0', 'HTTPS/1.1', 'http/1.1', ''])
      expect(await send(call(body).replace('HTTP/1.1', version))).toEqual(['400 bad-request']);
    expect(await send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).toEqual(['400 bad-request']);
    expect(await send(call(body).replace('POST', 'POSTS'))).toEqual(['400 bad-request']);
  });

  test('CONNECT and an upgrade get no tunnel', async () => {
    const connected = await exchange(serving, lines('CONNECT localhost:443 HTTP/1.1', 'Host: x'));
    expect(connected).not.toContain(' 200 ');
    const upgraded = await send(
      call(body, 'Connection: upgrade, close', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'),
    );
    expect(upgraded).toEqual(['200 one allowed']);
  });
});

describe('paths', () => {
  test.each([
    ['/mutate', '200 p allowed'],
    ['/mutate?timeout=3s', '200 p allowed'],
    ['/mutate?', '200 p allowed'],
    ['/mutate?timeout=%ZZ&&=', '200 p allowed'],
    ['/mutate?timeout=-1s', '200 p allowed'],
    [`/mutate?${'x'.repeat(8_000)}`, '200 p allowed'],
    ['https://localhost/mutate', '200 p allowed'],
    ['https://evil.example:1/mutate?timeout=3s', '200 p allowed'],
    ['HTTP://localhost/validate', '200 p denied'],
    ['https://localhost/nowhere', '404 not-found'],
    ['https://localhost', '404 not-found'],
    ['https://localhost?/mutate', '404 not-found'],
    ['ftp://localhost/mutate', '404 not-found'],
    ['//mutate', '404 not-found'],
    ['//localhost/mutate', '404 not-found'],
    ['/mutate/', '404 not-found'],
    ['/mutate//', '404 not-found'],
    ['/Mutate', '404 not-found'],
    ['/mutate%2f', '404 not-found'],
    ['%2fmutate', '400 bad-request'],
    ['/%6dutate', '404 not-found'],
    ['/mutate%00', '404 not-found'],
    ['/mutate;a=b', '404 not-found'],
    ['/mutate/../mutate', '404 not-found'],
    ['/x/../mutate', '404 not-found'],
    ['/./mutate', '404 not-found'],
    ['\\mutate', '400 bad-request'],
    ['mutate', '400 bad-request'],
    ['*', '404 not-found'],
    ['/mutate#x', '404 not-found'],
    ['/%', '404 not-found'],
    ['/mutate x', '400 bad-request'],
  ])('%s', async (path, expected) => {
    const answers = await send(call(review('p'), 'Connection: close').replace('/mutate', () => path));
    expect(answers).toEqual([expected]);
  });
});

describe('heads', () => {
  test('thousands of headers', async () => {
    const some = (count: number): string[] => Array.from({ length: count }, (_, index) => `X-${index}: ${index % 10}`);
    expect(await send(call(review('h'), ...some(900), 'Connection: close'))).toEqual(['200 h allowed']);
    expect(await send(call(review('h'), ...some(10_000)))).toEqual(['431 headers-too-large']);
  });

  test('what decides stands behind more headers than Node keeps', async () => {
    const body = review('h');
    const many = Array.from({ length: 2_500 }, () => 'a:');
    const answers = await send(
      lines('POST /mutate HTTP/1.1', 'Host: x', ...many, type, `Content-Length: ${body.length}`, 'Connection: close') +
        body,
    );
    // Node 20 forgets the headers past its number, later ones refuse the call.
    expect([['415 unsupported-media-type'], ['431 headers-too-large']]).toContainEqual(answers);
  });

  test.each([
    ['one huge header', lines('GET /healthz HTTP/1.1', 'Host: x', `A: ${'x'.repeat(1_000_000)}`)],
    ['a huge name', lines('GET /healthz HTTP/1.1', 'Host: x', `${'x'.repeat(100_000)}: a`)],
    ['a huge path', lines(`GET /${'x'.repeat(100_000)} HTTP/1.1`, 'Host: x')],
  ])('%s', async (_, head) => {
    expect(await send(head)).toEqual(['431 headers-too-large']);
  });

  test('types that are JSON and that are not', async () => {
    const typed = (value: string): Promise<readonly string[]> =>
      send(call(review('t'), 'Connection: close').replace(type, `Content-Type: ${value}`));
    for (const value of [
      'application/json',
      'APPLICATION/JSON',
      'application/json;charset=utf-8',
      ' application/json ; a=b',
    ])
      expect(await typed(value)).toEqual(['200 t allowed']);
    for (const value of ['', 'application/jsonx', 'text/json', 'application/json, text/html', 'multipart/form-data'])
      expect(await typed(value)).toEqual(['415 unsupported-media-type']);
  });
});

describe('connections that end too early, or never begin', () => {
  test('a body that is cut by the end of the connection', async () => {
    const body = review('cut');
    const answers = await send((socket) => {
      socket.end(call(body).slice(0, -10));
    });
    expect(answers).toEqual(['400 body-incomplete']);
  });

  test('a connection closed in one direction after a whole call is answered', async () => {
    const answers = await send((socket) => {
      socket.end(call(review('half-closed')));
    });
    expect(answers).toEqual(['200 half-closed allowed']);
  });

  test('heads and bodies that are cut off anywhere', async () => {
    const whole = call(review('x'));
    const cuts = Array.from({ length: 40 }, (_, index) => Math.floor((whole.length * index) / 40));
    await Promise.all(
      cuts.map((cut) => exchange(serving, (socket) => socket.write(whole.slice(0, cut), () => socket.destroy()))),
    );
  });

  test('large bodies that are cut off give their room back', async () => {
    const head = lines('POST /mutate HTTP/1.1', 'Host: x', type, 'Content-Length: 15000000');
    const sockets: TLSSocket[] = [];
    const ended = Array.from({ length: 4 }, () =>
      exchange(serving, (socket) => {
        sockets.push(socket);
        socket.write(head);
        socket.write(Buffer.alloc(3_000_000, ' '));
      }),
    );
    await eventually(
      async () => Number(/^seccomply_in_flight_bytes (\d+)$/m.exec((await serving.get('/metrics')).text)?.[1]),
      (bytes) => bytes > 10_000_000,
    );
    for (const socket of sockets) socket.destroy();
    await Promise.all(ended);
  });

  test('plain HTTP on the port for TLS, and other noise, get no answer in HTTP', async () => {
    for (const noise of [
      call(review('plain')),
      '\u0016\u0003\u0001\u0000\u0005junk!',
      '\r\n\r\n',
      Buffer.alloc(70_000, 255),
    ]) {
      const answer = await exchangePlain(serving.port, (socket) => socket.end(noise));
      expect(answer.toString('latin1')).not.toContain('HTTP');
    }
    const silent = await exchangePlain(serving.port, (socket) => socket.end());
    expect(silent.length).toBe(0);
  });

  test('TLS 1.2 and 1.1 are refused, as are names of other protocols', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.1'] as const)
      await expect(exchange(serving, last, { minVersion: 'TLSv1', maxVersion: version })).rejects.toThrow(
        /alert|protocol/i,
      );
    await expect(exchange(serving, last, { ALPNProtocols: ['h2'] })).rejects.toThrow(/alert|protocol/i);
    expect(answersIn(await exchange(serving, last, { ALPNProtocols: ['h2', 'http/1.1'] })).map(shown)).toEqual([
      '200 ok',
    ]);
  });
});
