// Records the syscalls of the catalogue's workloads and writes them, with where they come from, into
// profiles/NAME.provenance.json. `node tools/generate-catalogue.mjs` derives the profiles from these files.
// usage: node tools/run-ts.mjs tools/record-catalogue.ts [PROFILE…]     (root, runc, strace; see tools/make-catalogue.sh)
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { compileProfile } from '../src/core/compile/compile.js';
import { printOci } from '../src/core/profile/print/print-oci.js';
import { runtimeDefault } from '../src/core/profile/runtime-default.js';
import { RECIPES } from './catalogue-recipes.js';
import { containersUnavailable, DEFAULT_CAPABILITIES, runtimeVersion } from './container.js';
import { workload } from './record-workloads.js';
import type { Recording } from './recording.js';
import { runWorkload } from './run-workload.js';

const WINDOWS = 6;

/** Recorded under the runtime's default, as pods run: what that refuses, programs find a way around, and that way must be seen. */
const RUNTIME_DEFAULT = runtimeDefaultHere();

const unavailable = containersUnavailable('runc');
if (unavailable !== undefined) throw new Error(`recording: ${unavailable}`);
const wanted = process.argv.slice(2);
const recordings = new Map<string, Recording>();
for (const recipe of RECIPES) {
  if (recipe.kind !== 'recorded' || (wanted.length > 0 && !wanted.includes(recipe.name))) continue;
  const found: Recording[] = [];
  for (const id of recipe.workloads) {
    const recording = recordings.get(id) ?? (await record(id));
    recordings.set(id, recording);
    found.push(recording);
  }
  const provenance = {
    profile: recipe.name,
    date: new Date().toISOString().slice(0, 10),
    kernel: release(),
    architecture: 'SCMP_ARCH_X86_64',
    runtime: `runc ${runtimeVersion('runc')}`,
    profileDuringRecording: 'runtime-default-containerd',
    recorder: `strace ${packageVersion('strace')} inside the container`,
    workloadScript: { path: 'tools/record-workloads.ts', sha256: sha256('tools/record-workloads.ts') },
    recordings: found,
  };
  writeFileSync(`profiles/${recipe.name}.provenance.json`, `${JSON.stringify(provenance, undefined, 2)}\n`);
}

function runtimeDefaultHere(): string {
  const { profile } = compileProfile(runtimeDefault('containerd'), {
    architecture: 'SCMP_ARCH_X86_64',
    capabilities: DEFAULT_CAPABILITIES,
    kernel: release(),
  });
  if (profile === undefined) throw new Error('the runtime default cannot be compiled');
  return printOci(profile);
}

async function record(id: string): Promise<Recording> {
  const incidence = new Map<string, number>();
  const sockets = new Set<string>();
  const seenPerWindow: number[] = [];
  const work = workload(id);
  for (let window = 0; window < WINDOWS; window += 1) {
    let seen = new Set<string>();
    await runWorkload(work, {
      runtime: 'runc',
      window,
      seccomp: RUNTIME_DEFAULT,
      recorded: (folder) => {
        seen = readTraces(folder, sockets);
      },
    });
    for (const name of seen) incidence.set(name, (incidence.get(name) ?? 0) + 1);
    seenPerWindow.push(seen.size);
    console.error(`${id}, window ${window + 1}: ${seen.size} syscalls, ${incidence.size} in all`);
  }
  return {
    workload: id,
    packages: Object.fromEntries(work.packages.map((name) => [name, packageVersion(name)])),
    windows: WINDOWS,
    seenPerWindow,
    unseenEstimate: chao2([...incidence.values()], WINDOWS),
    syscalls: Object.fromEntries([...incidence].sort(([a], [b]) => (a < b ? -1 : 1))),
    sockets: [...sockets].sort(),
  };
}

/** Every syscall of every traced process, with `socket`'s family and netlink protocol as strace spells them. */
function readTraces(folder: string, sockets: Set<string>): Set<string> {
  const names = new Set<string>();
  for (const file of readdirSync(folder)) {
    for (const line of readFileSync(`${folder}/${file}`, 'latin1').split('\n')) {
      const call = /^\d+ +([a-z_0-9]+)\((.*)/.exec(line);
      if (call?.[1] === undefined) continue;
      names.add(call[1]);
      if (call[1] !== 'socket') continue;
      const [family, , protocol] = (call[2] ?? '').split(/[,)]\s*/);
      if (family !== undefined) sockets.add(family === 'AF_NETLINK' ? `${family} ${protocol}` : family);
    }
  }
  if (names.size === 0) throw new Error('nothing was recorded');
  return names;
}

function chao2(incidence: readonly number[], windows: number): number {
  const once = incidence.filter((count) => count === 1).length;
  const twice = incidence.filter((count) => count === 2).length;
  const factor = (windows - 1) / windows;
  const estimate = twice > 0 ? (factor * once * once) / (2 * twice) : (factor * once * (once - 1)) / 2;
  return Math.round(estimate * 10) / 10;
}

function packageVersion(name: string): string {
  const { stdout: text } = spawnSync('dpkg-query', ['--status', name], { encoding: 'utf8' });
  const stdout = /^Version: (.+)$/m.exec(text)?.[1];
  if (stdout === undefined)
    throw new Error(`the package ${name} is not installed: bash tools/install-test-packages.sh`);
  return stdout;
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
