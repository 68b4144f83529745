/* The load of the benchmarks: N TCP connections to an echo server, a number of messages in flight on each,
 * every echoed byte compared with what was sent. Prints one line of JSON. Linux only.
 *
 *   load --port P [--host 127.0.0.1] [--connections 50] [--size 64] [--depth 16] [--refill 0]
 *        [--framing raw|line|u32be] [--warmup 0.3] [--seconds 1] [--pid SERVER]
 *   load --port P --idle [--connections 500] …     hold connections; commands on standard input, see idle()
 *
 * --size is what one message takes on the wire, framing included: every server is sent the very same bytes.
 * --depth messages are in flight on each connection; when no more than --refill of them are left unanswered,
 * as many are sent as make it --depth again: 0 is bursts, depth - 1 a sliding window.
 * --pid names the server: the CPU time of all its threads in the measured time is told with the rest.
 *
 * One thread and one epoll: it must never be the slower side. Nothing here knows a server by name.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_EVENTS 256
#define CONNECT_S 10   /* a server may still be starting */
#define DRAIN_S 5      /* for the last answers, after the measured time */
#define A_SOURCE 8000  /* connections from one source address: an address has some 28,000 ports */

static struct settings {
  const char *host, *framing;
  int port, connections, depth, refill, pid;
  size_t size;
  double warmup, seconds;
  bool idle;
} set = {.host = "127.0.0.1", .framing = "raw", .connections = 50, .size = 64, .depth = 16, .warmup = 0.3, .seconds = 1};

/* One connection. Offsets count bytes from its first; all three only grow: received <= sent <= granted. */
struct connection {
  int fd;
  bool waits_to_write;
  uint64_t received, sent, granted;
  double *sent_at; /* by message number modulo depth */
};

static struct connection *all;
static int opened;
static int poller;
static unsigned char *pattern; /* `period` bytes of messages, then the first `depth` again: a burst never wraps */
static size_t period;
static uint64_t received_total;
static bool refilling = true;

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *words, ...) {
  va_list arguments;
  va_start(arguments, words);
  fputs("load: ", stderr);
  vfprintf(stderr, words, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

static void *grown(void *old, size_t count, size_t size) {
  void *memory = realloc(old, count * size);
  if (!memory) die("out of memory");
  return memory;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* What all threads of a process have run, and how long they could have but waited for a core. */
struct cpu {
  double ran, waited;
};

/* To the nanosecond, from schedstat; /proc/PID/stat would count in ticks. */
static struct cpu cpu_of(int pid) {
  char path[320];
  struct cpu sum = {0, 0};
  if (!pid) return sum;
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *tasks = opendir(path);
  if (!tasks) die("the server (process %d) has gone", pid);
  for (struct dirent *task; (task = readdir(tasks));) {
    uint64_t ran, waited;
    if (task->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, task->d_name);
    FILE *file = fopen(path, "r");
    if (!file) continue; /* a thread that has just ended */
    if (fscanf(file, "%" SCNu64 " %" SCNu64, &ran, &waited) == 2) {
      sum.ran += (double)ran * 1e-9;
      sum.waited += (double)waited * 1e-9;
    }
    fclose(file);
  }
  closedir(tasks);
  return sum;
}

/* Messages that all differ, so that one lost, doubled or out of order is seen. */
static void write_pattern(void) {
  size_t messages = set.size <= 65536 ? 61 : 3, head = 0, tail = 0;
  bool line = !strcmp(set.framing, "line");
  uint32_t random = 2463534242u;
  if (line) tail = 1;
  else if (!strcmp(set.framing, "u32be")) head = 4;
  else if (strcmp(set.framing, "raw")) die("--framing is raw, line or u32be, not %s", set.framing);
  if (set.size < head + tail || !set.size) die("--size %zu cannot hold a message of this framing", set.size);
  period = messages * set.size;
  size_t whole = period + (size_t)set.depth * set.size;
  pattern = grown(NULL, whole, 1);
  for (size_t i = 0; i < whole; i++) {
    size_t in_message = i % set.size;
    random ^= random << 13, random ^= random >> 17, random ^= random << 5;
    if (i >= period) pattern[i] = pattern[i - period];
    else if (in_message < head) pattern[i] = (unsigned char)((set.size - head) >> (8 * (head - 1 - in_message)));
    else if (line) pattern[i] = in_message == set.size - 1 ? '\n' : (unsigned char)('a' + random % 26);
    else pattern[i] = (unsigned char)(random >> 8);
  }
}

static void open_more(int count) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)set.port)};
  double deadline = now() + CONNECT_S;
  if (inet_pton(AF_INET, set.host, &to.sin_addr) != 1) die("--host %s is not an IPv4 address", set.host);
  all = grown(all, (size_t)(opened + count), sizeof *all);
  for (int end = opened + count; opened < end;) {
    uint32_t source = INADDR_LOOPBACK + (uint32_t)(opened / A_SOURCE);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
    struct timeval patience = {.tv_sec = CONNECT_S};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket %d: %s", opened, strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); /* Linux: connect keeps it too */
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (opened >= A_SOURCE && bind(fd, (struct sockaddr *)&from, sizeof from)) die("bind: %s", strerror(errno));
    if (connect(fd, (struct sockaddr *)&to, sizeof to)) {
      int why = errno;
      close(fd);
      if ((why != ECONNREFUSED && why != EINTR && why != EAGAIN) || now() > deadline)
        die("connection %d to %s:%d: %s", opened, set.host, set.port, strerror(why));
      nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
      continue;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    all[opened++] = (struct connection){.fd = fd};
  }
}

