/* No memory, at every place where some is asked for, one after another: each time it is told, and everything is given back.

   Where the sanitizers, or another C library, have an allocator of their own, the conversations are held with memory for
   all of it. */
#include "wire.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#if defined(__has_feature)
#if !__has_feature(address_sanitizer)
#define MEMORY_FAILS
#endif
#else
#define MEMORY_FAILS
#endif
#endif

#ifdef MEMORY_FAILS
static long memory_left = -1; /* how many times memory is given; below 0: always */
static long memory_held;      /* how many pieces of it are in use */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

/* Whether there is memory this once. After the one time that there is none, there is again. */
static int memory_given(void) { return memory_left < 0 || memory_left-- != 0; }

void *malloc(size_t size) {
  void *memory = memory_given() ? __libc_malloc(size) : NULL;
  memory_held += memory != NULL;
  return memory;
}

void *calloc(size_t count, size_t size) {
  void *memory = memory_given() ? __libc_calloc(count, size) : NULL;
  memory_held += memory != NULL;
  return memory;
}

void *realloc(void *old, size_t size) {
  void *memory = memory_given() ? __libc_realloc(old, size) : NULL;
  memory_held += memory != NULL && old == NULL;
  return memory;
}

void free(void *memory) {
  memory_held -= memory != NULL;
  __libc_free(memory);
}
#endif

/* A conversation at an address, as far as it gets. Returns the first code that was none of success. */
static int converse(const char *address, const char *client_address) {
  static char bytes[50000];
  wt_listener *listener = NULL;
  wt_connection *client = NULL;
  wt_connection *server = NULL;
  wt_message message = {"", 0};
  wt_endpoint from;
  wt_error error;
  char own[200];
  int datagrams = strncmp(address, "u", 1) == 0 && strncmp(address, "unix:", 5) != 0;
  int code = wt_listen(&listener, address, NULL, &error);
  if (code == 0) {
    snprintf(own, sizeof own, "%s%s", client_address != NULL ? client_address : wt_listener_address(listener),
             datagrams ? "" : strchr(address, '?'));
    code = wt_connect(&client, own, NULL, &error);
  }
  if (code == 0 && !datagrams) {
    code = wt_accept(&server, listener, WIRE_PATIENCE_MS, &error);
  }
  if (code == 0) {
    code = wt_send(client, bytes, sizeof bytes, WIRE_PATIENCE_MS);
  }
  if (code == 0 && client_address == NULL) {
    code = datagrams ? wt_recv_from(listener, &message, &from, WIRE_PATIENCE_MS, &error)
                     : wt_recv(server, &message, WIRE_PATIENCE_MS);
  }
  if (code < 0 && server != NULL && wt_last_error(server)->code == code) {
    /* Memory has come back, and nothing was lost. */
    CHECK(wt_pending(server) || wire_readable(wt_fd(server), WIRE_PATIENCE_MS));
    CHECK_INT(1, wt_recv(server, &message, WIRE_PATIENCE_MS));
  }
  if (message.size != 0) {
    CHECK_INT(sizeof bytes, message.size);
    CHECK(memcmp(message.data, bytes, sizeof bytes) == 0);
  }
  wt_abort(client);
  wt_abort(server);
  wt_listener_close(listener);
  return code < 0 ? code : 0;
}

/* Holds it with no memory at the first place, then at the second, and so on, until there was enough. */
static void starve(const char *address, const char *client_address) {
  CHECK_INT(0, converse(address, client_address));
  int open_before = wire_open_fds();
#ifdef MEMORY_FAILS
  for (long given = 0;; given++) {
    const long held = memory_held;
    memory_left = given;
    int code = converse(address, client_address);
    int enough = memory_left >= 0;
    memory_left = -1;
    CHECK_INT(held, memory_held);
    CHECK_INT(open_before, wire_open_fds());
    if (enough) {
      CHECK_INT(0, code);
      /* Unless something else gives the memory in place of this program, as valgrind does. */
      CHECK(given > 3 || held == 0);
      return;
    }
    CHECK(code == WT_EMEMORY || code == 0);
  }
#else
  CHECK_INT(open_before, wire_open_fds());
#endif
}

TEST(over_tcp) {
  starve("tcp://127.0.0.1:0?framing=cobs", NULL);
  starve("tcp://localhost:0?framing=line", NULL);
  starve("tcp://:0?framing=length:u32be", NULL);
}

TEST(over_unix) {
  char address[200];
  snprintf(address, sizeof address, "unix:%s?framing=slip", wire_path("memory.sock"));
  starve(address, NULL);
  struct stat status;
  CHECK_INT(-1, lstat(wire_path("memory.sock"), &status));
}

TEST(over_datagrams) {
  char address[200];
  snprintf(address, sizeof address, "unixgram:%s", wire_path("memory.sock"));
  starve(address, NULL);
  starve("udp://127.0.0.1:0", NULL);
  starve("udp4://:0", "udp4://127.255.255.255:9?broadcast");
}

int main(void) {
  int open_before = wire_open_fds();
  printf("no memory, place after place\n");
  fflush(stdout);
  RUN(over_tcp);
  RUN(over_unix);
  RUN(over_datagrams);
  return wire_done(open_before);
}
