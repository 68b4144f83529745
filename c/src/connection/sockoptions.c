/* sockoptions.c: an address's options as socket options, and the defaults of TCP. Sets them; decides nothing else.
   What backlog, mode and v6only ask for is done where the socket is bound. */
#include "connection/sockets.h"
#include "connection/words.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

enum {
  SOCKOPT_KEEPALIVE_IDLE_S = 60,
  SOCKOPT_KEEPALIVE_INTERVAL_S = 10,
  SOCKOPT_KEEPALIVE_PROBES = 6,
  SOCKOPT_USER_TIMEOUT_S = 120,
  SOCKOPT_NONE = -1 /* this system does not have it */
};

#ifdef IP_FREEBIND
#define SOCKOPT_FREEBIND IP_FREEBIND
#else
#define SOCKOPT_FREEBIND SOCKOPT_NONE
#endif
#ifdef IPV6_FREEBIND
#define SOCKOPT_FREEBIND6 IPV6_FREEBIND
#else
#define SOCKOPT_FREEBIND6 SOCKOPT_NONE
#endif
#ifdef SO_MARK
#define SOCKOPT_MARK SO_MARK
#else
#define SOCKOPT_MARK SOCKOPT_NONE
#endif
#ifdef SO_REUSEPORT
#define SOCKOPT_REUSEPORT SO_REUSEPORT
#else
#define SOCKOPT_REUSEPORT SOCKOPT_NONE
#endif
#ifdef TCP_USER_TIMEOUT
#define SOCKOPT_USER_TIMEOUT TCP_USER_TIMEOUT
#else
#define SOCKOPT_USER_TIMEOUT SOCKOPT_NONE
#endif
#if defined(TCP_KEEPIDLE)
#define SOCKOPT_KEEPIDLE TCP_KEEPIDLE
#elif defined(TCP_KEEPALIVE)
#define SOCKOPT_KEEPIDLE TCP_KEEPALIVE
#else
#define SOCKOPT_KEEPIDLE SOCKOPT_NONE
#endif
#ifdef TCP_KEEPINTVL
#define SOCKOPT_KEEPINTVL TCP_KEEPINTVL
#else
#define SOCKOPT_KEEPINTVL SOCKOPT_NONE
#endif
#ifdef TCP_KEEPCNT
#define SOCKOPT_KEEPCNT TCP_KEEPCNT
#else
#define SOCKOPT_KEEPCNT SOCKOPT_NONE
#endif
#ifdef IPV6_TCLASS
#define SOCKOPT_TCLASS IPV6_TCLASS
#else
#define SOCKOPT_TCLASS SOCKOPT_NONE
#endif

/* Option of an address to the socket option on an IPv4 (or any other) and on an IPv6 socket. */
static const struct sockopt_setting {
  const char *option;
  int level, number;
  int level6, number6;
  bool also4; /* set on both levels of an IPv6 socket, which may carry IPv4 too */
} sockopt_settings[] = {
    {"broadcast", SOL_SOCKET, SO_BROADCAST, SOL_SOCKET, SO_BROADCAST, false},
    {"dscp", IPPROTO_IP, IP_TOS, IPPROTO_IPV6, SOCKOPT_TCLASS, true},
    {"freebind", IPPROTO_IP, SOCKOPT_FREEBIND, IPPROTO_IPV6, SOCKOPT_FREEBIND6, false},
    {"loop", IPPROTO_IP, IP_MULTICAST_LOOP, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, false},
    {"mark", SOL_SOCKET, SOCKOPT_MARK, SOL_SOCKET, SOCKOPT_MARK, false},
    {"nodelay", IPPROTO_TCP, TCP_NODELAY, IPPROTO_TCP, TCP_NODELAY, false},
    {"rcvbuf", SOL_SOCKET, SO_RCVBUF, SOL_SOCKET, SO_RCVBUF, false},
    {"reuseaddr", SOL_SOCKET, SO_REUSEADDR, SOL_SOCKET, SO_REUSEADDR, false},
    {"reuseport", SOL_SOCKET, SOCKOPT_REUSEPORT, SOL_SOCKET, SOCKOPT_REUSEPORT, false},
    {"sndbuf", SOL_SOCKET, SO_SNDBUF, SOL_SOCKET, SO_SNDBUF, false},
    {"tos", IPPROTO_IP, IP_TOS, IPPROTO_IPV6, SOCKOPT_TCLASS, true},
    {"ttl", IPPROTO_IP, IP_TTL, IPPROTO_IPV6, IPV6_UNICAST_HOPS, true},
    {"user_timeout", IPPROTO_TCP, SOCKOPT_USER_TIMEOUT, IPPROTO_TCP, SOCKOPT_USER_TIMEOUT, false},
};

