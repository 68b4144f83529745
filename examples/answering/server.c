/* Answer each message with "server rec: " and the message, until "quit".

       build/answering/server [ADDRESS]        default: tcp://:8888

   One thread a client. A message is a line; clients that send no line ends are served by
   build/answering/server 'tcp://:8888?framing=raw:utf8': then whatever arrives is a message, as the usual version has
   it, but no character is ever cut in two. */
#define _POSIX_C_SOURCE 200809L

#include "wiretalk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "server rec: "
#define MOST 500 /* clients at once */

/* The usual version starts a thread for whoever comes and never looks how many there are. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t left = PTHREAD_COND_INITIALIZER;
static int present;

/* Returns 1 when it is to be continued, 0 at the end, or a code. */
static int answer_one(wt_connection *client) {
  wt_message message;
  int code = wt_recv(client, &message, WT_FOREVER);
  if (code < 1 || (message.size == 4 && memcmp(message.data, "quit", 4) == 0)) {
    return code < 0 ? code : 0;
  }
  /* Bytes, and a size. Text of other languages is UTF-8, an é is two of them, and TCP may deliver one now and one
     later: so the message is made whole first, and what is in it is not looked at. "%s" would stop at a zero byte.
     And the answer is as large as it has to be: the usual version has a buffer that no message is larger than, until
     one is. */
  char *answer = malloc(strlen(PREFIX) + message.size);
  if (answer == NULL) {
    return WT_EMEMORY;
  }
  memcpy(answer, PREFIX, strlen(PREFIX));
  memcpy(answer + strlen(PREFIX), message.data, message.size);
  code = wt_send(client, answer, strlen(PREFIX) + message.size, 60000);
  free(answer);
  return code < 0 ? code : 1;
}

static void *converse(void *argument) {
  wt_connection *client = argument;
  int code;
  while ((code = answer_one(client)) > 0) {
  }
  if (code < 0 && code != WT_ERESET) {
    fprintf(stderr, "%s\n", code == WT_EMEMORY ? wt_strerror(code) : wt_last_error(client)->text);
  }
  wt_close(client);
  pthread_mutex_lock(&lock);
  present--;
  pthread_cond_signal(&left);
  pthread_mutex_unlock(&lock);
  return NULL;
}

/* Waits until there is a place, then for somebody to come, and gives him a thread. */
static int serve_one(wt_listener *listener, wt_error *error) {
  wt_connection *client;
  pthread_t thread;
  pthread_mutex_lock(&lock);
  while (present == MOST) {
    pthread_cond_wait(&left, &lock);
  }
  present++;
  pthread_mutex_unlock(&lock);
  int code = wt_accept(&client, listener, WT_FOREVER, error);
  if (code < 0) {
    return code;
  }
  /* The client is the thread's own from here on: two threads may use two connections, and one connection belongs to
     one thread at a time. (The usual version hands over the address of its variable, into which the next client
     comes.) */
  if (pthread_create(&thread, NULL, converse, client) == 0) {
    pthread_detach(thread);
  } else {
    wt_abort(client);
    pthread_mutex_lock(&lock);
    present--;
    pthread_mutex_unlock(&lock);
  }
  return 0;
}

int main(int count, char **words) {
  wt_options options = {.framing = "line"};
  wt_listener *listener;
  wt_error error;
  int code = wt_listen(&listener, count > 1 ? words[1] : "tcp://:8888", &options, &error);
  if (code == 0) {
    printf("listening on %s\n", wt_listener_address(listener));
    fflush(stdout); /* what is printed into a pipe or a file waits in a buffer otherwise */
    while (code == 0) {
      code = serve_one(listener, &error);
    }
    wt_listener_close(listener);
  }
  fprintf(stderr, "%s\n", error.text);
  return -code;
}
