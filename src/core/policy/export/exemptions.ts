import type { LoadedExemption } from '../load/loaded-document.js';
import { coversSubject, type ExemptionSubject, parseExemptionPattern } from '../match/exemption-pattern.js';
import { compileGlob } from '../match/glob.js';
import { parseImagePattern } from '../match/image-pattern.js';
import { parseTime } from '../values/parse-time.js';
import { and, celList, celOneOf, globExpression, or } from './cel.js';
import { imageExpression } from './cel-image.js';
import { type CoverOptions, celCovers } from './cel-profile-cover.js';
import { celScope, type PodPlace } from './cel-scope.js';

/** Whether an exemption is in force at a time: it has not expired, and it does not end further ahead than the longest term. */
export function isInForce({ value }: LoadedExemption, now: number, longest: number): boolean {
  const expires = parseTime(value.spec.expires);
  return expires.ok && now < expires.value && expires.value <= now + longest;
}

/** The exemptions that lift requirements of this policy. */
export function exemptionsFor(exemptions: readonly LoadedExemption[], policy: string): readonly LoadedExemption[] {
  return exemptions.filter(({ value }) => value.spec.policies === undefined || value.spec.policies.includes(policy));
}

/** A variable for each exemption: whether the pod is in its scope. */
export function exemptionVariables(exemptions: readonly LoadedExemption[], pod: PodPlace) {
  return exemptions.map(({ value }, index) => ({
    name: `exemption${index}`,
    expression: celScope(value.spec.match, pod),
  }));
}

/** Whether one of them lets the container `c` have what the expression `text` gives. */
export function celExempt(exemptions: readonly LoadedExemption[], text: string, options: CoverOptions): string {
  return or(
    ...exemptions.map(({ value: { spec } }, index) =>
      and(`variables.exemption${index}`, celContainer(spec), celCovers(text, spec.allow, options)),
    ),
  );
}

/** Whether one of them lets the container `c` be privileged, or reach its node. */
export function celAllowed(exemptions: readonly LoadedExemption[], subject: ExemptionSubject): string {
  return or(
    ...exemptions.map(({ value: { spec } }, index) =>
      spec.allow.some((text) => covers(text, subject))
        ? and(`variables.exemption${index}`, celContainer(spec))
        : 'false',
    ),
  );
}

function covers(text: string, subject: ExemptionSubject): boolean {
  const pattern = parseExemptionPattern(text);
  return pattern.ok && coversSubject(pattern.value, subject);
}

/** Whether one of those that are for whole pods covers a pod's field that no container inherits. */
export function celExemptPod(exemptions: readonly LoadedExemption[], text: string, options: CoverOptions): string {
  return or(
    ...exemptions.map(({ value: { spec } }, index) =>
      spec.images === undefined && spec.containers === undefined && isEveryType(spec.containerTypes)
        ? and(`variables.exemption${index}`, celCovers(text, spec.allow, options))
        : 'false',
    ),
  );
}

function isEveryType(types: readonly string[] | undefined): boolean {
  return types === undefined || new Set(types).size === allTypes;
}

interface ContainerMatch {
  readonly images?: readonly string[] | undefined;
  readonly containers?: readonly string[] | undefined;
  readonly containerTypes?: readonly string[] | undefined;
}

const allTypes = 4;

/** Whether the container `c` (a map of `containersVariable`) is one of those that a rule or an exemption is for. */
export function celContainer({ images, containers, containerTypes }: ContainerMatch): string {
  return and(
    isEveryType(containerTypes) ? 'true' : `c.type in ${celList([...new Set(containerTypes)])}`,
    celOneOf(
      'c.name',
      containers?.map((text) => globExpression(compileGlob(text))),
    ),
    celImages(images),
  );
}

function celImages(patterns: readonly string[] | undefined): string {
  if (patterns === undefined) return 'true';
  const expressions = patterns.flatMap((text) => {
    const parsed = parseImagePattern(text);
    return parsed.ok ? [imageExpression(parsed.value)] : [];
  });
  if (expressions.includes(undefined)) return 'true';
  return celOneOf('c.image', expressions as readonly string[]);
}
