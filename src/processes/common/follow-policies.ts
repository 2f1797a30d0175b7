import { setImmediate as nextTurn } from 'node:timers/promises';
import { policySetInForce, policySetRefused } from '../../core/audit/entries/policy-set-entry.js';
import { checkProfiles } from '../../core/policy/check/profiles.js';
import { compileRuleSetInSlices } from '../../core/policy/rules/rule-set.js';
import type { Problem } from '../../core/problem/problem.js';
import type { Catalogue } from '../../core/profile/catalogue.js';
import { counted } from '../../core/text/words.js';
import type { PolicyLoad } from '../../files/policies/load-policies.js';
import type { RulesInForce } from '../../http/admission/rules-in-force.js';
import type { Health } from '../../http/server/health.js';
import type { AuditLog } from '../../storage/records/audit-log.js';
import type { Log } from '../../system/log.js';
import { logProblem } from '../../system/log-problem.js';
import type { AdmissionMetrics } from '../../system/metrics/admission-metrics.js';
import type { DocumentSource } from './document-source.js';
import { PoliciesError } from './policies-error.js';

export interface FollowOptions {
  readonly documents: DocumentSource;
  readonly catalogue: Catalogue;
  readonly baseline: readonly string[] | 'off';
  /** Milliseconds. */
  readonly longestExemption: number;
  /** `refuse`: a bad document at the start is an error. `wait`: what loads comes into force; where nothing does, it is waited for. */
  readonly badAtStart: 'refuse' | 'wait';
}

export interface FollowParts {
  readonly rules: RulesInForce;
  readonly records: AuditLog;
  readonly health: Health;
  readonly metrics: AdmissionMetrics;
  readonly log: Log;
  /** Told after each load what is to be said of the documents now. */
  readonly onLoad?: (problems: readonly Problem[]) => void;
}

/**
 * Brings policies into force, and again whenever they change. A bad document keeps its last good version and the others
 * load; every change of the set, and every change that was refused, is recorded.
 * @throws PoliciesError at the start, with `badAtStart: 'refuse'`
 */
export function followPolicies(options: FollowOptions, parts: FollowParts): Promise<{ close(): void }> {
  const following = new Following(options, parts);
  return options.documents((load, catalogue) => following.take(load, catalogue ?? options.catalogue));
}

class Following {
  readonly #options: FollowOptions;
  readonly #parts: FollowParts;

  constructor(options: FollowOptions, parts: FollowParts) {
    this.#options = options;
    this.#parts = parts;
  }

  async take(load: PolicyLoad, catalogue: Catalogue): Promise<void> {
    const began = performance.now();
    const { rules, health, metrics } = this.#parts;
    const { documents } = load;
    const errors = load.problems.filter((problem) => problem.severity === 'error');
    const isFirst = rules.current === undefined;
    if (isFirst && errors.length > 0 && this.#options.badAtStart === 'refuse') throw new PoliciesError(load.problems);
    const { baseline, longestExemption } = this.#options;
    const problems = [
      ...load.problems,
      ...checkProfiles(documents.policies, documents.exemptions, catalogue, mostReadForPlaces),
    ];
    health.degrade('policies', problems);
    this.#say(problems);
    this.#count(load, problems);
    if (isFirst && errors.length > 0 && documents.policies.length + documents.exemptions.length === 0) {
      // With no policy at all nearly everything would be let through: better not to answer than to answer that.
      health.waitFor('policies: none of the documents could be loaded');
      metrics.family('seccomply_policy_reloads_total').add(1, 'refused');
      this.#parts.onLoad?.(problems);
      return;
    }
    const before = rules.current?.documents;
    if (before !== documents || rules.current?.catalogue !== catalogue)
      rules.put(await compileRuleSetInSlices(documents, { catalogue, baseline, longestExemption }, () => nextTurn()));
    this.#record(load, before, errors);
    metrics.family('seccomply_policy_reloads_total').add(1, errors.length === 0 ? 'in-force' : 'refused');
    metrics.family('seccomply_policy_reload_duration_seconds').set((performance.now() - began) / 1000);
    if (errors.length === 0) metrics.family('seccomply_policy_last_success_timestamp_seconds').set(Date.now() / 1000);
    health.ready();
    if (!isFirst) this.#sayChange(load, errors.length);
    if (documents.policies.length === 0 && before?.policies.length !== 0) this.#sayEmpty();
    this.#parts.onLoad?.(problems);
  }

  #record({ documents }: PolicyLoad, before: PolicyLoad['documents'] | undefined, errors: readonly Problem[]): void {
    const { records } = this.#parts;
    const now = facts(documents);
    if (before?.contentSha256 !== documents.contentSha256)
      void records.append([policySetInForce(now, before === undefined ? undefined : facts(before))]);
    if (errors.length > 0) void records.append([policySetRefused(errors, now)]);
  }

  #say(problems: readonly Problem[]): void {
    const { log } = this.#parts;
    for (const problem of problems.slice(0, saidAtOnce)) if (problem.severity !== 'info') logProblem(log, problem);
    if (problems.length > saidAtOnce)
      log.warn(`${problems.length - saidAtOnce} more problems: \`seccomply policy check\` lists them all`);
  }

  #sayEmpty(): void {
    this.#parts.log.warn(
      this.#options.baseline === 'off'
        ? 'no policy is in force, and --baseline is off: every pod is let through as it is'
        : 'no policy is in force: no pod is given a profile, and only what --baseline does not allow is refused',
    );
  }

  #sayChange({ documents }: PolicyLoad, errors: number): void {
    const { policies, exemptions, contentSha256 } = documents;
    const count = `${counted(policies.length, 'policy', 'policies')} and ${counted(exemptions.length, 'exemption', 'exemptions')}`;
    this.#parts.log.info(
      errors === 0
        ? `the policies changed: in force are ${count}`
        : `the policies changed, and bad documents stay in force as they were: in force are ${count}`,
      { contentSha256: contentSha256.slice(0, 12) },
    );
  }

  #count({ documents }: PolicyLoad, problems: readonly Problem[]): void {
    const { metrics } = this.#parts;
    const inForce = metrics.family('seccomply_policies');
    inForce.set(documents.policies.length, 'SeccompPolicy');
    inForce.set(documents.exemptions.length, 'SeccompExemption');
    metrics.family('seccomply_policy_set_number').set(Number.parseInt(documents.contentSha256.slice(0, 12), 16));
    for (const severity of ['error', 'warning', 'info'] as const)
      metrics
        .family('seccomply_policy_problems')
        .set(problems.filter((problem) => problem.severity === severity).length, severity);
  }
}

const saidAtOnce = 50;
/** Characters: calls wait meanwhile, a millisecond or so for each thousand. */
const mostReadForPlaces = 16 * 1024;

function facts({ contentSha256, policies, exemptions }: PolicyLoad['documents']): {
  readonly contentSha256: string;
  readonly policies: readonly PolicyLoad['documents']['policies'][number]['reference'][];
  readonly exemptions: readonly PolicyLoad['documents']['exemptions'][number]['reference'][];
} {
  return {
    contentSha256,
    policies: policies.map(({ reference }) => reference),
    exemptions: exemptions.map(({ reference }) => reference),
  };
}
