import { decide } from '../../../src/core/admission/decide/decide.js';
import type { Decision, Webhook } from '../../../src/core/admission/decision.js';
import type { DecisionContext } from '../../../src/core/admission/decision-context.js';
import { admitObject } from '../../../src/core/admission/explain/admit.js';
import type { RequestFacts } from '../../../src/core/admission/request/request-facts.js';
import { documentSet } from '../../../src/core/policy/load/document-set.js';
import { parseDocuments } from '../../../src/core/policy/load/parse-documents.js';
import { DEFAULT_BASELINE } from '../../../src/core/policy/rules/requirement.js';
import { compileRuleSet, type RuleSet, type RuleSetOptions } from '../../../src/core/policy/rules/rule-set.js';
import type { Catalogue, CatalogueEntry, Stage } from '../../../src/core/profile/catalogue.js';

export const NOW = Date.parse('2026-12-01T00:00:00Z');
export const DAY = 86_400_000;

export interface Entry {
  readonly name: string;
  readonly available?: boolean;
  readonly withinRuntimeDefault?: boolean;
  readonly refusesNothing?: boolean;
  /** Names of those that it is within. */
  readonly within?: readonly string[];
  /** A capability that changes its path. */
  readonly mentions?: string;
  readonly hash?: string;
}

export const ENTRIES: readonly Entry[] = [
  { name: 'web-static', within: ['net-service'], mentions: 'SYS_CHROOT' },
  { name: 'net-service' },
  { name: 'wide', withinRuntimeDefault: false },
  { name: 'coming', available: false },
  { name: 'audit-log', withinRuntimeDefault: false, refusesNothing: true },
];

/** `seccomply/<name>.<32 hex>.json`, with the stage and capability class in the last digits. */
export function pathIn(name: string, stage: Stage = 'Enforce', capability = false, hash = '0'): string {
  const last = { Enforce: '0', Complain: '1', Record: '2' }[stage];
  return `seccomply/${name}.${hash.repeat(30)}${capability ? 'c' : '0'}${last}.json`;
}

/** A catalogue by table, through the same interface as the real one. */
export function catalogueOf(entries: readonly Entry[] = ENTRIES): Catalogue {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const entryOf = ({
    name,
    available = true,
    withinRuntimeDefault = true,
    refusesNothing = false,
  }: Entry): CatalogueEntry => ({
    name,
    digest: '0'.repeat(64),
    available,
    withinRuntimeDefault,
    refusesNothing,
  });
  const pathOf: Catalogue['pathOf'] = (name, stage, added) => {
    const entry = byName.get(name);
    const capability = entry?.mentions !== undefined && added.includes(entry.mentions);
    return entry && pathIn(name, stage, capability, entry.hash);
  };
  return {
    names: () => [...byName.keys()].sort(),
    get: (name) => {
      const entry = byName.get(name);
      return entry && entryOf(entry);
    },
    pathOf,
    byPath: (path, added) => {
      const name = /^seccomply\/([a-z0-9-]+)\.[0-9a-f]{32}\.json$/.exec(path)?.[1];
      const entry = name === undefined ? undefined : byName.get(name);
      if (entry === undefined) return undefined;
      const classes = added === undefined ? [[], entry.mentions === undefined ? [] : [entry.mentions]] : [added];
      for (const stage of ['Enforce', 'Complain', 'Record'] as const)
        for (const one of classes) if (pathOf(entry.name, stage, one) === path) return { entry: entryOf(entry), stage };
      return undefined;
    },
    within: (a, b) => a === b || byName.get(a)?.within?.includes(b) === true,
  };
}

/** A rule set from YAML; documents may be short: `policy(name, spec)` and `exemption(name, spec)` write them. */
export function rulesOf(yaml: string, options: Partial<RuleSetOptions> = {}): RuleSet {
  const { documents, problems } = documentSet([parseDocuments(yaml, { file: 'policies.yaml' })]);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(JSON.stringify(errors, undefined, 1));
  return compileRuleSet(documents, {
    catalogue: catalogueOf(),
    baseline: DEFAULT_BASELINE,
    longestExemption: 90 * DAY,
    ...options,
  });
}

export function policy(name: string, spec: object): string {
  return document('SeccompPolicy', name, spec);
}

export function exemption(name: string, spec: object): string {
  const defaults = {
    match: { namespaces: ['shop'] },
    reason: 'because',
    owner: 'team',
    expires: '2027-01-31T00:00:00Z',
  };
  return document('SeccompExemption', name, { ...defaults, ...spec });
}

export function namespace(name: string, labels: Readonly<Record<string, string>>): string {
  return `---\n${JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })}\n`;
}

function document(kind: string, name: string, spec: object): string {
  return `---\n${JSON.stringify({ apiVersion: 'seccomply.dev/v1alpha1', kind, metadata: { name }, spec })}\n`;
}

export interface PodParts {
  readonly metadata?: object;
  readonly [key: string]: unknown;
}

/** A pod in namespace `shop`; the rest of the parts is its spec. */
export function pod({ metadata = {}, ...spec }: PodParts): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'app', namespace: 'shop', ...metadata }, spec };
}

/** A container whose field says `profile`: `RuntimeDefault`, `Unconfined`, `Localhost/<path>`; nothing where it is undefined. */
export function container(name: string, profile?: string, more: Readonly<Record<string, unknown>> = {}): object {
  const { securityContext = {}, ...rest } = more;
  const context = {
    ...(securityContext as object),
    ...(profile === undefined ? {} : { seccompProfile: field(profile) }),
  };
  return {
    name,
    image: `${name}:1`,
    ...(Object.keys(context).length === 0 ? {} : { securityContext: context }),
    ...rest,
  };
}

export function field(profile: string): object {
  return profile.startsWith('Localhost/')
    ? { type: 'Localhost', localhostProfile: profile.slice('Localhost/'.length) }
    : { type: profile };
}

export function requestOf(object: unknown, more: RequestFacts = {}): RequestFacts {
  return {
    uid: 'u',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    operation: 'CREATE',
    namespace: 'shop',
    userInfo: { username: 'someone' },
    object,
    ...more,
  };
}

export function ask(
  rules: RuleSet,
  webhook: Webhook,
  request: RequestFacts,
  context: Partial<DecisionContext> = {},
): Decision {
  return decide(rules, webhook, request, { now: NOW, namespaceLabels: undefined, ...context });
}

/** Through mutate and validate, and what each container ends up with, by name. */
export function admitted(rules: RuleSet, object: unknown, context: Partial<DecisionContext> = {}) {
  const admission = admitObject(rules, object, { now: NOW, namespaceLabels: undefined, ...context });
  return { ...admission, profiles: profilesOf(admission.object) };
}

/** The own field of each container, written as in `container`. */
export function profilesOf(object: unknown): Readonly<Record<string, string>> {
  const { spec = {} } = object as {
    spec?: Record<string, { name: string; securityContext?: { seccompProfile?: Field } }[]>;
  };
  const profiles: Record<string, string> = {};
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'])
    for (const { name, securityContext } of spec[list] ?? []) {
      const own = securityContext?.seccompProfile;
      profiles[name] =
        own === undefined ? 'Unset' : own.type === 'Localhost' ? `Localhost/${own.localhostProfile}` : own.type;
    }
  return profiles;
}

interface Field {
  readonly type: string;
  readonly localhostProfile?: string;
}
