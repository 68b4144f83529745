/* oserrors.c: what the system's errors mean to the user, in words that say what he can do: the one map from errno to
   codes. Nothing is opened here but /proc, for the number of a limit. */
#include "connection/os.h"
#include "connection/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct oserror_meaning {
  int os_error;
  int code;
  const char *reason;
} oserror_meaning_t;

/* For an address that could not be opened, and for datagrams, where every send is an opening. */
static const oserror_meaning_t oserror_not_opened[] = {
    {ECONNREFUSED, WT_EREFUSED, WTI_NOBODY},
    {ECONNRESET, WT_EREFUSED, "somebody listens there, but broke off at once: does it expect something else?"},
    {EHOSTUNREACH, WT_EUNREACHABLE, "no way to that host: is it on, and on this network?"},
#ifdef EHOSTDOWN
    {EHOSTDOWN, WT_EUNREACHABLE, "that host does not answer: is it on, and on this network?"},
#endif
    {ENETUNREACH, WT_EUNREACHABLE, "no route to that network: is this machine connected to it?"},
    {ENETDOWN, WT_EUNREACHABLE, "the network interface is down"},
    {EADDRNOTAVAIL, WT_EUNREACHABLE, "this machine has no address, or no port left, to speak to it from"},
    {EAFNOSUPPORT, WT_EUNREACHABLE, "this system has no IPv6"},
    {ENODEV, WT_EUNREACHABLE, "this machine has no such interface; ip link shows those it has"},
    {ENOENT, WT_EUNREACHABLE, "there is no such socket file: is the server started?"},
    {ENOTDIR, WT_EUNREACHABLE, "a part of that path is not a directory"},
    {ELOOP, WT_EUNREACHABLE, "symbolic links in that path lead in a circle"},
    {ENAMETOOLONG, WT_EUNREACHABLE, "a part of that path is too long a name"},
    {EROFS, WT_ENOTPERMITTED, "that file system is read-only; choose another directory"},
    {ENOSPC, WT_ESYSTEM, "the disk is full"},
    {EPROTOTYPE, WT_EREFUSED, "a socket of another kind is there: try unix:, unixgram: or unixpacket:"},
    {ENOTSOCK, WT_EREFUSED, "that is not a socket"},
};

/* What differs when it was to be listened on. */
static const oserror_meaning_t oserror_not_listening[] = {
    {EADDRNOTAVAIL, WT_EUNREACHABLE, "that is no address of this machine; ip addr shows those it has"},
    {ENOENT, WT_EUNREACHABLE, "there is no such directory; make it first"},
};

static const oserror_meaning_t *oserror_find(const oserror_meaning_t *meanings, size_t count, int os_error) {
  for (size_t i = 0; i < count; i++) {
    if (meanings[i].os_error == os_error) {
      return &meanings[i];
    }
  }
  return NULL;
}

static bool oserror_begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

WTI_PRIVATE long wti_kernel_number(const char *path) {
  long number = 0;
  FILE *file = fopen(path, "re");
  if (file != NULL) {
    if (fscanf(file, "%ld", &number) != 1) {
      number = 0;
    }
    fclose(file);
  }
  return number;
}

static int oserror_ran_out(wt_error *error, int os_error) {
  if (os_error == ENOBUFS || os_error == ENOMEM) {
    double total = 0;
#ifdef _SC_PHYS_PAGES
    total = (double)sysconf(_SC_PAGESIZE) * (double)sysconf(_SC_PHYS_PAGES);
#endif
    return wti_fail_os(error, WT_ELIMIT, os_error,
                       "the system has no memory left for sockets: the limit memory is %.0f", total);
  }
  long own = sysconf(_SC_OPEN_MAX);
  if (os_error == ENFILE) {
    long most = wti_kernel_number("/proc/sys/fs/file-max");
    return wti_fail_os(error, WT_ELIMIT, os_error,
                       "the whole system is out of file descriptors (fs.file-max): the limit open files is %ld",
                       most > 0 ? most : own);
  }
  return wti_fail_os(error, WT_ELIMIT, os_error,
                     "this process is out of file descriptors (ulimit -n raises it): the limit open files is %ld",
                     own);
}

WTI_PRIVATE int wti_explain_too_long(wt_error *error, const char *name, int fd) {
  if (!oserror_begins(name, "unix")) {
    return wti_fail_os(error, WT_ELIMIT, EMSGSIZE,
                       "the datagram is larger than the way to the peer carries; send less in one: "
                       "the limit datagram_bytes is %d",
                       strchr(name, '[') != NULL ? WTI_MOST_UDP6_BYTES : WTI_MOST_UDP4_BYTES);
  }
  int most = 0;
  socklen_t size = sizeof most;
  if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &most, &size) < 0) {
    most = (int)wti_kernel_number("/proc/sys/net/core/wmem_default");
  }
  return wti_fail_os(error, WT_ELIMIT, EMSGSIZE,
                     "the message is larger than the socket's send buffer (?sndbuf=SIZE): the limit sndbuf is %d",
                     most);
}

/* Says why the system does not permit it, with what would do. */
static const char *oserror_denied(const char *name, wti_doing_t doing) {
  bool unix_socket = oserror_begins(name, "unix");
  if (doing == WTI_LISTEN && unix_socket) {
    return "this user may not make that file there; choose another directory, or ask its owner";
  }
  if (doing == WTI_LISTEN) {
    const char *port = strrchr(name, ':');
    long number = port != NULL ? strtol(port + 1, NULL, 10) : 0;
    return number > 0 && number < 1024
               ? "ports below 1024 are for root (CAP_NET_BIND_SERVICE); choose one from 1024 up"
               : "the system forbids it";
  }
  if (unix_socket) {
    return "this user may not use that socket file, or not look into its directory";
  }
  if (oserror_begins(name, "udp")) {
    return "the system forbids it: is it a broadcast address, which needs ?broadcast, or is there a firewall?";
  }
  return "the system forbids it: is there a firewall?";
}

