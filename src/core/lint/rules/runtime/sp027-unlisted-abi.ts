import { compiledArchitectures } from '../../../compile/architectures.js';
import { byNumber, listed } from '../../../text/words.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';

export const sp027UnlistedAbi: LintRule = {
  id: 'SP027',
  severity: 'warning',
  compiled: 'off',
  title: 'Callers of another ABI of the node are killed',
  why: 'A 64-bit kernel takes calls of 32-bit programs, too. An ABI that is not in "architectures" is not left alone: its callers are killed with SIGSYS, even where the profile only logs.',
  fix: 'List the sub-architectures, or leave them out on purpose; seccomply profile compile completes the list. Each is more of the kernel to attack, and on 32-bit x86 socketcall and ipc hide their arguments.',
  failing: { text: allowAllBut([refuse(['keyctl'])], { architectures: ['SCMP_ARCH_X86_64'] }) },
  passing: {
    text: allowAllBut([refuse(['keyctl'])], { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'] }),
  },
  *check({ written, native, top, parsed }) {
    if (parsed.format === 'docker' && written.archMap !== undefined) return;
    const { added } = compiledArchitectures(written, native);
    if (added.length > 0)
      yield {
        path: top('architectures'),
        message: `${listed(added)} ${byNumber(added.length, 'is', 'are')} not listed: on a node of ${native} callers of ${byNumber(added.length, 'that ABI', 'those ABIs')} are killed`,
      };
  },
};
