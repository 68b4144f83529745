/* hosts.c: hosts to socket addresses: numbers, localhost, the system's resolver, and the order that RFC 8305 wants.
   The only place that asks a resolver. Nothing is opened here. */
#include "connection/hosts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

WTI_PRIVATE int wti_family_of(const wt_address *address) {
  char last = address->scheme[strlen(address->scheme) - 1];
  return last == '4' ? AF_INET : last == '6' ? AF_INET6 : AF_UNSPEC;
}

WTI_PRIVATE void wti_set_any(wti_sockaddr_t *out, int family, bool loopback, int port) {
  memset(out, 0, sizeof *out);
  if (family == AF_INET6) {
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&out->storage;
    in6->sin6_addr = loopback ? in6addr_loopback : in6addr_any;
    out->size = sizeof *in6;
  } else {
    struct sockaddr_in *in = (struct sockaddr_in *)&out->storage;
    in->sin_addr.s_addr = htonl(loopback ? INADDR_LOOPBACK : INADDR_ANY);
    out->size = sizeof *in;
  }
  out->storage.ss_family = (sa_family_t)family;
  wti_set_port(out, port);
}

WTI_PRIVATE void wti_set_port(wti_sockaddr_t *sockaddr, int port) {
  if (sockaddr->storage.ss_family == AF_INET6) {
    ((struct sockaddr_in6 *)&sockaddr->storage)->sin6_port = htons((uint16_t)port);
  } else {
    ((struct sockaddr_in *)&sockaddr->storage)->sin_port = htons((uint16_t)port);
  }
}

WTI_PRIVATE int wti_port_of(const wti_sockaddr_t *sockaddr) {
  return ntohs(sockaddr->storage.ss_family == AF_INET6
                   ? ((const struct sockaddr_in6 *)&sockaddr->storage)->sin6_port
                   : ((const struct sockaddr_in *)&sockaddr->storage)->sin_port);
}

WTI_PRIVATE bool wti_is_any(const wti_sockaddr_t *sockaddr) {
  if (sockaddr->storage.ss_family == AF_INET6) {
    return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)&sockaddr->storage)->sin6_addr);
  }
  return ((const struct sockaddr_in *)&sockaddr->storage)->sin_addr.s_addr == htonl(INADDR_ANY);
}

WTI_PRIVATE int64_t wti_interface_index(const char *interface, const char *name, wt_error *error) {
  if (interface[strspn(interface, "0123456789")] == '\0') {
    return strtoll(interface, NULL, 10);
  }
  unsigned index = if_nametoindex(interface);
  if (index == 0) {
    return wti_fail_os(error, WT_EUNREACHABLE, ENODEV,
                       "%s: this machine has no interface %s; ip link shows those it has", name, interface);
  }
  return index;
}

WTI_PRIVATE int wti_literal(wti_sockaddr_t *out, const char *host, int port, wt_error *error) {
  char number[INET6_ADDRSTRLEN];
  struct in_addr in;
  if (inet_pton(AF_INET, host, &in) == 1) {
    wti_set_any(out, AF_INET, false, port);
    ((struct sockaddr_in *)&out->storage)->sin_addr = in;
    return 1;
  }
  size_t size = strcspn(host, "%");
  if (size >= sizeof number) {
    return 0;
  }
  memcpy(number, host, size);
  number[size] = '\0';
  struct in6_addr in6;
  if (inet_pton(AF_INET6, number, &in6) != 1) {
    return 0;
  }
  char name[WT_NAME_BYTES];
  snprintf(name, sizeof name, "[%s]", host);
  int64_t scope = host[size] == '%' ? wti_interface_index(host + size + 1, name, error) : 0;
  if (scope < 0) {
    return (int)scope;
  }
  wti_set_any(out, AF_INET6, false, port);
  ((struct sockaddr_in6 *)&out->storage)->sin6_addr = in6;
  ((struct sockaddr_in6 *)&out->storage)->sin6_scope_id = (uint32_t)scope;
  return 1;
}

static bool hosts_has(const wti_found_t *found, const void *sockaddr, socklen_t size) {
  for (size_t i = 0; i < found->count; i++) {
    if (found->list[i].to.size == size && memcmp(&found->list[i].to.storage, sockaddr, size) == 0) {
      return true;
    }
  }
  return false;
}

WTI_PRIVATE int wti_add_candidate(wti_found_t *found, const void *sockaddr, socklen_t size, wt_error *error) {
  if (hosts_has(found, sockaddr, size)) {
    return 0;
  }
  wti_candidate_t *list = realloc(found->list, (found->count + 1) * sizeof *list);
  if (list == NULL) {
    return wti_fail(error, WT_EMEMORY, "%s", wt_strerror(WT_EMEMORY));
  }
  found->list = list;
  wti_candidate_t *one = &list[found->count++];
  memset(one, 0, sizeof *one);
  memcpy(&one->to.storage, sockaddr, size);
  one->to.size = size;
  one->family = one->to.storage.ss_family;
  one->type = found->type;
  one->protocol = found->protocol;
  one->connected = true;
  return 0;
}

