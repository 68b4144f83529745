/* Pass on to all what one of them says: those who are gone, too. */
#include "usual.h"
#include <poll.h>

int main(int count, char **words) {
  static struct pollfd all[100];
  static char data[1024];
  int present = 1;
  (void)count;
  all[0] = (struct pollfd){.fd = listening(SOCK_STREAM, words[1]), .events = POLLIN};
  for (;;) {
    poll(all, present, -1);
    if (all[0].revents != 0) {
      all[present++] = (struct pollfd){.fd = accept(all[0].fd, NULL, NULL), .events = POLLIN};
    }
    for (int i = 1; i < present; i++) {
      int size = all[i].revents != 0 ? recv(all[i].fd, data, sizeof data, 0) : 0;
      for (int j = 1; size > 0 && j < present; j++) {
        send(all[j].fd, data, size, 0);
      }
    }
  }
}
