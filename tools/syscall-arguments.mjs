// Makes src/core/syscalls/syscall-arguments.generated.json: the kind of every argument of every syscall, as the running kernel declares it
// (tracefs, events/syscalls/sys_enter_*/format). Needs root on x86_64 and a kernel with CONFIG_FTRACE_SYSCALLS.
//   node tools/syscall-arguments.mjs            writes the file
//   node tools/syscall-arguments.mjs --check    says whether it is up to date
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'src/core/syscalls/syscall-arguments.generated.json');

/** Events that are called after the function in the kernel, not after the syscall. */
const syscallOf = {
  newfstat: 'fstat',
  newlstat: 'lstat',
  newstat: 'stat',
  newuname: 'uname',
  sendfile64: 'sendfile',
  umount: 'umount2',
};

/** What a kernel without modules, kexec or the like has no event for, and syscalls of other ABIs: from their manual pages. */
const fromManuals = {
  chown32: 'pii',
  delete_module: 'pi',
  fadvise64_64: 'illi',
  fchown32: 'iii',
  fcntl64: 'iil',
  finit_module: 'ipi',
  fstat64: 'ip',
  fstatat64: 'ippi',
  ftruncate64: 'il',
  futex_time64: 'piippi',
  init_module: 'plp',
  ipc: 'iillpl',
  kexec_file_load: 'iilpl',
  kexec_load: 'llpl',
  lchown32: 'pii',
  listns: 'ppli',
  lstat64: 'pp',
  map_shadow_stack: 'lli',
  recvmmsg_time64: 'ipiip',
  setfsgid32: 'i',
  setfsuid32: 'i',
  setgid32: 'i',
  setgroups32: 'ip',
  setregid32: 'ii',
  setresgid32: 'iii',
  setresuid32: 'iii',
  setreuid32: 'ii',
  setuid32: 'i',
  socketcall: 'ip',
  stat64: 'pp',
  sync_file_range2: 'iill',
  truncate64: 'pl',
  umount: 'p',
  uselib: 'p',
};

const json = render({ ...fromManuals, ...fromKernel() });
if (process.argv.includes('--check')) {
  const stale = readFileSync(target, 'utf8') !== json;
  if (stale) console.error('stale: run `node tools/syscall-arguments.mjs` and commit the result');
  process.exitCode = stale ? 1 : 0;
} else writeFileSync(target, json);

function fromKernel() {
  // In a mount namespace of its own, so that nothing stays behind.
  const text = execFileSync(
    'unshare',
    ['-m', 'sh', '-c', 'mount -t tracefs none /mnt && cd /mnt/events/syscalls && grep -H field: sys_enter_*/format'],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  const kinds = {};
  for (const line of text.trim().split('\n')) {
    const [, event, declared] = /^sys_enter_(\w+)\/format:\s*field:([^;]+);/.exec(line) ?? [];
    if (event === undefined || /\b(?:common_\w+|__syscall_nr)$/.test(declared)) continue;
    const name = syscallOf[event] ?? event;
    kinds[name] = (kinds[name] ?? '') + kindOf(declared.replace(/\s*\w+$/, ''));
  }
  return kinds;
}

function kindOf(type) {
  const plain = type.replace(/\bconst\b/g, '').trim();
  if (plain.endsWith('*') || /^cap_user_\w+$/.test(plain)) return 'p';
  if (plain === 'umode_t') return 'm';
  if (/^(?:unsigned long|long|size_t|loff_t|off_t|__u64|aio_context_t)$/.test(plain)) return 'l';
  if (
    /^(?:int|unsigned|unsigned int|__?[us]32|u32|enum \w+|(?:pid|uid|gid|qid|key|key_serial|clockid|timer|rwf)_t|mqd_t)$/.test(
      plain,
    )
  )
    return 'i';
  throw new Error(`of which width is ${JSON.stringify(type)}?`);
}

function render(kinds) {
  const rows = Object.keys(kinds)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(kinds[name])}`);
  return `{
"source":"Linux ${release().replace(/^(\d+\.\d+).*/, '$1')} on x86_64, types of its syscall events; the rest from manual pages",
"kinds":{${rows.join(',')}}
}
`;
}
