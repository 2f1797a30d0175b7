import type { Manifest } from '../crd/manifest.js';
import type { LoadedExemption } from '../load/loaded-document.js';
import type {
  AssignRule,
  PolicyMatch,
  PolicyMode,
  PolicyRequirement,
  PolicySpec,
  RequirementSeverity,
} from '../schema/policy-schema.js';
import type { Choice } from './assign.js';
import { and, celList, celText, not, or } from './cel.js';
import { containersVariable, fieldOf, skipConditions } from './cel-containers.js';
import { hostAccessVariables } from './cel-host-access.js';
import { type CoverOptions, celCovers, isUnconfined } from './cel-profile-cover.js';
import { celScope, type PodPlace, podItself } from './cel-scope.js';
import { celAllowed, celContainer, celExempt, celExemptPod, exemptionsFor, exemptionVariables } from './exemptions.js';

/** A requirement to export: that of a policy, or the built-in one. */
export interface ExportedRequirement {
  /** `restricted`, `built-in`. */
  readonly policy: string;
  readonly mode: PolicyMode;
  readonly match: PolicyMatch | undefined;
  readonly require: PolicyRequirement;
  /** What the containers of the policy may end up with; undefined: it requires no profile. */
  readonly profiles: readonly string[] | undefined;
  /** The rules that a container which stays Unconfined may not match; undefined where the built-in requirement sees to it. */
  readonly refusesUnconfined: readonly AssignRule[] | undefined;
  /** What the policy says of it. */
  readonly unconfined: PolicySpec['unconfined'];
}

export interface RequireOptions extends CoverOptions {
  /** What containers get: templates are judged as if their pod were being created. */
  readonly choice: Choice | undefined;
  readonly exemptions: readonly LoadedExemption[];
  readonly labels: Readonly<Record<string, string>>;
}

type Action = 'Deny' | 'Warn' | 'Audit';

const template: PodPlace = { spec: 'variables.template.spec', metadata: 'variables.template.metadata' };

/** The ValidatingAdmissionPolicies of one requirement, one for each action that it needs, with their bindings. */
export function exportRequirement(requirement: ExportedRequirement, options: RequireOptions): readonly Manifest[] {
  const { require, mode } = requirement;
  const exemptions = exemptionsFor(options.exemptions, requirement.policy);
  const made: Manifest[] = [];
  const add = (form: Form, action: Action, checks: readonly Check[]): void => {
    if (checks.length > 0) made.push(...policyObjects(requirement, form, action, checks, exemptions, options));
  };
  for (const form of ['pod', 'template', 'unchanged template'] as const) {
    const whole = form === 'pod' ? 'Deny' : form === 'template' ? require.templates : warnAtMost(require.templates);
    // Of an unchanged template there is something to say only where a changed one is refused.
    if (form === 'unchanged template' && require.templates !== 'Deny') continue;
    const parts: readonly (readonly [RequirementSeverity, readonly Check[]])[] = [
      [whole, profileCheck(requirement, options, exemptions, form)],
      [form === 'pod' ? 'Deny' : 'Warn', unconfinedCheck(requirement, options, exemptions, form)],
      [lower(whole, require.privileged), privilegedCheck(requirement, exemptions)],
      [lower(whole, require.hostAccess), hostAccessCheck(requirement, exemptions)],
    ];
    for (const action of ['Deny', 'Warn', 'Audit'] as const)
      add(
        form,
        action,
        parts.flatMap(([severity, checks]) => (actionOf(mode, severity) === action ? checks : [])),
      );
  }
  return made;
}

/** `template`: a new one, or one whose pods' spec has changed; an unchanged one stays editable, and is only warned of. */
type Form = 'pod' | 'template' | 'unchanged template';

function warnAtMost(severity: RequirementSeverity): RequirementSeverity {
  return severity === 'Deny' ? 'Warn' : severity;
}

function lower(a: RequirementSeverity, b: RequirementSeverity): RequirementSeverity {
  if (a === 'Ignore' || b === 'Ignore') return 'Ignore';
  return a === 'Warn' ? 'Warn' : b;
}

function actionOf(mode: PolicyMode, severity: RequirementSeverity): Action | undefined {
  if (severity === 'Ignore') return undefined;
  if (mode === 'Audit') return 'Audit';
  return mode === 'Enforce' && severity === 'Deny' ? 'Deny' : 'Warn';
}

interface Check {
  /** A list of texts, one for each thing that is wrong. */
  readonly wrong: string;
  readonly what: string;
  readonly wayOut: string;
}

