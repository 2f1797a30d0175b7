// What the number of policies costs: a call from 10 to 100,000 of them, loading them, and calls while 10,000 are loaded anew.
// Usage: node bench/policies.bench.mjs [--short]; 100,000 are tried without --short only.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alternate, bench, isShort, median } from './support/bench.mjs';
import { residentMegabytes, scratch, startLoad, startSeccomply, stop } from './support/processes.mjs';
import { podReview } from './support/review.mjs';

const folder = scratch();
/** What applies where no other policy does. */
const everything = {
  ...{ apiVersion: 'seccomply.dev/v1alpha1', kind: 'SeccompPolicy', metadata: { name: 'zz-everything' } },
  spec: {
    description: 'Everything else',
    priority: -100,
    assign: [{ containerTypes: ['Container', 'Sidecar', 'Init', 'Ephemeral'], profile: 'RuntimeDefault' }],
  },
};
const policySet = (count) => [...Array.from({ length: count - 1 }, (_, index) => policy(index)), everything];

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

/** 500 policies a file. */
const yamlFiles = (policies) =>
  Array.from({ length: Math.ceil(policies.length / 500) }, (_, index) => ({
    name: `${String(index * 500).padStart(6, '0')}.yaml`,
    text: policies
      .slice(index * 500, (index + 1) * 500)
      .map(yamlOf)
      .join('\n---\n'),
  }));

function writeSet(count, format) {
  const target = join(folder, `${count}-${format}`);
  mkdirSync(target, { recursive: true });
  const policies = policySet(count);
  if (format === 'json')
    writeFileSync(join(target, 'all.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: policies }));
  else for (const { name, text } of yamlFiles(policies)) writeFileSync(join(target, name), text);
  return target;
}

const few = writeSet(10, 'yaml');
const many = writeSet(10_000, 'yaml');
const load = startLoad();
const body = [JSON.stringify(podReview())];
const run = (server, seconds, connections = 10) =>
  load.measure({ server, ca: server.ca, path: '/mutate', bodies: body, connections, seconds, expect: '"patch":' });
const serverWith = async (policies) => {
  const server = await startSeccomply(join(folder, `data-${policies.split('/').at(-1)}`), { policies });
  await run(server, 2);
  return server;
};

const starts = {
  bars: { 'start with 10,000 policies in YAML': { atMost: 6, unit: '× with 10' } },
  measure: async (length) => {
    const startWith = (policies) => async () => {
      const { child, readyAfter } = await startSeccomply(join(folder, 'data-start'), { policies });
      await stop(child);
      return readyAfter;
    };
    const rounds = await alternate(length === 'short' ? 4 : 12, { few: startWith(few), many: startWith(many) });
    const ms = (name) => `${median(rounds.map((round) => round[name])).toFixed(0)} ms`;
    return {
      'start with 10,000 policies in YAML': {
        value: median(rounds.map(({ few, many }) => many / few)),
        note: `${ms('many')}, with 10 ${ms('few')}`,
      },
    };
  },
};

const servers = { few: await serverWith(few), many: await serverWith(many) };

/** A call against one with 10 policies, and what the process holds. */
const calls = (count, atMost, server) => ({
  bars: {
    [`a call with ${count} policies`]: { atMost, unit: '× with 10' },
    [`CPU a call with ${count} policies`]: { unit: '× with 10' },
    [`memory with ${count} policies`]: { unit: ' MB' },
  },
  measure: async (length) => {
    const rounds = await alternate(length === 'short' ? 12 : 40, {
      few: () => run(servers.few, 0.5),
      many: () => run(server, 0.5),
    });
    return {
      [`a call with ${count} policies`]: median(rounds.map(({ few, many }) => few.perSecond / many.perSecond)),
      [`CPU a call with ${count} policies`]: median(rounds.map(({ few, many }) => many.cpu / few.cpu)),
      [`memory with ${count} policies`]: {
        value: residentMegabytes(server.child.pid),
        note: `with 10: ${Math.round(residentMegabytes(servers.few.child.pid))} MB`,
      },
    };
  },
});

const reload = {
  bars: { 'slowest call while 10,000 policies are loaded anew': { atMost: 50, unit: ' ms' } },
  measure: async (length) => {
    const rounds = await alternate(length === 'short' ? 3 : 8, {
      quiet: () => run(servers.many, 4, 4),
      // Every file is written anew with a change while calls go on.
      reloading: () => {
        const during = run(servers.many, 4, 4);
        const description = `Changed at ${Date.now()}`;
        const policies = policySet(10_000).map((one) => ({ ...one, spec: { ...one.spec, description } }));
        for (const { name, text } of yamlFiles(policies)) {
          writeFileSync(join(many, `.${name}.new`), text);
          renameSync(join(many, `.${name}.new`), join(many, name));
        }
        return during;
      },
    });
    const slowest = (name) => rounds.map((round) => round[name].max);
    // A round in which the machine holds up calls without a reload as well says nothing about the reload.
    const telling = rounds.filter(({ quiet }) => quiet.max <= 50);
    return {
      'slowest call while 10,000 policies are loaded anew': {
        value: median((telling.length > 0 ? telling : rounds).map(({ reloading }) => reloading.max)),
        note: `${slowest('reloading').map(Math.round).join(', ')} ms; without a reload ${slowest('quiet').map(Math.round).join(', ')} ms`,
      },
    };
  },
};

const measurements = [starts, calls('10,000', 1.1, servers.many), reload];
if (!isShort) {
  servers.most = await serverWith(writeSet(100_000, 'json'));
  measurements.push(calls('100,000', 1.25, servers.most), {
    bars: { '100,000 policies from JSON, from start to ready': { atMost: 10, unit: ' s' } },
    measure: async () => ({ '100,000 policies from JSON, from start to ready': servers.most.readyAfter / 1000 }),
  });
}
await bench('Policies, many against few in the same run', measurements);
load.stop();
for (const { child } of Object.values(servers)) await stop(child);
process.exit();