WTI_PRIVATE uint64_t wti_number(const wt_address *address, const char *option, uint64_t otherwise) {
  const wt_option *found = wt_address_option(address, option);
  return found != NULL ? found->number : otherwise;
}

/* Writes an option as "ttl=300", for the words. */
static void sockopt_asked(char *out, size_t room, const wt_address *address, const char *option) {
  const wt_option *found = wt_address_option(address, option);
  if (found != NULL && found->type == WT_TEXT) {
    snprintf(out, room, "%s=%s", option, found->text);
  } else if (found != NULL && found->type == WT_SECONDS) {
    snprintf(out, room, "%s=%g", option, found->seconds);
  } else if (found != NULL) {
    snprintf(out, room, "%s=%llu", option, (unsigned long long)found->number);
  } else {
    snprintf(out, room, "%s", option);
  }
}

WTI_PRIVATE int wti_explain_option(wt_error *error, int os_error, const wt_address *address, const char *option) {
  char name[WT_ADDRESS_BYTES];
  char asked[WT_NAME_BYTES];
  wti_told(name, address);
  sockopt_asked(asked, sizeof asked, address, option);
  switch (os_error) {
    case EPERM:
    case EACCES:
      return wti_fail_os(error, WT_ENOTPERMITTED, os_error, "%s: %s is for root here (CAP_NET_ADMIN or CAP_NET_RAW)",
                         name, asked);
    case ENODEV:
    case ENXIO:
      return wti_fail_os(error, WT_EUNREACHABLE, os_error,
                         "%s: this machine has no interface %s; ip link shows those it has", name,
                         asked + (strchr(asked, '=') != NULL ? strlen(option) + 1 : 0));
    case ENOPROTOOPT:
    case EOPNOTSUPP:
      return wti_option_fault(error, address, option, "%s: this system does not have it for such a socket", option);
    default:
      return wti_fail_os(error, WT_ESYSTEM, os_error, "%s: the system refuses %s (%s)", name, asked,
                         strerror(os_error));
  }
}

WTI_PRIVATE int wti_set_option(int fd, const wt_address *address, const char *option, int level, int number,
                               const void *value, socklen_t size, wt_error *error) {
  if (number == SOCKOPT_NONE) {
    return wti_option_fault(error, address, option, "%s: this system does not have it", option);
  }
  if (setsockopt(fd, level, number, value, size) < 0) {
    return wti_explain_option(error, errno, address, option);
  }
  return 0;
}

/* Sets what nobody asked for: a system that does not have it is no error. */
static void sockopt_try(int fd, int level, int number, int value) {
  if (number != SOCKOPT_NONE) {
    (void)setsockopt(fd, level, number, &value, sizeof value);
  }
}

static int sockopt_seconds(double seconds) { return seconds < 1 ? 1 : (int)(seconds + 0.5); }

