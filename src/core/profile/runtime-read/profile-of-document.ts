import type { DocumentNode, ObjectNode } from '../../document/document-node.js';
import { memberOf } from '../../document/document-node.js';
import { OCI_ARCHITECTURES } from '../../syscalls/architectures.js';
import { isKnownTo, LIBSECCOMP_VERSIONS } from '../../syscalls/syscall-table.js';
import { ACTIONS, type Argument, FLAGS, OPERATORS, type Profile, type Rule } from '../model.js';
import { optional } from '../read/optional.js';

const MAX_INDEX = 5;

export type ProfileOfDocument =
  | { readonly profile: Profile; readonly refused?: undefined }
  | { readonly profile?: undefined; readonly refused: string };

/**
 * What the words and numbers that a runtime has of a profile mean; `refused` where it does not know a word. Of an error number both take the low 16
 * bits. Conditions are only looked at for a name: by crun, and their indexes by both, for one that libseccomp knows.
 */
export function profileOfDocument(root: ObjectNode, runtime: 'runc' | 'crun'): ProfileOfDocument {
  const refused: string[] = [];
  const newest = LIBSECCOMP_VERSIONS.at(-1) ?? '';
  const word = <Word extends string>(written: string, known: readonly Word[], what: string): Word | undefined => {
    const found = known.find((each) => each === written);
    if (found === undefined) refused.push(`${JSON.stringify(written)} is not ${what}`);
    return found;
  };
  const defaultAction = word(textOf(root, 'defaultAction') ?? '', ACTIONS, 'an action');
  const rules = itemsOf(root, 'syscalls').map((node): Rule => {
    const action = word(textOf(node, 'action') ?? '', ACTIONS, 'an action');
    const names = itemsOf(node, 'names').map((name) => (name.kind === 'string' ? name.value : ''));
    const isKnown = names.some((name) => isKnownTo(newest, name));
    const args = itemsOf(node, 'args').map((each) => argumentOf(each));
    if (isKnown || (runtime === 'runc' && names.length > 0))
      for (const each of itemsOf(node, 'args')) word(textOf(each, 'op') ?? '', OPERATORS, 'an operator');
    const beyond = isKnown ? args.find(({ index }) => index > MAX_INDEX) : undefined;
    if (beyond !== undefined) refused.push(`a syscall has no argument ${beyond.index}`);
    return { names, action: action ?? 'SCMP_ACT_ALLOW', ...optional('errnoRet', errnoOf(node, 'errnoRet')), args };
  });
  const architectures = textsOf(root, 'architectures');
  for (const name of architectures) word(name, OCI_ARCHITECTURES, 'an architecture');
  const flags = textsOf(root, 'flags');
  for (const flag of flags) word(flag, FLAGS, 'a flag');
  const [first] = refused;
  if (first !== undefined || defaultAction === undefined) return { refused: first ?? '' };
  return {
    profile: {
      defaultAction,
      ...optional('defaultErrnoRet', errnoOf(root, 'defaultErrnoRet')),
      architectures,
      flags,
      ...optional('listenerPath', textOf(root, 'listenerPath')),
      rules,
    },
  };
}

function argumentOf(node: DocumentNode): Argument {
  const op = textOf(node, 'op');
  return {
    index: Number(integerOf(node, 'index') ?? 0n),
    value: integerOf(node, 'value') ?? 0n,
    valueTwo: integerOf(node, 'valueTwo') ?? 0n,
    op: OPERATORS.find((each) => each === op) ?? 'SCMP_CMP_EQ',
  };
}

function memberValue(node: DocumentNode, key: string): DocumentNode | undefined {
  return node.kind === 'object' ? memberOf(node, key)?.value : undefined;
}

function textOf(node: DocumentNode, key: string): string | undefined {
  const value = memberValue(node, key);
  return value?.kind === 'string' ? value.value : undefined;
}

function integerOf(node: DocumentNode, key: string): bigint | undefined {
  const value = memberValue(node, key);
  return value?.kind === 'number' ? value.integer : undefined;
}

function errnoOf(node: DocumentNode, key: string): number | undefined {
  const integer = integerOf(node, key);
  return integer === undefined ? undefined : Number(integer & 0xffffn);
}

function itemsOf(node: DocumentNode, key: string): readonly DocumentNode[] {
  const value = memberValue(node, key);
  return value?.kind === 'array' ? value.items : [];
}

function textsOf(node: DocumentNode, key: string): readonly string[] {
  return itemsOf(node, key).flatMap((item) => (item.kind === 'string' ? [item.value] : []));
}
