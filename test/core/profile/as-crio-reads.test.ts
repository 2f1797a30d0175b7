import { compileProfile } from '../../../src/core/compile/compile.js';
import { predictStart } from '../../../src/core/lint/start-prediction.js';
import { asCrioReads } from '../../../src/core/profile/as-crio-reads.js';
import { asRuntimesRead } from '../../../src/core/profile/as-runtimes-read.js';
import { parseProfile } from '../../../src/core/profile/read/yaml/parse-profile.js';
import { runtimeDefault } from '../../../src/core/profile/runtime-default.js';
import { CRIO_READINGS } from './crio-readings.js';

// test/kernel/crio-readings.test.ts puts the same files to Podman.
test.each(CRIO_READINGS.map((row) => [row.what, row] as const))('%s: what the runtime gets', (_, row) => {
  const { profile: document, capabilities = [], handed } = row;
  const parsed = parseProfile(JSON.stringify(document));
  const outcomes = (['runc', 'crun'] as const).map(
    (runtime) => predictStart(parsed, { runtime, reading: 'crio', capabilities }).outcome,
  );
  if (handed === 'refused') expect(outcomes).toEqual(['not started', 'not started']);
  if (handed === 'nothing') expect(outcomes).toEqual(['unconfined', 'unconfined']);
  if (typeof handed === 'string') return;
  const text = JSON.stringify(handed);
  const start = text.includes('SCMP_ARCH_NATIVE') ? 'not started' : 'filtered';
  // One that refuses all but read starts no container.
  if (text.includes('"defaultAction":"SCMP_ACT_ALLOW"')) expect(outcomes).toEqual([start, start]);
  const written = parsed.profile ?? parsed.partial;
  if (written === undefined) throw new Error('this is no profile');
  const read = asCrioReads(written, { architecture: 'SCMP_ARCH_X86_64', capabilities });
  expect(read.rules).toHaveLength(written.rules.length);
  const { rules, ...settings } = read;
  const syscalls = rules.filter(({ names }) => names.length > 0).map(({ args: _, ...rule }) => rule);
  expect({ ...settings, syscalls }).toEqual({ syscalls: [], ...handed });
});

test('what Seccomply puts on a node means the same to CRI-O and to containerd', () => {
  const target = { architecture: 'SCMP_ARCH_X86_64', capabilities: ['CAP_SYS_ADMIN'], kernel: '6.1' } as const;
  for (const runtime of ['containerd', 'crio'] as const) {
    const { profile } = compileProfile(runtimeDefault(runtime), target);
    if (profile === undefined) throw new Error('not compiled');
    expect(asCrioReads(profile, target)).toEqual(profile);
    expect(asRuntimesRead(profile)).toEqual(profile);
  }
});
