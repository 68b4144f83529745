/* Echo on wt_accept and wt_recv, and on wt_recv_from for datagrams, for the tests: one conversation after another on
   all addresses of its command line until SIGTERM. Tells of each conversation how it ended: "ended PEER HOW". */
#define _POSIX_C_SOURCE 200809L

#include "wiretalk.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define MOST 100
#define PATIENCE_MS 30000

static volatile sig_atomic_t stopping;

static void stop(int number) {
  (void)number;
  stopping = 1;
}

static void converse(wt_connection *client) {
  wt_message message;
  int code;
  while ((code = wt_recv(client, &message, PATIENCE_MS)) == 1) {
    if ((code = wt_send(client, message.data, message.size, PATIENCE_MS)) < 0) {
      break;
    }
  }
  printf("ended %s %s\n", wt_peer(client), wt_how(code));
  fflush(stdout);
}

static void serve_one(wt_listener *listener) {
  wt_connection *client;
  wt_endpoint from;
  wt_message message;
  wt_error error;
  int code;
  if (strstr(wt_listener_address(listener), "udp") != NULL || strstr(wt_listener_address(listener), "gram") != NULL) {
    code = wt_recv_from(listener, &message, &from, 0, &error);
    if (code == 1) {
      code = wt_send_to(listener, &from, message.data, message.size, PATIENCE_MS, &error);
    }
  } else {
    code = wt_accept(&client, listener, 0, &error);
    if (code == 0) {
      converse(client);
      wt_close(client);
    }
  }
  if (code < 0 && code != WT_ETIMEDOUT) {
    fprintf(stderr, "%s\n", error.text);
  }
}

/* A signal that comes right before poll begins is seen at its end. */
static void serve(wt_listener **listeners, nfds_t count) {
  struct pollfd ends[MOST] = {{0}};
  for (nfds_t i = 0; i < count; i++) {
    ends[i].fd = wt_listener_fd(listeners[i]);
    ends[i].events = POLLIN;
  }
  while (!stopping) {
    int ready = poll(ends, count, 200);
    for (nfds_t i = 0; ready > 0 && i < count; i++) {
      if (ends[i].revents != 0) {
        serve_one(listeners[i]);
      }
    }
  }
}

int main(int count, char **words) {
  wt_listener *listeners[MOST] = {0};
  struct sigaction action = {.sa_handler = stop};
  wt_error error;
  int code = 0;
  sigaction(SIGTERM, &action, NULL);
  for (int i = 1; code == 0 && i < count && i <= MOST; i++) {
    code = wt_listen(&listeners[i - 1], words[i], NULL, &error);
    if (code == 0) {
      printf("listening on %s\n", wt_listener_address(listeners[i - 1]));
      fflush(stdout);
    } else {
      fprintf(stderr, "%s\n", error.text);
    }
  }
  if (code == 0) {
    serve(listeners, (nfds_t)(count - 1));
  }
  for (int i = 0; i < MOST; i++) {
    wt_listener_close(listeners[i]);
  }
  return -code;
}
