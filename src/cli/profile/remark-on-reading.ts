import { asRuntimesRead, conditionsPassedOver, passedOver, saysName } from '../../core/profile/as-runtimes-read.js';
import type { Profile } from '../../core/profile/model.js';
import { stderrPaint } from '../output/write.js';
import type { LoadedProfile } from './profile-source.js';
import type { ProfileReading } from './reading.js';

/** Says on standard error what of the document does not count in the answers that follow, and why. */
export function remarkOnReading(loaded: LoadedProfile, reading: ProfileReading): void {
  const paint = stderrPaint();
  const { name, profile } = loaded;
  if (profile.baseProfileName !== undefined)
    process.stderr.write(`${paint('yellow', 'warning')}: ${missingBase(name, profile.baseProfileName)}\n`);
  if (reading !== 'raw' || loaded.origin === 'runtime-default') return;
  for (const remark of passedOverInWords(profile))
    process.stderr.write(`${paint('yellow', 'note')}: ${name} ${remark}\n`);
  if (asRuntimesRead(profile).architectures?.includes('SCMP_ARCH_NATIVE'))
    process.stderr.write(
      `${paint('red', 'error')}: no runtime starts a container with ${name}: it does not know SCMP_ARCH_NATIVE\n`,
    );
}

function missingBase(name: string, base: string): string {
  return (
    `${name} stands on the base profile ${base}, whose rules are not in this document: what it lets through is missing here. ` +
    'Merge the two (seccomply profile merge --union) and ask about the result.'
  );
}

function passedOverInWords(profile: Profile): readonly string[] {
  const conditions = conditionsPassedOver(profile);
  const errnos = passedOver(profile).filter((key) => key === 'errno' || key === 'defaultErrno');
  const remarks: string[] = [];
  if (conditions.length > 0)
    remarks.push(
      `has conditions (${conditions.join(', ')}) that a runtime does not know: all its rules hold, and it is ` +
        'wider than it looks. --reading resolved decides them, for --cap and --kernel; --reading compiled asks what Seccomply puts on a node.',
    );
  const named = profile.rules.flatMap((rule, index) => (saysName(rule) ? [index] : []));
  if (named.length > 0)
    remarks.push(
      `says "name" in ${named.length === 1 ? `rule ${named[0]}` : `${named.length} rules`}, a key that runtimes do not know: runc passes over ` +
        `${named.length === 1 ? 'the rule' : 'these rules'}, crun does not start the container. Write "names", or ask with --reading resolved what is meant.`,
    );
  if (errnos.length > 0)
    remarks.push(
      `gives error numbers by ${errnos.map((key) => `"${key}"`).join(' and ')}, which runtimes do not know: what counts is ` +
        '"errnoRet" and "defaultErrnoRet", and EPERM where they are missing. --reading resolved takes the names.',
    );
  return remarks;
}
