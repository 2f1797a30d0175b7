/* live-filter PID: takes the seccomp filter of a live process from the kernel. Reads lines AUDIT-ARCH NUMBER A0 … A5 and prints for each
   RETURNED VERDICT: what the filter returns when it is run here, and what the kernel does with the call in a process that has this filter, spelt
   as a filter would return it. ALLOW and LOG are one verdict (0x7fff0000), and so are both ways of killing (0x80000000). Only for calls of x86_64,
   x32 and i386. Root.

   No call takes place: a filter below this one answers every call with TRACE, which all answers but ALLOW and LOG override, and the tracer
   makes the call one that does nothing. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define GET_FILTER 0x420c

static uint32_t run(const struct sock_filter *program, long length, const uint32_t data[16]) {
  uint32_t a = 0;
  for (long pc = 0; pc < length; pc++) {
    const struct sock_filter *i = program + pc;
    switch (i->code) {
      case 0x20: a = data[i->k / 4]; break;
      case 0x54: a &= i->k; break;
      case 0x05: pc += i->k; break;
      case 0x15: pc += a == i->k ? i->jt : i->jf; break;
      case 0x25: pc += a > i->k ? i->jt : i->jf; break;
      case 0x35: pc += a >= i->k ? i->jt : i->jf; break;
      case 0x45: pc += a & i->k ? i->jt : i->jf; break;
      case 0x06: return i->k;
      default: fprintf(stderr, "unknown instruction %#x\n", i->code); exit(3);
    }
  }
  exit(4);
}

struct call {
  uint32_t data[16];
  uint32_t verdict;
};

/* Shared by the tracer and the process that makes the calls, which can do nothing else under its filter. */
struct work {
  volatile size_t next;
  volatile int isReady;
  size_t count;
  struct call calls[];
};

#define OURS 0xfeed

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static long make(const struct call *call) {
  uint64_t part[6];
  for (int i = 0; i < 6; i++) part[i] = call->data[4 + 2 * i] | (uint64_t)call->data[5 + 2 * i] << 32;
  long result;
  if (call->data[1] == AUDIT_ARCH_I386) {
    register uint64_t last __asm__("r8") = part[5];
    __asm__ volatile("push %%rbp; mov %%r8, %%rbp; int $0x80; pop %%rbp"
                     : "=a"(result)
                     : "a"(call->data[0]), "b"(part[0]), "c"(part[1]), "d"(part[2]), "S"(part[3]), "D"(part[4]), "r"(last)
                     : "memory", "r9", "r10", "r11");
    return (int)result;
  }
  register uint64_t r10 __asm__("r10") = part[3], r8 __asm__("r8") = part[4], r9 __asm__("r9") = part[5];
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"((uint64_t)call->data[0]), "D"(part[0]), "S"(part[1]), "d"(part[2]), "r"(r10), "r"(r8), "r"(r9)
                   : "memory", "rcx", "r11");
  return result;
}

static void install(struct sock_filter *program, long length) {
  struct sock_fprog filter = {.len = length, .filter = program};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) fail("install a filter");
}

static void makeCalls(struct work *work, struct sock_filter *program, long length) {
  ptrace(PTRACE_TRACEME, 0, 0, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no new privileges");
  raise(SIGSTOP);
  struct sock_filter trace = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | OURS);
  install(&trace, 1);
  install(program, length);
  work->isReady = 1;
  for (; work->next < work->count; work->next++) {
    struct call *call = &work->calls[work->next];
    long result = make(call);
    /* The tracer has not stepped in. */
    if (call->verdict == 0) call->verdict = SECCOMP_RET_ERRNO | (uint32_t)(-result & SECCOMP_RET_DATA);
  }
  __asm__ volatile("int3");
}

/* Until all calls are made, or one has ended the process. */
static void trace(pid_t child, struct work *work) {
  for (;;) {
    int status;
    if (waitpid(child, &status, 0) != child) fail("wait");
    struct call *call = &work->calls[work->next];
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
      call->verdict = SECCOMP_RET_KILL_PROCESS;
      work->next++;
      return;
    }
    if (!WIFSTOPPED(status)) {
      fprintf(stderr, "the calling process ended: %#x\n", status);
      exit(1);
    }
    if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
      if (work->isReady) {
        unsigned long data;
        if (ptrace(PTRACE_GETEVENTMSG, child, 0, &data) != 0) fail("event");
        call->verdict = data == OURS ? SECCOMP_RET_ALLOW : SECCOMP_RET_TRACE | (uint32_t)data;
        if (ptrace(PTRACE_POKEUSER, child, offsetof(struct user_regs_struct, orig_rax), -1) != 0) fail("skip");
      }
    } else if (WSTOPSIG(status) == SIGSYS) {
      siginfo_t info;
      if (ptrace(PTRACE_GETSIGINFO, child, 0, &info) != 0) fail("signal");
      call->verdict = SECCOMP_RET_TRAP | (uint32_t)(info.si_errno & SECCOMP_RET_DATA);
    } else if (WSTOPSIG(status) == SIGSTOP) {
      if (ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL) != 0) fail("options");
    } else if (WSTOPSIG(status) == SIGILL) {
      /* uretprobe and uprobe, which some kernels ask no filter about: they end a process that is not probed like this. */
      call->verdict = SECCOMP_RET_ALLOW;
    } else if (WSTOPSIG(status) == SIGTRAP && work->next == work->count) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return;
    } else {
      fprintf(stderr, "the calling process got signal %d at call %zu (%#x %u)\n", WSTOPSIG(status), work->next, call->data[1], call->data[0]);
      exit(1);
    }
    if (ptrace(PTRACE_CONT, child, 0, 0) != 0) fail("continue");
  }
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  pid_t pid = atoi(argv[1]);
  if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0) fail("seize");
  ptrace(PTRACE_INTERRUPT, pid, 0, 0);
  waitpid(pid, NULL, __WALL);
  long length = ptrace(GET_FILTER, pid, 0, 0);
  struct sock_filter *program = length > 0 ? calloc(length, sizeof *program) : NULL;
  if (program == NULL || ptrace(GET_FILTER, pid, 0, program) != length) fail("get filter");
  if (ptrace(GET_FILTER, pid, 1, 0) >= 0) { fprintf(stderr, "there is more than one filter\n"); return 1; }
  ptrace(PTRACE_DETACH, pid, 0, 0);

  size_t room = sizeof(struct work) + 200000 * sizeof(struct call);
  struct work *work = mmap(0, room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (work == MAP_FAILED) fail("memory");
  char *line = NULL;
  size_t size = 0;
  while (getline(&line, &size, stdin) > 0) {
    if (work->count == 200000) { fprintf(stderr, "more than 200000 calls\n"); return 1; }
    uint32_t *data = work->calls[work->count++].data;
    char *at = line;
    data[1] = strtoull(at, &at, 0);
    data[0] = strtoull(at, &at, 0);
    for (int i = 0; i < 6; i++) {
      uint64_t value = strtoull(at, &at, 0);
      data[4 + 2 * i] = value;
      data[5 + 2 * i] = value >> 32;
    }
  }
  while (work->next < work->count) {
    work->isReady = 0;
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) makeCalls(work, program, length);
    trace(child, work);
  }
  for (size_t i = 0; i < work->count; i++) printf("%u %u\n", run(program, length, work->calls[i].data), work->calls[i].verdict);
  return 0;
}
