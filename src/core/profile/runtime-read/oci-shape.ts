/**
 * What a runtime expects at each place of `linux.seccomp` (OCI runtime specification). `errno` and `index` have 32 bits in crun and 64 in
 * runc, `value` 64 in both; only `errno` tells null from 0.
 */
export type OciShape =
  | 'text'
  | 'errno'
  | 'index'
  | 'value'
  | { readonly items: OciShape }
  | { readonly members: Readonly<Record<string, OciShape>> };

const ARGUMENT: OciShape = { members: { index: 'index', value: 'value', valueTwo: 'value', op: 'text' } };

const RULE: OciShape = {
  members: { names: { items: 'text' }, action: 'text', errnoRet: 'errno', args: { items: ARGUMENT } },
};

export const OCI_SECCOMP = {
  members: {
    defaultAction: 'text',
    defaultErrnoRet: 'errno',
    architectures: { items: 'text' },
    flags: { items: 'text' },
    listenerPath: 'text',
    listenerMetadata: 'text',
    syscalls: { items: RULE },
  },
} as const satisfies OciShape;
