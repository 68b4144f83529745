/* The load of the chat benchmark: a room of N members over TCP, of which some speak in lines and all listen.
 * Every line is looked at where it arrives: each member must hear every line of every other speaker once and in its
 * order, and those who only listen must all hear the same order. Prints one line of JSON. Linux only.
 *
 *   room --port P [--host 127.0.0.1] [--members 100] [--speakers 10] [--depth 16] [--size 64] [--warmup 0.3]
 *        [--seconds 1] [--pid SERVER]
 *
 * Each speaker has --depth lines under way at most: more leave when the last member, who never speaks, has heard the
 * ones before. Lines that are not ours (a greeting) are left out of account.
 * --pid names the server: the CPU time of its first thread in the measured time is told.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST 1000
#define LINE 4096
#define MARK 15 /* "@sss nnnnnnnnnn" at the end of a line: who, and its number */
#define QUIET_MS 300
#define LATE_S 10

static struct settings {
  const char *host;
  int port, members, speakers, depth, size, pid;
  double warmup, seconds;
} set = {.host = "127.0.0.1", .members = 100, .speakers = 10, .depth = 16, .size = 64, .warmup = 0.3, .seconds = 1};

static struct member {
  int fd;
  size_t held;        /* bytes of a line that has not ended */
  char line[LINE];
  uint64_t order;     /* of all lines heard, as one number */
  uint32_t *heard;    /* lines heard of each speaker */
  uint32_t said;
} all[MOST];

static int poller;
static uint64_t delivered;

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *words, ...) {
  va_list arguments;
  va_start(arguments, words);
  fputs("room: ", stderr);
  vfprintf(stderr, words, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double cpu_s(void) {
  if (!set.pid) return 0;
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/schedstat", set.pid);
  FILE *file = fopen(path, "r");
  unsigned long long ran = 0;
  if (!file || fscanf(file, "%llu", &ran) != 1) die("cannot read %s", path);
  fclose(file);
  return (double)ran / 1e9;
}

static void join(int number) {
  struct member *member = &all[number];
  struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)set.port)};
  if (inet_pton(AF_INET, set.host, &where.sin_addr) != 1) die("%s is no IPv4 address", set.host);
  member->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (member->fd < 0 || connect(member->fd, (struct sockaddr *)&where, sizeof where)) die("connect: %s", strerror(errno));
  int yes = 1;
  setsockopt(member->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(member->fd, F_SETFL, O_NONBLOCK);
  member->heard = calloc((size_t)set.speakers, sizeof *member->heard);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)number};
  if (!member->heard || epoll_ctl(poller, EPOLL_CTL_ADD, member->fd, &event)) die("cannot watch a member");
}

static uint32_t number_at(const char *text, int digits) {
  uint32_t value = 0;
  while (digits--) value = value * 10 + (uint32_t)(*text++ - '0');
  return value;
}

static void hear(struct member *member, const char *line, size_t length) {
  if (length < MARK || line[length - MARK] != '@') return;
  const char *mark = line + length - MARK;
  uint32_t speaker = number_at(mark + 1, 3), number = number_at(mark + 5, 10);
  if (speaker >= (uint32_t)set.speakers) die("a line of nobody");
  if (member == &all[speaker]) return; /* its own, where it is told */
  if (number != member->heard[speaker]++)
    die("member %d heard line %u of speaker %u, not %u", (int)(member - all), number, speaker,
        member->heard[speaker] - 1);
  member->order = (member->order * 1000003u) ^ ((uint64_t)speaker << 32 | number);
  delivered++;
}

