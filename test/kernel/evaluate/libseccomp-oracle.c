/* Adds the rules of a profile to libseccomp as runc does, exports the filter and runs it. Reads lines, answers with lines:
 *   profile DEFAULT ERRNO|- OPTIMIZE RUNTIME NATIVE-TOKEN ARCH-TOKEN...
 *   rule ACTION ERRNO|- ARG-COUNT {INDEX OP VALUE VALUE-TWO}... NAME...      -> "refused NAME ERRNO" for each rule that libseccomp refuses
 *   ask AUDIT-ARCH NUMBER A0 A1 A2 A3 A4 A5                                 -> "returns 0x..."
 *   end                                                                     -> "done INSTRUCTIONS", or "ended STATUS" when libseccomp does not come to an end or crashes
 * Build: cc -O2 -o oracle libseccomp-oracle.c -l:libseccomp.so.2 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct comparison {
  unsigned int index;
  int op;
  uint64_t a, b;
};
void *seccomp_init(uint32_t action);
void seccomp_release(void *ctx);
int seccomp_arch_add(void *ctx, uint32_t token);
int seccomp_arch_remove(void *ctx, uint32_t token);
uint32_t seccomp_arch_native(void);
int seccomp_attr_set(void *ctx, int attr, uint32_t value);
int seccomp_syscall_resolve_name(const char *name);
int seccomp_rule_add_array(void *ctx, uint32_t action, int syscall, unsigned int count, const struct comparison *args);
int seccomp_export_bpf(const void *ctx, int fd);

struct instruction {
  uint16_t code;
  uint8_t jt, jf;
  uint32_t k;
};
static struct instruction *program;
static size_t length;
static void *ctx;
static uint32_t default_action;
static int as_crun;
static int is_big_endian;

static char *word(void) { return strtok(NULL, " \n"); }
static uint64_t number(void) { return strtoull(word(), NULL, 0); }

static uint32_t action(void) {
  const char *name = word();
  const char *data = word();
  uint32_t low = strcmp(data, "-") == 0 ? 1 : strtoul(data, NULL, 0) & 0xffff;
  static const struct {
    const char *name;
    uint32_t value;
  } actions[] = {{"KILL", 0},           {"KILL_THREAD", 0},    {"KILL_PROCESS", 0x80000000u}, {"TRAP", 0x30000},
                 {"NOTIFY", 0x7fc00000}, {"LOG", 0x7ffc0000u}, {"ALLOW", 0x7fff0000u}};
  if (strcmp(name, "SCMP_ACT_ERRNO") == 0) return 0x50000 | low;
  if (strcmp(name, "SCMP_ACT_TRACE") == 0) return 0x7ff00000 | low;
  for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
    if (strcmp(name + 9, actions[i].name) == 0) return actions[i].value;
  fprintf(stderr, "unknown action %s\n", name);
  exit(2);
}

static int operator_of(const char *name) {
  static const char *names[] = {"", "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"};
  for (int i = 1; i < 8; i++)
    if (strcmp(name + 9, names[i]) == 0) return i;
  fprintf(stderr, "unknown operator %s\n", name);
  exit(2);
}

static void begin(void) {
  default_action = action();
  uint32_t optimize = number();
  as_crun = strcmp(word(), "crun") == 0;
  ctx = seccomp_init(default_action);
  if (ctx == NULL) {
    printf("refused default %d\n", EINVAL);
    return;
  }
  if (optimize == 2) seccomp_attr_set(ctx, 8, 2);
  uint32_t native = number();
  if (native != seccomp_arch_native()) {
    if (seccomp_arch_remove(ctx, seccomp_arch_native()) < 0) exit(2);
    if (seccomp_arch_add(ctx, native) < 0) exit(2);
  }
  is_big_endian = native == 0x80000016;
  for (char *token; (token = word()) != NULL;) {
    int rc = seccomp_arch_add(ctx, strtoul(token, NULL, 0));
    if (rc < 0 && rc != -EEXIST) printf("refused architecture %d\n", -rc);
  }
}

static void add(const char *name, int nr, uint32_t what, unsigned int count, const struct comparison *args) {
  int rc = seccomp_rule_add_array(ctx, what, nr, count, args);
  if (rc < 0) printf("refused %s %d\n", name, -rc);
}

static void rule(void) {
  uint32_t what = action();
  unsigned int count = number(), seen = 0;
  int twice = 0;
  struct comparison args[64];
  for (unsigned int i = 0; i < count; i++) {
    struct comparison c;
    c.index = number();
    c.op = operator_of(word());
    c.a = number();
    c.b = number();
    if (as_crun && i >= 6) continue;
    if (i >= 64) exit(2);
    args[i] = c;
    twice |= (seen & 1u << c.index) != 0;
    seen |= 1u << c.index;
  }
  if (as_crun && count > 6) count = 6;
  if (what == default_action || ctx == NULL) return;
  for (char *name; (name = word()) != NULL;) {
    int nr = seccomp_syscall_resolve_name(name);
    if (nr == -1) continue;
    if (!twice)
      add(name, nr, what, count, args);
    else
      for (unsigned int i = 0; i < count; i++) add(name, nr, what, 1, args + i);
  }
}

static void export(void) {
  int fd = memfd_create("filter", 0);
  int rc = seccomp_export_bpf(ctx, fd);
  if (rc < 0) {
    fprintf(stderr, "export: %s\n", strerror(-rc));
    exit(2);
  }
  off_t size = lseek(fd, 0, SEEK_END);
  program = realloc(program, size);
  if (pread(fd, program, size, 0) != size) exit(2);
  length = size / sizeof *program;
  close(fd);
  if (is_big_endian)
    for (size_t i = 0; i < length; i++) {
      program[i].code = ntohs(program[i].code);
      program[i].k = ntohl(program[i].k);
    }
}

static uint32_t run(const uint32_t data[16]) {
  uint32_t a = 0;
  for (size_t pc = 0;; pc++) {
    if (pc >= length) exit(3);
    const struct instruction *i = program + pc;
    switch (i->code) {
      case 0x20: a = data[i->k / 4]; break;
      case 0x54: a &= i->k; break;
      case 0x05: pc += i->k; break;
      case 0x15: pc += a == i->k ? i->jt : i->jf; break;
      case 0x25: pc += a > i->k ? i->jt : i->jf; break;
      case 0x35: pc += a >= i->k ? i->jt : i->jf; break;
      case 0x06: return i->k;
      default: fprintf(stderr, "unknown instruction %#x\n", i->code); exit(3);
    }
  }
}

static void ask(void) {
  if (program == NULL || length == 0) export();
  uint32_t data[16] = {0};
  uint32_t arch = number();
  data[0] = number();
  data[1] = arch;
  for (int i = 0; i < 6; i++) {
    uint64_t value = number();
    data[(is_big_endian ? 5 : 4) + 2 * i] = value;
    data[(is_big_endian ? 4 : 5) + 2 * i] = value >> 32;
  }
  printf("returns %u\n", run(data));
}

/* One profile, in a process of its own: of some rules libseccomp makes circles that it never comes out of, or uses memory it gave back. */
static void profile(char **lines, size_t count) {
  for (size_t i = 0; i < count; i++) {
    char *what = strtok(lines[i], " \n");
    if (what == NULL) continue;
    if (strcmp(what, "profile") == 0)
      begin();
    else if (strcmp(what, "rule") == 0)
      rule();
    else if (strcmp(what, "ask") == 0 && ctx != NULL)
      ask();
  }
  if (ctx != NULL && length == 0) export();
  printf("done %zu\n", length);
  fflush(stdout);
  _exit(0);
}

int main(void) {
  char **lines = NULL, *line = NULL;
  size_t count = 0, room = 0, size = 0;
  while (getline(&line, &size, stdin) > 0) {
    if (strcmp(line, "end\n") != 0) {
      if (count == room) lines = realloc(lines, (room = room * 2 + 64) * sizeof *lines);
      lines[count++] = strdup(line);
      continue;
    }
    pid_t child = fork();
    if (child == 0) {
      struct rlimit seconds = {2, 2}, bytes = {1u << 30, 1u << 30};
      setrlimit(RLIMIT_CPU, &seconds);
      setrlimit(RLIMIT_AS, &bytes);
      profile(lines, count);
    }
    int status;
    waitpid(child, &status, 0);
    if (status != 0) printf("\nended %d\n", status);
    fflush(stdout);
    while (count > 0) free(lines[--count]);
  }
  return 0;
}
