import { sharedScrape } from '../../../src/http/server/shared-scrape.js';

const times = (length: number) => {
  let count = 0;
  let now = 0;
  const scrape = sharedScrape(
    async () => {
      count += 1;
      return { contentType: 'text/plain', text: `${count}`.padEnd(length) };
    },
    () => now,
  );
  const number = async (): Promise<string> => (await scrape()).text.trim();
  return {
    number,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
};

test('a small text is made for each who asks, but once for all who ask at the same time', async () => {
  const { number } = times(100);
  expect(await Promise.all([number(), number(), number()])).toEqual(['1', '1', '1']);
  expect(await number()).toBe('2');
});

test('a large one counts for a second', async () => {
  const { number, pass } = times(300_000);
  expect(await number()).toBe('1');
  pass(999);
  expect(await number()).toBe('1');
  pass(1);
  expect(await number()).toBe('2');
});

test('after a failure it is made again', async () => {
  let count = 0;
  const scrape = sharedScrape(async () => {
    count += 1;
    if (count === 1) throw new Error('no');
    return { contentType: '', text: 'yes' };
  });
  await expect(scrape()).rejects.toThrow('no');
  expect((await scrape()).text).toBe('yes');
});