function profileCheck(
  { require, profiles, policy }: ExportedRequirement,
  options: RequireOptions,
  exemptions: readonly LoadedExemption[],
  form: Form,
): readonly Check[] {
  if (profiles === undefined) return [];
  const covers = (text: string) => celCovers(text, profiles, options);
  const isExempt = (text: string) => celExempt(exemptions, text, options);
  const ofType = `c.type in ${celList([...new Set(require.containerTypes)])}`;
  const inherits = and(ofType, "c.own == 'Unset'");
  const own = `variables.containers.filter(c, ${and(ofType, "c.own != 'Unset'", not(covers('c.own')), not(isExempt('c.own')))}).map(c, c.field + ' ' + c.name + ' has ' + c.own)`;
  const unset = `(variables.pod == 'Unset' ? variables.containers.filter(c, ${and(inherits, not(covers("'Unset'")), not(isExempt("'Unset'")))}).map(c, c.field + ' ' + c.name + ' has no profile') : [])`;
  const heirs = `variables.containers.filter(c, ${inherits})`;
  const someHeir = `variables.containers.exists(c, ${and(inherits, not(isExempt('variables.pod')))})`;
  const noHeir = and(
    form === 'pod' ? "request.operation == 'CREATE'" : 'true',
    "!variables.containers.exists(c, c.own == 'Unset')",
    not(celExemptPod(exemptions, 'variables.pod', options)),
  );
  const wholePod = `(${and("variables.pod != 'Unset'", not(covers('variables.pod')), or(someHeir, noHeir))} ? ['the pod has ' + variables.pod + ' for ' + (${heirs}.size() == 0 ? 'nobody' : ${heirs}.map(c, c.name).join(', '))] : [])`;
  return [
    {
      wrong: `${own} + ${unset} + ${wholePod}`,
      what: `the policy ${policy} does not allow this seccomp profile`,
      wayOut: `allowed: ${profiles.join(', ')}`,
    },
  ];
}

/** What stays Unconfined where a rule matches, as far as the policy's own requirement does not judge it. */
function unconfinedCheck(
  { require, profiles, policy, mode, unconfined, refusesUnconfined }: ExportedRequirement,
  options: RequireOptions,
  exemptions: readonly LoadedExemption[],
  form: Form,
): readonly Check[] {
  if (refusesUnconfined === undefined) return [];
  const isJudged = form === 'pod' || require.templates !== 'Ignore';
  const judges = isJudged ? profiles !== undefined : require.profiles?.includes('Unconfined') === true;
  const others = judges ? not(`c.type in ${celList([...new Set(require.containerTypes)])}`) : 'true';
  const refused = and(
    others,
    or(...refusesUnconfined.map((rule) => celContainer(rule))),
    not(celExempt(exemptions, "'Unconfined'", options)),
  );
  // Outside mode Enforce such a rule would replace it.
  const isReplaced = mode !== 'Enforce' && unconfined === 'Replace';
  // A profile that refuses nothing counts as Unconfined, but to a policy that assigns such a one itself.
  const assignsIt = refusesUnconfined.some(({ profile }) => isUnconfined(options.catalogue, profile));
  const isSo = (text: string) => (assignsIt ? `${text} == 'Unconfined'` : celCovers(text, ['Unconfined'], options));
  const own = `variables.containers.filter(c, ${and(isSo('c.own'), isReplaced ? "c.own != 'Unconfined'" : 'true', refused)}).map(c, c.field + ' ' + c.name + ' has ' + c.own)`;
  const heirs = `variables.containers.filter(c, ${and("c.own == 'Unset'", refused)}).map(c, c.field + ' ' + c.name + ' inherits ' + variables.pod)`;
  return [
    {
      wrong: `${own} + (${isSo('variables.pod')} ? ${heirs} : [])`,
      what: `the policy ${policy} does not let containers that its rules match run unconfined`,
      wayOut: 'remove the profile, and the first rule that matches gives one',
    },
  ];
}

function privilegedCheck(
  { require, policy }: ExportedRequirement,
  exemptions: readonly LoadedExemption[],
): readonly Check[] {
  if (require.privileged === 'Ignore') return [];
  const ofType = `c.type in ${celList([...new Set(require.containerTypes)])}`;
  const isExempt = celAllowed(exemptions, { kind: 'Privileged' });
  return [
    {
      wrong: `variables.containers.filter(c, ${and(ofType, "c.privileged == 'yes'", not(isExempt))}).map(c, c.field + ' ' + c.name + ' is privileged')`,
      what: `the policy ${policy} does not allow privileged containers, which run unconfined whatever their profile says`,
      wayOut: 'remove privileged: true, or ask for a SeccompExemption that allows Privileged',
    },
  ];
}

function hostAccessCheck(
  { require, policy }: ExportedRequirement,
  exemptions: readonly LoadedExemption[],
): readonly Check[] {
  if (require.hostAccess === 'Ignore') return [];
  const ofType = `c.type in ${celList([...new Set(require.containerTypes)])}`;
  return [
    {
      wrong: `variables.containers.filter(c, ${and(ofType, "c.host == 'yes'", not(celAllowed(exemptions, { kind: 'HostAccess' })))}).map(c, c.field + ' ' + c.name + ' can reach its node')`,
      what: `the policy ${policy} does not allow a way around the profile through the node`,
      wayOut:
        'remove the mount of a host path, hostPID or the capability, or ask for a SeccompExemption that allows HostAccess',
    },
  ];
}

