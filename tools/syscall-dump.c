/* Prints every syscall name the libseccomp it is linked with knows: "ARCH NAME NUMBER" lines, ARCH "-" and number 0 for a name
 * that no architecture of ours has. Build: cc syscall-dump.c PATH/libseccomp.so.2; run with LD_LIBRARY_PATH. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *seccomp_syscall_resolve_num_arch(uint32_t arch, int num);
struct version {
  unsigned int major, minor, micro;
};
const struct version *seccomp_version(void);

static const struct {
  const char *name;
  uint32_t token;
} ours[] = {
    {"SCMP_ARCH_X86_64", 0xc000003e}, {"SCMP_ARCH_X86", 0x40000003},     {"SCMP_ARCH_X32", 0x4000003e},
    {"SCMP_ARCH_AARCH64", 0xc00000b7}, {"SCMP_ARCH_ARM", 0x40000028},    {"SCMP_ARCH_PPC64LE", 0xc0000015},
    {"SCMP_ARCH_S390X", 0x80000016},  {"SCMP_ARCH_RISCV64", 0xc00000f3},
};
static const uint32_t others[] = {
    8,          0x80000008, 0xa0000008, 0x40000008, 0xc0000008, 0xe0000008, 0x14,       0x80000015,
    0x16,       0xf,        0x8000000f, 0xc0000102, 0x2a,       0x4000002a, 0x4,
};

static void dump(const char *arch, uint32_t token, int from, int to) {
  for (int number = from; number < to; number++) {
    char *name = seccomp_syscall_resolve_num_arch(token, number);
    if (name == NULL) continue;
    printf("%s %s %d\n", arch, name, number);
    free(name);
  }
}

int main(void) {
  const struct version *v = seccomp_version();
  printf("version %u.%u.%u\n", v->major, v->minor, v->micro);
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
    int base = strcmp(ours[i].name, "SCMP_ARCH_X32") == 0 ? 0x40000000 : 0;
    dump(ours[i].name, ours[i].token, base, base + 2048);
    if (strcmp(ours[i].name, "SCMP_ARCH_ARM") == 0) dump(ours[i].name, ours[i].token, 0xf0000, 0xf0100);
  }
  /* Pseudo numbers (-10001 and below) stand for names that an architecture does not have. */
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
    for (int number = -11000; number < -1; number++) {
      char *name = seccomp_syscall_resolve_num_arch(ours[i].token, number);
      if (name == NULL) continue;
      printf("- %s 0\n", name);
      free(name);
    }
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    for (int number = 0; number < 7000; number++) {
      char *name = seccomp_syscall_resolve_num_arch(others[i], number);
      if (name == NULL) continue;
      printf("- %s 0\n", name);
      free(name);
    }
  return 0;
}
