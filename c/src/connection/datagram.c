/* datagram.c: whole datagrams in, whole datagrams out, none ever cut; and answered from the address that they came
   to.

   Left alone, the kernel picks an answer's source by its routes; a peer that is connected to another of the machine's
   addresses would never hear it (RFC 1123, section 2.3; RFC 3542, section 6.1). So the address a datagram came to is
   taken along, and given back when it is answered. */
#include "connection/sockets.h"
#include "connection/words.h"

#include <errno.h>
#include <string.h>

enum {
  DATAGRAM_UDP_ROOM = 65536, /* more than the longest UDP datagram, 65,527 bytes over IPv6 (RFC 768, RFC 8200) */
  DATAGRAM_ADDRESS6 = 16,
  DATAGRAM_LOCAL6 = 20       /* an IPv6 address and the interface of one that means nothing without it */
};

/* Room for what either family says of our address, aligned. */
typedef union datagram_control {
  struct cmsghdr align;
  unsigned char bytes[128];
} datagram_control_t;

WTI_PRIVATE void wti_ask_local(int fd, int family) {
  int on = 1;
#if defined(IPV6_RECVPKTINFO) && !defined(WTI_PORTABLE)
  if (family == AF_INET6) {
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  }
#endif
#if defined(IP_PKTINFO) && !defined(WTI_PORTABLE)
  if (family == AF_INET) {
    (void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  }
#endif
  (void)fd, (void)family, (void)on;
}

/* Keeps which of our addresses a datagram came to. */
static void datagram_keep_local(wt_endpoint *from, struct msghdr *message) {
  from->local_size = 0;
  for (struct cmsghdr *one = CMSG_FIRSTHDR(message); one != NULL; one = CMSG_NXTHDR(message, one)) {
#if defined(IPV6_PKTINFO) && !defined(WTI_PORTABLE)
    if (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(one), sizeof info);
      /* A link-local address means nothing without its interface; for others the routes decide. */
      uint32_t interface = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? (uint32_t)info.ipi6_ifindex : 0;
      memcpy(from->local, &info.ipi6_addr, DATAGRAM_ADDRESS6);
      memcpy(from->local + DATAGRAM_ADDRESS6, &interface, sizeof interface);
      from->local_size = DATAGRAM_LOCAL6;
    }
#endif
#if defined(IP_PKTINFO) && !defined(WTI_PORTABLE)
    if (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(one), sizeof info);
      /* For a group's or everybody's datagram too, this is one of ours. */
      memcpy(from->local, &info.ipi_spec_dst, sizeof info.ipi_spec_dst);
      from->local_size = sizeof info.ipi_spec_dst;
    }
#endif
  }
}

/* Makes control data of what was kept. Returns its size. */
static size_t datagram_use_local(datagram_control_t *control, const wt_endpoint *to) {
  memset(control, 0, sizeof *control);
  struct cmsghdr *one = &control->align;
#if defined(IPV6_PKTINFO) && !defined(WTI_PORTABLE)
  if (to->local_size == DATAGRAM_LOCAL6) {
    struct in6_pktinfo info;
    uint32_t interface;
    memcpy(&info.ipi6_addr, to->local, DATAGRAM_ADDRESS6);
    memcpy(&interface, to->local + DATAGRAM_ADDRESS6, sizeof interface);
    info.ipi6_ifindex = interface;
    one->cmsg_level = IPPROTO_IPV6;
    one->cmsg_type = IPV6_PKTINFO;
    one->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(one), &info, sizeof info);
    return CMSG_SPACE(sizeof info);
  }
#endif
#if defined(IP_PKTINFO) && !defined(WTI_PORTABLE)
  if (to->local_size == sizeof(struct in_addr)) {
    struct in_pktinfo info;
    memset(&info, 0, sizeof info);
    memcpy(&info.ipi_spec_dst, to->local, sizeof info.ipi_spec_dst);
    one->cmsg_level = IPPROTO_IP;
    one->cmsg_type = IP_PKTINFO;
    one->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(one), &info, sizeof info);
    return CMSG_SPACE(sizeof info);
  }
#endif
  (void)one, (void)to;
  return 0;
}

/* Makes room for the datagram that is next, a zero byte behind it included. A UDP one is not longer than a known
   size; a Unix one may be of any, so the system is asked, where it tells. */
static int datagram_make_room(int fd, bool unix_socket, wti_buffer_t *buffer, size_t max_message) {
  size_t most = unix_socket || max_message < DATAGRAM_UDP_ROOM ? max_message : (size_t)DATAGRAM_UDP_ROOM;
#ifdef WTI_LINUX
  if (unix_socket && most > DATAGRAM_UDP_ROOM) {
    ssize_t size = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
    size_t next = size > DATAGRAM_UDP_ROOM ? (size_t)size : (size_t)DATAGRAM_UDP_ROOM;
    most = next < most ? next : most;
  }
#else
  (void)fd;
#endif
  return wti_buffer_grow(buffer, most + 1);
}

