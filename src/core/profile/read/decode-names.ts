import { quoted } from '../../text/quoted.js';
import type { DialectSigns } from './dialect-signs.js';
import type { Fields, WrittenString } from './fields.js';
import type { ProfileMistake } from './profile-mistake.js';

/** The syscalls of a rule: its `names`, or the one `name` of Docker's older profiles. */
export function decodeNames(rule: Fields, signs: DialectSigns): readonly WrittenString[] {
  const single = rule.string('name', 'SP007');
  if (single === undefined || single === '') return decodePlural(rule);
  signs.docker = true;
  const plural = rule.value('names');
  const offset = rule.member('name')?.keyOffset ?? rule.node.offset;
  if (plural === undefined || (plural.kind === 'array' && plural.items.length === 0))
    return [{ value: single, offset, path: rule.pathOf('name') }];
  rule.report({
    offset,
    path: rule.pathOf('name'),
    code: 'SP006',
    message: '"name" and "names" are both set; Docker refuses such a rule',
    advice: `keep "names", with "${single}" in it`,
    blocks: false,
  });
  return decodePlural(rule);
}

function decodePlural(rule: Fields): readonly WrittenString[] {
  const names = rule.strings('names', 'SP007', 'a list of syscall names: ["read", "write"]') ?? [];
  const plural = rule.value('names');
  if (names.length === 0 && (plural === undefined || plural.kind === 'array'))
    rule.report({
      offset: rule.member('names')?.value.offset ?? rule.node.offset,
      path: rule.pathOf('names'),
      code: 'SP007',
      message:
        plural === undefined
          ? 'this rule has no "names": runc ignores it, crun refuses the profile'
          : 'this rule names no syscall: runtimes ignore it',
      advice: 'write the syscalls it is for: "names": ["read", "write"]; or remove the rule',
      blocks: false,
    });
  return names.filter((name) => isName(name, rule));
}

function isName({ value, offset, path }: WrittenString, rule: Fields): boolean {
  if (value !== '' && !/\s/.test(value)) return true;
  rule.report({ told: 'error', blocks: false, tell: () => oddName({ value, offset, path }) });
  return false;
}

function oddName({ value, offset, path }: WrittenString): ProfileMistake {
  const isEmpty = value.trim() === '';
  const words = value.split(/[\s,]+/).filter((word) => word !== '');
  return {
    offset,
    path,
    code: 'SP007',
    message: isEmpty
      ? 'an empty syscall name: runc refuses the profile, crun ignores the name'
      : `the syscall name ${quoted(value)} has white space in it, so no runtime knows it`,
    advice: words.length === 0 ? 'remove it' : `write ${words.map((word) => `"${word}"`).join(', ')}`,
    blocks: false,
  };
}
