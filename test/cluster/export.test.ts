import { join } from 'node:path';
import { documentSet } from '../../src/core/policy/load/document-set.js';
import { parseDocuments } from '../../src/core/policy/load/parse-documents.js';
import type { Catalogue } from '../../src/core/profile/catalogue.js';
import { loadPolicies } from '../../src/files/policies/load-policies.js';
import { loadCatalogue } from '../../src/files/profile-catalogue.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { type Resource, resources } from '../../src/kubernetes/resources.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { type Answer, answerOf, applyExport, type ExportContext } from './support/exported.js';

let cluster: ControlPlane;
let context: ExportContext;
let catalogue: Catalogue;

beforeAll(async () => {
  cluster = await ControlPlane.start();
  ({ catalogue } = await loadCatalogue(['profiles']));
  context = {
    catalogue,
    baseline: ['RuntimeDefault', '*', 'Localhost/**', 'Unset'],
    now: Date.parse('2026-12-20T00:00:00Z'),
    longestExemption: 90 * 86_400_000,
  };
  for (const [name, labels] of [
    ['perf', {}],
    ['shop', { tier: 'web' }],
  ] as const)
    await cluster.client.create(resources.namespaces, { metadata: { name, labels } });
});
afterAll(() => cluster?.stop());

const digest = `sha256:${'9f'.repeat(32)}`;

async function create(resource: Resource, object: object, namespace = 'default'): Promise<Answer> {
  const warnings: string[] = [];
  try {
    const made = await cluster.client.create(resource, object as KubeObject, {
      namespace,
      dryRun: true,
      onWarning: (text) => warnings.push(text),
    });
    return { is: 'admitted', object: made, warnings };
  } catch (error) {
    return answerOf(error);
  }
}

interface Profile {
  readonly type: string;
  readonly localhostProfile?: string;
}

const container = (name: string, image: string, profile?: Profile, more: object = {}) => ({
  name,
  image,
  ...more,
  ...(profile === undefined ? {} : { securityContext: { seccompProfile: profile } }),
});
const pod = (spec: object, metadata: object = {}) => ({ metadata: { name: 'one', ...metadata }, spec });

/** `RuntimeDefault`, `Localhost/…`, `Unset` of each container, by name. */
function profilesOf(answer: Answer): unknown {
  if (answer.is !== 'admitted') return answer;
  const { spec } = answer.object as unknown as {
    readonly spec: Readonly<Record<string, readonly Named[] | undefined>>;
  };
  return Object.fromEntries(
    [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])].map((one) => {
      const profile = one.securityContext?.seccompProfile;
      const text = profile?.type === 'Localhost' ? `Localhost/${profile.localhostProfile ?? ''}` : profile?.type;
      return [one.name, text ?? 'Unset'];
    }),
  );
}

interface Named {
  readonly name: string;
  readonly securityContext?: { readonly seccompProfile?: Profile };
}

const unconfined = { type: 'Unconfined' };
const webStatic = (): string => `Localhost/${catalogue.pathOf('web-static', 'Enforce', []) ?? ''}`;