static int oserror_in_use(wt_error *error, const char *name) {
  char owner[WTI_OWNER_BYTES];
  wti_owner_of(owner, name);
  return wti_fail_os(error, WT_EINUSE, EADDRINUSE, "%s: %s has it already; stop that, or choose another %s", name,
                     owner[0] != '\0' ? owner : "somebody else", oserror_begins(name, "unix") ? "name" : "port");
}

/* Says why a Unix path refuses: a full backlog, an abstract name, a file that is no socket, a stale one. */
static int oserror_nobody_behind(wt_error *error, const char *name, int os_error) {
  if (os_error != ECONNREFUSED) {
    return wti_fail_os(error, WT_EREFUSED, os_error,
                       "%s: the server is busy: its backlog of connections is full; try again", name);
  }
  wt_address address;
  if (wt_address_parse(&address, name, NULL) < 0 || address.path[0] == '@') {
    return wti_fail_os(error, WT_EREFUSED, os_error,
                       "%s: nobody listens there: is the server started, and is it this name?", name);
  }
  const char *other = wti_what_is_at(address.path, true);
  if (other != NULL) {
    return wti_fail_os(error, WT_EREFUSED, os_error, "%s: that is %s, not a socket", name, other);
  }
  return wti_fail_os(error, WT_EREFUSED, os_error,
                     "%s: nobody listens there, the socket file is left over: is the server started?", name);
}

static const char *oserror_word(wti_doing_t doing) {
  static const char *const words[] = {"open", "connect", "listen", "accept", "send", "receive"};
  return words[doing];
}

static int oserror_explain_opening(wt_error *error, int os_error, const char *name, wti_doing_t doing) {
  if (os_error == ETIMEDOUT) {
    return wti_fail_os(error, WT_ETIMEDOUT, os_error, "%s: timed out in connect", name);
  }
  if (os_error == EACCES || os_error == EPERM) {
    return wti_fail_os(error, WT_ENOTPERMITTED, os_error, "%s: %s", name, oserror_denied(name, doing));
  }
  if (os_error == EADDRINUSE) {
    return oserror_in_use(error, name);
  }
  if (os_error == EINVAL && strstr(name, "[fe80:") != NULL && strchr(name, '%') == NULL) {
    return wti_fail_os(error, WT_EUNREACHABLE, os_error,
                       "%s: an address of the link alone needs its interface, as in [fe80::1%%eth0]; "
                       "ip link shows them",
                       name);
  }
  if (oserror_begins(name, "unix") && (os_error == ECONNREFUSED || os_error == EAGAIN)) {
    return oserror_nobody_behind(error, name, os_error);
  }
  const oserror_meaning_t *meaning = NULL;
  if (doing == WTI_LISTEN) {
    meaning = oserror_find(oserror_not_listening, sizeof oserror_not_listening / sizeof *meaning, os_error);
  }
  if (meaning == NULL) {
    meaning = oserror_find(oserror_not_opened, sizeof oserror_not_opened / sizeof *meaning, os_error);
  }
  if (meaning == NULL) {
    return wti_fail_os(error, WT_ESYSTEM, os_error, "%s: %s (%s)", name, strerror(os_error), oserror_word(doing));
  }
  return wti_fail_os(error, meaning->code, os_error, "%s: %s", name, meaning->reason);
}

/* Says how an open conversation ended. */
static int oserror_explain_broken(wt_error *error, int os_error, const char *peer) {
  switch (os_error) {
    case ETIMEDOUT:
      return wti_fail_os(error, WT_ERESET, os_error, "%s: timed out in keepalive", peer);
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
    case ENOTCONN:
#ifdef ESHUTDOWN
    case ESHUTDOWN:
#endif
      return wti_fail_os(error, WT_ERESET, os_error, "%s: reset by the peer", peer);
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case ENETRESET:
#ifdef EHOSTDOWN
    case EHOSTDOWN:
#endif
      return wti_fail_os(error, WT_ERESET, os_error, "%s: reset by the system (the way to the peer broke: %s)", peer,
                         strerror(os_error));
    default:
      return wti_fail_os(error, WT_ESYSTEM, os_error, "%s: failed by the system (%s)", peer, strerror(os_error));
  }
}

WTI_PRIVATE int wti_explain(wt_error *error, int os_error, const char *name, wti_doing_t doing) {
  if (os_error == EMFILE || os_error == ENFILE || os_error == ENOBUFS || os_error == ENOMEM) {
    return oserror_ran_out(error, os_error);
  }
  if (os_error == EMSGSIZE) {
    return wti_explain_too_long(error, name, -1);
  }
  bool datagrams = oserror_begins(name, "udp") || oserror_begins(name, "unixgram");
  if ((doing == WTI_SEND || doing == WTI_RECEIVE) && !datagrams) {
    return oserror_explain_broken(error, os_error, name);
  }
  return oserror_explain_opening(error, os_error, name, doing);
}

WTI_PRIVATE int wti_timed_out(wt_error *error, const char *name, const char *wait, int timeout_ms) {
  return wti_fail(error, WT_ETIMEDOUT, "%s: timed out after %g s in %s", name, timeout_ms / 1000.0, wait);
}

WTI_PRIVATE int wti_interrupted(wt_error *error, const char *name) {
  return wti_fail(error, WT_EINTERRUPTED, "%s: a signal came", name);
}
