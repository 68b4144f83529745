/* Be many clients at once: most are good, one is slow, and three are rude.

       build/many_clients/client [ADDRESS] [COUNT]        default: tcp://localhost:8888, and 20 good clients */
#define _POSIX_C_SOURCE 200809L

#include "wiretalk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST 1000

static const char *address = "tcp://localhost:8888";

/* One thread a client: what it is called, how it behaves, and how that went. No two threads share anything that
   changes, so no lock is needed. */
typedef struct client {
  const char *framing;
  int (*behave)(wt_connection **server, int number);
  int number;
  int code;
} client;

static int good(wt_connection **server, int number) {
  for (int turn = 0; turn < 3; turn++) {
    char said[64];
    wt_message answer;
    int size = snprintf(said, sizeof said, "client %d, turn %d", number, turn);
    int code = wt_send(*server, said, (size_t)size, 10000);
    if (code == 0) {
      code = wt_recv(*server, &answer, 10000);
    }
    if (code < 1) {
      return code < 0 ? code : WT_ETRUNCATED;
    }
    for (int i = 0; i < size; i++) {
      if (answer.size != (size_t)size || answer.data[i] != said[size - 1 - i]) {
        fprintf(stderr, "client %d was told %s, which is not for it\n", number, answer.data);
        return WT_ESYSTEM;
      }
    }
  }
  return 0;
}

/* One byte after another: for the server, a message is there when its line end is, and others do not wait for it. */
static int slow(wt_connection **server, int number) {
  static const char said[] = "slow but steady\n";
  struct timespec moment = {.tv_nsec = 20000000};
  wt_message answer;
  int code = 0;
  (void)number;
  for (size_t i = 0; code == 0 && i < strlen(said); i++) {
    code = wt_send(*server, said + i, 1, 10000);
    nanosleep(&moment, NULL);
  }
  if (code == 0 && (code = wt_recv(*server, &answer, 10000)) == 1) {
    printf("slow: told %s", answer.data); /* the bytes on the wire, the line end included: it has no framing */
    return 0;
  }
  return code < 0 ? code : WT_ETRUNCATED;
}

static int vanishing(wt_connection **server, int number) {
  int code = wt_send(*server, "I was about to s", 16, 10000);
  (void)number;
  if (code == 0) {
    puts("vanishing: left within a message");
  }
  return code;
}

/* What a program that crashes does, or one that closes with answers unread. */
static int resetting(wt_connection **server, int number) {
  int code = wt_send(*server, "and now\n", 8, 10000);
  (void)number;
  if (code == 0) {
    wt_abort(*server);
    *server = NULL;
    puts("resetting: reset");
  }
  return code;
}

static int silent(wt_connection **server, int number) {
  wt_message message;
  int code = wt_recv(*server, &message, WT_FOREVER);
  (void)number;
  if (code == 0 || code == WT_ERESET) {
    puts("silent: the server had enough");
    return 0;
  }
  return code;
}

static void *run(void *argument) {
  client *one = argument;
  wt_options options = {.framing = one->framing};
  wt_connection *server;
  wt_error error;
  one->code = wt_connect(&server, address, &options, &error);
  if (one->code < 0) {
    if (one->number == 0) {
      fprintf(stderr, "%s\n", error.text); /* once is enough */
    }
    return NULL;
  }
  one->code = one->behave(&server, one->number);
  if (one->code < 0 && server != NULL && wt_last_error(server)->code != 0) {
    fprintf(stderr, "%s\n", wt_last_error(server)->text);
  }
  wt_close(server);
  return NULL;
}

/* Starts them all, waits for them all; returns 0 or the code of one that failed. */
static int run_all(client *clients, int count) {
  pthread_t threads[MOST];
  int started = 0, code = 0;
  while (started < count && pthread_create(&threads[started], NULL, run, &clients[started]) == 0) {
    started++;
  }
  for (int i = 0; i < started; i++) {
    pthread_join(threads[i], NULL);
    code = clients[i].code < 0 ? clients[i].code : code;
  }
  if (started < count) {
    fprintf(stderr, "the system has no room for %d threads\n", count);
    return WT_ELIMIT;
  }
  return code;
}

int main(int count, char **words) {
  static client clients[MOST];
  static const client rude[] = {
      {"raw", slow, 1, 0}, {"raw", vanishing, 1, 0}, {"raw", resetting, 1, 0}, {"raw", silent, 1, 0}};
  const int rude_count = (int)(sizeof rude / sizeof rude[0]);
  char *end = "";
  long good_count = count > 2 ? strtol(words[2], &end, 10) : 20;
  if (*end != '\0' || good_count < 1 || good_count > MOST - rude_count) {
    fprintf(stderr, "%s: this is no number of clients from 1 to %d\n", words[2], MOST - rude_count);
    return -WT_EUSAGE;
  }
  address = count > 1 ? words[1] : address;
  for (int i = 0; i < (int)good_count; i++) {
    clients[i] = (client){"line", good, i, 0};
  }
  memcpy(clients + good_count, rude, sizeof rude);
  int code = run_all(clients, (int)good_count + rude_count);
  if (code == 0) {
    printf("%ld good clients: all answered, each with its own\n", good_count);
  }
  return -code;
}