static void watch(struct connection *c, bool write_too) {
  struct epoll_event event = {.events = EPOLLIN | (write_too ? EPOLLOUT : 0), .data.ptr = c};
  c->waits_to_write = write_too;
  if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event) && epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event))
    die("epoll_ctl: %s", strerror(errno));
}

static void push(struct connection *c) {
  while (c->sent < c->granted) {
    ssize_t n = send(c->fd, pattern + c->sent % period, c->granted - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) die("send: %s", strerror(errno));
    c->sent += (uint64_t)n;
  }
  if ((c->sent < c->granted) != c->waits_to_write) watch(c, !c->waits_to_write);
}

static void refill(struct connection *c, double time) {
  uint64_t answered = c->received / set.size, asked = c->granted / set.size;
  if (!refilling || asked - answered > (uint64_t)set.refill) return;
  for (; asked < answered + (uint64_t)set.depth; asked++) c->sent_at[asked % (uint64_t)set.depth] = time;
  c->granted = asked * set.size;
  push(c);
}

static void compare(struct connection *c, const unsigned char *data, size_t length) {
  if (length > c->sent - c->received) die("the server answered more than it was sent");
  while (length) {
    size_t at = c->received % period, part = period - at < length ? period - at : length;
    if (memcmp(data, pattern + at, part)) die("the echo differs within message %" PRIu64, c->received / set.size);
    c->received += part, data += part, length -= part;
  }
}

/* Latencies in microseconds, 32 buckets to a doubling: within 3 % of the truth at any length. */
static uint64_t buckets[32 * 40];

static void note_latency(double seconds) {
  uint64_t us = (uint64_t)(seconds * 1e6), value = us < 32 ? 32 : us;
  int doublings = 63 - __builtin_clzll(value) - 5;
  size_t at = us < 32 ? us : (size_t)(32 * (doublings + 1)) + (size_t)(value >> doublings) - 32;
  if (at < sizeof buckets / sizeof *buckets) buckets[at]++;
}

static double latency(double share) {
  uint64_t total = 0, sum = 0;
  for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++) total += buckets[i];
  for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++)
    if (total && (double)(sum += buckets[i]) >= share * (double)total)
      return i < 32 ? (double)i : (double)((uint64_t)(32 + i % 32) << (i / 32 - 1));
  return 0;
}

static void read_some(struct connection *c) {
  static unsigned char buffer[256 * 1024];
  ssize_t n = recv(c->fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n < 0) die("recv: %s", strerror(errno));
  if (n == 0) die("the server closed a connection");
  uint64_t before = c->received / set.size;
  double time = now();
  compare(c, buffer, (size_t)n);
  received_total += (uint64_t)n;
  for (; before < c->received / set.size; before++) note_latency(time - c->sent_at[before % (uint64_t)set.depth]);
  refill(c, time);
}

static bool all_answered(void) {
  for (int i = 0; i < opened; i++)
    if (all[i].received < all[i].granted) return false;
  return true;
}

static void turn_until(double end, bool or_answered) {
  struct epoll_event events[MAX_EVENTS];
  for (double time; (time = now()) < end && !(or_answered && all_answered());) {
    int count = epoll_wait(poller, events, MAX_EVENTS, (int)((end - time) * 1e3) + 1);
    if (count < 0 && errno != EINTR) die("epoll_wait: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
      struct connection *c = events[i].data.ptr;
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_some(c);
      if (events[i].events & EPOLLOUT) push(c);
    }
  }
}

