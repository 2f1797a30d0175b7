// Admission against a bare `https.createServer` that parses the body and sends a fixed answer, in the same run: throughput, p99 and CPU a
// call at 1, 10 and 50 connections; denials with their durable record; small reviews beside large ones; large ones alone; memory.
// Usage: node bench/admission.bench.mjs [--short]
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { alternate, bench, median } from './support/bench.mjs';
import { residentMegabytes, scratch, startBare, startLoad, startSeccomply, stop } from './support/processes.mjs';
import { podReview } from './support/review.mjs';

const changed = [JSON.stringify(podReview())];
const kept = [JSON.stringify(podReview({ ready: true }))];
const large = [JSON.stringify(podReview({ ready: true, padding: 3_000_000 }))];
const half = [JSON.stringify(podReview({ ready: true, padding: 1_500_000 }))];
// Each call is another pod of another owner, so that none is a repetition, and each connection's are of a namespace of its own, so that
// none comes to its limit: each denial is a record of its own.
const zeros = '0'.repeat(8);
const denied = Array.from({ length: 50 }, (_, index) =>
  JSON.stringify(podReview({ unconfined: true, name: `web-${zeros}`, namespace: `shop-${index}` })).replace(
    '"name":"web-6d4cf56db6","uid"',
    `"name":"owner-${zeros}","uid"`,
  ),
);

const folder = scratch();
const ours = await startSeccomply(join(folder, 'data'));
const bare = await startBare(join(folder, 'data/tls/tls.key'), join(folder, 'data/tls/tls.crt'));
const load = startLoad();
const flood = startLoad();

const calls = {
  bare: { server: bare, path: '/mutate', bodies: changed, expect: '"allowed":true' },
  mutate: { server: ours, path: '/mutate?timeout=3s', bodies: changed, expect: '"patch":' },
  validate: { server: ours, path: '/validate?timeout=3s', bodies: kept, expect: '"allowed":true' },
  denial: { server: ours, path: '/validate?timeout=3s', bodies: denied, numbered: zeros, expect: '"allowed":false' },
};
const run = (name, connections, more = {}) =>
  load.measure({ ca: ours.ca, connections, seconds: 0.5, ...calls[name], ...more });

for (const name of Object.keys(calls)) await run(name, 10, { seconds: 2 });

const beside = (connections, atLeast) => ({
  bars: Object.fromEntries(
    ['mutate', 'validate'].flatMap((name) => [
      [`${name}, ${connections} connections: throughput`, { atLeast, unit: ' of bare' }],
      [`${name}, ${connections} connections: p99`, { atMost: 1.5, unit: '× bare' }],
      [`${name}, ${connections} connections: CPU a call`, { unit: '× bare' }],
    ]),
  ),
  measure: async (length) => {
    const seconds = length === 'short' ? 0.6 : 1.5;
    const rounds = await alternate(length === 'short' ? 6 : 12, {
      bare: () => run('bare', connections, { seconds }),
      mutate: () => run('mutate', connections, { seconds }),
      validate: () => run('validate', connections, { seconds }),
    });
    const ofBare = (name, what) => median(rounds.map((round) => round[name][what] / round.bare[what]));
    const cpu = (name) => `${median(rounds.map((round) => round[name].cpu)).toFixed(0)} µs`;
    return Object.fromEntries(
      ['mutate', 'validate'].flatMap((name) => [
        [`${name}, ${connections} connections: throughput`, ofBare(name, 'perSecond')],
        [`${name}, ${connections} connections: p99`, ofBare(name, 'p99')],
        [
          `${name}, ${connections} connections: CPU a call`,
          { value: ofBare(name, 'cpu'), note: `${cpu(name)}, bare ${cpu('bare')}` },
        ],
      ]),
    );
  },
});

const denials = {
  bars: {
    'denial with its record on disk, 50 connections: p99': {
      atMost: 1,
      // From 1.25 to 1.6 in seven runs on one machine; the code before the last change had 1.4 to 1.8 there.
      today: 1.4,
      unit: '× (1.5 × bare + 2 × fsync)',
    },
  },
  measure: async (length) => {
    const seconds = length === 'short' ? 0.6 : 1.5;
    const rounds = await alternate(length === 'short' ? 6 : 12, {
      bare: () => run('bare', 50, { seconds }),
      fsync: async () => medianFsync(join(folder, 'fsync')),
      denial: () => run('denial', 50, { seconds }),
    });
    const fsync = median(rounds.map((round) => round.fsync)).toFixed(2);
    const perSecond = median(rounds.map(({ denial }) => denial.perSecond)).toFixed(0);
    return {
      'denial with its record on disk, 50 connections: p99': {
        value: median(rounds.map(({ bare, fsync, denial }) => denial.p99 / (1.5 * bare.p99 + 2 * fsync))),
        note: `median fsync ${fsync} ms, ${perSecond} denials/s`,
      },
    };
  },
};

const smallBesideLarge = {
  bars: { 'small reviews beside five of 3 MB a second: p99': { atMost: 3, unit: '× without' } },
  measure: async (length) => {
    const seconds = length === 'short' ? 1 : 3;
    const rounds = await alternate(length === 'short' ? 4 : 8, {
      without: () => run('validate', 4, { seconds }),
      beside: async () => {
        const flooding = flood.measure({
          ...{ ...calls.validate, ca: ours.ca, bodies: large, connections: 1 },
          ...{ seconds: seconds + 0.2, every: 200 },
        });
        const result = await run('validate', 4, { seconds });
        await flooding;
        return result;
      },
    });
    return {
      'small reviews beside five of 3 MB a second: p99': median(
        rounds.map(({ without, beside }) => beside.p99 / without.p99),
      ),
    };
  },
};

const largeAlone = {
  bars: {
    'a review of 3 MB alone, median': { atMost: 50, unit: ' ms' },
    'a review of 3 MB, linear is 2': { atMost: 2.5, unit: '× one of 1.5 MB' },
  },
  measure: async (length) => {
    const each = { calls: length === 'short' ? 8 : 20, seconds: 60 };
    const rounds = await alternate(length === 'short' ? 5 : 12, {
      full: () => run('validate', 1, { bodies: large, ...each }),
      half: () => run('validate', 1, { bodies: half, ...each }),
    });
    return {
      'a review of 3 MB alone, median': median(rounds.map(({ full }) => full.p50)),
      'a review of 3 MB, linear is 2': median(rounds.map(({ full, half }) => full.p50 / half.p50)),
    };
  },
};

const memory = {
  bars: { 'memory after all this': { atMost: 200, unit: ' MB' } },
  measure: async () => ({
    'memory after all this': {
      value: residentMegabytes(ours.child.pid),
      note: `peak ${Math.round(residentMegabytes(ours.child.pid, 'VmHWM'))} MB`,
    },
  }),
};

await bench(`Admission of a review of ${Buffer.byteLength(changed[0])} bytes`, [
  ...[beside(1, 0.85), beside(10, 0.88), beside(50, 0.85)],
  ...[denials, smallBesideLarge, largeAlone, memory],
]);
load.stop();
flood.stop();
await stop(ours.child);
bare.child.kill('SIGKILL');
process.exit();

function medianFsync(file) {
  const handle = openSync(file, 'w');
  const line = readFileSync(new URL('./support/review.mjs', import.meta.url)).subarray(0, 1_500);
  const times = Array.from({ length: 100 }, () => {
    writeSync(handle, line);
    const began = performance.now();
    fsyncSync(handle);
    return performance.now() - began;
  });
  closeSync(handle);
  return median(times);
}