describe('the demo set, with no webhook', () => {
  it('is in force', async () => {
    const { documents } = await loadPolicies([join('policies', 'demo')]);
    const { gaps, renewBefore } = await applyExport(cluster, documents, context);
    expect(gaps.map(({ document, path }) => `${document} ${path}`)).toEqual(['every exemption spec.expires']);
    expect(renewBefore).toBe('2027-01-15T00:00:00Z');
  });

  it('gives every container what its rule says', async () => {
    const spec = {
      initContainers: [
        container('init', 'busybox'),
        container('sidecar', 'nginx:1', undefined, { restartPolicy: 'Always' }),
      ],
      containers: [
        container('web', 'docker.io/library/nginx:1.27'),
        container('app', 'ghcr.io/acme/nginx:1'),
        container('own', 'x', { type: 'Localhost', localhostProfile: 'team/x.json' }),
      ],
    };
    expect(profilesOf(await create(resources.pods, pod(spec)))).toEqual({
      init: 'RuntimeDefault',
      sidecar: webStatic(),
      web: webStatic(),
      app: 'RuntimeDefault',
      own: 'Localhost/team/x.json',
    });
  });

  it('leaves a profile that is inherited from the pod', async () => {
    const spec = {
      securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'team/x.json' } },
      containers: [container('web', 'nginx')],
    };
    expect(profilesOf(await create(resources.pods, pod(spec)))).toEqual({ web: 'Unset' });
  });

  it('takes the place of RuntimeDefault where the profile is tighter', async () => {
    const spec = { containers: [container('web', 'nginx', { type: 'RuntimeDefault' })] };
    expect(profilesOf(await create(resources.pods, pod(spec)))).toEqual({ web: webStatic() });
  });

  it('leaves Windows pods alone', async () => {
    const spec = { os: { name: 'windows' }, containers: [container('web', 'nginx')] };
    expect(profilesOf(await create(resources.pods, pod(spec)))).toEqual({ web: 'Unset' });
  });

  it('refuses Unconfined of a container and of the pod, in words', async () => {
    const own = await create(resources.pods, pod({ containers: [container('web', 'nginx', unconfined)] }));
    expect(own).toMatchObject({
      is: 'refused',
      message: expect.stringContaining('spec.containers web has Unconfined'),
    });
    const ofPod = { securityContext: { seccompProfile: unconfined }, containers: [container('web', 'nginx')] };
    expect(await create(resources.pods, pod(ofPod))).toMatchObject({
      is: 'refused',
      message: expect.stringContaining('the pod has Unconfined for web'),
    });
  });

  it('refuses odd and unknown files in the folder of the catalogue', async () => {
    for (const localhostProfile of [
      ...['seccomply/web-static.00000000000000000000000000000000.json', 'seccomply//x.json', './seccomply/x.json'],
      'team//x.json',
    ]) {
      const spec = { containers: [container('web', 'x', { type: 'Localhost', localhostProfile })] };
      expect([localhostProfile, (await create(resources.pods, pod(spec))).is]).toEqual([localhostProfile, 'refused']);
    }
  });

  it('lets through what is exempt, there and only there', async () => {
    const spec = { containers: [container('profiler', `ghcr.io/acme/profiler@${digest}`, unconfined)] };
    expect(profilesOf(await create(resources.pods, pod(spec), 'perf'))).toEqual({ profiler: 'Unconfined' });
    expect(await create(resources.pods, pod(spec), 'shop')).toMatchObject({ is: 'refused' });
    const other = { containers: [container('profiler', 'ghcr.io/acme/profiler:1', unconfined)] };
    expect(await create(resources.pods, pod(other), 'perf')).toMatchObject({ is: 'refused' });
  });

  it('warns of templates, and lets them in', async () => {
    const template = {
      metadata: { labels: { a: 'b' } },
      spec: { containers: [container('web', 'nginx', unconfined)] },
    };
    const job = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } };
    const selector = { matchLabels: { a: 'b' } };
    const metadata = { name: 'one' };
    const answers = [
      await create(resources.deployments, { metadata, spec: { selector, template } }),
      await create(resources.daemonSets, { metadata, spec: { selector, template } }),
      await create(resources.jobs, { metadata, spec: { template: job } }),
      await create(resources.cronJobs, {
        metadata,
        spec: { schedule: '* * * * *', jobTemplate: { spec: { template: job } } },
      }),
    ];
    for (const answer of answers)
      expect(answer).toMatchObject({ is: 'admitted', warnings: [expect.stringContaining('has Unconfined')] });
  });

  it('judges an image that is swapped in place, and leaves old pods editable', async () => {
    const { client } = cluster;
    const object = pod(
      { containers: [container('profiler', `ghcr.io/acme/profiler@${digest}`, unconfined)] },
      { name: 'old' },
    );
    await client.create(resources.pods, object as KubeObject, { namespace: 'perf' });
    await client.patch(resources.pods, 'old', { metadata: { annotations: { a: 'b' } } }, 'merge', {
      namespace: 'perf',
    });
    const swap = { spec: { containers: [{ name: 'profiler', image: 'evil:1' }] } };
    const error: unknown = await client.patch(resources.pods, 'old', swap, 'strategic', { namespace: 'perf' }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(answerOf(error)).toMatchObject({
      is: 'refused',
      message: expect.stringContaining('profiler has Unconfined'),
    });

    const debug = (profile?: Profile) => ({
      spec: { ephemeralContainers: [{ ...container('debug', 'busybox', profile), terminationMessagePolicy: 'File' }] },
    });
    const refused: unknown = await client
      .patch(resources.pods, 'old', debug(unconfined), 'strategic', {
        namespace: 'perf',
        subresource: 'ephemeralcontainers',
      })
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    expect(answerOf(refused)).toMatchObject({
      is: 'refused',
      message: expect.stringContaining('debug has Unconfined'),
    });
    const changed = await client.patch(resources.pods, 'old', debug(), 'strategic', {
      namespace: 'perf',
      subresource: 'ephemeralcontainers',
    });
    expect(profilesOf({ is: 'admitted', object: changed, warnings: [] })).toEqual({
      profiler: 'Unconfined',
      debug: 'RuntimeDefault',
    });
  });
});

