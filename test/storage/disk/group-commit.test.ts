import { GroupCommit } from '../../../src/storage/disk/group-commit.js';

/** Commits that end when the test says so. */
function gated() {
  const batches: (readonly string[])[] = [];
  const ends: (() => void)[] = [];
  const begun: (() => void)[] = [];
  const commit = (batch: readonly string[]): Promise<void> => {
    batches.push(batch);
    begun.shift()?.();
    return new Promise((resolve) => ends.push(resolve));
  };
  return {
    batches,
    commit,
    next: () => new Promise<void>((resolve) => begun.push(resolve)),
    end: () => ends.shift()?.(),
  };
}

test('what is added in one turn shares a commit, and what comes meanwhile shares the next', async () => {
  const { batches, commit, next, end } = gated();
  const queue = new GroupCommit<string>(commit, 10);
  const first = next();
  queue.add('a');
  queue.add('b');
  await first;
  queue.add('c');
  queue.add('d');
  expect(batches).toEqual([['a', 'b']]);
  const second = next();
  end();
  await second;
  expect(batches).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  end();
});

test('as long as each turn brings more it waits, four turns at most', async () => {
  const batches: (readonly number[])[] = [];
  const queue = new GroupCommit<number>(async (batch) => void batches.push(batch), 10);
  // Before the queue looks in each turn, as what comes over the network is.
  const more = (one: number): void => {
    queue.add(one);
    if (one < 7) setImmediate(() => more(one + 1));
  };
  setImmediate(() => more(1));
  queue.add(0);
  while (batches.flat().length < 8) await new Promise((resolve) => setImmediate(resolve));
  expect(batches[0]).toEqual([0, 1, 2, 3, 4]);
  expect(batches.flat()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('no batch is larger than the limit, and the order stays', async () => {
  const batches: (readonly number[])[] = [];
  const queue = new GroupCommit<number>(async (batch) => void batches.push(batch), 2);
  for (let one = 1; one <= 5; one += 1) queue.add(one);
  await queue.flush();
  expect(batches).toEqual([[1, 2], [3, 4], [5]]);
});

test('a flush commits once where nothing was added, also while another commit is on its way', async () => {
  const { batches, commit, next, end } = gated();
  const queue = new GroupCommit<string>(commit, 10);
  const first = next();
  const flushed = queue.flush();
  await first;
  const second = next();
  void queue.flush();
  end();
  await second;
  end();
  await flushed;
  expect(batches).toEqual([[], []]);
});

test('what a commit itself adds is committed before the flush ends', async () => {
  const batches: (readonly string[])[] = [];
  const queue: GroupCommit<string> = new GroupCommit<string>(async (batch) => {
    batches.push(batch);
    if (batch.includes('a')) queue.add('b');
  }, 10);
  queue.add('a');
  await queue.flush();
  expect(batches).toEqual([['a'], ['b']]);
});