function policyObjects(
  requirement: ExportedRequirement,
  form: Form,
  action: Action,
  checks: readonly Check[],
  exemptions: readonly LoadedExemption[],
  options: RequireOptions,
): readonly Manifest[] {
  const { policy, match } = requirement;
  const isTemplate = form !== 'pod';
  const place = isTemplate ? template : podItself;
  // Where templates are only warned of, it makes no difference whether they have changed.
  const outside = form === 'template' && requirement.require.templates !== 'Deny' ? [notWindows] : outsideOf[form];
  const name = `seccomply-${policy}${nameOf[form]}-${action.toLowerCase()}`;
  const metadata = { name, labels: options.labels, ...annotationsOf(exemptions) };
  const text = checks.map(({ wrong }) => wrong).join(' ');
  const choice = isTemplate ? options.choice : undefined;
  const withImages = /\bc\.image\b/.test(text) || choice?.withImages === true;
  const withHostAccess = /\bc\.host\b/.test(text);
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const policyObject: Manifest = {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata,
    spec: {
      failurePolicy: action === 'Deny' ? 'Fail' : 'Ignore',
      matchConstraints: { resourceRules: isTemplate ? templateRules : podRules },
      matchConditions: isTemplate ? [withoutController] : skipConditions(place),
      variables: [
        ...(isTemplate ? templateVariables : []),
        { name: 'inScope', expression: and(...outside, celScope(match, place)) },
        ...exemptionVariables(exemptions, place),
        { name: 'pod', expression: fieldOf(place.spec) },
        ...(choice?.scopes(place) ?? []),
        ...(withHostAccess ? hostAccessVariables(place) : []),
        { name: 'containers', expression: containersVariable(place, { withImages, withHostAccess }, choice?.chosen) },
        ...checks.map(({ wrong }, index) => ({
          name: `wrong${index}`,
          expression: `!variables.inScope ? [] : ${wrong}`,
        })),
      ],
      validations: checks.map(({ what, wayOut }, index) => ({
        expression: `variables.wrong${index}.size() == 0`,
        message: `${what}; ${wayOut}`,
        messageExpression: `${celText(`${what}: `)} + variables.wrong${index}.join('; ') + ${celText(`. ${wayOut}`)}`,
        reason: 'Forbidden',
      })),
    },
  };
  return [
    policyObject,
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: {
        policyName: name,
        validationActions: [action],
      },
    },
  ];
}

/** Until when each exemption in it may be used, for whoever looks at the object. */
function annotationsOf(exemptions: readonly LoadedExemption[]) {
  if (exemptions.length === 0) return {};
  const dates = exemptions.map(({ value: { metadata, spec } }) => `${metadata.name} until ${spec.expires}`);
  return { annotations: { 'seccomply.dev/exemptions': dates.join(', ') } };
}

const nameOf: Readonly<Record<Form, string>> = {
  pod: '',
  template: '-templates',
  'unchanged template': '-unchanged-templates',
};

const notWindows = `!(has(${template.spec}.os) && ${template.spec}.os.name == 'windows')`;
const isUnchanged = `request.operation == 'UPDATE' && variables.oldTemplate.spec == ${template.spec}`;

/** What has to hold before the scope of the policy is asked. */
const outsideOf: Readonly<Record<Form, readonly string[]>> = {
  pod: [],
  template: [notWindows, `!(${isUnchanged})`],
  'unchanged template': [notWindows, `(${isUnchanged})`],
};

const podRules = [
  { apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE', 'UPDATE'] },
  { apiGroups: [''], apiVersions: ['v1'], resources: ['pods/ephemeralcontainers'], operations: ['UPDATE'] },
];

const templateRules = [
  { apiGroups: ['apps'], resources: ['deployments', 'replicasets', 'statefulsets', 'daemonsets'] },
  { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'] },
  { apiGroups: [''], resources: ['replicationcontrollers', 'podtemplates'] },
].map((rule) => ({ ...rule, apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'] }));

const templateOf = (object: string) =>
  `request.kind.kind == 'CronJob' ? ${object}.spec.jobTemplate.spec.template : request.kind.kind == 'PodTemplate' ? ${object}.template : ${object}.spec.template`;

const templateVariables = [
  { name: 'template', expression: templateOf('object') },
  { name: 'oldTemplate', expression: templateOf('oldObject') },
];

/** What a controller makes was judged where it was written. */
const withoutController = {
  name: 'without-a-controller',
  expression:
    '!has(object.metadata.ownerReferences) || !object.metadata.ownerReferences.exists(o, has(o.controller) && o.controller)',
};
