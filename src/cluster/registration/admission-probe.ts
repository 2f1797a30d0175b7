import type { KubeClient } from '../../kubernetes/client.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { resources } from '../../kubernetes/resources.js';
import { messageOf } from '../../system/errno.js';

/** What the API server said to a pod that our webhook has to refuse. */
export type ProbeResult =
  /** Refused by us: everything between the API server and the policies works. */
  | { readonly is: 'refused'; readonly message: string }
  | { readonly is: 'admitted'; readonly warnings: readonly string[] }
  /** The API server tried to call us and could not; `cause` is its own text. */
  | { readonly is: 'not called'; readonly webhook: string; readonly why: CallFailure; readonly cause: string }
  /** Refused, and not by us. */
  | { readonly is: 'refused by another'; readonly by: string; readonly message: string }
  | { readonly is: 'failed'; readonly message: string };

export type CallFailure =
  | 'certificate'
  | 'not authenticated'
  | 'unreachable'
  | 'no-endpoints'
  | 'deadline'
  | 'answer'
  | 'other';

/** A pod that asks to run without seccomp, and is otherwise as modest as Pod Security `restricted` wants it. */
export function unconfinedPod(namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'seccomply-probe-', namespace },
    spec: {
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      containers: [
        {
          name: 'probe',
          image: 'seccomply.invalid/probe:1',
          resources: { requests: { cpu: '1m', memory: '1Mi' }, limits: { cpu: '1m', memory: '1Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            runAsNonRoot: true,
            runAsUser: 65532,
            seccompProfile: { type: 'Unconfined' },
          },
        },
      ],
    },
  } as KubeObject;
}

/** Asks the API server, in a dry run, for a pod that says Unconfined. Nothing is made. */
export async function probeAdmission(client: KubeClient, namespace: string): Promise<ProbeResult> {
  const warnings: string[] = [];
  try {
    await client.create(resources.pods, unconfinedPod(namespace), {
      namespace,
      dryRun: true,
      deadline: 15_000,
      onWarning: (text) => void warnings.push(text),
    });
    return { is: 'admitted', warnings };
  } catch (error) {
    return readRefusal(messageOf(error), isKubeError(error, 'unreachable', 'deadline', 'unauthorized', 'aborted'));
  }
}

/** What a refusal of the API server means. Its texts are those of k8s.io/apiserver (admission/plugin/webhook, pod security). */
export function readRefusal(message: string, isOurConnection = false): ProbeResult {
  if (isOurConnection) return { is: 'failed', message };
  const denied = /admission webhook "([^"]+)" denied the request: ?([\s\S]*)$/.exec(message);
  if (denied !== null) {
    const [, by = '', text = ''] = denied;
    return by.endsWith('.seccomply.dev')
      ? { is: 'refused', message: text }
      : { is: 'refused by another', by, message: text };
  }
  const failed = /failed calling webhook "([^"]+)": ([\s\S]*)$/.exec(message);
  if (failed !== null) {
    const [, webhook = '', cause = ''] = failed;
    return { is: 'not called', webhook, why: failureOf(cause), cause };
  }
  if (/violates PodSecurity/.test(message)) return { is: 'refused by another', by: 'Pod Security', message };
  if (/ValidatingAdmissionPolicy '([^']+)'/.test(message)) {
    const [, by = ''] = /ValidatingAdmissionPolicy '([^']+)'/.exec(message) ?? [];
    return { is: 'refused by another', by: `the ValidatingAdmissionPolicy ${by}`, message };
  }
  return { is: 'failed', message };
}

function failureOf(text: string): CallFailure {
  // The address says `timeout=3s`, whatever went wrong.
  const cause = text.replace(/"https?:[^"]*"/g, '');
  if (/x509|tls:|certificate/i.test(cause)) return 'certificate';
  // What is made of our 401, and of our 403 (no client certificate that counts; one of another name).
  if (/asked for the client to provide credentials|failed to call webhook: unknown$/.test(cause))
    return 'not authenticated';
  if (/no endpoints available|service "[^"]*" not found/.test(cause)) return 'no-endpoints';
  if (/deadline exceeded|timed? ?out/i.test(cause)) return 'deadline';
  if (/connection refused|no route to host|network is unreachable|no such host|EOF|connection reset/i.test(cause))
    return 'unreachable';
  return /expected response\.|unexpected|invalid character|the server/i.test(cause) ? 'answer' : 'other';
}
