import { Agent } from 'node:https';
import { plainPod, podReview, unconfinedPod } from '../../support/pod-review.js';
import {
  eventually,
  json,
  type ReviewResponse,
  type Serving,
  sendTo,
  startServing,
  stopAll,
} from '../../support/serving.js';

let serving: Serving;
beforeAll(async () => {
  // The heap that Node gives itself in a pod of 512 MiB: no body may be worth more than that.
  serving = await startServing('webhook', ['--deadline', '30s'], { env: { NODE_OPTIONS: '--max-old-space-size=256' } });
});
afterAll(stopAll);

const size = 15_000_000;
const filled = (unit: string, before = '', after = ''): Buffer => {
  const body = Buffer.alloc(size, unit);
  body.write(before);
  // The last unit may be half; what comes after takes its place.
  const end = before.length + Math.floor((size - before.length - after.length) / unit.length) * unit.length;
  Buffer.alloc(end - before.length, unit).copy(body, before.length);
  body.write(after, end);
  return body.subarray(0, end + after.length);
};
const head = `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"big","kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"namespace":"shop","operation":"CREATE","userInfo":{"username":"x"},"object":{"metadata":{"name":"x"},"spec":{"containers":[{"name":"a","image":"b"}]},`;
const answered = async (body: string | Buffer, path = '/mutate'): Promise<string> => {
  const { status, text } = await serving.send('POST', path, body, json);
  const { error, response } = JSON.parse(text) as {
    error?: { code: string };
    response?: { uid: string; allowed: boolean };
  };
  return error === undefined ? `${status} ${response?.uid} ${response?.allowed}` : `${status} ${error.code}`;
};
/** The server is the one that was started, right about small and large reviews, and holds nothing. */
const expectSound = async (): Promise<void> => {
  expect(serving.child.exitCode).toBeNull();
  expect((await serving.review('mutate', podReview(plainPod))).allowed).toBe(true);
  const env = Array.from({ length: 8_000 }, (_, index) => ({ name: `V${index}`, value: 'x'.repeat(40) }));
  const [container] = unconfinedPod.containers;
  expect((await serving.review('validate', podReview({ containers: [{ ...container, env }] }))).allowed).toBe(false);
  await eventually(
    async () => (await serving.get('/metrics')).text,
    (text) => /^seccomply_in_flight_requests 0$/m.test(text) && /^seccomply_in_flight_bytes 0$/m.test(text),
  );
};
afterEach(expectSound);

