import fc from 'fast-check';
import { readReviewHead } from '../../../src/http/admission/review-head.js';
import { podReview } from '../../support/pod-review.js';
import { runs } from '../../support/require.js';

const head = (text: string) => readReviewHead(Buffer.from(text));

test('uid and namespace of a review as the API server writes it', () => {
  const text = JSON.stringify(podReview({}, { uid: 'u-1', namespace: 'shop' }));
  expect(head(text)).toEqual({ uid: 'u-1', namespace: 'shop' });
  expect(head(JSON.stringify(JSON.parse(text), undefined, 2))).toEqual({ uid: 'u-1', namespace: 'shop' });
  const { namespace, ...clusterWide } = (JSON.parse(text) as { request: Record<string, unknown> }).request;
  expect(namespace).toBe('shop');
  expect(head(JSON.stringify({ request: clusterWide }))).toEqual({ uid: 'u-1' });
});

test.each([
  ['inside the object', { request: { object: { uid: 'evil', namespace: 'evil', metadata: { uid: 'evil' } } } }],
  ['inside a list', { request: { a: [{ uid: 'evil' }, 'uid', 'evil', ['uid', 'namespace']] } }],
  ['inside a text', { request: { name: '"uid":"evil","namespace":"evil"', b: '{"request":{"uid":"evil"}}' } }],
  ['beside the request', { uid: 'evil', namespace: 'evil', metadata: { uid: 'evil' } }],
  ['in a request inside something', { a: { request: { uid: 'evil' } }, request: {} }],
  ['in a list named request', { request: [{ uid: 'evil' }] }],
  ['in a text named request', { request: '{"uid":"evil"}' }],
  ['as another type', { request: { uid: 7, namespace: { uid: 'evil' } } }],
  ['as a value', { request: { a: 'uid', b: 'evil', namespace: null } }],
  ['under __proto__', { request: JSON.parse('{"__proto__":{"uid":"evil"}}') as object }],
])('%s it is not the uid', (_, review) => {
  expect(head(JSON.stringify(review))).toEqual({});
  const good = {
    ...review,
    request: { ...((review as { request?: unknown }).request as object), uid: 'good' },
  } as object;
  if (typeof (review as { request?: unknown }).request === 'object')
    expect(head(JSON.stringify(good)).uid).toBe('good');
});

test.each([
  [
    'a key written with escapes',
    '{"\\u0072equest":{"u\\u0069d":"\\u0061\\"b","namespace":"x"}}',
    { uid: 'a"b', namespace: 'x' },
  ],
  ['a key that only looks like it', '{"request":{"uid\\u0000":"evil","Uid":"evil","uid ":"evil"}}', {}],
  ['the first of two, which is all that was promised', '{"request":{"uid":"a","uid":"b"}}', { uid: 'a' }],
  ['nothing after the request ended', '{"request":{},"request":{"uid":"evil"}}', {}],
  ['white space of every kind', '{\n"request"\t:\r\n{ "uid" : "a" , "namespace":"b"', { uid: 'a', namespace: 'b' }],
  ['a text that is cut', '{"request":{"uid":"abc', {}],
  ['an escape that is cut', '{"request":{"uid":"abc\\', {}],
  ['an escape that is none', '{"request":{"uid":"\\q"}}', {}],
  ['no JSON', ']]]}}}"request":{"uid":"evil"', {}],
  ['nothing', '', {}],
])('%s', (_, text, expected) => {
  expect(head(text)).toEqual(expected);
});

test('cut at any byte it says the truth or nothing', () => {
  const review = podReview(
    { containers: [{ name: 'uid', image: '"uid":"evil"' }] },
    { uid: 'ü-"\\😀', namespace: 'šhop' },
    { annotations: { uid: 'evil', request: '{"uid":"evil"}' } },
  );
  const bytes = Buffer.from(JSON.stringify(review));
  const found = new Set<string>();
  for (let end = 0; end <= bytes.length; end += 1) {
    const { uid, namespace, ...more } = readReviewHead(bytes.subarray(0, end));
    expect([undefined, 'ü-"\\😀']).toContain(uid);
    expect([undefined, 'šhop']).toContain(namespace);
    expect(more).toEqual({});
    found.add(`${uid !== undefined} ${namespace !== undefined}`);
  }
  expect([...found]).toEqual(['false false', 'true false', 'true true']);
});

test('of any review it tells what JSON.parse tells', () => {
  const word = fc.oneof(
    fc.constantFrom('uid', 'namespace', 'request', '"', '\\', ':', '{', ''),
    fc.string({ maxLength: 4 }),
  );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      fc.oneof(word, fc.constantFrom<unknown>(null, 1, false)),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(word, tie('json'), { maxKeys: 4 }),
    ),
  }));
  const own = (of: unknown, key: string): unknown =>
    typeof of === 'object' && of !== null && !Array.isArray(of) && Object.hasOwn(of, key)
      ? (of as Record<string, unknown>)[key]
      : undefined;
  let told = 0;
  fc.assert(
    fc.property(
      fc.dictionary(word, json, { maxKeys: 3 }),
      fc
        .tuple(
          fc.dictionary(word, json, { maxKeys: 5 }),
          fc.record({ uid: json, namespace: json }, { requiredKeys: [] }),
        )
        .map(([some, more]) => ({ ...some, ...more })),
      fc.boolean(),
      (around, inside, pretty) => {
        const review = { ...around, request: inside };
        const expected: Record<string, unknown> = {};
        for (const key of ['uid', 'namespace']) {
          const value = own(inside, key);
          if (typeof value === 'string') expected[key] = value;
        }
        told += Object.keys(expected).length;
        expect(head(JSON.stringify(review, undefined, pretty ? 1 : undefined))).toEqual(expected);
      },
    ),
    { numRuns: runs(500) },
  );
  expect(told).toBeGreaterThan(50);
});

test('a head of 64 KiB of anything is read in one go', () => {
  for (const unit of ['{"a":', '[', '"', '\\', '"a":"b",', '{"request":{"uid"', ' ', '\ufffd'])
    expect(head(unit.repeat(65_536 / unit.length))).toEqual({});
  expect(head(`{"request":{"uid"${' '.repeat(8_192)}:"far","namespace":"x"}}`).namespace).toBe('x');
});
