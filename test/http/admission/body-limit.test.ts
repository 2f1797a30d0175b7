import { OversizedHead } from '../../../src/http/admission/body-limit.js';
import { podReview } from '../../support/pod-review.js';

const review = Buffer.from(JSON.stringify(podReview({}, { uid: 'u-1', namespace: 'shop' })));

test('says to whom a denial goes as soon as its head does', () => {
  expect(new OversizedHead().add(review)).toEqual({ uid: 'u-1', namespace: 'shop' });
  const head = new OversizedHead();
  expect(head.add(review.subarray(0, 60))).toBeUndefined();
  expect(head.add(review.subarray(60))).toEqual({ uid: 'u-1', namespace: 'shop' });
});

test('byte by byte it is read a dozen times, and the last time at the end', () => {
  const head = new OversizedHead();
  const bytes = Buffer.alloc(65_536, ' ');
  bytes.write('{"request":{"uid":"u-1",');
  let reads = 0;
  const read = head.read.bind(head);
  head.read = () => {
    reads += 1;
    return read();
  };
  for (let at = 0; at < bytes.length - 1; at += 1) expect(head.add(bytes.subarray(at, at + 1))).toBeUndefined();
  expect(head.add(bytes.subarray(65_535))).toEqual({ uid: 'u-1' });
  expect(reads).toBeLessThan(20);
});

test('what it says so far is known when nothing more comes, and nothing behind 64 KiB counts', () => {
  const head = new OversizedHead();
  head.add(Buffer.from('{"request":{"uid":"u-1"'));
  head.add(Buffer.from(',"name":'));
  expect(head.read()).toEqual({ uid: 'u-1' });
  const far = Buffer.concat([Buffer.alloc(65_536, ' '), review]);
  expect(new OversizedHead().add(far)).toEqual({});
});