static bool datagram_none_there(int os_error) { return os_error == EAGAIN || os_error == EWOULDBLOCK; }

/* Takes one datagram; returns its size, or -1 with errno. */
static ssize_t datagram_receive(int fd, const wti_buffer_t *buffer, size_t room, wt_endpoint *from, bool *cut) {
  struct iovec piece = {.iov_base = buffer->data, .iov_len = room};
  struct msghdr header;
  datagram_control_t control;
  memset(&header, 0, sizeof header);
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  if (from != NULL) {
    memset(&from->sockaddr, 0, sizeof from->sockaddr);
    header.msg_name = from->sockaddr.bytes;
    header.msg_namelen = sizeof from->sockaddr.bytes;
    header.msg_control = control.bytes;
    header.msg_controllen = sizeof control.bytes;
  }
  ssize_t received;
  do {
    received = recvmsg(fd, &header, 0);
  } while (received < 0 && errno == EINTR);
  if (received < 0) {
    return -1;
  }
  *cut = (header.msg_flags & MSG_TRUNC) != 0;
  if (from != NULL) {
    from->text[0] = '\0';
    from->size = header.msg_namelen;
    datagram_keep_local(from, &header);
  }
  return received;
}

WTI_PRIVATE int wti_take_datagram(int fd, wti_buffer_t *buffer, size_t max_message, wt_message *message,
                                  wt_endpoint *from, const char *name, wt_error *error) {
  bool unix_socket = strncmp(name, "unix", 4) == 0;
  if (from != NULL) {
    from->size = 0;
  }
  if (datagram_make_room(fd, unix_socket, buffer, max_message) < 0) {
    return wti_fail(error, WT_EMEMORY, "%s", wt_strerror(WT_EMEMORY));
  }
  bool cut = false;
  size_t room = buffer->room - 1 < max_message ? buffer->room - 1 : max_message;
  ssize_t received = datagram_receive(fd, buffer, room, from, &cut);
  if (received < 0) {
    return datagram_none_there(errno) ? 0 : wti_explain(error, errno, name, WTI_RECEIVE);
  }
  if (cut) {
    return wti_fail(error, WT_ELIMIT,
                    "a datagram longer than the limit was dropped: the limit max_message_bytes is %zu", max_message);
  }
  buffer->data[received] = '\0';
  message->data = buffer->data;
  message->size = (size_t)received;
  return 1;
}

/* Whether the peer spoke to a group, to everybody, or to an address that is gone: nobody can answer from there. */
static bool datagram_no_source(int os_error) {
  return os_error == EINVAL || os_error == EADDRNOTAVAIL || os_error == ENETUNREACH || os_error == ENODEV;
}

static ssize_t datagram_send(int fd, struct msghdr *header) {
  ssize_t sent;
#ifdef MSG_NOSIGNAL
  int flags = MSG_NOSIGNAL;
#else
  int flags = 0;
#endif
  do {
    sent = sendmsg(fd, header, flags);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

WTI_PRIVATE int wti_give_datagram(int fd, const wt_endpoint *to, const void *message, size_t size, const char *name,
                                  wt_error *error) {
  /* Neither the bytes nor the address are written to, although their types do not say so. */
  union {
    const void *given;
    void *taken;
  } bytes = {message}, address = {to != NULL ? to->sockaddr.bytes : NULL};
  struct iovec piece = {.iov_base = bytes.taken, .iov_len = size};
  struct msghdr header;
  datagram_control_t control;
  memset(&header, 0, sizeof header);
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  if (to != NULL) {
    header.msg_name = address.taken;
    header.msg_namelen = (socklen_t)to->size;
    size_t controls = datagram_use_local(&control, to);
    header.msg_control = controls > 0 ? control.bytes : NULL;
    /* Its type is size_t here and socklen_t there; a byte fits both. */
    header.msg_controllen = (unsigned char)controls;
  }
  ssize_t sent = datagram_send(fd, &header);
  if (sent < 0 && header.msg_controllen > 0 && datagram_no_source(errno)) {
    header.msg_control = NULL;
    header.msg_controllen = 0;
    sent = datagram_send(fd, &header);
  }
  if (sent >= 0) {
    return 1;
  }
  if (datagram_none_there(errno)) {
    return 0;
  }
  return errno == EMSGSIZE ? wti_explain_too_long(error, name, fd) : wti_explain(error, errno, name, WTI_SEND);
}