describe('the demo set, after the date of its exemption', () => {
  it('refuses what was exempt', async () => {
    const { documents } = await loadPolicies([join('policies', 'demo')]);
    const later = { ...context, now: Date.parse('2027-01-15T00:00:00Z') };
    const { gaps, renewBefore } = await applyExport(cluster, documents, later);
    expect(renewBefore).toBeUndefined();
    expect(gaps).toMatchObject([{ document: 'SeccompExemption legacy-profiler', effect: 'refuses more' }]);
    const spec = { containers: [container('profiler', `ghcr.io/acme/profiler@${digest}`, unconfined)] };
    expect(await create(resources.pods, pod(spec), 'perf')).toMatchObject({ is: 'refused' });
  });
});

describe('a policy with every part of the language', () => {
  it('scopes by namespace labels, pod labels, service account and runtime class', async () => {
    const { documents, problems } = documentSet([
      parseDocuments(`
apiVersion: seccomply.dev/v1alpha1
kind: SeccompPolicy
metadata: { name: scoped }
spec:
  match:
    namespaceSelector: { matchExpressions: [{ key: tier, operator: In, values: [web, api] }] }
    podSelector: { matchExpressions: [{ key: app, operator: NotIn, values: [free] }] }
    exclude:
      - { runtimeClassNames: ["kata-*"] }
      - { serviceAccounts: ["shop/builder"] }
  require: { profiles: [RuntimeDefault], privileged: Deny }
`),
    ]);
    expect(problems).toEqual([]);
    await applyExport(cluster, documents, context);
    const spec = { containers: [container('web', 'nginx')] };
    const results = {
      elsewhere: (await create(resources.pods, pod(spec), 'perf')).is,
      there: (await create(resources.pods, pod(spec), 'shop')).is,
      'other label': (await create(resources.pods, pod(spec, { labels: { app: 'free' } }), 'shop')).is,
      'service account': (await create(resources.pods, pod({ ...spec, serviceAccountName: 'builder' }), 'shop')).is,
      good: (
        await create(
          resources.pods,
          pod({ containers: [container('web', 'nginx', { type: 'RuntimeDefault' })] }),
          'shop',
        )
      ).is,
      privileged: await create(
        resources.pods,
        pod({
          containers: [
            {
              name: 'web',
              image: 'nginx',
              securityContext: { privileged: true, seccompProfile: { type: 'RuntimeDefault' } },
            },
          ],
        }),
        'shop',
      ),
    };
    expect(results).toMatchObject({
      elsewhere: 'admitted',
      there: 'refused',
      'other label': 'admitted',
      'service account': 'admitted',
      good: 'admitted',
      privileged: { is: 'refused', message: expect.stringContaining('web is privileged') },
    });
  });
});
