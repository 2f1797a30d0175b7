import { Container, containersUnavailable, type Runtime } from '../../tools/container.js';
import { MALFORMED_PROFILES, type Outcome } from '../core/lint/malformed-profiles.js';
import { itNeeds } from '../support/require.js';

function outcomeOf(runtime: Runtime, seccomp: string): Outcome {
  const container = new Container({ runtime, seccomp, args: ['grep', '^Seccomp:', '/proc/self/status'] });
  try {
    const { status, stdout, stderr } = container.run(8_000);
    if (stdout.includes('Seccomp:\t2')) return 'filtered';
    if (stdout.includes('Seccomp:\t0')) return 'unconfined';
    if (status === null) return 'hangs';
    if (status !== 0 && stderr !== '') return 'not started';
    throw new Error(`exit ${status}: ${stdout}${stderr}`);
  } finally {
    container.remove();
  }
}

describe.each(['runc', 'crun'] as const)('what %s does with a malformed profile', (runtime) => {
  const unavailable = containersUnavailable(runtime);
  const inContainer = itNeeds(unavailable === undefined, unavailable ?? '');
  for (const row of MALFORMED_PROFILES) {
    inContainer(row.what, () => {
      expect(outcomeOf(runtime, row.profile)).toBe(row[runtime]);
    });
  }
});
