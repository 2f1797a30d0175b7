import { OCI_ARCHITECTURES } from '../../syscalls/architectures.js';
import type { ArchMapEntry } from '../model.js';
import { reportKind } from './describe-node.js';
import { checkWord, decodeWord } from './enum-word.js';
import { Fields } from './fields.js';

const ARCH_MAP_KEYS = ['architecture', 'subArchitectures'] as const;

/** Docker's `archMap`; undefined where the profile has none. */
export function decodeArchMap(profile: Fields): readonly ArchMapEntry[] | undefined {
  const { report } = profile;
  const list = profile.list('archMap', 'SP052', 'a list: [ { "architecture": …, "subArchitectures": [ … ] } ]');
  if (list === undefined) return undefined;
  const entries: ArchMapEntry[] = [];
  for (const [i, item] of list.items.entries()) {
    const path = `${profile.pathOf('archMap')}[${i}]`;
    if (item.kind !== 'object') {
      reportKind(item, path, 'SP052', 'an object: { "architecture": …, "subArchitectures": [ … ] }', report);
      continue;
    }
    const fields = new Fields(item, path, ARCH_MAP_KEYS, report);
    const subArchitectures = fields.strings('subArchitectures', 'SP004') ?? [];
    for (const sub of subArchitectures) checkWord(sub, OCI_ARCHITECTURES, 'architecture', report);
    const main = fields.value('architecture');
    if (main === undefined) {
      report({
        offset: item.offset,
        path,
        code: 'SP004',
        message: 'this entry of "archMap" has no "architecture"',
        advice: 'write for example "architecture": "SCMP_ARCH_X86_64"',
      });
      continue;
    }
    const architecture = decodeWord(main, fields.pathOf('architecture'), OCI_ARCHITECTURES, 'architecture', report);
    if (architecture !== undefined)
      entries.push({ architecture, subArchitectures: subArchitectures.map(({ value }) => value) });
  }
  return entries;
}