static void listen_to(struct member *member) {
  static char data[1 << 18];
  ssize_t got = recv(member->fd, data, sizeof data, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) die("a member was sent away");
  const char *at = data, *end = data + got, *lf;
  while ((lf = memchr(at, '\n', (size_t)(end - at)))) {
    size_t length = (size_t)(lf - at);
    if (member->held) {
      if (member->held + length > LINE) die("a line is too long");
      memcpy(member->line + member->held, at, length);
      hear(member, member->line, member->held + length);
      member->held = 0;
    } else {
      hear(member, at, length);
    }
    at = lf + 1;
  }
  if (member->held + (size_t)(end - at) > LINE) die("a line is too long");
  memcpy(member->line + member->held, at, (size_t)(end - at));
  member->held += (size_t)(end - at);
}

static void speak(int speaker) {
  static char said[MOST * LINE];
  struct member *member = &all[speaker];
  size_t length = 0;
  while (member->said - all[set.members - 1].heard[speaker] < (uint32_t)set.depth) {
    memset(said + length, 'x', (size_t)set.size);
    snprintf(said + length + set.size - MARK - 1, MARK + 1, "@%03u %010u", (unsigned)speaker % 1000, member->said++);
    length += (size_t)set.size;
    said[length - 1] = '\n';
  }
  if (length && send(member->fd, said, length, MSG_NOSIGNAL) != (ssize_t)length) die("a server does not read");
}

static bool turn(int wait_ms) {
  struct epoll_event events[256];
  int ready = epoll_wait(poller, events, 256, wait_ms);
  for (int i = 0; i < ready; i++) listen_to(&all[events[i].data.u32]);
  return ready > 0;
}

static void talk(double seconds) {
  double until = now() + seconds;
  while (now() < until) {
    for (int speaker = 0; speaker < set.speakers; speaker++) speak(speaker);
    turn(10);
  }
}

static void finish(void) {
  double until = now() + LATE_S;
  for (int number = 0; number < set.members; number++)
    for (int speaker = 0; speaker < set.speakers; speaker++)
      while (speaker != number && all[number].heard[speaker] < all[speaker].said) {
        if (now() > until) die("member %d has not heard everything", number);
        turn(10);
      }
  for (int number = set.speakers; number < set.members; number++)
    if (all[number].order != all[set.members - 1].order) die("two members heard different orders");
}

int main(int count, char **words) {
  static const struct option options[] = {{"host", 1, 0, 'h'}, {"port", 1, 0, 'p'}, {"members", 1, 0, 'm'},
    {"speakers", 1, 0, 's'}, {"depth", 1, 0, 'd'}, {"size", 1, 0, 'z'}, {"warmup", 1, 0, 'w'}, {"seconds", 1, 0, 't'},
    {"pid", 1, 0, 'i'}, {0, 0, 0, 0}};
  for (int name; (name = getopt_long(count, words, "", options, NULL)) >= 0;) switch (name) {
      case 'h': set.host = optarg; break;
      case 'p': set.port = atoi(optarg); break;
      case 'm': set.members = atoi(optarg); break;
      case 's': set.speakers = atoi(optarg); break;
      case 'd': set.depth = atoi(optarg); break;
      case 'z': set.size = atoi(optarg); break;
      case 'w': set.warmup = atof(optarg); break;
      case 't': set.seconds = atof(optarg); break;
      case 'i': set.pid = atoi(optarg); break;
      default: return 2;
    }
  if (set.members < 2 || set.members > MOST || set.speakers < 1 || set.speakers >= set.members || set.depth < 1 ||
      set.depth > MOST || set.size <= MARK || set.size > LINE / 2)
    die("a setting is out of range");
  poller = epoll_create1(0);
  for (int number = 0; number < set.members; number++) join(number);
  while (turn(QUIET_MS)) continue;
  talk(set.warmup);
  uint64_t before = delivered;
  double began = now(), cpu = cpu_s();
  talk(set.seconds);
  double seconds = now() - began;
  uint64_t after = delivered;
  cpu = cpu_s() - cpu;
  finish();
  printf("{\"deliveries\": %llu, \"seconds\": %.6f, \"server_cpu_s\": %.6f}\n", (unsigned long long)(after - before),
         seconds, cpu);
  return 0;
}
