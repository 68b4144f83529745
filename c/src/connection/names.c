/* names.c: the names of endpoints, as addresses that could be typed again, and what an address says of its kind. Text
   only; nothing is opened or looked up. */
#include "connection/os.h"
#include "connection/words.h"
#include "usage.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

WTI_PRIVATE bool wti_is_datagram(const wt_address *address) {
  return strncmp(address->scheme, "udp", 3) == 0 || strcmp(address->scheme, "unixgram") == 0;
}

WTI_PRIVATE bool wti_is_unix(const wt_address *address) { return strncmp(address->scheme, "unix", 4) == 0; }

/* Writes what address.c would read as this; one too long for its room is cut. */
static void name_write(char *out, size_t room, const char *scheme, const char *host, int port, const char *path,
                       size_t path_size) {
  wt_address address;
  address.scheme = scheme;
  address.host = host;
  address.port = port;
  address.path = path;
  address.path_size = path_size;
  address.option_count = 0;
  address.used = 0;
  if (wt_address_format(&address, out, room) < 0) {
    snprintf(out, room, "%s:(unnamed)", scheme);
  }
}

WTI_PRIVATE void wti_told(char out[WT_ADDRESS_BYTES], const wt_address *address) {
  name_write(out, WT_ADDRESS_BYTES, address->scheme, address->host, address->port, address->path, address->path_size);
}

/* Writes the host of an IPv6 address, with its zone where it has one. */
static void name_host6(char *out, size_t room, const struct sockaddr_in6 *in6) {
  char zone[IF_NAMESIZE];
  inet_ntop(AF_INET6, &in6->sin6_addr, out, (socklen_t)room);
  if (in6->sin6_scope_id == 0) {
    return;
  }
  size_t used = strlen(out);
  if (if_indextoname(in6->sin6_scope_id, zone) != NULL) {
    snprintf(out + used, room - used, "%%%s", zone);
  } else {
    /* The interface is gone; its number still tells it from the others. */
    snprintf(out + used, room - used, "%%%lu", (unsigned long)in6->sin6_scope_id);
  }
}

static void name_unix(char *out, const char *scheme, const struct sockaddr_un *un, size_t size) {
  char path[sizeof un->sun_path + 3];
  const size_t head = offsetof(struct sockaddr_un, sun_path);
  if (size <= head) {
    snprintf(out, WT_NAME_BYTES, "%s:(unnamed)", scheme);
    return;
  }
  /* A path that fills its room has no zero byte at its end, and Linux counts one all the same. */
  size_t length = size - head < sizeof un->sun_path ? size - head : sizeof un->sun_path;
  size_t prefix = 0;
  if (un->sun_path[0] == '\0') {
    path[0] = '@';
    memcpy(path + 1, un->sun_path + 1, length - 1);
  } else {
    length = strnlen(un->sun_path, length);
    if (un->sun_path[0] == '@') {
      /* A file's name, which alone would read as an abstract one. */
      memcpy(path, "./", 2);
      prefix = 2;
    }
    memcpy(path + prefix, un->sun_path, length);
  }
  path[prefix + length] = '\0';
  name_write(out, WT_NAME_BYTES, scheme, "", -1, path, prefix + length);
}

WTI_PRIVATE void wti_name(char out[WT_NAME_BYTES], const char *scheme, const void *sockaddr, socklen_t size) {
  const struct sockaddr *any = sockaddr;
  char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 2];
  if (size >= sizeof(struct sockaddr_in) && any->sa_family == AF_INET) {
    const struct sockaddr_in *in = sockaddr;
    inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
    name_write(out, WT_NAME_BYTES, scheme, host, ntohs(in->sin_port), "", 0);
  } else if (size >= sizeof(struct sockaddr_in6) && any->sa_family == AF_INET6) {
    const struct sockaddr_in6 *in6 = sockaddr;
    if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
      inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], host, sizeof host);
    } else {
      name_host6(host, sizeof host, in6);
    }
    name_write(out, WT_NAME_BYTES, scheme, host, ntohs(in6->sin6_port), "", 0);
  } else {
    name_unix(out, scheme, sockaddr, strncmp(scheme, "unix", 4) == 0 ? (size_t)size : 0);
  }
}

WTI_PRIVATE void wti_local_name(char out[WT_NAME_BYTES], const char *scheme, int fd) {
  wti_sockaddr_t own;
  own.size = sizeof own.storage;
  if (getsockname(fd, (struct sockaddr *)&own.storage, &own.size) < 0) {
    own.size = 0;
  }
  wti_name(out, scheme, &own.storage, own.size);
}

WTI_PRIVATE void wti_name_endpoint(wt_endpoint *endpoint, const char *scheme) {
  bool unix_socket = strncmp(scheme, "unix", 4) == 0;
  if (endpoint->size == 0 || (unix_socket && endpoint->size <= offsetof(struct sockaddr_un, sun_path))) {
    endpoint->text[0] = '\0';
  } else {
    wti_name(endpoint->text, scheme, endpoint->sockaddr.bytes, (socklen_t)endpoint->size);
  }
}

WTI_PRIVATE bool wti_same_endpoint(const wt_endpoint *one, const wt_endpoint *other) {
  return one->size == other->size && one->local_size == other->local_size &&
         memcmp(one->sockaddr.bytes, other->sockaddr.bytes, one->size) == 0 &&
         memcmp(one->local, other->local, one->local_size) == 0;
}

WTI_PRIVATE int wti_option_fault(wt_error *error, const wt_address *address, const char *option, const char *format,
                                 ...) {
  char text[WT_ADDRESS_BYTES];
  char sentence[WT_ERROR_BYTES];
  va_list words;
  va_start(words, format);
  vsnprintf(sentence, sizeof sentence, format, words);
  va_end(words);
  wti_words said = {0, ""};
  wti_say(&said, "%s", sentence);
  if (wt_address_format(address, text, sizeof text) < 0) {
    text[0] = '\0';
  }
  size_t length = strlen(option);
  const char *at = strchr(text, '?');
  while (at != NULL && strncmp(at + 1, option, length) != 0) {
    at = strchr(at + 1, '&');
  }
  return wti_refuse(error, &said, wti_text_of(text), at != NULL ? (size_t)(at + 1 - text) : 0,
                    at != NULL ? length : 1);
}
