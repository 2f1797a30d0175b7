import { lintFile } from '../../../src/core/lint/lint-file.js';

const found = (object: object) =>
  lintFile(JSON.stringify(object)).problems.map(({ code, place }) => `${code} ${place?.path}`);
const WEB = { name: 'web', image: 'nginx' };
const pod = (spec: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata,
  spec: { containers: [WEB], ...spec },
});
const field = (seccompProfile: unknown) => pod({ securityContext: { seccompProfile } });
const POD_KEY = 'seccomp.security.alpha.kubernetes.io/pod';
const annotated = (key = POD_KEY) => ({ annotations: { [key]: 'runtime/default' } });

describe('annotations that give no profile', () => {
  test.each<[string, object, string]>([
    ['of a pod', pod({}, annotated()), `metadata.annotations["${POD_KEY}"]`],
    [
      'of a container',
      pod({}, annotated('container.seccomp.security.alpha.kubernetes.io/web')),
      'metadata.annotations["container.seccomp.security.alpha.kubernetes.io/web"]',
    ],
    [
      'of a template',
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        spec: { template: { metadata: annotated(), spec: { containers: [WEB] } } },
      },
      `spec.template.metadata.annotations["${POD_KEY}"]`,
    ],
    [
      'of a PodSecurityPolicy',
      {
        apiVersion: 'policy/v1beta1',
        kind: 'PodSecurityPolicy',
        metadata: annotated('seccomp.security.alpha.kubernetes.io/allowedProfileNames'),
      },
      'metadata.annotations["seccomp.security.alpha.kubernetes.io/allowedProfileNames"]',
    ],
  ])('%s', (_, object, path) => expect(found(object)).toEqual([`SP060 ${path}`]));
});

describe('fields that are not read, or refused', () => {
  test.each<[string, object, readonly string[]]>([
    [
      'seccomp',
      pod({ securityContext: { seccomp: { type: 'RuntimeDefault' } } }),
      ['SP061 spec.securityContext.seccomp'],
    ],
    ['another case', pod({ securityContext: { SeccompProfile: {} } }), ['SP061 spec.securityContext.SeccompProfile']],
    ['in the spec', pod({ seccompProfile: { type: 'RuntimeDefault' } }), ['SP061 spec.seccompProfile']],
    [
      'in a container',
      pod({ containers: [{ ...WEB, seccompProfile: {} }] }),
      ['SP061 spec.containers[0].seccompProfile'],
    ],
    ['in the metadata', pod({}, { seccompProfile: {} }), ['SP061 metadata.seccompProfile']],
    [
      'beside the template',
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        spec: {
          securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
          template: { spec: { containers: [WEB] } },
        },
      },
      ['SP061 spec.securityContext.seccompProfile'],
    ],
    [
      'a key that it does not have',
      field({ type: 'Localhost', localhostProfile: 'a.json', profile: 'a' }),
      ['SP061 spec.securityContext.seccompProfile.profile'],
    ],
    [
      "the annotation's prefix",
      field({ type: 'Localhost', localhostProfile: 'localhost/a.json' }),
      ['SP047 spec.securityContext.seccompProfile.localhostProfile'],
    ],
    ['no type', field({ localhostProfile: 'a.json' }), ['SP047 spec.securityContext.seccompProfile']],
    ['no path', field({ type: 'Localhost' }), ['SP047 spec.securityContext.seccompProfile']],
    ['absent', field(null), []],
  ])('%s', (_, object, wanted) => expect(found(object)).toEqual(wanted));

  test.each([
    ['runtime/default', 'Write type: RuntimeDefault.'],
    ['runtimeDefault', 'Write type: RuntimeDefault.'],
    ['docker/default', 'Write type: RuntimeDefault.'],
    ['Unconfine', 'Write type: Unconfined.'],
    ['localhost/a.json', 'Write type: Localhost with localhostProfile: a.json.'],
    ['x', 'Write type: RuntimeDefault, or type: Localhost with localhostProfile.'],
  ])('the type %s', (type, advice) => {
    expect(lintFile(JSON.stringify(field({ type }))).problems.map((problem) => problem.advice)).toEqual([advice]);
  });
});

test.each(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController', 'Job', 'Rollout'])(
  'the template of a %s is looked at',
  (kind) => {
    const spec = { containers: [WEB], securityContext: { seccompProfile: { type: 'Nothing' } } };
    expect(found({ apiVersion: 'x/v1', kind, spec: { template: { spec } } })).toEqual([
      'SP047 spec.template.spec.securityContext.seccompProfile',
    ]);
  },
);
