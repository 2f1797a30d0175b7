import { formatPlace, type Problem } from '../../core/problem/problem.js';
import type { AuditLog } from '../../storage/records/audit-log.js';
import type { RulesInForce } from '../admission/rules-in-force.js';
import type { Health } from '../server/health.js';
import type { RecentDecision, RecentDecisions } from './recent-decisions.js';

export interface PageParts {
  readonly rules: RulesInForce;
  readonly health: Health;
  readonly records: Pick<AuditLog, 'status'>;
  /** Everything that is to be said of the documents as they are now. */
  readonly problems: () => readonly Problem[];
  readonly decisions: RecentDecisions;
  readonly version: string;
}

/** What the page shows, as it goes to the browser. */
export interface PageState {
  readonly version: string;
  readonly state: string;
  readonly policies: readonly PagePolicy[];
  readonly policiesOmitted: number;
  readonly exemptions: readonly PageExemption[];
  readonly exemptionsOmitted: number;
  readonly contentSha256: string;
  readonly problems: readonly PageProblem[];
  readonly problemsOmitted: number;
  readonly records: {
    readonly state: string;
    readonly instance: string;
    readonly lastSeq: number;
    readonly problem?: string;
  };
  readonly decisionCount: number;
  readonly decisions: readonly RecentDecision[];
}

interface PagePolicy {
  readonly name: string;
  readonly origin: string;
  readonly description: string;
  readonly mode: string;
  readonly priority: number;
  /** `nginx → web-static`, a rule each. */
  readonly rules: readonly string[];
}

interface PageExemption {
  readonly name: string;
  readonly origin: string;
  readonly allow: readonly string[];
  readonly owner: string;
  readonly reason: string;
  readonly expires: string;
  readonly expired: boolean;
}

interface PageProblem {
  readonly severity: string;
  readonly place: string;
  readonly message: string;
  readonly advice: string;
  readonly code: string;
}

const listLimit = 200;
const ruleLimit = 8;

export function pageState({ rules, health, records, problems, decisions, version }: PageParts, now: number): PageState {
  const documents = rules.current?.documents;
  // In the order they are looked at.
  const policies = [...(documents?.policies ?? [])].sort(
    (a, b) => b.value.spec.priority - a.value.spec.priority || (a.reference.name < b.reference.name ? -1 : 1),
  );
  const exemptions = documents?.exemptions ?? [];
  const status = records.status();
  const all = [...problems()];
  for (const [reason, list] of health.problems()) if (reason !== 'policies') all.push(...list);
  const sorted = all.filter(({ severity }) => severity !== 'info').sort((a, b) => weight(a) - weight(b));
  return {
    version,
    state: health.readyText(false).trim(),
    policies: policies.slice(0, listLimit).map(({ reference, value: { spec } }) => ({
      name: reference.name,
      origin: reference.origin ?? '',
      description: spec.description ?? '',
      mode: spec.mode,
      priority: spec.priority,
      rules: (spec.assign ?? [])
        .slice(0, ruleLimit)
        .map(
          (rule, index) =>
            `${rule.name ?? index} → ${rule.profile}${rule.stage === 'Enforce' ? '' : ` (${rule.stage})`}`,
        ),
    })),
    policiesOmitted: Math.max(0, policies.length - listLimit),
    exemptions: exemptions.slice(0, listLimit).map(({ reference, value: { spec } }) => ({
      name: reference.name,
      origin: reference.origin ?? '',
      allow: spec.allow,
      owner: spec.owner,
      reason: spec.reason,
      expires: String(spec.expires),
      expired: Date.parse(String(spec.expires)) <= now,
    })),
    exemptionsOmitted: Math.max(0, exemptions.length - listLimit),
    contentSha256: documents?.contentSha256 ?? '',
    problems: sorted.slice(0, listLimit).map(({ severity, place, message, advice, code }) => ({
      severity,
      place: formatPlace(place),
      message,
      advice: advice ?? '',
      code,
    })),
    problemsOmitted: Math.max(0, sorted.length - listLimit),
    records: {
      state: status.state,
      instance: status.instance,
      lastSeq: status.lastSeq,
      ...(status.problem === undefined ? {} : { problem: status.problem.message }),
    },
    decisionCount: decisions.count,
    decisions: decisions.list(),
  };
}

function weight({ severity }: Problem): number {
  return severity === 'error' ? 0 : 1;
}