static int hosts_add_any(wti_found_t *found, int wanted, bool loopback, int port, wt_error *error) {
  static const int families[] = {AF_INET6, AF_INET};
  for (size_t i = 0; i < 2; i++) {
    wti_sockaddr_t one;
    wti_set_any(&one, families[i], loopback, port);
    if (wanted != AF_UNSPEC && wanted != families[i]) {
      continue;
    }
    if (wti_add_candidate(found, &one.storage, one.size, error) < 0) {
      return WT_EMEMORY;
    }
  }
  return 0;
}

WTI_PRIVATE void wti_interleave(wti_found_t *found) {
  for (size_t i = 1; i < found->count; i++) {
    size_t other = i;
    while (other < found->count && found->list[other].family == found->list[i - 1].family) {
      other++;
    }
    if (other < found->count && other > i) {
      wti_candidate_t moved = found->list[other];
      memmove(&found->list[i + 1], &found->list[i], (other - i) * sizeof moved);
      found->list[i] = moved;
    }
  }
}

WTI_PRIVATE int wti_explain_lookup(wt_error *error, int failed, const wt_address *address, int wanted) {
  char name[WT_ADDRESS_BYTES];
  const char *host = address->host;
  const char *what = wanted == AF_INET ? "IPv4 " : wanted == AF_INET6 ? "IPv6 " : "";
  wti_told(name, address);
  switch (failed) {
    case EAI_AGAIN:
      return wti_fail(error, WT_ENOHOST,
                      "%s: no name server says who %s is: is this machine on the network? if it is, try again later",
                      name, host);
    case EAI_FAMILY:
#ifdef EAI_ADDRFAMILY
    case EAI_ADDRFAMILY:
#endif
#if defined(EAI_NODATA) && EAI_NODATA != EAI_NONAME
    case EAI_NODATA:
#endif
      return wti_fail(error, WT_ENOHOST, "%s: %s has no %saddress", name, host, what);
    case EAI_NONAME:
      return wti_fail(error, WT_ENOHOST, "%s: no host of the name %s%s%s%s: is it spelt so?", name, host,
                      what[0] != '\0' ? " has an " : "", what, what[0] != '\0' ? "address" : "");
    case EAI_MEMORY:
      return wti_fail(error, WT_EMEMORY, "%s", wt_strerror(WT_EMEMORY));
    default:
      return wti_fail(error, WT_ENOHOST, "%s: %s was not found: %s", name, host, gai_strerror(failed));
  }
}

static int hosts_ask(wti_found_t *found, const wt_address *address, int wanted, wt_error *error) {
  struct addrinfo hints;
  struct addrinfo *list = NULL;
  memset(&hints, 0, sizeof hints);
  hints.ai_family = wanted;
  hints.ai_socktype = found->type;
  errno = 0;
  int failed = getaddrinfo(address->host, NULL, &hints, &list);
  if (failed == EAI_SYSTEM && (errno == EMFILE || errno == ENFILE)) {
    return wti_explain(error, errno, address->host, WTI_OPEN);
  }
  if (failed != 0) {
    return wti_explain_lookup(error, failed, address, wanted);
  }
  int added = 0;
  for (struct addrinfo *one = list; one != NULL && added == 0; one = one->ai_next) {
    if (one->ai_family == AF_INET || one->ai_family == AF_INET6) {
      wti_sockaddr_t here;
      memset(&here, 0, sizeof here);
      memcpy(&here.storage, one->ai_addr, one->ai_addrlen);
      here.size = one->ai_addrlen;
      wti_set_port(&here, address->port);
      added = wti_add_candidate(found, &here.storage, here.size, error);
    }
  }
  freeaddrinfo(list);
  if (added == 0 && found->count == 0) {
    return wti_explain_lookup(error, EAI_FAMILY, address, wanted);
  }
  wti_interleave(found);
  return added;
}

WTI_PRIVATE bool wti_is_localhost(const char *host) {
  /* RFC 6761, section 6.3: localhost is the loopback, and nobody needs to be asked. */
  return host[0] == '\0' || strcmp(host, "localhost") == 0 || strcmp(host, "localhost.") == 0;
}

WTI_PRIVATE int wti_find_host(wti_found_t *found, const wt_address *address, bool passive, wt_error *error) {
  int wanted = wti_family_of(address);
  if (passive && address->host[0] == '\0') {
    bool only6 = wti_number(address, "v6only", 0) != 0;
    return hosts_add_any(found, only6 ? AF_INET6 : wanted, false, address->port, error);
  }
  if (wti_is_localhost(address->host)) {
    int added = hosts_add_any(found, wanted, true, address->port, error);
    if (added == 0 && !passive && found->type == SOCK_DGRAM && found->count == 2) {
      /* UDP cannot tell that nobody listens on ::1 before it is too late to try the next one, and whoever listens for
         IPv6 on every interface hears IPv4 as well: 127.0.0.1 misses fewer servers. */
      wti_candidate_t first = found->list[0];
      found->list[0] = found->list[1];
      found->list[1] = first;
    }
    return added;
  }
  wti_sockaddr_t number;
  int literal = wti_literal(&number, address->host, address->port, error);
  if (literal < 0) {
    return literal;
  }
  if (literal > 0) {
    return wti_add_candidate(found, &number.storage, number.size, error);
  }
  return hosts_ask(found, address, wanted, error);
}
