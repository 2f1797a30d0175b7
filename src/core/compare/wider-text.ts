import type { Wider } from './within.js';

/** Where a profile allows more, `mount for a container that adds CAP_NET_RAW, on Linux before 4.8, on aarch64`. */
export function widerText(wider: Wider | 'not comparable'): string {
  if (wider === 'not comparable') return 'it has more conditions than can be compared, or cannot be compiled';
  const { syscall, host } = wider;
  const { capabilities, kernels } = wider.class;
  return [
    capabilities.length === 0 ? syscall : `${syscall} for a container that adds ${capabilities.join(', ')}`,
    ...(kernels === undefined ? [] : [`on Linux ${kernels}`]),
    ...(host === 'SCMP_ARCH_X86_64' ? [] : [`on ${host}`]),
  ].join(', ');
}
