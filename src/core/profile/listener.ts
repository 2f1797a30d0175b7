import type { Profile } from './model.js';

/** Why the runtime starts no container with the profile, where that is for want of a listener; measured with runc 1.1.5 and crun 1.8.1. */
export function listenerRefusal(profile: Profile, runtime: 'runc' | 'crun'): string | undefined {
  if (profile.defaultAction === 'SCMP_ACT_NOTIFY') return 'no syscall can wait for a listener by default';
  const { listenerPath } = profile;
  if (runtime === 'crun')
    return listenerPath === undefined || listenerPath.startsWith('/')
      ? undefined
      : 'crun takes an absolute "listenerPath" only';
  if (lacksListener(profile) || (listenerPath === '' && asksListener(profile)))
    return 'SCMP_ACT_NOTIFY has no "listenerPath"';
  return notified(profile).includes('write') ? 'SCMP_ACT_NOTIFY cannot be on write' : undefined;
}

/** Whether calls wait for a listener (NOTIFY) that the profile does not name: crun starts, and they get ENOSYS. */
export function lacksListener(profile: Profile): boolean {
  return profile.listenerPath === undefined && asksListener(profile);
}

/** Whether a rule has calls wait for a listener. */
export function asksListener(profile: Profile): boolean {
  return notified(profile).length > 0;
}

function notified({ rules }: Profile): readonly string[] {
  return rules.flatMap(({ action, names }) => (action === 'SCMP_ACT_NOTIFY' ? names : []));
}
