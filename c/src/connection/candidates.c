/* candidates.c: from an address to the endpoints that it stands for, in the order to try them; what bind= allows; the
   paths of Unix sockets. Nothing is opened here, and no resolver asked but through hosts.c. */
#include "connection/hosts.h"
#include "connection/words.h"
#include "usage.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* Splits bind's HOST:PORT, where HOST may be missing or in brackets. Returns whether the option is there. */
static bool candidate_bind(const wt_address *address, char *host, size_t room, int *port) {
  const wt_option *bind = wt_address_option(address, "bind");
  if (bind == NULL) {
    return false;
  }
  const char *text = bind->text;
  const char *end = text + strlen(text);
  const char *colon = strrchr(text, ':');
  *port = 0;
  if (text[0] == '[') {
    const char *bracket = strrchr(text, ']');
    text++;
    end = bracket != NULL ? bracket : end;
    colon = bracket != NULL && bracket[1] == ':' ? bracket + 1 : NULL;
  } else if (colon != NULL) {
    end = colon;
  }
  if (colon != NULL) {
    *port = (int)strtol(colon + 1, NULL, 10);
  }
  snprintf(host, room, "%.*s", (int)(end - text), text);
  return true;
}

WTI_PRIVATE int wti_own_sockaddr(wti_sockaddr_t *out, const wt_address *address, int family, wt_error *error) {
  char host[WT_NAME_BYTES];
  int port;
  if (!candidate_bind(address, host, sizeof host, &port)) {
    wti_set_any(out, family, false, 0);
    return 0;
  }
  if (wti_is_localhost(host)) {
    wti_set_any(out, family, host[0] != '\0', port);
    return 0;
  }
  int literal = wti_literal(out, host, port, error);
  if (literal < 0) {
    return literal;
  }
  if (literal == 0 || out->storage.ss_family != family) {
    return wti_option_fault(error, address, "bind", "bind: %s is not an %s address, written as a number", host,
                            family == AF_INET6 ? "IPv6" : "IPv4");
  }
  return 0;
}

/* Leaves out the addresses of a family that the option bind excludes. */
static int candidate_that_bind_allows(wti_found_t *found, const wt_address *address, wt_error *error) {
  char host[WT_NAME_BYTES];
  int port;
  wti_sockaddr_t own;
  if (!candidate_bind(address, host, sizeof host, &port) || wti_literal(&own, host, port, NULL) != 1) {
    return 0;
  }
  size_t kept = 0;
  for (size_t i = 0; i < found->count; i++) {
    if (found->list[i].family == own.storage.ss_family) {
      found->list[kept++] = found->list[i];
    }
  }
  if (kept == 0) {
    char name[WT_ADDRESS_BYTES];
    wti_told(name, address);
    return wti_fail(error, WT_ENOHOST, "%s: it has no %s address, and bind=%s is one", name,
                    own.storage.ss_family == AF_INET6 ? "IPv6" : "IPv4", wt_address_option(address, "bind")->text);
  }
  found->count = kept;
  return 0;
}

static int candidate_refuse_port0(const wt_address *address, wt_error *error) {
  char text[WT_ADDRESS_BYTES];
  wti_words said = {0, ""};
  wti_say(&said, "port 0 lets a server pick one; connect to 1 to 65535");
  if (wt_address_format(address, text, sizeof text) < 0) {
    text[0] = '\0';
  }
  char *options = strchr(text, '?');
  size_t end = options != NULL ? (size_t)(options - text) : strlen(text);
  return wti_refuse(error, &said, wti_text_of(text), end > 0 ? end - 1 : 0, 1);
}

/* Refuses a path, with the caret under it. */
static int candidate_refuse_path(wt_error *error, const wt_address *address, const wti_words *said) {
  char text[WT_ADDRESS_BYTES];
  size_t at = strlen(address->scheme) + 1;
  wti_told(text, address);
  return wti_refuse(error, said, wti_text_of(text), at, strlen(text) - at);
}

static int candidate_unix(wti_found_t *found, const wt_address *address, wt_error *error) {
  struct sockaddr_un un;
  wti_words said = {0, ""};
  bool abstract = address->path[0] == '@';
  size_t size = address->path_size - abstract;
  size_t most = sizeof un.sun_path - 1;
  if (size > most) {
    wti_say(&said, "the path of a Unix socket can have %d bytes, this one has %d; use a shorter one%s", (int)most,
            (int)size, abstract ? "" : ", or go to its directory and use a relative one");
    return candidate_refuse_path(error, address, &said);
  }
#ifndef __linux__
  if (abstract) {
    wti_say(&said, "only Linux has abstract socket names; use the path of a file");
    return candidate_refuse_path(error, address, &said);
  }
#endif
  memset(&un, 0, sizeof un);
  un.sun_family = AF_UNIX;
  memcpy(un.sun_path, address->path, size + abstract);
  if (abstract) {
    un.sun_path[0] = '\0';
  }
  size_t head = offsetof(struct sockaddr_un, sun_path);
  return wti_add_candidate(found, &un, abstract ? (socklen_t)(head + 1 + size) : (socklen_t)sizeof un, error);
}

static int candidate_resolve(wti_found_t *found, const wt_address *address, bool passive, wt_error *error) {
  if (wti_is_unix(address)) {
    return candidate_unix(found, address, error);
  }
  if (address->port <= 0 && !passive) {
    return candidate_refuse_port0(address, error);
  }
  int failed = wti_find_host(found, address, passive, error);
  if (failed == 0 && !passive) {
    failed = candidate_that_bind_allows(found, address, error);
  }
  if (found->type == SOCK_DGRAM) {
    bool broadcast = wti_number(address, "broadcast", 0) != 0;
    for (size_t i = 0; i < found->count; i++) {
      found->list[i].connected = !broadcast && !wti_is_group(&found->list[i].to);
    }
  }
  return failed;
}

WTI_PRIVATE int wti_resolve(wti_candidate_t **candidates, size_t *count, const wt_address *address, bool passive,
                            wt_error *error) {
  bool datagram = wti_is_datagram(address);
  wti_found_t found = {NULL, 0, datagram ? SOCK_DGRAM : SOCK_STREAM, 0};
  if (!wti_is_unix(address)) {
    found.protocol = datagram ? IPPROTO_UDP : IPPROTO_TCP;
  }
  int failed = candidate_resolve(&found, address, passive, error);
  if (failed < 0) {
    free(found.list);
    return failed;
  }
  *candidates = found.list;
  *count = found.count;
  return 0;
}
