// What somebody without any right sends, beside a client that has one: its p99 with each hostile input (bench/support/hostile.ts) at a
// bounded rate against without, in alternating rounds.
// Usage: node bench/hostile.bench.mjs [--short] [WORDS OF A NAME]
import { join } from 'node:path';
import { alternate, bench, median } from './support/bench.mjs';
import { scratch, startHostileLoad, startLoad, startSeccomply, stop } from './support/processes.mjs';
import { podReview } from './support/review.mjs';

const ours = await startSeccomply(join(scratch(), 'data'));
const load = startLoad();
const hostile = await startHostileLoad();
const wanted = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? '';
const names = hostile.names.filter((name) => name.includes(wanted));

const victim = (seconds) =>
  load.measure({
    ...{ server: ours, ca: ours.ca, path: '/validate?timeout=3s', connections: 4, seconds },
    ...{ bodies: [JSON.stringify(podReview({ ready: true }))], expect: '"allowed":true' },
  });

await victim(2);

const beside = (name) => {
  const title = `beside ${name}: p99`;
  return {
    bars: { [title]: { atMost: 3, unit: '× without' } },
    measure: async (length) => {
      const seconds = length === 'short' ? 0.6 : 2;
      const rounds = await alternate(length === 'short' ? 3 : 6, {
        without: () => victim(seconds),
        beside: async () => {
          const sending = hostile.run({ port: ours.port, ca: ours.ca, name, seconds: seconds + 0.2 });
          const result = await victim(seconds);
          const { sent } = await sending;
          return { ...result, sent };
        },
      });
      const sent = rounds.reduce((sum, round) => sum + round.beside.sent, 0);
      return {
        [title]: {
          value: median(rounds.map((round) => round.beside.p99 / round.without.p99)),
          note: `${median(rounds.map(({ beside }) => beside.p99)).toFixed(1)} ms, ${(sent / rounds.length / seconds).toFixed(0)} a second`,
        },
      };
    },
  };
};

await bench('Small reviews beside hostile inputs', names.map(beside));
load.stop();
hostile.stop();
await stop(ours.child);
process.exit();
