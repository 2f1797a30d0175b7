// Admission against a bare `https.createServer` that parses the body and sends a fixed answer, in the same run: throughput and p99 at
// 1, 10 and 50 connections; denials with their durable record; small reviews beside large ones; CPU per call.
// Usage: node bench/admission.bench.mjs [--short]
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  cpuSeconds,
  residentMegabytes,
  scratch,
  startBare,
  startLoad,
  startSeccomply,
  stop,
} from './support/processes.mjs';
import { figure, median, report, short } from './support/report.mjs';
import { podReview } from './support/review.mjs';

const rounds = short ? 3 : 7;
const seconds = short ? 1.5 : 5;
const changed = [JSON.stringify(podReview())];
const kept = [JSON.stringify(podReview({ ready: true }))];
// Each call is another pod of another owner, so that nothing folds, and each connection's are of a namespace of its own, so that none
// comes to its quota: each denial is a record of its own.
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
console.log(`review of ${Buffer.byteLength(changed[0])} bytes; ${rounds} rounds of ${seconds} s each, in turn`);

const calls = {
  bare: { port: bare.port, path: '/mutate', bodies: changed, expect: '"allowed":true' },
  mutate: { port: ours.port, path: '/mutate?timeout=3s', bodies: changed, expect: '"patch":' },
  validate: { port: ours.port, path: '/validate?timeout=3s', bodies: kept, expect: '"allowed":true' },
  denial: {
    port: ours.port,
    path: '/validate?timeout=3s',
    bodies: denied,
    numbered: zeros,
    expect: '"allowed":false',
  },
};
const run = async (name, connections, more = {}) => {
  const result = await load.run({ ca: ours.ca, connections, seconds, ...calls[name], ...more });
  if (Object.keys(result.problems).length > 0) throw new Error(`${name}: ${JSON.stringify(result.problems)}`);
  return result;
};
for (const name of Object.keys(calls)) await run(name, 10, { seconds: short ? 2 : 4 });

for (const connections of [1, 10, 50]) {
  const ratios = { mutate: { throughput: [], p99: [] }, validate: { throughput: [], p99: [] } };
  for (let round = 0; round < rounds; round += 1) {
    const base = await run('bare', connections);
    for (const name of ['mutate', 'validate']) {
      const result = await run(name, connections);
      ratios[name].throughput.push(result.perSecond / base.perSecond);
      ratios[name].p99.push(result.p99 / base.p99);
    }
  }
  for (const name of ['mutate', 'validate']) {
    figure(`${name}, ${connections} connections: throughput of bare`, median(ratios[name].throughput), {
      atLeast: 0.85,
      unit: '×',
    });
    figure(`${name}, ${connections} connections: p99 of bare`, median(ratios[name].p99), { atMost: 1.5, unit: '×' });
  }
}

const perCall = async (name, child) => {
  const before = cpuSeconds(child.pid);
  const { calls: count } = await run(name, 10, { seconds: seconds * 2 });
  return ((cpuSeconds(child.pid) - before) / count) * 1e6;
};
const bareCpu = await perCall('bare', bare.child);
figure('bare: CPU a call', bareCpu, { unit: ' µs' });
figure('mutate: CPU a call', await perCall('mutate', ours.child), { unit: ' µs' });
figure('validate: CPU a call', await perCall('validate', ours.child), { unit: ' µs' });

const denials = [];
for (let round = 0; round < (short ? 5 : rounds); round += 1) {
  const base = await run('bare', 50);
  const fsync = medianFsync(join(folder, 'fsync'));
  const result = await run('denial', 50);
  denials.push({ p99: result.p99, limit: 1.5 * base.p99 + 2 * fsync, fsync, perSecond: result.perSecond });
}
figure(
  'denial with its record on disk, 50 connections: p99 of (1.5 × bare + 2 × fsync)',
  median(denials.map(({ p99, limit }) => p99 / limit)),
  {
    atMost: 1,
    unit: '×',
    note: `median fsync ${median(denials.map(({ fsync }) => fsync)).toFixed(2)} ms, ${Math.round(median(denials.map(({ perSecond }) => perSecond)))} denials/s`,
  },
);

const large = JSON.stringify(podReview({ ready: true, padding: 3_000_000 }));
const alone = [];
const beside = [];
const largeTimes = [];
const other = startLoad();
for (let round = 0; round < rounds; round += 1) {
  alone.push((await run('validate', 4)).p99);
  const flood = other.run({
    ...calls.validate,
    ca: ours.ca,
    bodies: [large],
    connections: 1,
    seconds: seconds + 0.5,
    every: 200,
  });
  beside.push((await run('validate', 4)).p99);
  largeTimes.push((await flood).p50);
}
figure('small reviews beside five of 3 MB a second: p99 of without', median(beside) / median(alone), {
  atMost: 3,
  unit: '×',
});
// In turn, and the ratio of each turn: what else the machine does slows both down alike.
const alike = { full: [], half: [] };
for (let round = 0; round < (short ? 5 : rounds); round += 1)
  for (const [size, bodies] of [
    ['full', [large]],
    ['half', [JSON.stringify(podReview({ ready: true, padding: 1_500_000 }))]],
  ])
    alike[size].push((await run('validate', 1, { bodies, calls: short ? 8 : 20, seconds: 60 })).p50);
figure('a review of 3 MB alone, median', median(alike.full), { atMost: 50, unit: ' ms' });
figure('3 MB against 1.5 MB', median(alike.full.map((time, round) => time / alike.half[round])), {
  atMost: 2.5,
  unit: '×',
  note: 'linear is 2',
});
figure('memory after all this', residentMegabytes(ours.child.pid), {
  atMost: 200,
  unit: ' MB',
  note: `peak ${Math.round(residentMegabytes(ours.child.pid, 'VmHWM'))} MB`,
});

load.stop();
other.stop();
await stop(ours.child);
bare.child.kill('SIGKILL');
report('Admission, against a bare https server in the same run');
process.exit(0);

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
