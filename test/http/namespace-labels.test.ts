import type { RuleSet } from '../../src/core/policy/rules/rule-set.js';
import { AdmissionHandler, type NamespaceSource } from '../../src/http/admission/admission-handler.js';
import { DecisionMetrics } from '../../src/http/admission/decision-metrics.js';
import { RulesInForce } from '../../src/http/admission/rules-in-force.js';
import { admissionMetrics } from '../../src/system/metrics/admission-metrics.js';
import { Metrics } from '../../src/system/metrics/metrics.js';
import { container, NOW, namespace, pod, policy, requestOf, rulesOf } from '../core/admission/support.js';

const byLabel = policy('by-label', {
  match: { namespaceSelector: { matchLabels: { tier: 'web' } } },
  require: { profiles: ['web-static'] },
});
const written = rulesOf(byLabel + namespace('shop', { tier: 'web' }));

/** Whether a pod that the policy refuses is refused, which tells whose labels counted. */
async function refuses(rules: RuleSet, namespaces?: NamespaceSource) {
  const inForce = new RulesInForce();
  inForce.put(rules);
  const service = new AdmissionHandler({
    rules: inForce,
    records: { append: async () => ({ recorded: true, as: 'record' }), refusedLate: () => undefined },
    metrics: new DecisionMetrics(new Metrics(admissionMetrics).family('seccomply_policy_decisions_total')),
    ...(namespaces === undefined ? {} : { namespaces }),
  });
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: requestOf(pod({ containers: [container('c', 'RuntimeDefault')] })),
  };
  const answer = service.review('validate', review, {
    caller: { authenticated: false },
    at: new Date(NOW),
    deadline: 1000,
  });
  if ('bad' in answer) throw new Error(answer.bad);
  const { body } = 'settled' in answer ? await answer.settled : answer;
  return (JSON.parse(body) as { response: { allowed: boolean; status?: { code: number } } }).response;
}

const never = async (): Promise<never> => {
  throw new Error('nobody is to ask');
};

test('outside a cluster the Namespace documents tell the labels', async () => {
  expect(await refuses(written)).toMatchObject({ allowed: false, status: { code: 403 } });
  expect(await refuses(rulesOf(byLabel))).toMatchObject({ allowed: true });
});

test('in a cluster the cluster does, whatever the documents say', async () => {
  const known = (labels: Readonly<Record<string, string>>): NamespaceSource => ({
    labelsOf: () => labels,
    fetch: never,
  });
  expect(await refuses(written, known({ tier: 'db' }))).toMatchObject({ allowed: true });
  expect(await refuses(rulesOf(byLabel + namespace('shop', { tier: 'db' })), known({ tier: 'web' }))).toMatchObject({
    allowed: false,
    status: { code: 403 },
  });
});

test('a namespace that is not known yet is asked for', async () => {
  const asked = (labels: Readonly<Record<string, string>> | undefined): NamespaceSource => ({
    labelsOf: () => undefined,
    fetch: async () => labels,
  });
  expect(await refuses(written, asked({ tier: 'db' }))).toMatchObject({ allowed: true });
  expect(await refuses(written, asked({ tier: 'web' }))).toMatchObject({ allowed: false, status: { code: 403 } });
  expect(await refuses(written, asked(undefined))).toMatchObject({ allowed: true });
});

test('labels that cannot be had are an error, and never a policy that does not match', async () => {
  expect(await refuses(written, { labelsOf: () => undefined, fetch: never })).toMatchObject({
    allowed: false,
    status: { code: 500 },
  });
});
