/* live-filter PID: takes the seccomp filter of a live process from the kernel and runs it. Reads lines AUDIT-ARCH NUMBER A0 … A5, prints for each
   what the filter returns. Root. */
#include <errno.h>
#include <linux/filter.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

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

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  pid_t pid = atoi(argv[1]);
  if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0) { perror("seize"); return 1; }
  ptrace(PTRACE_INTERRUPT, pid, 0, 0);
  waitpid(pid, NULL, __WALL);
  long length = ptrace(GET_FILTER, pid, 0, 0);
  struct sock_filter *program = length > 0 ? calloc(length, sizeof *program) : NULL;
  if (program == NULL || ptrace(GET_FILTER, pid, 0, program) != length) { perror("get filter"); return 1; }
  if (ptrace(GET_FILTER, pid, 1, 0) >= 0) { fprintf(stderr, "there is more than one filter\n"); return 1; }
  ptrace(PTRACE_DETACH, pid, 0, 0);
  char *line = NULL;
  size_t size = 0;
  while (getline(&line, &size, stdin) > 0) {
    uint32_t data[16] = {0};
    char *at = line;
    data[1] = strtoull(at, &at, 0);
    data[0] = strtoull(at, &at, 0);
    for (int i = 0; i < 6; i++) {
      uint64_t value = strtoull(at, &at, 0);
      data[4 + 2 * i] = value;
      data[5 + 2 * i] = value >> 32;
    }
    printf("%u\n", run(program, length, data));
  }
  return 0;
}