static void sockopt_set_tcp_defaults(int fd, const wt_address *address) {
  if (wt_address_option(address, "nodelay") == NULL) {
    /* Messages are written whole, so Nagle's algorithm would only hold the last segment of each back. */
    sockopt_try(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  }
  const wt_option *keepalive = wt_address_option(address, "keepalive");
  bool timed = keepalive != NULL && keepalive->type == WT_SECONDS;
  bool on = keepalive == NULL || timed || keepalive->number != 0;
  sockopt_try(fd, SOL_SOCKET, SO_KEEPALIVE, on);
  int dead_s = SOCKOPT_USER_TIMEOUT_S;
  if (on) {
    int idle = timed ? sockopt_seconds(keepalive->seconds) : SOCKOPT_KEEPALIVE_IDLE_S;
    /* Who asks to be told soon is not to wait ten times as long for the second probe. */
    int interval = idle < SOCKOPT_KEEPALIVE_INTERVAL_S ? idle : (int)SOCKOPT_KEEPALIVE_INTERVAL_S;
    /* Linux takes a silent peer for dead by the user timeout alone, and not by the count of probes: tcp(7). */
    dead_s = idle + interval * SOCKOPT_KEEPALIVE_PROBES;
    sockopt_try(fd, IPPROTO_TCP, SOCKOPT_KEEPIDLE, idle);
    sockopt_try(fd, IPPROTO_TCP, SOCKOPT_KEEPINTVL, interval);
    sockopt_try(fd, IPPROTO_TCP, SOCKOPT_KEEPCNT, SOCKOPT_KEEPALIVE_PROBES);
  }
  if (wt_address_option(address, "user_timeout") == NULL) {
    sockopt_try(fd, IPPROTO_TCP, SOCKOPT_USER_TIMEOUT, dead_s * 1000);
  }
}

/* The value as setsockopt takes it: the numbers of a firewall's mark go up to 2^32 - 1, and are the same bits. */
static int sockopt_value(const wt_option *option) {
  if (strcmp(option->name, "user_timeout") == 0) {
    double ms = option->seconds * 1000 + 0.5;
    uint32_t bits = ms < 1 ? 1 : (uint32_t)ms;
    return (int)bits;
  }
  uint32_t bits = (uint32_t)option->number;
  if (strcmp(option->name, "dscp") == 0) {
    bits <<= 2;
  }
  return (int)bits;
}

static int sockopt_apply(int fd, int family, const wt_address *address, const wt_option *option, wt_error *error) {
  for (size_t i = 0; i < sizeof sockopt_settings / sizeof sockopt_settings[0]; i++) {
    const struct sockopt_setting *setting = &sockopt_settings[i];
    if (strcmp(setting->option, option->name) == 0) {
      bool ipv6 = family == AF_INET6;
      int value = sockopt_value(option);
      if (ipv6 && setting->also4) {
        sockopt_try(fd, setting->level, setting->number, value);
      }
      unsigned char byte = (unsigned char)value;
      if (!ipv6 && setting->level == IPPROTO_IP && setting->number == IP_MULTICAST_LOOP) {
        /* One byte is what every system takes. */
        return wti_set_option(fd, address, option->name, IPPROTO_IP, IP_MULTICAST_LOOP, &byte, sizeof byte, error);
      }
      return wti_set_option(fd, address, option->name, ipv6 ? setting->level6 : setting->level,
                            ipv6 ? setting->number6 : setting->number, &value, sizeof value, error);
    }
  }
  return 0;
}

static int sockopt_bind_to_interface(int fd, const wt_address *address, const char *interface, wt_error *error) {
#ifdef SO_BINDTODEVICE
  return wti_set_option(fd, address, "interface", SOL_SOCKET, SO_BINDTODEVICE, interface,
                        (socklen_t)strlen(interface) + 1, error);
#else
  (void)fd, (void)interface;
  return wti_option_fault(error, address, "interface",
                          "interface: this system cannot bind a socket to one; bind=HOST may do");
#endif
}

/* Whether an address is a group by its text; for those the interface means something else (multicast.c). */
static bool sockopt_is_multicast(const wt_address *address) {
  wti_sockaddr_t number;
  return wti_is_datagram(address) && !wti_is_unix(address) &&
         wti_literal(&number, address->host, address->port, NULL) == 1 && wti_is_group(&number);
}

WTI_PRIVATE int wti_apply_options(int fd, int family, const wt_address *address, wt_error *error) {
  if (!wti_is_datagram(address) && family != AF_UNIX) {
    sockopt_set_tcp_defaults(fd, address);
  }
  int failed = 0;
  for (size_t i = 0; i < address->option_count && failed == 0; i++) {
    const wt_option *option = &address->options[i];
    if (strcmp(option->name, "interface") != 0) {
      failed = sockopt_apply(fd, family, address, option, error);
    } else if (!sockopt_is_multicast(address)) {
      failed = sockopt_bind_to_interface(fd, address, option->text, error);
    }
  }
  return failed;
}

WTI_PRIVATE int wti_bind_own(int fd, const wti_candidate_t *candidate, const wt_address *address, wt_error *error) {
  wti_sockaddr_t own;
  int failed = wti_own_sockaddr(&own, address, candidate->family, error);
  if (failed < 0) {
    return failed;
  }
  if (candidate->type == SOCK_STREAM) {
    /* A port of our own choice may linger in TIME_WAIT; and one that the system picks need only be unique among the
       connections to this peer, which it can know when we connect. */
    sockopt_try(fd, SOL_SOCKET, SO_REUSEADDR, 1);
#ifdef IP_BIND_ADDRESS_NO_PORT
    if (wti_port_of(&own) == 0) {
      sockopt_try(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    }
#endif
  }
  if (bind(fd, (const struct sockaddr *)&own.storage, own.size) < 0) {
    int os_error = errno;
    char name[WT_NAME_BYTES];
    wti_name(name, address->scheme, &own.storage, own.size);
    return wti_explain(error, os_error, name, WTI_LISTEN);
  }
  return 0;
}
