/** The text of a profile that refuses all but what its rules let through. `more`: further members of the profile. */
export function refuseAllBut(rules: readonly object[], more: object = {}): string {
  return JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: rules, ...more });
}

/** The text of a profile that allows all but what its rules refuse. */
export function allowAllBut(rules: readonly object[], more: object = {}): string {
  return JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: rules, ...more });
}

/** A rule. `more`: further members of it, or other ones. */
export function refuse(names: readonly string[], more: object = {}): object {
  return { names, action: 'SCMP_ACT_ERRNO', ...more };
}

export function allow(names: readonly string[], ...args: readonly object[]): object {
  return { names, action: 'SCMP_ACT_ALLOW', ...(args.length === 0 ? {} : { args }) };
}

/** A condition. */
export function equal(index: number, value: number): object {
  return { index, value, op: 'SCMP_CMP_EQ' };
}

export function masked(index: number, value: number, valueTwo: number): object {
  return { index, value, valueTwo, op: 'SCMP_CMP_MASKED_EQ' };
}
