// Start and memory of the built program, against the start of a bare https server in the same run; and the first answer of all.
// Usage: node bench/start.bench.mjs [--short]
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { alternate, bench, median } from './support/bench.mjs';
import { residentMegabytes, scratch, start, startBare, startLoad, startSeccomply, stop } from './support/processes.mjs';
import { podReview } from './support/review.mjs';

const folder = scratch();
// From now on certificates are there, as in a pod that mounts them.
await stop((await startSeccomply(join(folder, 'data'))).child);
const load = startLoad();

const starts = {
  bars: {
    'ready after start': { atMost: 3, today: 3.3, unit: '× bare' },
    'first answers to an Unconfined pod that were not a denial': { atMost: 0 },
  },
  measure: async (length) => {
    const open = [];
    const rounds = await alternate(length === 'short' ? 8 : 24, {
      node: async () => {
        const began = performance.now();
        await start(['-e', '0'], { cpu: 0 }).ended;
        return performance.now() - began;
      },
      bare: async () => {
        const { child, readyAfter } = await startBare(
          join(folder, 'data/tls/tls.key'),
          join(folder, 'data/tls/tls.crt'),
        );
        child.kill('SIGKILL');
        await child.ended;
        return readyAfter;
      },
      ours: async () => {
        const ours = await startSeccomply(join(folder, 'data'));
        const first = await load.run({
          ...{ port: ours.port, ca: ours.ca, path: '/validate', connections: 1, calls: 1 },
          ...{ bodies: [JSON.stringify(podReview({ unconfined: true }))], expect: '"allowed":false' },
        });
        open.push(...Object.keys(first.problems));
        await stop(ours.child);
        return ours.readyAfter;
      },
    });
    const ms = (name) => `${median(rounds.map((round) => round[name])).toFixed(0)} ms`;
    return {
      'ready after start': {
        value: median(rounds.map(({ bare, ours }) => ours / bare)),
        note: `${ms('ours')}, bare ${ms('bare')}, node alone ${ms('node')}`,
      },
      'first answers to an Unconfined pod that were not a denial': { value: open.length, note: open.join('; ') },
    };
  },
};

const idle = {
  bars: { 'memory, idle': { atMost: 80, unit: ' MB' } },
  measure: async () => {
    const megabytes = [];
    for (let round = 0; round < 3; round += 1) {
      const { child } = await startSeccomply(join(folder, 'data'));
      // What is left when start-up garbage is gone: the figure is of a quiet process, so it is given a moment of quiet.
      await setTimeout(2_000);
      megabytes.push(residentMegabytes(child.pid));
      await stop(child);
    }
    return { 'memory, idle': median(megabytes) };
  },
};

await bench('Start and memory of the bundled webhook with the sample policies', [starts, idle]);
load.stop();
process.exit();
