import type { DocumentNode } from '../../document/document-node.js';
import { OCI_ARCHITECTURES } from '../../syscalls/architectures.js';
import { didYouMean } from '../../text/did-you-mean.js';
import { shortened } from '../../text/quoted.js';
import { reportKind } from './describe-node.js';
import type { WrittenString } from './fields.js';
import type { ProfileMistake, Report } from './profile-mistake.js';

type WordKind = 'action' | 'architecture' | 'flag' | 'operator';

export function decodeWord<Word extends string>(
  node: DocumentNode,
  path: string,
  known: readonly Word[],
  kind: WordKind,
  report: Report,
): Word | undefined {
  if (node.kind === 'string') return checkWord({ value: node.value, offset: node.offset, path }, known, kind, report);
  reportKind(node, path, 'SP004', `the name of an ${kind} in double quotes`, report);
  return undefined;
}

/** The known word that is written there; undefined, and reported, where it is none. */
export function checkWord<Word extends string>(
  { value, offset, path }: WrittenString,
  known: readonly Word[],
  kind: WordKind,
  report: Report,
): Word | undefined {
  const found = known.find((word) => word === value);
  if (found !== undefined) return found;
  const tell = (): ProfileMistake => {
    const near = kind === 'architecture' ? architectureMeant(value) : didYouMean(value, known);
    return {
      offset,
      path,
      code: 'SP004',
      message: `${JSON.stringify(shortened(value, 60))} is not ${kind === 'flag' ? 'a' : 'an'} ${kind} of seccomp profiles`,
      advice:
        near === undefined
          ? `write one of ${known.slice(0, 9).join(', ')}${known.length > 9 ? ', …' : ''}`
          : `did you mean "${near}"?`,
    };
  };
  report({ told: 'error', blocks: true, tell });
  return undefined;
}

/** The names that Go, Debian and uname use. */
const OTHER_ARCHITECTURE_NAMES: Readonly<Record<string, string>> = {
  amd64: 'SCMP_ARCH_X86_64',
  'x86-64': 'SCMP_ARCH_X86_64',
  i386: 'SCMP_ARCH_X86',
  i686: 'SCMP_ARCH_X86',
  '386': 'SCMP_ARCH_X86',
  arm64: 'SCMP_ARCH_AARCH64',
  armhf: 'SCMP_ARCH_ARM',
  armv7l: 'SCMP_ARCH_ARM',
  ppc64el: 'SCMP_ARCH_PPC64LE',
  loong64: 'SCMP_ARCH_LOONGARCH64',
};

function architectureMeant(written: string): string | undefined {
  const name = written
    .slice(0, 64)
    .toLowerCase()
    .replace(/^scmp_arch_/, '');
  return Object.hasOwn(OTHER_ARCHITECTURE_NAMES, name)
    ? OTHER_ARCHITECTURE_NAMES[name]
    : didYouMean(written, OCI_ARCHITECTURES);
}
