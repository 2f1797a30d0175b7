import type { Decision } from '../../../../src/core/admission/decision.js';
import { readReview, reviewAnswer } from '../../../../src/core/admission/request/review.js';
import { ask, container, exemption, pod, policy, requestOf, rulesOf } from '../support.js';

const review = (request: unknown) => ({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
const answerOf = (decision: Decision, recordId?: string) =>
  JSON.parse(reviewAnswer('uid-1', decision, recordId)) as {
    readonly apiVersion: string;
    readonly kind: string;
    readonly response: Readonly<Record<string, unknown>>;
  };
const all = {
  name: 'everything',
  containerTypes: ['Container', 'Sidecar', 'Init', 'Ephemeral'],
  profile: 'RuntimeDefault',
};
const rules = rulesOf(policy('all', { assign: [all] }) + exemption('e', { containers: ['ok'], allow: ['Unconfined'] }));

describe('reading', () => {
  test('gives the request as it came', () => {
    const request = { uid: 'u', object: { a: 1 } };
    expect(readReview(review(request))).toEqual({ ok: true, request });
  });

  test.each([
    [undefined, 'this is not an AdmissionReview: its kind has to be AdmissionReview'],
    [[], 'this is not an AdmissionReview: its kind has to be AdmissionReview'],
    [{ ...review({ uid: 'u' }), kind: 'Pod' }, 'this is not an AdmissionReview: its kind has to be AdmissionReview'],
    [
      { ...review({ uid: 'u' }), apiVersion: 'admission.k8s.io/v1beta1' },
      'this AdmissionReview is not of apiVersion admission.k8s.io/v1',
    ],
    [review(undefined), 'this AdmissionReview has no request'],
    [review([]), 'this AdmissionReview has no request'],
    [review({}), 'the request has no uid'],
    [review({ uid: 7 }), 'the request has no uid'],
    [review({ uid: '' }), 'the request has no uid'],
    [review({ uid: 'x'.repeat(2_000) }), 'the uid of the request has more than 1024 characters'],
  ])('%j', (value, message) => {
    expect(readReview(value)).toEqual({ ok: false, message });
  });
});

describe('answering', () => {
  test('a patch and its type', () => {
    const { apiVersion, kind, response } = answerOf(
      ask(rules, 'mutate', requestOf(pod({ containers: [container('c')] }))),
    );
    expect({ apiVersion, kind }).toEqual({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' });
    expect(response).toEqual({
      uid: 'uid-1',
      allowed: true,
      patchType: 'JSONPatch',
      patch: expect.any(String),
      auditAnnotations: { decision: 'patched', policy: 'all', profile: 'c=RuntimeDefault' },
    });
    expect(JSON.parse(Buffer.from(String(response.patch), 'base64').toString())).toEqual([
      { op: 'add', path: '/spec/containers/0/securityContext', value: { seccompProfile: { type: 'RuntimeDefault' } } },
    ]);
  });

  test('no patch where nothing changes, and none from /validate whatever the decision holds', () => {
    const object = pod({ containers: [container('c', 'RuntimeDefault')] });
    expect(answerOf(ask(rules, 'mutate', requestOf(object))).response).not.toHaveProperty('patch');
    const patched = ask(rules, 'mutate', requestOf(pod({ containers: [container('c')] })));
    expect(answerOf({ ...patched, webhook: 'validate' }).response).not.toHaveProperty('patch');
  });

  test('a denial: 403, Forbidden, one line, the record in the annotations', () => {
    const { response } = answerOf(
      ask(rules, 'validate', requestOf(pod({ containers: [container('c', 'Unconfined')] }))),
      'r-7',
    );
    expect(response).toMatchObject({
      allowed: false,
      status: {
        code: 403,
        reason: 'Forbidden',
        message: expect.stringMatching(/^container "c" has seccompProfile Unconfined/),
      },
      auditAnnotations: { decision: 'denied', policy: 'built-in', 'record-id': 'r-7' },
    });
  });

  test('an exemption in the annotations', () => {
    const { response } = answerOf(
      ask(rules, 'validate', requestOf(pod({ containers: [container('ok', 'Unconfined')] }))),
    );
    expect(response.auditAnnotations).toEqual({ decision: 'allowed', policy: 'built-in', exemption: 'e' });
  });

  test('what policies in Audit mode object to is in the annotations, and in no warning', () => {
    const audit = rulesOf(policy('a', { mode: 'Audit', require: { profiles: ['RuntimeDefault'] } }));
    const { response } = answerOf(ask(audit, 'validate', requestOf(pod({ containers: [container('c')] }))));
    expect(response).not.toHaveProperty('warnings');
    expect(response.auditAnnotations).toMatchObject({
      violation: expect.stringMatching(/^container "c" has no seccompProfile, not allowed by policy a/),
    });
  });

  test('annotations stay short', () => {
    const many = pod({ containers: Array.from({ length: 500 }, (_, at) => container(`container-${at}`)) });
    const { response } = answerOf(ask(rules, 'mutate', requestOf(many)));
    for (const value of Object.values(response.auditAnnotations as object))
      expect(value.length).toBeLessThanOrEqual(1024);
  });
});
