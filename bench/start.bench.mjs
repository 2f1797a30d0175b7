// Start and memory of the built program, against `node` with an empty program in the same run; and the first answer of all.
// Usage: node bench/start.bench.mjs [--short]
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { residentMegabytes, scratch, start, startLoad, startSeccomply, stop } from './support/processes.mjs';
import { figure, median, report, short } from './support/report.mjs';
import { podReview } from './support/review.mjs';

const rounds = short ? 5 : 15;
const folder = scratch();
const warm = await startSeccomply(join(folder, 'data'));
await stop(warm.child);

const empty = [];
const ready = [];
const idle = [];
const firstAnswers = new Map();
const load = startLoad();
for (let round = 0; round < rounds; round += 1) {
  const began = performance.now();
  await start(['-e', '0'], { cpu: 0 }).ended;
  empty.push(performance.now() - began);
  // The second start of a folder: certificates are there, as in a pod that mounts them.
  const ours = await startSeccomply(join(folder, 'data'));
  const first = await load.run({
    port: ours.port,
    ca: ours.ca,
    path: '/validate',
    bodies: [JSON.stringify(podReview({ unconfined: true }))],
    connections: 1,
    calls: 1,
    expect: '"allowed":false',
  });
  for (const [what, count] of Object.entries(first.problems))
    firstAnswers.set(what, (firstAnswers.get(what) ?? 0) + count);
  ready.push(ours.readyAfter);
  if (round < 3) {
    // What is left when start-up garbage is gone: the figure is of a quiet process, so it is given a moment of quiet.
    await setTimeout(2_000);
    idle.push(residentMegabytes(ours.child.pid));
  }
  await stop(ours.child);
}
figure('ready after start', median(ready), {
  atMost: 350,
  unit: ' ms',
  note: `node alone: ${Math.round(median(empty))} ms; ratio ${(median(ready) / median(empty)).toFixed(1)}`,
});
figure('memory, idle', median(idle), { atMost: 80, unit: ' MB' });
figure(
  'first answers to an Unconfined pod that were not a denial',
  [...firstAnswers.values()].reduce((sum, count) => sum + count, 0),
  { atMost: 0, note: [...firstAnswers.keys()].join('; ') },
);
load.stop();
report('Start and memory of the bundled webhook with the sample policies');
process.exit(0);
