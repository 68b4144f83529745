/* Take clients one after another, for ever: read a name, thank for it, and close.

       build/thanks/server [ADDRESS]        default: tcp://:8888 */
#define _POSIX_C_SOURCE 200809L

#include "wiretalk.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define LONGEST 1000 /* bytes of a message, either way */
#define THANKS "thank you, "

/* A handler may do next to nothing: no printf, no free. So it leaves a mark, and the loop below looks for it. */
static volatile sig_atomic_t caught;

static void leave_mark(int number) {
  caught = number;
}

static int thank(wt_connection *guest) {
  char answer[sizeof THANKS + LONGEST];
  wt_message name;
  /* While one client is served, the next ones wait in the kernel's queue, connected already. One that connects and
     says nothing would make them wait for ever, and in the usual version does; here it may be silent for 10
     seconds. */
  int code = wt_recv(guest, &name, 10000);
  if (code < 1) {
    return code;
  }
  /* A message belongs to its connection, and holds until the next call with it. wt_send is one: keep what is
     needed. */
  if (snprintf(answer, sizeof answer, THANKS "%s", name.data) >= (int)sizeof answer) {
    strcpy(answer, THANKS "whoever you are"); /* an address with max_message= may let longer names in */
  }
  code = wt_send(guest, answer, strlen(answer), 10000);
  if (code == 0) {
    printf("thanked %s\n", answer + strlen(THANKS));
    fflush(stdout);
  }
  return code;
}

static int serve(wt_listener *listener) {
  while (!caught) {
    wt_connection *guest;
    wt_error error;
    /* A signal that comes while it waits ends the wait; one that comes right before it begins is seen a second
       later. */
    int code = wt_accept(&guest, listener, 1000, &error);
    if (code == WT_ETIMEDOUT || code == WT_EINTERRUPTED) {
      continue;
    }
    if (code < 0) {
      fprintf(stderr, "%s\n", error.text);
      return code;
    }
    /* A client that resets, or leaves in the middle, ends its own conversation. The usual version ends with its first
       rude client: by exit(1), or by the SIGPIPE that nobody expected. */
    if (thank(guest) < 0 && !caught) {
      fprintf(stderr, "%s\n", wt_last_error(guest)->text);
    }
    wt_close(guest);
  }
  return caught == SIGINT ? WT_EINTERRUPTED : 0; /* SIGTERM asked it to stop, and so it did */
}

int main(int count, char **words) {
  wt_options options = {.framing = "line", .max_message = LONGEST, .flags = WT_INTERRUPTIBLE};
  struct sigaction action = {.sa_handler = leave_mark};
  wt_listener *listener;
  wt_error error;
  int code = wt_listen(&listener, count > 1 ? words[1] : "tcp://:8888", &options, &error);
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return -code;
  }
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  printf("listening on %s\n", wt_listener_address(listener));
  fflush(stdout);
  code = serve(listener);
  wt_listener_close(listener); /* removes the file of a Unix socket */
  return -code;
}
