import { InvalidArgumentError, Option } from 'commander';
import type { RequestFacts } from '../../core/admission/request/request-facts.js';
import { readReview } from '../../core/admission/request/review.js';
import { membersOrNone } from '../../core/document/members.js';
import type { FoundObject } from '../../core/policy/load/object-documents.js';
import type { Labels } from '../../core/policy/match/label-selector.js';
import type { RuleSet } from '../../core/policy/rules/rule-set.js';
import { parseLabelKey, parseLabelValue } from '../../core/policy/values/kubernetes-name.js';
import { formatPlace, type Place } from '../../core/problem/problem.js';
import { readObjects } from '../../files/policies/read-objects.js';
import { CliError } from '../output/exit.js';
import { problemText } from '../output/problems.js';
import { stderrPaint } from '../output/write.js';

/** One thing to decide about. */
export interface Subject {
  /** `Pod shop/web`. */
  readonly label: string;
  readonly place: Place;
  readonly namespace: string;
  readonly request: RequestFacts;
  /** The uid of the AdmissionReview that was handed in; absent for a bare object. */
  readonly reviewUid?: string;
}

export interface Subjects {
  readonly subjects: readonly Subject[];
  /** From the Namespace documents among the input. */
  readonly namespaces: ReadonlyMap<string, Labels>;
}

/** Labels by namespace; under the empty name those for every namespace. */
export type GivenLabels = ReadonlyMap<string, Labels>;

const NAME_LABEL = 'kubernetes.io/metadata.name';

/** Reads pods, workloads and AdmissionReviews. Anything that cannot be read ends the command with exit code 2. */
export async function readSubjects(paths: readonly string[]): Promise<Subjects> {
  const found: FoundObject[] = [];
  let errors = 0;
  for (const path of paths) {
    const { objects, problems } = await readObjects(path);
    for (const object of objects) found.push(object);
    for (const problem of problems.filter(({ severity }) => severity === 'error')) {
      process.stderr.write(`${problemText(problem, stderrPaint())}\n`);
      errors += 1;
    }
  }
  if (errors > 0)
    throw new CliError(`this input cannot be used: ${errors} error${errors === 1 ? '' : 's'}, listed above`);
  const namespaces = new Map<string, Labels>();
  const subjects: Subject[] = [];
  for (const one of found) {
    const { kind, metadata } = one.object;
    if (kind === 'Namespace') {
      const { name, labels } = membersOrNone(metadata);
      if (typeof name === 'string') namespaces.set(name, { ...membersOrNone(labels), [NAME_LABEL]: name });
    } else subjects.push(kind === 'AdmissionReview' ? fromReview(one) : fromObject(one));
  }
  if (subjects.length === 0)
    throw new CliError(
      `there is nothing to decide about in ${paths.map((path) => (path === '-' ? 'standard input' : path)).join(', ')}: hand in a pod, a workload, a list of them or an AdmissionReview`,
    );
  return { subjects, namespaces };
}

/** `--namespace-labels`, for what is not in the input. */
export function namespaceLabelsOption(): Option {
  return new Option(
    '--namespace-labels <labels>',
    'labels of the namespace, as tier=web,team=shop; for one of several namespaces as shop:tier=web; may be given again',
  )
    .argParser((value: string, before: GivenLabels): GivenLabels => {
      const colon = value.indexOf(':');
      const namespace = colon < 0 ? '' : value.slice(0, colon);
      return new Map([...before, [namespace, { ...before.get(namespace), ...labelsOf(value.slice(colon + 1)) }]]);
    })
    .default(new Map(), 'only its name');
}

/** What is known of a namespace: as given, else from the input. Undefined: the rule set's own Namespace documents decide. */
export function labelsOfNamespace(
  name: string,
  given: GivenLabels,
  { namespaces }: Subjects,
  rules: RuleSet,
): Labels | undefined {
  const written = given.get(name) ?? given.get('');
  const known = namespaces.get(name) ?? (written === undefined ? undefined : rules.namespaceLabels(name));
  return written === undefined ? known : { ...known, ...written, [NAME_LABEL]: name };
}

function fromObject({ object, place }: FoundObject): Subject {
  if (typeof object.kind !== 'string' && typeof object.spec !== 'object')
    throw new CliError(
      `${formatPlace(place)}: this is no Kubernetes object: it has neither kind nor spec. Hand in a pod, a workload, a list of them or an AdmissionReview`,
    );
  if (typeof object.kind === 'string' && object.kind.endsWith('List') && 'items' in object)
    throw new CliError(`${formatPlace(place)}: the items of this ${object.kind} are no list`);
  const whole = typeof object.kind === 'string' ? object : { apiVersion: 'v1', kind: 'Pod', ...object };
  const { name, generateName, namespace } = membersOrNone(object.metadata);
  const inNamespace = typeof namespace === 'string' && namespace !== '' ? namespace : 'default';
  const called = typeof name === 'string' ? name : typeof generateName === 'string' ? `${generateName}*` : '(no name)';
  return {
    label: `${String(whole.kind)} ${inNamespace}/${called}`,
    place,
    namespace: inNamespace,
    request: { operation: 'CREATE', object: whole },
  };
}

function fromReview({ object, place }: FoundObject): Subject {
  const review = readReview(object);
  if (!review.ok) throw new CliError(`${formatPlace(place)}: ${review.message}`);
  const { request } = review;
  const { metadata, kind } = membersOrNone(request.object ?? request.oldObject);
  const members = membersOrNone(metadata);
  const namespace = typeof request.namespace === 'string' ? request.namespace : members.namespace;
  const name = request.name ?? members.name ?? members.generateName;
  const inNamespace = typeof namespace === 'string' && namespace !== '' ? namespace : 'default';
  const ofKind = membersOrNone(request.kind).kind ?? kind;
  return {
    label: `${String(ofKind ?? 'object')} ${inNamespace}/${typeof name === 'string' && name !== '' ? name : '(no name)'}`,
    place,
    namespace: inNamespace,
    request,
    reviewUid: request.uid,
  };
}

function labelsOf(text: string): Labels {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [key = '', value, more] = pair.split('=');
      if (value === undefined || more !== undefined)
        throw new InvalidArgumentError(
          `${JSON.stringify(pair)} is no label: write key=value, with "," between several.`,
        );
      for (const parsed of [parseLabelKey(key), parseLabelValue(value)])
        if (!parsed.ok) throw new InvalidArgumentError(`${parsed.message}; ${parsed.advice}.`);
      return [key, value];
    }),
  );
}
