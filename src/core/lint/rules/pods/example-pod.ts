/** For examples: the text of a pod. */
export function podText(spec: object): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec });
}

/** A security context. */
export function localhost(localhostProfile: string): object {
  return { seccompProfile: { type: 'Localhost', localhostProfile } };
}

/** A container. */
export const WEB = { name: 'web', image: 'nginx' };
