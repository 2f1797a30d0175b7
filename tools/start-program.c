/* A program without a C library: ends with 7, by exit and not exit_group, or waits when it has an argument. So nothing but the runtime's own
   syscalls decides whether it is reached. Build: gcc -O1 -static -nostdlib -fno-stack-protector. */
static long call(long number, long argument) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(argument) : "rcx", "r11", "memory");
  return result;
}

__attribute__((used)) static void begin(long *stack) {
  if (stack[0] > 1)
    for (;;) call(34, 0); /* pause */
  call(60, 7); /* exit */
  for (;;) __asm__ volatile("hlt");
}

__asm__(".globl _start\n_start:\n mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
