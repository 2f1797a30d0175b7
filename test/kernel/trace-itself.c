/* Calls getpgrp, then again in a child that it traces and lets go on at every event of seccomp. Prints both results: `-38 ran`. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long group(void) {
  long result = syscall(SYS_getpgrp);
  return result < 0 ? -errno : result;
}

int main(void) {
  long untraced = group();
  pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0) _exit(2);
    raise(SIGSTOP);
    _exit(group() >= 0 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSTOPPED(status)) ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
  while (WIFSTOPPED(status)) {
    if (ptrace(PTRACE_CONT, child, 0, 0) != 0) break;
    waitpid(child, &status, 0);
  }
  printf("%ld %s\n", untraced, WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "ran" : "did not run");
  return 0;
}
