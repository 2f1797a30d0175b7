/* probe x86_64|i386 NR:A0:A1:A2:A3:A4:A5 …: makes each call in a child of its own and prints `NR RESULT ERRNO`, or `NR killed
   SIGNAL`. Arguments are decimal or hex; -1 is all ones, @TEXT the address of the text (the lowest 2 GiB, for i386 too). A 64-bit program that makes i386 calls by int 0x80, so that it also
   starts under profiles which no 32-bit program does. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long call_i386(const unsigned long *part) {
  long result;
  register unsigned long last __asm__("r8") = part[6];
  __asm__ volatile("push %%rbp; mov %%r8, %%rbp; int $0x80; pop %%rbp"
                   : "=a"(result)
                   : "a"(part[0]), "b"(part[1]), "c"(part[2]), "d"(part[3]), "S"(part[4]), "D"(part[5]), "r"(last)
                   : "memory", "r9", "r10", "r11");
  int plain = (int)result;
  if (plain < 0 && plain > -4096) { errno = -plain; return -1; }
  return plain;
}

int main(int argc, char **argv) {
  struct answer { long result; int error; } *answer =
      mmap(0, sizeof *answer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  char *texts = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  int is_i386 = argc > 1 && strcmp(argv[1], "i386") == 0;
  for (int i = 2; i < argc; i += 1) {
    unsigned long part[7] = {0};
    char *at = argv[i];
    for (int n = 0; n < 7 && at != NULL && *at != 0; n += 1) {
      if (*at == '@') {
        size_t length = strcspn(at += 1, ":");
        part[n] = (unsigned long)memcpy(texts, at, length);
        texts += length + 1;
        at += length;
      } else part[n] = at[0] == '-' ? -strtoul(at + 1, &at, 0) : strtoul(at, &at, 0);
      if (*at == ':') at += 1;
    }
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) { perror("fork"); return 1; }
    if (child == 0) {
      errno = 0;
      answer->result = is_i386 ? call_i386(part)
                               : syscall((long)part[0], part[1], part[2], part[3], part[4], part[5], part[6]);
      answer->error = answer->result == -1 ? errno : 0;
      _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) printf("%lu killed %d\n", part[0], WTERMSIG(status));
    else printf("%lu %ld %d\n", part[0], answer->result, answer->error);
  }
  return 0;
}
