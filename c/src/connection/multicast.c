/* multicast.c: telling multicast groups, joining them, and the interface to send to them by: RFC 1112, RFC 3493. */
#include "connection/sockets.h"
#include "connection/words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#if defined(IPV6_JOIN_GROUP)
#define MULTICAST_JOIN6 IPV6_JOIN_GROUP
#else
#define MULTICAST_JOIN6 IPV6_ADD_MEMBERSHIP
#endif

WTI_PRIVATE bool wti_is_group(const wti_sockaddr_t *sockaddr) {
  if (sockaddr->storage.ss_family == AF_INET6) {
    return IN6_IS_ADDR_MULTICAST(&((const struct sockaddr_in6 *)&sockaddr->storage)->sin6_addr);
  }
  uint32_t host = ntohl(((const struct sockaddr_in *)&sockaddr->storage)->sin_addr.s_addr);
  return sockaddr->storage.ss_family == AF_INET && host >> 28 == 14;
}

/* The index of the interface that an address names by its option or its zone; 0 where it names none. */
static int64_t multicast_interface(const wti_candidate_t *candidate, const wt_address *address, wt_error *error) {
  const wt_option *interface = wt_address_option(address, "interface");
  if (interface != NULL) {
    char name[WT_ADDRESS_BYTES];
    wti_told(name, address);
    return wti_interface_index(interface->text, name, error);
  }
  return candidate->family == AF_INET6 ? ((const struct sockaddr_in6 *)&candidate->to.storage)->sin6_scope_id : 0;
}

#ifdef WTI_LINUX
typedef struct ip_mreqn multicast_request_t;
#else
typedef struct ip_mreq multicast_request_t;
#endif

/* Fills in the group and the interface, which the option tells by name, or by an address of ours. */
static int multicast_request(multicast_request_t *request, const wti_candidate_t *candidate,
                             const wt_address *address, wt_error *error) {
  memset(request, 0, sizeof *request);
  request->imr_multiaddr = ((const struct sockaddr_in *)&candidate->to.storage)->sin_addr;
  const wt_option *interface = wt_address_option(address, "interface");
  struct in_addr own;
  bool numbered = interface != NULL && inet_pton(AF_INET, interface->text, &own) == 1;
#ifdef WTI_LINUX
  if (numbered) {
    request->imr_address = own;
  } else if (interface != NULL) {
    int64_t index = multicast_interface(candidate, address, error);
    if (index < 0) {
      return (int)index;
    }
    request->imr_ifindex = (int)index;
  }
  return 0;
#else
  if (numbered) {
    request->imr_interface = own;
  } else if (interface != NULL) {
    return wti_option_fault(error, address, "interface",
                            "interface: here that of a group is told by one of its addresses, as in "
                            "interface=192.0.2.7");
  }
  return 0;
#endif
}

/* IP_MULTICAST_IF takes the whole request on Linux, elsewhere one of our addresses. */
static int multicast_send_by(int fd, const wti_candidate_t *candidate, const wt_address *address, wt_error *error) {
  multicast_request_t request;
  int failed = multicast_request(&request, candidate, address, error);
  if (failed < 0) {
    return failed;
  }
#ifdef WTI_LINUX
  return wti_set_option(fd, address, "interface", IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request, error);
#else
  return wti_set_option(fd, address, "interface", IPPROTO_IP, IP_MULTICAST_IF, &request.imr_interface,
                        sizeof request.imr_interface, error);
#endif
}

WTI_PRIVATE int wti_group_prepare(int fd, const wti_candidate_t *candidate, const wt_address *address,
                                  wt_error *error) {
  /* This network alone, unless told. */
  int hops = (int)wti_number(address, "ttl", 1);
  if (candidate->family == AF_INET6) {
    int failed = wti_set_option(fd, address, "ttl", IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops, error);
    int64_t index = failed < 0 ? failed : multicast_interface(candidate, address, error);
    if (index <= 0) {
      return (int)index;
    }
    unsigned by = (unsigned)index;
    return wti_set_option(fd, address, "interface", IPPROTO_IPV6, IPV6_MULTICAST_IF, &by, sizeof by, error);
  }
  /* One byte is what every system takes. */
  unsigned char byte = (unsigned char)hops;
  int failed = wti_set_option(fd, address, "ttl", IPPROTO_IP, IP_MULTICAST_TTL, &byte, sizeof byte, error);
  if (failed < 0 || wt_address_option(address, "interface") == NULL) {
    return failed;
  }
  return multicast_send_by(fd, candidate, address, error);
}

WTI_PRIVATE int wti_group_own(wti_sockaddr_t *out, const wti_candidate_t *candidate, const wt_address *address,
                              wt_error *error) {
  /* Bound to the group itself, the socket hears nothing else. A group of the link's own (ff02::…) can only be bound
     to together with an interface; without one, it is every address. */
  *out = candidate->to;
  if (candidate->family == AF_INET) {
    return 0;
  }
  int64_t index = multicast_interface(candidate, address, error);
  if (index < 0) {
    return (int)index;
  }
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&out->storage;
  bool of_link = IN6_IS_ADDR_MC_LINKLOCAL(&in6->sin6_addr) || IN6_IS_ADDR_MC_NODELOCAL(&in6->sin6_addr);
  if (of_link && index == 0) {
    wti_set_any(out, AF_INET6, false, wti_port_of(&candidate->to));
  } else {
    in6->sin6_scope_id = (uint32_t)index;
  }
  return 0;
}

/* Unasked, Linux lets a socket hear every group that anybody on this machine has joined, if the port is the same. */
static void multicast_hear_only_ours(int fd, int family) {
  int off = 0;
#ifdef IP_MULTICAST_ALL
  if (family == AF_INET) {
    (void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off);
  }
#endif
#ifdef IPV6_MULTICAST_ALL
  if (family == AF_INET6) {
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &off, sizeof off);
  }
#endif
  (void)fd, (void)family, (void)off;
}

static int multicast_joined(int result, const wt_address *address, wt_error *error) {
  if (result == 0) {
    return 0;
  }
  int os_error = errno;
  if (wt_address_option(address, "interface") != NULL) {
    return wti_explain_option(error, os_error, address, "interface");
  }
  char name[WT_ADDRESS_BYTES];
  wti_told(name, address);
  return wti_fail_os(error, WT_EUNREACHABLE, os_error,
                     "%s: no interface leads to that group: name one with ?interface=NAME (ip link shows them)",
                     name);
}

WTI_PRIVATE int wti_group_join(int fd, const wti_candidate_t *candidate, const wt_address *address, wt_error *error) {
  multicast_hear_only_ours(fd, candidate->family);
  if (candidate->family == AF_INET6) {
    struct ipv6_mreq request;
    int64_t index = multicast_interface(candidate, address, error);
    if (index < 0) {
      return (int)index;
    }
    request.ipv6mr_multiaddr = ((const struct sockaddr_in6 *)&candidate->to.storage)->sin6_addr;
    request.ipv6mr_interface = (unsigned)index;
    return multicast_joined(setsockopt(fd, IPPROTO_IPV6, MULTICAST_JOIN6, &request, sizeof request), address, error);
  }
  multicast_request_t request;
  int failed = multicast_request(&request, candidate, address, error);
  if (failed < 0) {
    return failed;
  }
  return multicast_joined(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request), address, error);
}
