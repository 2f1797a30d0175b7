import { containersUnavailable } from '../../tools/container.js';
import { isAsExpected, measureRefusals } from '../../tools/measure-refusals.js';
import { measureRuntimeBase } from '../../tools/measure-runtime-base.js';
import { hasCommand } from '../support/has-command.js';
import { itNeeds } from '../support/require.js';

describe.each(['runc', 'crun'] as const)('%s', (runtime) => {
  const unavailable =
    containersUnavailable(runtime) ?? (hasCommand('strace', '--version') ? undefined : 'strace is not installed');

  itNeeds(unavailable === undefined, unavailable ?? '')(
    'makes no syscall after the filter that the table lacks',
    () => {
      const measured = measureRuntimeBase(runtime, 5);
      expect(measured.map(({ command, allowPrivilegeEscalation }) => [command, allowPrivilegeEscalation])).toEqual([
        ['run', false],
        ['exec', false],
        ['run', true],
        ['exec', true],
      ]);
      expect(measured.flatMap(({ missing }) => missing)).toEqual([]);
      for (const { syscalls } of measured) expect(syscalls).toContain('execve');
    },
  );

  const unmeasured =
    containersUnavailable(runtime) ?? (hasCommand('gcc', '--version') ? undefined : 'gcc is not installed');
  itNeeds(unmeasured === undefined, unmeasured ?? '')(
    'takes refusals as the table says, alone and together',
    () => {
      const measured = [...measureRefusals(runtime, 1)];
      expect(measured.length).toBeGreaterThan(50);
      expect(measured.filter((each) => !isAsExpected(each))).toEqual([]);
    },
    900_000,
  );
});
