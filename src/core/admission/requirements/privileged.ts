import type { Requirement } from '../../policy/rules/requirement.js';
import type { PolicyMode } from '../../policy/schema/policy-schema.js';
import type { ContainerState } from '../assign/container-state.js';
import { addExempted, exemptionForAll } from './exemption.js';
import { containerName } from './finding-list.js';
import type { PodEvaluation } from './pod-evaluation.js';
import { containerPlace } from './profile-setting.js';

const PRIVILEGED = { kind: 'Privileged' } as const;

/** Finds that a container is privileged: no profile holds it. */
export function checkPrivileged(
  { policy, allows }: Requirement,
  mode: PolicyMode,
  evaluation: PodEvaluation,
  state: ContainerState,
): void {
  const lifted = exemptionForAll(evaluation, policy.name, PRIVILEGED, [state], false);
  if (evaluation.findings.onlyCounts(lifted.ok ? undefined : mode)) return;
  const who = containerName(state.view.name, state.path);
  const finding = {
    code: 'privileged',
    mode,
    fieldPath: `${state.path}.securityContext.privileged`,
    requested: 'privileged',
    effective: 'Unconfined',
    expected: `not privileged; ${allows}`,
    policy,
    ...containerPlace(state),
  };
  if (lifted.ok) addExempted(evaluation, finding, lifted, who);
  else
    evaluation.findings.violation(finding, {
      who,
      what: 'is privileged and so runs unconfined whatever its seccompProfile says',
      advice:
        'remove privileged: true and add the capabilities that it needs, or ask for a SeccompExemption that allows Privileged',
      where: finding.fieldPath,
      note: lifted.note,
    });
}
