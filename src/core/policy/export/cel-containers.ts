import { celText } from './cel.js';
import { celHostAccess } from './cel-host-access.js';
import { celImage } from './cel-image.js';
import type { PodPlace } from './cel-scope.js';

/** The lists of a pod that hold containers, with the type of what is in them. */
const lists = [
  { list: 'containers', type: "'Container'" },
  { list: 'initContainers', type: "(has(c.restartPolicy) && c.restartPolicy == 'Always' ? 'Sidecar' : 'Init')" },
  { list: 'ephemeralContainers', type: "'Ephemeral'" },
] as const;

export type CelContainerList = (typeof lists)[number]['list'];

/** Windows pods have no seccomp, and nobody can change what a mirror pod of the kubelet runs with. */
export function skipConditions(pod: PodPlace): readonly { readonly name: string; readonly expression: string }[] {
  const { spec, metadata } = pod;
  return [
    { name: 'not-windows', expression: `!(has(${spec}.os) && ${spec}.os.name == 'windows')` },
    ...(pod.oldSpec === undefined
      ? []
      : [
          {
            name: 'not-a-mirror',
            expression: `!(has(${metadata}.annotations) && 'kubernetes.io/config.mirror' in ${metadata}.annotations && request.userInfo.username.startsWith('system:node:'))`,
          },
        ]),
  ];
}

/** What a seccompProfile says, in the words of policies: `Unset`, `Unconfined`, `RuntimeDefault`, `Localhost/<path>`, or what is written in it. */
export function fieldOf(holder: string): string {
  const profile = `${holder}.securityContext.seccompProfile`;
  const path = `(has(${profile}.localhostProfile) ? ${profile}.localhostProfile : '')`;
  return `(has(${holder}.securityContext) && has(${profile}) ? (has(${profile}.type) ? (${profile}.type == 'Localhost' ? 'Localhost/' + ${path} : ${profile}.type) : 'an empty profile') : 'Unset')`;
}

/** `yes` or `no`: whether the container `c` adds capabilities. */
export const ADDS_CAPABILITIES =
  "(has(c.securityContext) && has(c.securityContext.capabilities) && has(c.securityContext.capabilities.add) && c.securityContext.capabilities.add.size() > 0 ? 'yes' : 'no')";

/**
 * A list with one map of texts for each container that is judged: all on CREATE, on UPDATE those whose image changed and new ephemeral ones.
 * `own` is its own field, `image` the image written out (only where some pattern asks). With `chosen` (an expression over these maps),
 * `own` is what it gets where it gets something.
 */
export function containersVariable(
  pod: PodPlace,
  { withImages, withHostAccess }: { readonly withImages: boolean; readonly withHostAccess: boolean },
  chosen?: string,
): string {
  const read = lists
    .map(({ list, type }) => {
      const all = `${pod.spec}.${list}`;
      const members = [
        // Texts all: the values of a map have one type.
        `'name': string(c.name)`,
        `'type': ${type}`,
        `'field': ${celText(`spec.${list}`)}`,
        `'own': string(${fieldOf('c')})`,
        `'privileged': (has(c.securityContext) && has(c.securityContext.privileged) && c.securityContext.privileged ? 'yes' : 'no')`,
        ...(withHostAccess ? [`'host': ${celHostAccess(pod)}`] : []),
        ...(withImages ? [`'image': string(has(c.image) ? ${celImage('string(c.image)')} : '')`] : []),
        ...(chosen === undefined ? [] : [`'adds': ${ADDS_CAPABILITIES}`]),
      ];
      const judged = pod.oldSpec === undefined ? all : `${all}.filter(c, ${isNew(pod.oldSpec, list)})`;
      return `(has(${all}) ? ${judged}.map(c, {${members.join(', ')}}) : [])`;
    })
    .join(' + ');
  if (chosen === undefined) return read;
  const more = [...(withImages ? ['image'] : []), ...(withHostAccess ? ['host'] : [])];
  const kept = ['name', 'type', 'field', 'privileged', ...more].map((key) => `'${key}': c.${key}`);
  return `(${read}).map(c, {${kept.join(', ')}, 'own': (${chosen} == '' ? c.own : ${chosen})})`;
}

/** Of an update: whether the container is judged as a new one. */
export function isNew(oldSpec: string, list: CelContainerList): string {
  const old = `${oldSpec}.${list}`;
  const image = (container: string) => `(has(${container}.image) ? ${container}.image : '')`;
  const same =
    list === 'ephemeralContainers' ? 'o.name == c.name' : `o.name == c.name && ${image('o')} == ${image('c')}`;
  return `request.operation != 'UPDATE' || !(has(${old}) && ${old}.exists(o, ${same}))`;
}
