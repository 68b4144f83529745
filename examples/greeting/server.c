/* Greet whoever connects, read one message, and leave.

       build/greeting/server [ADDRESS]        default: tcp://:8888

   ADDRESS may be of any scheme that has connections: tcp, tcp4, tcp6, unix. */
#include "wiretalk.h"

#include <stdio.h>
#include <string.h>

static int greet(wt_connection *guest) {
  static const char welcome[] = "welcome, who are you?";
  wt_message name;
  int code = wt_send(guest, welcome, strlen(welcome), 10000);
  if (code == 0) {
    /* The usual version takes what one recv(…, 1024) returns for the answer. That is whatever has arrived: a part of
       it, or the answer and what came after; and no zero byte stands behind it. A framing makes it one whole message,
       however it was cut on its way, and wt_message ends it as text ends in C. */
    code = wt_recv(guest, &name, WT_FOREVER);
  }
  if (code == 1) {
    printf("%s is %s\n", wt_peer(guest), name.data);
  } else if (code == 0 || code == WT_ERESET) {
    printf("%s left without a word\n", wt_peer(guest));
  } else {
    fprintf(stderr, "%s\n", wt_last_error(guest)->text);
    return code;
  }
  return 0;
}

int main(int count, char **words) {
  wt_options options = {.framing = "line"};
  wt_listener *listener;
  wt_connection *guest;
  wt_error error;
  /* It may be started again at once: the usual version is told "Address already in use" for a minute, for want of
     SO_REUSEADDR. */
  int code = wt_listen(&listener, count > 1 ? words[1] : "tcp://:8888", &options, &error);
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return -code;
  }
  printf("listening on %s\n", wt_listener_address(listener));
  fflush(stdout); /* what is printed into a pipe or a file waits in a buffer otherwise */
  code = wt_accept(&guest, listener, WT_FOREVER, &error);
  wt_listener_close(listener); /* one conversation: who comes now is refused, and does not wait for nothing */
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return -code;
  }
  code = greet(guest);
  wt_close(guest);
  return -code;
}
