import { readRefusal } from '../../../src/cluster/registration/admission-probe.js';

// Texts as API servers 1.34 and 1.36 wrote them.
test.each<[string, string, object]>([
  [
    'our own refusal',
    'POST /api/v1/namespaces/default/pods: admission webhook "validate.seccomply.dev" denied the request: container "a" has …',
    { is: 'refused', message: 'container "a" has …' },
  ],
  [
    'a refusal in a namespace that is not enforced',
    'admission webhook "mutate-audit.seccomply.dev" denied the request: x',
    { is: 'refused', message: 'x' },
  ],
  [
    'a name that only ends like ours',
    'admission webhook "validate.seccomply.dev.evil.example" denied the request: x',
    { is: 'refused by another', by: 'validate.seccomply.dev.evil.example' },
  ],
  [
    'another webhook',
    'admission webhook "validate.kyverno.svc-fail" denied the request: \n\npolicy Pod/default/x …',
    { is: 'refused by another', by: 'validate.kyverno.svc-fail' },
  ],
  [
    'Pod Security',
    'pods "x" is forbidden: violates PodSecurity "restricted:latest": seccompProfile (pod or container "a" must not set …)',
    { is: 'refused by another', by: 'Pod Security' },
  ],
  [
    'an admission policy',
    "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'seccomply-built-in-deny' with binding 'seccomply-built-in-deny' denied request: x",
    { is: 'refused by another', by: 'the ValidatingAdmissionPolicy seccomply-built-in-deny' },
  ],
  [
    'a certificate',
    'Internal error occurred: failed calling webhook "mutate.seccomply.dev": failed to call webhook: Post "https://a/mutate?timeout=3s": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    { is: 'not called', webhook: 'mutate.seccomply.dev', why: 'certificate' },
  ],
  [
    'no replica',
    'Internal error occurred: failed calling webhook "mutate.seccomply.dev": failed to call webhook: Post "https://a/mutate?timeout=3s": no endpoints available for service "seccomply-webhook"',
    { is: 'not called', why: 'no-endpoints' },
  ],
  [
    'no Service',
    'Internal error occurred: failed calling webhook "mutate.seccomply.dev": failed to call webhook: Post "https://a/mutate?timeout=3s": service "seccomply-webhook" not found',
    { is: 'not called', why: 'no-endpoints' },
  ],
  [
    'a firewall',
    'Internal error occurred: failed calling webhook "mutate.seccomply.dev": failed to call webhook: Post "https://a/mutate?timeout=3s": context deadline exceeded',
    { is: 'not called', why: 'deadline' },
  ],
  [
    'nothing listens',
    'Internal error occurred: failed calling webhook "mutate.seccomply.dev": failed to call webhook: Post "https://127.0.0.1:1/mutate?timeout=3s": dial tcp 127.0.0.1:1: connect: connection refused',
    { is: 'not called', why: 'unreachable' },
  ],
  [
    'a webhook that asks for a client certificate',
    'Internal error occurred: failed calling webhook "mutate.seccomply.dev": failed to call webhook: the server has asked for the client to provide credentials',
    { is: 'not called', why: 'not authenticated' },
  ],
  [
    'a webhook that asks for one of another name',
    'Internal error occurred: failed calling webhook "mutate.seccomply.dev": failed to call webhook: unknown',
    { is: 'not called', why: 'not authenticated' },
  ],
  [
    'something else answers',
    'Internal error occurred: failed calling webhook "mutate.seccomply.dev": failed to call webhook: the server could not find the requested resource',
    { is: 'not called', why: 'answer' },
  ],
  ['something that is about the pod', 'Pod "x" is invalid: spec.containers: Required value', { is: 'failed' }],
])('%s', (_, message, expected) => {
  expect(readRefusal(message)).toMatchObject(expected);
});

test('what the connection says is never taken for an answer', () => {
  expect(readRefusal('GET /: admission webhook "validate.seccomply.dev" denied the request: x', true)).toMatchObject({
    is: 'failed',
  });
});
