import { names } from '../../core/manifests/names.js';
import type { Problem } from '../../core/problem/problem.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import { messageOf } from '../../system/errno.js';
import { examineDeployment, examinePolicySets } from './deployments.js';
import { type DoctorOptions, type Examination, type Found, problem } from './examination.js';
import { examineProbe } from './probe.js';
import { examineCertificates, examineGuards, examineRegistration } from './registration.js';
import {
  examineCritical,
  examineDocuments,
  examineKinds,
  examineKubelets,
  examineOthers,
  examineServer,
} from './surroundings.js';

/** Looks at an installation as a whole. Each examination stands alone: one that cannot be made says so and the others go on. */
export async function examine(
  client: KubeClient,
  options: DoctorOptions,
  tell: (examination: Examination) => void = () => undefined,
): Promise<readonly Examination[]> {
  const all: readonly (readonly [string, () => Promise<Found>])[] = [
    ['API server', () => examineServer(client)],
    ['custom kinds', () => examineKinds(client)],
    ['webhook', () => examineDeployment(client, options.namespace, names.webhook)],
    ['controller', () => examineDeployment(client, options.namespace, names.controller)],
    ['policy sets', () => examinePolicySets(client, options.namespace)],
    ['certificates', () => examineCertificates(client, options)],
    ['registration', () => examineRegistration(client, options)],
    ['guards', () => examineGuards(client)],
    ['an Unconfined pod', () => examineProbe(client, options)],
    ['policies', () => examineDocuments(client)],
    ['other webhooks', () => examineOthers(client, options)],
    ['node-critical DaemonSets', () => examineCritical(client, options)],
    ['kubelets', () => examineKubelets(client)],
  ];
  const done: Examination[] = [];
  for (const [title, look] of all) {
    let found: Found;
    try {
      found = await look();
    } catch (error) {
      // Then nothing can be looked at.
      if (done.length === 0 && isKubeError(error, 'unreachable', 'deadline', 'unauthorized')) throw error;
      found = { summary: 'could not be looked at', problems: [notExamined(title, error)] };
    }
    const examination = { title, ...found };
    tell(examination);
    done.push(examination);
  }
  return done;
}

function notExamined(title: string, error: unknown): Problem {
  const isForbidden = isKubeError(error, 'forbidden');
  return problem(
    'KD90',
    isForbidden ? 'info' : 'warning',
    `${title}: ${messageOf(error)}`,
    isForbidden ? 'Ask someone with more rights to run this.' : undefined,
  );
}
