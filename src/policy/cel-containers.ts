import { celText } from './cel.js';
import { celImage } from './cel-image.js';
import type { PodPlace } from './cel-scope.js';

/** The lists of a pod that hold containers, with the type of what is in them. */
const lists = [
  { list: 'containers', type: "'Container'" },
  { list: 'initContainers', type: "(has(c.restartPolicy) && c.restartPolicy == 'Always' ? 'Sidecar' : 'Init')" },
  { list: 'ephemeralContainers', type: "'Ephemeral'" },
] as const;

export type ContainerList = (typeof lists)[number]['list'];

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

/**
 * A list with one map of texts for each container that is judged: all on CREATE, on UPDATE those whose image changed and new ephemeral ones.
 * `own` is its own field, `image` the image written out (only where some pattern asks).
 */
export function containersVariable(pod: PodPlace, withImages: boolean): string {
  return lists
    .map(({ list, type }) => {
      const all = `${pod.spec}.${list}`;
      const image = "(has(c.image) ? c.image : '')";
      const members = [
        // Texts all: the values of a map have one type.
        `'name': string(c.name)`,
        `'type': ${type}`,
        `'field': ${celText(`spec.${list}`)}`,
        `'own': string(${fieldOf('c')})`,
        `'rawImage': string(${image})`,
        `'privileged': (has(c.securityContext) && has(c.securityContext.privileged) && c.securityContext.privileged ? 'yes' : 'no')`,
      ];
      const judged = pod.oldSpec === undefined ? all : `${all}.filter(c, ${isNew(pod.oldSpec, list)})`;
      const mapped = `${judged}.map(c, {${members.join(', ')}})`;
      return `(has(${all}) ? ${mapped} : [])`;
    })
    .join(' + ')
    .replace(/^(.*)$/s, (whole) =>
      withImages
        ? `(${whole}).map(c, {'name': c.name, 'type': c.type, 'field': c.field, 'own': c.own, 'privileged': c.privileged, 'image': ${celImage('c.rawImage')}})`
        : whole,
    );
}

/** Of an update: whether the container is judged as a new one. */
export function isNew(oldSpec: string, list: ContainerList): string {
  const old = `${oldSpec}.${list}`;
  const image = (container: string) => `(has(${container}.image) ? ${container}.image : '')`;
  const same =
    list === 'ephemeralContainers' ? 'o.name == c.name' : `o.name == c.name && ${image('o')} == ${image('c')}`;
  return `request.operation != 'UPDATE' || !(has(${old}) && ${old}.exists(o, ${same}))`;
}
