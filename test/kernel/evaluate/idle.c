/* Does nothing until it is killed, whichever way of waiting a filter leaves it. */
#include <poll.h>
#include <time.h>
#include <unistd.h>

int main(void) {
  for (;;) {
    struct timespec while_long = {1000, 0};
    nanosleep(&while_long, NULL);
    poll(NULL, 0, 1000000);
    pause();
  }
}
