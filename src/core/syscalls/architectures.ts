/** The architectures Seccomply has syscall tables for. Other OCI names are parsed and kept, but cannot be evaluated. */
export const ARCHITECTURES = [
  'SCMP_ARCH_X86_64',
  'SCMP_ARCH_X86',
  'SCMP_ARCH_X32',
  'SCMP_ARCH_AARCH64',
  'SCMP_ARCH_ARM',
  'SCMP_ARCH_PPC64LE',
  'SCMP_ARCH_S390X',
  'SCMP_ARCH_RISCV64',
] as const;

export type Architecture = (typeof ARCHITECTURES)[number];

/** Every architecture name of the OCI runtime-spec; the last five are unknown to runc (1.3). */
export const OCI_ARCHITECTURES = [
  ...ARCHITECTURES,
  'SCMP_ARCH_MIPS',
  'SCMP_ARCH_MIPS64',
  'SCMP_ARCH_MIPS64N32',
  'SCMP_ARCH_MIPSEL',
  'SCMP_ARCH_MIPSEL64',
  'SCMP_ARCH_MIPSEL64N32',
  'SCMP_ARCH_PPC',
  'SCMP_ARCH_PPC64',
  'SCMP_ARCH_S390',
  'SCMP_ARCH_LOONGARCH64',
  'SCMP_ARCH_M68K',
  'SCMP_ARCH_PARISC',
  'SCMP_ARCH_PARISC64',
  'SCMP_ARCH_SH',
  'SCMP_ARCH_SHEB',
] as const;
