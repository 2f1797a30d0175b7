import { peopleObjects, permissions, roleObjects } from '../../../src/core/manifests/access.js';
import { installObjects } from '../../../src/core/manifests/install-objects.js';
import { defaultInstall } from '../../../src/core/manifests/install-options.js';

const verbsOf = (options = defaultInstall) =>
  Object.fromEntries(
    Object.entries(permissions(options)).map(([component, { cluster, own }]) => [
      component,
      { 'in the cluster': cluster.map(line), 'in its namespace': own.map(line) },
    ]),
  );

const line = ({ apiGroups, resources, resourceNames, verbs }: Rule) =>
  `${apiGroups.join()}/${resources.join()}${resourceNames === undefined ? '' : ` (${resourceNames.join()})`}: ${verbs.join(' ')}`;

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

test('each component may do what it does, and nothing else', () => {
  expect(verbsOf()).toMatchInlineSnapshot(`
{
  "controller": {
    "in its namespace": [
      "/secrets: create",
      "/secrets (seccomply-ca): get list watch update patch",
      "/configmaps: create",
      "/configmaps (seccomply-policy-set): get list watch update patch",
      "/services (seccomply-webhook): get",
      "coordination.k8s.io/leases: create",
      "coordination.k8s.io/leases (seccomply-controller): get update",
    ],
    "in the cluster": [
      "seccomply.dev/seccomppolicies,seccompexemptions,seccompprofiles: get list watch",
      "seccomply.dev/seccomppolicies/status,seccompexemptions/status,seccompprofiles/status: patch",
      "/namespaces: get list watch",
      "events.k8s.io/events: create patch",
      "admissionregistration.k8s.io/mutatingwebhookconfigurations,validatingwebhookconfigurations: create list watch",
      "admissionregistration.k8s.io/mutatingwebhookconfigurations,validatingwebhookconfigurations (seccomply): get patch",
    ],
  },
  "webhook": {
    "in its namespace": [
      "/secrets (seccomply-ca): get list watch",
      "/configmaps (seccomply-policy-set): get list watch",
    ],
    "in the cluster": [
      "seccomply.dev/seccomppolicies,seccompexemptions,seccompprofiles: get list watch",
      "/namespaces: get list watch",
      "events.k8s.io/events: create patch",
    ],
  },
}
`);
});

test('with certificates of somebody else no private key is within reach', () => {
  for (const certificates of ['cert-manager', 'secret'] as const) {
    const options = { ...defaultInstall, certificates };
    const secrets = Object.values(permissions(options)).flatMap(({ cluster, own }) =>
      [...cluster, ...own].filter(({ resources }) => resources.includes('secrets')),
    );
    expect(secrets.map(line)).toEqual(['/secrets (seccomply-ca): get patch']);
    const holder = installObjects(options).find(({ kind }) => kind === 'Secret');
    expect(holder).toMatchObject({ metadata: { name: 'seccomply-ca' } });
    expect(holder).not.toHaveProperty('data');
    expect(JSON.stringify(installObjects(options))).not.toContain('"secretName":"seccomply-ca"');
  }
});

test('only with admission policies kept may the controller write them', () => {
  expect(JSON.stringify(permissions(defaultInstall))).not.toContain('admissionpolicies');
  expect(verbsOf({ ...defaultInstall, admissionPolicies: true }).controller?.['in the cluster']).toContain(
    'admissionregistration.k8s.io/mutatingadmissionpolicies,mutatingadmissionpolicybindings,validatingadmissionpolicies,validatingadmissionpolicybindings: get list watch create patch delete',
  );
});

test('nothing of ours comes with edit or admin, and nothing is given by a star', () => {
  for (const object of [...roleObjects(defaultInstall), ...peopleObjects()]) {
    expect(Object.keys(object.metadata.labels ?? {}).filter((key) => key.includes('aggregate'))).toEqual([]);
    expect(JSON.stringify(object)).not.toContain('*');
    expect(object).not.toHaveProperty('aggregationRule');
  }
});

test('whoever may write policies may neither exempt nor approve', () => {
  const rules = (name: string) => JSON.stringify(peopleObjects().find(({ metadata }) => metadata.name === name)?.rules);
  expect(rules('seccomply-policy-editor')).not.toMatch(/"exempt"|approve|seccompexemptions"\],"verbs":\["create/);
  expect(rules('seccomply-exempter')).toContain('"exempt"');
  expect(rules('seccomply-profile-approver')).toContain('"approve"');
  for (const object of peopleObjects()) expect(JSON.stringify(object)).not.toContain('/status');
});

test('every pod of ours is what the Pod Security Standard restricted asks for, and more', () => {
  const deployments = installObjects(defaultInstall).filter(({ kind }) => kind === 'Deployment');
  expect(deployments).toHaveLength(2);
  for (const { spec } of deployments as readonly unknown[] as readonly { readonly spec: DeploymentSpec }[]) {
    const { securityContext, containers, volumes } = spec.template.spec;
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const container of containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
      });
      expect(container).toMatchObject({ livenessProbe: {}, readinessProbe: {}, startupProbe: {}, resources: {} });
    }
    expect(volumes.every((volume) => 'emptyDir' in volume)).toBe(true);
  }
});

interface DeploymentSpec {
  readonly template: {
    readonly spec: {
      readonly securityContext: object;
      readonly containers: readonly { readonly securityContext: object }[];
      readonly volumes: readonly object[];
    };
  };
}
