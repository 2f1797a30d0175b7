// What the number of policies costs: a call from 10 to 100,000 of them, loading them, and calls while 10,000 are loaded anew.
// Usage: node bench/policies.bench.mjs [--short]
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { residentMegabytes, scratch, startLoad, startSeccomply, stop } from './support/processes.mjs';
import { figure, median, report, short } from './support/report.mjs';
import { podReview } from './support/review.mjs';

// Many short rounds, few and many by turns: a machine that is shared is slower for seconds at a time.
const rounds = short ? 12 : 30;
const seconds = 0.5;
const folder = scratch();

/** Policies as a large company has them: each team its namespaces, its labels, its images. */
function policy(index) {
  const kinds = [
    { match: { namespaces: [`team-${index}`, `team-${index}-*`] } },
    { match: { podSelector: { matchLabels: { app: `service-${index}` } } } },
    { match: { namespaceSelector: { matchLabels: { team: `team-${index}` } } } },
    {},
  ];
  return {
    apiVersion: 'seccomply.dev/v1alpha1',
    kind: 'SeccompPolicy',
    metadata: { name: `policy-${String(index).padStart(6, '0')}` },
    spec: {
      description: `Team ${index}`,
      priority: index % 7,
      ...kinds[index % kinds.length],
      assign: [
        { name: 'web', images: [`registry.example.com/team-${index}/**`], profile: 'web-static' },
        ...(index % kinds.length === 3 ? [] : [{ profile: 'RuntimeDefault' }]),
      ],
    },
  };
}

const yamlOf = ({ metadata, spec }) =>
  [
    'apiVersion: seccomply.dev/v1alpha1',
    'kind: SeccompPolicy',
    `metadata: { name: ${metadata.name} }`,
    'spec:',
    `  description: ${spec.description}`,
    `  priority: ${spec.priority}`,
    ...(spec.match === undefined ? [] : [`  match: ${JSON.stringify(spec.match)}`]),
    '  assign:',
    ...spec.assign.map((rule) => `    - ${JSON.stringify(rule)}`),
  ].join('\n');

function writeSet(count, format) {
  const target = join(folder, `${count}-${format}`);
  mkdirSync(target, { recursive: true });
  const last = {
    ...policy(0),
    metadata: { name: 'zz-everything' },
    spec: {
      priority: -100,
      assign: [{ containerTypes: ['Container', 'Sidecar', 'Init', 'Ephemeral'], profile: 'RuntimeDefault' }],
    },
  };
  const policies = [...Array.from({ length: count - 1 }, (_, index) => policy(index)), last];
  if (format === 'json')
    writeFileSync(join(target, 'all.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: policies }));
  else
    for (let start = 0; start < policies.length; start += 500)
      writeFileSync(
        join(target, `${String(start).padStart(6, '0')}.yaml`),
        policies
          .slice(start, start + 500)
          .map(yamlOf)
          .join('\n---\n'),
      );
  return target;
}

const sets = {
  10: writeSet(10, 'yaml'),
  10000: writeSet(10_000, 'yaml'),
  ...(short ? {} : { 100000: writeSet(100_000, 'json') }),
};
const servers = {};
for (const [count, path] of Object.entries(sets))
  servers[count] = await startSeccomply(join(folder, `data-${count}`), { policies: path });
const load = startLoad();
const body = [JSON.stringify(podReview())];
const order = (count) => ({
  port: servers[count].port,
  ca: servers[count].ca,
  path: '/mutate',
  bodies: body,
  connections: 10,
  expect: '"patch":',
});
const run = async (count, more) => {
  const result = await load.run({ ...order(count), seconds, ...more });
  if (Object.keys(result.problems).length > 0) throw new Error(`${count} policies: ${JSON.stringify(result.problems)}`);
  return result;
};
for (const count of Object.keys(sets)) await run(count, { seconds: 2 });
const ratios = { 10: [], 10000: [], 100000: [] };
for (let round = 0; round < rounds; round += 1) {
  const perSecond = {};
  const order = Object.keys(sets);
  if (round % 2 === 1) order.reverse();
  for (const count of order) perSecond[count] = (await run(count)).perSecond;
  for (const count of order) ratios[count].push(perSecond[10] / perSecond[count]);
}
figure('a call with 10,000 policies, of one with 10', median(ratios[10000]), { atMost: 1.1, unit: '×' });
figure('10,000 policies from YAML, from start to ready', servers[10000].readyAfter / 1000, {
  atMost: 3,
  unit: ' s',
  note: `start with 10: ${Math.round(servers[10].readyAfter)} ms`,
});
figure('memory with 10,000', residentMegabytes(servers[10000].child.pid), {
  unit: ' MB',
  note: `with 10: ${Math.round(residentMegabytes(servers[10].child.pid))} MB`,
});
if (!short) {
  figure('a call with 100,000 policies, of one with 10', median(ratios[100000]), { atMost: 1.25, unit: '×' });
  figure('100,000 policies from JSON, from start to ready', servers[100000].readyAfter / 1000, {
    atMost: 10,
    unit: ' s',
  });
  figure('memory with 100,000', residentMegabytes(servers[100000].child.pid), { unit: ' MB' });
}

const quiet = await run('10000', { seconds: 6, connections: 4 });
// Every file is written anew with a change while calls go on.
const slowest = [];
for (let round = 0; round < (short ? 2 : 4); round += 1) {
  const during = run('10000', { seconds: 6, connections: 4 });
  for (let start = 0; start < 10_000; start += 500) {
    const name = `${String(start).padStart(6, '0')}.yaml`;
    const policies = Array.from({ length: Math.min(500, 9_999 - start) }, (_, index) => policy(start + index));
    const text = policies
      .map((one) => yamlOf({ ...one, spec: { ...one.spec, description: `Round ${round}` } }))
      .join('\n---\n');
    const keeper =
      start === 9_500
        ? `\n---\n${yamlOf({ ...policy(0), metadata: { name: 'zz-everything' }, spec: { priority: -100, description: 'last', assign: [{ containerTypes: ['Container', 'Sidecar', 'Init', 'Ephemeral'], profile: 'RuntimeDefault' }] } })}`
        : '';
    writeFileSync(join(sets[10000], `.${name}.new`), text + keeper);
    renameSync(join(sets[10000], `.${name}.new`), join(sets[10000], name));
  }
  slowest.push((await during).max);
}
figure('slowest call while 10,000 policies are loaded anew', median(slowest), {
  atMost: 50,
  unit: ' ms',
  note: `all rounds: ${slowest.map((ms) => ms.toFixed(0)).join(', ')} ms; of a round without a reload: ${quiet.max.toFixed(0)} ms`,
});

load.stop();
for (const { child } of Object.values(servers)) await stop(child);
report('Policies, many against few in the same run');
process.exit(0);
