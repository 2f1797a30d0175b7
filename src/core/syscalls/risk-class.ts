/** What can be done with a syscall, most dangerous first. */
export type RiskClass = 'C0' | 'C1' | 'C2' | 'C3' | 'C4' | 'C5' | 'C6' | 'C7';

export interface RiskClassFacts {
  readonly id: RiskClass;
  readonly title: string;
  /** For the sort key only. */
  readonly weight: number;
}

export const RISK_CLASSES: readonly RiskClassFacts[] = [
  { id: 'C0', title: 'kernel code, hardware, the clock', weight: 100 },
  { id: 'C1', title: 'namespaces, mounts, ways out of a container', weight: 60 },
  { id: 'C2', title: 'languages, keys and logs inside the kernel', weight: 40 },
  { id: 'C3', title: 'looking into other processes', weight: 25 },
  { id: 'C4', title: 'what kernel exploits are built from', weight: 12 },
  { id: 'C5', title: 'network families', weight: 10 },
  { id: 'C6', title: 'what an intruder does next', weight: 6 },
  { id: 'C7', title: 'everything else', weight: 1 },
];

/** The classes that are called dangerous, in scores and comparisons. */
export const DANGEROUS: readonly RiskClass[] = ['C0', 'C1', 'C2', 'C3', 'C4', 'C5'];
