// Policies and exemptions as custom resources of a real API server: how soon a webhook has them all, in how much memory, and how soon
// a change counts. Usage: node bench/cluster-policies.bench.mjs [--short]; needs etcd and kube-apiserver (tools/kubernetes-binaries.sh).
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { bundleAndImport } from '../tools/run-ts.mjs';
import { bench, isShort, median } from './support/bench.mjs';
import { program, residentMegabytes, scratch, start, stop } from './support/processes.mjs';
import { podReview } from './support/review.mjs';

const [policies, exemptions] = isShort ? [2_000, 200] : [10_000, 1_000];
const { ControlPlane, serveCustomKinds, resources, seccomplyKinds, missingForApiServer } = await bundleAndImport(
  'bench/support/control-plane.ts',
);
if (missingForApiServer !== undefined) {
  console.log(`not measured: ${missingForApiServer}`);
  process.exit(process.env.SECCOMPLY_REQUIRE_ALL === '1' ? 1 : 0);
}

class Fatal extends Error {}

const folder = scratch();
const cluster = await ControlPlane.start();
try {
  await serveCustomKinds(cluster.client);
  await cluster.client.create(resources.namespaces, { metadata: { name: 'switch' } });
  await fill();
  await bench(`${policies} policies and ${exemptions} exemptions as custom resources`, [
    {
      bars: {
        'ready, from the start of the process': { atMost: 20, unit: ' s' },
        'a change is live, median': { atMost: 1000, unit: ' ms' },
        'a change is live, slowest': { atMost: 1000, unit: ' ms' },
        'resident after the changes': { atMost: 250, unit: ' MB' },
        'resident at the peak': { atMost: 250, unit: ' MB' },
      },
      measure,
    },
  ]);
} finally {
  await cluster.stop();
}

async function fill() {
  const objects = [
    ...Array.from({ length: policies }, (_, index) => [seccomplyKinds.policies, policy(index)]),
    ...Array.from({ length: exemptions }, (_, index) => [seccomplyKinds.exemptions, exemption(index)]),
    [seccomplyKinds.policies, switching('elsewhere')],
  ].values();
  const worker = async () => {
    for (const [kind, object] of objects) await cluster.client.create(kind, object, { deadline: 60_000 });
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

async function measure(length) {
  const pair = cluster.authority.issue('webhook', 'webhook', [], ['IP:127.0.0.1', 'DNS:localhost']);
  const began = performance.now();
  const child = start(
    [
      ...[program, 'webhook', '--kubeconfig', cluster.kubeconfig, '--listen', '127.0.0.1:0'],
      ...['--tls-cert', pair.cert, '--tls-key', pair.key, '--data', join(folder, 'data')],
      ...['--log-format', 'json', '--shutdown-delay', '0s'],
    ],
    { env: { NODE_ENV: 'production' } },
  );
  child.stdout.resume();
  const port = await until('it listens', () => {
    if (child.exitCode !== null) throw new Fatal(`the webhook ended with ${child.exitCode}:\n${child.complaints()}`);
    return /"https:\/\/127\.0\.0\.1:(\d+)"/.exec(child.complaints())?.[1];
  });
  const call = callerOf(Number(port), readFileSync(cluster.authority.cert, 'utf8'));
  await until('it is ready', async () => (await call('GET', '/readyz')).status === 200);
  const ready = (performance.now() - began) / 1000;

  const review = JSON.stringify(podReview({ namespace: 'switch' }));
  const isPatched = async () => {
    const { body } = await call('POST', '/mutate', review);
    return JSON.parse(body).response.patch !== undefined;
  };
  const live = [];
  // An even number, so that a second attempt finds what the first one found.
  for (let round = 0; round < (length === 'short' ? 6 : 16); round += 1) {
    const wanted = round % 2 === 0;
    const changed = performance.now();
    await cluster.client.replace(seccomplyKinds.policies, {
      ...switching(wanted ? 'switch' : 'elsewhere'),
      metadata: (await cluster.client.get(seccomplyKinds.policies, 'switch')).metadata,
    });
    await until('the change is live', async () => (await isPatched()) === wanted);
    live.push(performance.now() - changed);
  }
  const figures = {
    'ready, from the start of the process': ready,
    'a change is live, median': median(live),
    'a change is live, slowest': Math.max(...live),
    'resident after the changes': residentMegabytes(child.pid),
    'resident at the peak': residentMegabytes(child.pid, 'VmHWM'),
  };
  await stop(child);
  return figures;
}

async function until(what, check) {
  const end = performance.now() + 120_000;
  for (;;) {
    const result = await Promise.resolve()
      .then(check)
      .catch((error) => {
        if (error instanceof Fatal) throw error;
      });
    if (result !== undefined && result !== false) return result;
    if (performance.now() > end) throw new Error(`not within two minutes: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function callerOf(port, ca) {
  const agent = new Agent({ keepAlive: true, ca });
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const call = request({ host: '127.0.0.1', port, method, path, agent, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode, body: text }));
      });
      call.on('error', reject).end(body);
    });
}

/** As a large company has them: each team its namespaces, its labels, its images. */
function policy(index) {
  const matches = [
    { namespaces: [`team-${index}`, `team-${index}-*`] },
    { podSelector: { matchLabels: { app: `service-${index}` } } },
    { namespaceSelector: { matchLabels: { team: `team-${index}` } } },
  ];
  return {
    metadata: { name: `policy-${index}`, labels: { 'app.kubernetes.io/part-of': `team-${index}` } },
    spec: {
      description: `What the containers of team ${index} get, agreed with security in review ${index * 7}`,
      priority: index % 7,
      match: matches[index % matches.length],
      assign: [
        { name: 'web', images: [`registry.example.com/team-${index}/**`], profile: 'RuntimeDefault' },
        { profile: 'RuntimeDefault' },
      ],
    },
  };
}

function exemption(index) {
  return {
    metadata: { name: `exemption-${index}` },
    spec: {
      match: { namespaces: [`legacy-${index}`] },
      images: [`registry.example.com/legacy-${index}@sha256:*`],
      allow: ['Unconfined'],
      owner: `team-${index}@example.com`,
      reason: `Uses perf until it is replaced, see the ticket`,
      ticket: `SEC-${index}`,
      expires: new Date(Date.now() + 30 * 86_400_000).toISOString(),
    },
  };
}

function switching(namespace) {
  return {
    metadata: { name: 'switch' },
    spec: { priority: 1000, match: { namespaces: [namespace] }, assign: [{ profile: 'RuntimeDefault' }] },
  };
}