static void measure(void) {
  double *times = grown(NULL, (size_t)opened * (size_t)set.depth, sizeof *times);
  for (int i = 0; i < opened; i++) {
    all[i].sent_at = times + (size_t)i * (size_t)set.depth;
    watch(&all[i], false);
  }
  for (int i = 0; i < opened; i++) refill(&all[i], now());
  turn_until(now() + set.warmup, false);

  memset(buckets, 0, sizeof buckets);
  received_total = 0;
  struct cpu server = cpu_of(set.pid), own = cpu_of(getpid());
  double start = now();
  turn_until(start + set.seconds, false);
  double seconds = now() - start, messages = (double)(received_total / set.size);
  struct cpu server_after = cpu_of(set.pid), own_after = cpu_of(getpid());
  double p50 = latency(.5), p99 = latency(.99);

  refilling = false;
  turn_until(now() + DRAIN_S, true);
  if (!all_answered()) die("answers were still missing %d s after the last message", DRAIN_S);
  printf("{\"messages\": %.0f, \"seconds\": %.6f, \"rate\": %.1f, \"server_cpu_s\": %.6f, "
         "\"server_waited_s\": %.6f, \"load_cpu_s\": %.6f, \"load_waited_s\": %.6f, \"p50_us\": %.0f, \"p99_us\": %.0f}\n",
         messages, seconds, messages / seconds, server_after.ran - server.ran, server_after.waited - server.waited,
         own_after.ran - own.ran, own_after.waited - own.waited, p50, p99);
}

/* Holds connections. "open N" opens N more; "exchange" sends one message on each and reads its echo; every command
 * is answered with {"open": N}. Ends with standard input. */
static void idle(void) {
  char command[64] = "";
  do {
    int more = 0;
    if (sscanf(command, "open %d", &more) == 1) open_more(more);
    else if (!strncmp(command, "exchange", 8))
      for (int i = 0; i < opened; i++) {
        unsigned char answer[65536];
        struct connection *c = &all[i];
        c->granted += set.size;
        push(c);
        while (c->received < c->granted) {
          ssize_t n = recv(c->fd, answer, sizeof answer, 0);
          if (n <= 0) die("connection %d of %d: %s", i, opened, n ? strerror(errno) : "closed by the server");
          compare(c, answer, (size_t)n);
        }
      }
    printf("{\"open\": %d}\n", opened);
    fflush(stdout);
  } while (fgets(command, sizeof command, stdin));
}

static void read_arguments(int count, char **words) {
  enum { HOST, PORT, CONNECTIONS, SIZE, DEPTH, REFILL, FRAMING, WARMUP, SECONDS, PID, IDLE };
  static const struct option names[] = {
      {"host", 1, 0, HOST},       {"port", 1, 0, PORT},     {"connections", 1, 0, CONNECTIONS},
      {"size", 1, 0, SIZE},       {"depth", 1, 0, DEPTH},   {"refill", 1, 0, REFILL},
      {"framing", 1, 0, FRAMING}, {"warmup", 1, 0, WARMUP}, {"seconds", 1, 0, SECONDS},
      {"pid", 1, 0, PID},         {"idle", 0, 0, IDLE},     {0, 0, 0, 0}};
  for (int name; (name = getopt_long(count, words, "", names, NULL)) != -1;) switch (name) {
      case HOST: set.host = optarg; break;
      case PORT: set.port = atoi(optarg); break;
      case CONNECTIONS: set.connections = atoi(optarg); break;
      case SIZE: set.size = (size_t)atol(optarg); break;
      case DEPTH: set.depth = atoi(optarg); break;
      case REFILL: set.refill = atoi(optarg); break;
      case FRAMING: set.framing = optarg; break;
      case WARMUP: set.warmup = atof(optarg); break;
      case SECONDS: set.seconds = atof(optarg); break;
      case PID: set.pid = atoi(optarg); break;
      case IDLE: set.idle = true; break;
      default: exit(2);
    }
  if (set.port < 1 || set.port > 65535) die("--port is 1 to 65535");
  if (set.connections < 1 || set.depth < 1) die("--connections and --depth are at least 1");
  if (set.refill < 0 || set.refill >= set.depth) die("--refill is 0 to depth - 1");
}

int main(int count, char **words) {
  struct rlimit files;
  read_arguments(count, words);
  write_pattern();
  if (!getrlimit(RLIMIT_NOFILE, &files)) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  poller = epoll_create1(EPOLL_CLOEXEC);
  open_more(set.connections);
  if (set.idle) idle();
  else measure();
  return 0;
}