describe('bodies of 15 MB', () => {
  test.each([
    ['opening lists', filled('['), '400 json-too-deep'],
    ['opening objects', filled('{"a":'), '400 json-too-deep'],
    ['lists and objects in turn', filled('[{"a":'), '400 json-too-deep'],
    ['nothing but quotes', filled('"'), '400 malformed-json'],
    ['nothing but backslashes in a text', filled('\\', '"'), '400 malformed-json'],
    ['closing brackets', filled(']'), '400 malformed-json'],
    ['blanks', filled(' '), '400 malformed-json'],
    ['zero bytes', filled('\u0000'), '400 malformed-json'],
    ['a list without end', filled('1,', '['), '400 malformed-json'],
    ['an object that is missing its end', filled('"a":1,', '{'), '400 malformed-json'],
    ['one number', filled('1'), '400 bad-review'],
    ['a list of lists', filled('[],', '[', '[]]'), '400 bad-review'],
    ['a list of objects', filled('{},', '[', '{}]'), '400 bad-review'],
    ['a list of numbers', filled('1,', '[', '1]'), '400 bad-review'],
    ['one text', filled('x', '"', '"'), '400 bad-review'],
    ['escapes', filled('\\u0041', '"', '"'), '400 bad-review'],
    ['bytes that are no UTF-8', filled('\u00ff', '"', '"'), '400 bad-review'],
  ])('%s', async (_, body, expected) => {
    expect(body.length).toBeGreaterThan(size - 20);
    expect(await answered(body)).toBe(expected);
  });

  test.each([
    ['a huge text', filled('x', `${head}"x":"`, '"}}}')],
    ['a huge number', filled('1', `${head}"x":`, '}}}')],
    ['the status again and again', filled('"status":{"a":[{}]},', head, '"x":1}}}')],
    ['a huge status', filled('{"a":1},', `${head}"status":[`, '1]}}}')],
    [
      'huge managed fields',
      filled(
        '{"f:a":{}},',
        head.replace('"name":"x"}', '"name":"x","managedFields":[').replace(/,"spec".*$/, ''),
        '1]},"spec":{"containers":[{"name":"a","image":"b"}]}}}}',
      ),
    ],
  ])('a review with %s is decided on', async (_, body) => {
    expect(await answered(body)).toBe('200 big true');
  });

  test.each([
    [
      'a million keys',
      Buffer.from(`${head}"x":{${Array.from({ length: 1_000_000 }, (_, index) => `"k${index}":0`).join(',')}}}}}`),
    ],
    ['the same key again and again', filled('"x":{},', head, '"x":1}}}')],
    ['empty objects that nobody reads', filled('{},', `${head}"x":[`, '1]}}}')],
  ])('a review with %s is decided on', async (_, body) => {
    expect(await answered(body)).toBe('200 big true');
  });

  test.each([
    [
      'a million labels',
      Buffer.from(
        `${head.replace('"name":"x"}', () => `"labels":{${Array.from({ length: 1_000_000 }, (_, index) => `"k${index}":""`).join(',')}}}`)}"x":1}}}`,
      ),
    ],
    [
      'the same list of volumes again and again',
      filled('"volumes":[{}],', head.replace(/\},$/, '},"spec":{'), '"x":1}}}}'),
    ],
    ['millions of volumes', filled('{},', head.replace(/\},$/, '},"spec":{"volumes":['), '{}]}}}}')],
  ])('a review with %s, which would take hundreds of MB when parsed, is denied on record', async (_, body) => {
    const { text } = await serving.send('POST', '/validate', body, json);
    const { response } = JSON.parse(text) as { response: ReviewResponse };
    expect(response).toMatchObject({ uid: 'big', allowed: false, status: { code: 413 } });
    expect(response.status?.message).toMatch(/so many containers, volumes, labels .*: make the object smaller$/);
    const record = serving.records().find((one) => one.recordId === response.auditAnnotations?.['record-id']);
    expect(record).toMatchObject({ recordType: 'denial', request: { uid: 'big', namespace: 'shop' } });
  });

  test.each([
    ['a small review', 600],
    ['a large review', 100_000],
  ])('%s that is nested too deep is denied on record', async (_, depth) => {
    const body = Buffer.from(`${head}"x":${'['.repeat(depth)}${']'.repeat(depth)}}}}`);
    const { text } = await serving.send('POST', '/validate', body, json);
    const { response } = JSON.parse(text) as { response: ReviewResponse };
    expect(response).toMatchObject({ uid: 'big', allowed: false, status: { code: 413 } });
    expect(response.status?.message).toMatch(
      /nested deeper than 512 levels, the limit of --json-depth, .*: make the object flatter/,
    );
    const record = serving.records().find((one) => one.recordId === response.auditAnnotations?.['record-id']);
    expect(record).toMatchObject({ recordType: 'denial', request: { uid: 'big', namespace: 'shop' } });
  });

  test('more containers than an object can hold are refused', async () => {
    const body = filled(
      '{"name":"a","image":"b"},',
      `${head}"x":1,"spec":{"containers":[`,
      '{"name":"a","image":"b"}]}}}}',
    );
    expect(await answered(body)).toBe('200 big false');
  });
});

test('while large ones are gone through, small ones are answered', async () => {
  let done = false;
  const large = Promise.all(
    Array.from({ length: 3 }, () => answered(filled('{"a":[{}]},', `${head}"status":[`, '1]}}}'))),
  ).then((all) => {
    done = true;
    return all;
  });
  let small = 0;
  while (!done) {
    expect((await serving.review('mutate', podReview(plainPod))).allowed).toBe(true);
    small += 1;
  }
  expect(await large).toEqual(['200 big true', '200 big true', '200 big true']);
  expect(small).toBeGreaterThan(3);
});

test('a large one that is not done at the deadline of its caller is answered then, and nothing is left of it', async () => {
  const body = filled('{},', `${head}"x":[`, '1]}}}');
  const agent = new Agent({ keepAlive: true });
  const calls = Array.from({ length: 4 }, () =>
    sendTo({ port: serving.port, ca: serving.ca, agent }, 'POST', '/mutate?timeout=150ms', body, json),
  );
  for (const { status, text } of await Promise.all(calls)) {
    expect([200, 408, 503, 504]).toContain(status);
    if (status !== 200) expect(text).toMatch(/"code":"(deadline-exceeded|body-timeout|overloaded)"/);
  }
  agent.destroy();
});

test('what became of large reviews is counted', async () => {
  const { text } = await serving.get('/metrics');
  expect(Number(/^seccomply_large_reviews_total\{result="read"\} (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(10);
  expect(Number(/^seccomply_large_reviews_total\{result="malformed"\} (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(8);
  expect(serving.stderr()).not.toMatch(/"level":"(error|fatal)"|heap|\n\s+at /);
});
