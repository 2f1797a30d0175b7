import { rulesAskingForKernel } from '../../core/profile/as-crio-reads.js';
import { conditionsPassedOver, passedOver, saysName } from '../../core/profile/as-runtimes-read.js';
import type { Profile } from '../../core/profile/model.js';
import { stderrPaint } from '../output/write.js';
import type { LoadedProfile } from './profile-source.js';
import type { ProfileReading } from './reading.js';
import { remarkOnBase } from './remark-on-base.js';

/**
 * Says on standard error what of the document does not count in the answers that follow, and why. `reading`: undefined where
 * nobody asked for one and it is `resolved`.
 */
export function remarkOnReading(loaded: LoadedProfile, reading: ProfileReading | undefined): void {
  const paint = stderrPaint();
  const { name, profile } = loaded;
  remarkOnBase(name, profile);
  for (const remark of remarks(loaded, reading))
    process.stderr.write(`${paint('yellow', 'note')}: ${name} ${remark}\n`);
  if (loaded.origin === 'runtime-default' || (reading !== 'raw' && reading !== 'crio')) return;
  const twice = loaded.parsed?.problems.find(({ code }) => code === 'SP006');
  if (reading === 'crio' && twice !== undefined)
    process.stderr.write(
      `${paint('red', 'error')}: CRI-O starts no container with ${name}: it refuses two keys for one (${twice.place?.path ?? ''})\n`,
    );
  if (profile.architectures?.includes('SCMP_ARCH_NATIVE'))
    process.stderr.write(
      `${paint('red', 'error')}: no runtime starts a container with ${name}: it does not know SCMP_ARCH_NATIVE\n`,
    );
}

function remarks({ origin, profile }: LoadedProfile, reading: ProfileReading | undefined): readonly string[] {
  if (origin === 'runtime-default') return [];
  if (reading === 'raw') return passedOverInWords(profile);
  if (reading === 'crio') return kernelInWords(profile);
  const keys = passedOver(profile);
  if (reading !== undefined || origin === 'catalogue' || keys.length === 0) return [];
  return [
    `has keys of other formats (${keys.join(', ')}) and is taken as it is meant (resolved), for --arch, --cap and --kernel. Where the file ` +
      'itself lies on a node, runc and crun pass over them (--reading raw); CRI-O looks at them, but for minKernel (--reading crio).',
  ];
}

function kernelInWords(profile: Profile): readonly string[] {
  const rules = rulesAskingForKernel(profile);
  if (rules.length === 0) return [];
  return [
    `asks for a kernel (minKernel) in ${rules.length === 1 ? `rule ${rules[0]}` : `${rules.length} rules`}, which CRI-O does not look at: ` +
      `${rules.length === 1 ? 'it holds' : 'they hold'} on every kernel.`,
  ];
}

function passedOverInWords(profile: Profile): readonly string[] {
  const conditions = conditionsPassedOver(profile);
  const errnos = passedOver(profile).filter((key) => key === 'errno' || key === 'defaultErrno');
  const remarks: string[] = [];
  if (conditions.length > 0)
    remarks.push(
      `has conditions (${conditions.join(', ')}) that containerd, runc and crun do not know: all its rules hold, and it is ` +
        'wider than it looks. --reading resolved decides them, for --cap and --kernel; --reading crio as CRI-O does; --reading compiled asks what Seccomply puts on a node.',
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
