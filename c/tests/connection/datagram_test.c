/* Datagrams: whole or not at all, answered from the address that they came to; and what the network says of those
   that reach nobody. */
#include "wire.h"

#include <net/if.h>

TEST(over_udp_on_every_family) {
  static const char *const schemes[] = {"udp", "udp4", "udp6"};
#ifdef WTI_PORTABLE
  /* Without the address that it came to, an answer comes from the one that the routes say. */
  const char *const other = "127.0.0.1";
#else
  const char *const other = "127.0.0.2";
#endif
  const char *const hosts[][4] = {
      {"127.0.0.1", "[::1]", "localhost", other}, {"127.0.0.1", other, NULL, NULL}, {"[::1]", NULL, NULL, NULL}};
  for (size_t i = 0; i < 3; i++) {
    wt_listener *listener = wire_listener(wire_address("%s://:0", schemes[i], 0), NULL);
    CHECK_TEXT(wire_address("%s://:%d", schemes[i], wire_port(listener)), wt_listener_address(listener));
    for (size_t j = 0; j < 4 && hosts[i][j] != NULL; j++) {
      char address[100];
      snprintf(address, sizeof address, "udp://%s:%d", hosts[i][j], wire_port(listener));
      wt_connection *client = wire_connection(address, NULL);
      wire_ask(listener, client, "question");
      wire_ask(listener, client, "");
      wt_close(client);
    }
    wt_listener_close(listener);
  }
}

TEST(a_name_with_two_addresses_hears_both_and_answers_each) {
  wt_listener *listener = wire_listener("udp://localhost:0", NULL);
  CHECK_TEXT(wire_address("udp://localhost%.0s:%d", "", wire_port(listener)), wt_listener_address(listener));
  wt_connection *four = wire_connection(wire_address("udp://127.0.0.1%.0s:%d", "", wire_port(listener)), NULL);
  wt_connection *six = wire_connection(wire_address("udp://[::1]%.0s:%d", "", wire_port(listener)), NULL);
  for (int i = 0; i < 3; i++) {
    wire_ask(listener, four, "four");
    wire_ask(listener, six, "six");
  }
  wt_close(four);
  wt_close(six);
  wt_listener_close(listener);
}

#ifndef WTI_PORTABLE
TEST(the_answer_comes_from_the_address_that_was_asked) {
  static const char *const listeners[] = {"udp4://:0", "udp://:0"};
  for (size_t i = 0; i < 2; i++) {
    wt_listener *listener = wire_listener(listeners[i], NULL);
    struct sockaddr_in to;
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    wt_message message;
    wt_endpoint endpoint;
    char answer[8] = "";
    /* Not connected, so that an answer from any address would be heard. */
    int asking = socket(AF_INET, SOCK_DGRAM, 0);
    memset(&to, 0, sizeof to);
    to.sin_family = AF_INET;
    to.sin_port = htons((uint16_t)wire_port(listener));
    inet_pton(AF_INET, "127.0.0.7", &to.sin_addr);
    CHECK_INT(2, sendto(asking, "hi", 2, 0, (struct sockaddr *)&to, sizeof to));
    CHECK_INT(1, wt_recv_from(listener, &message, &endpoint, WIRE_PATIENCE_MS, NULL));
    CHECK(strncmp(endpoint.text, i == 0 ? "udp4://127.0.0.1:" : "udp://127.0.0.1:", 15) == 0);
    CHECK(endpoint.local_size > 0);
    CHECK_INT(0, wt_send_to(listener, &endpoint, "ho", 2, WIRE_PATIENCE_MS, NULL));
    CHECK(wire_readable(asking, WIRE_PATIENCE_MS));
    CHECK_INT(2, recvfrom(asking, answer, sizeof answer, 0, (struct sockaddr *)&from, &size));
    CHECK_TEXT("ho", answer);
    CHECK_TEXT("127.0.0.7", inet_ntoa(from.sin_addr));
    /* An address that is not ours cannot be answered from: then the system chooses. */
    inet_pton(AF_INET, "192.0.2.9", endpoint.local_size == 4 ? endpoint.local : endpoint.local + 12);
    CHECK_INT(0, wt_send_to(listener, &endpoint, "ha", 2, WIRE_PATIENCE_MS, NULL));
    CHECK_INT(2, recv(asking, answer, sizeof answer, 0));
    CHECK_TEXT("ha", answer);
    close(asking);
    wt_listener_close(listener);
  }
}
#endif

TEST(nobody_there_is_told_once_and_then_it_goes_on) {
  wt_message message;
  char expected[400];
  wt_listener *listener = wire_listener("udp://127.0.0.1:0", NULL);
  char address[64];
  snprintf(address, sizeof address, "%s", wt_listener_address(listener));
  wt_connection *client = wire_connection(address, NULL);
  wt_listener_close(listener);
  CHECK_INT(0, wt_send(client, "anybody?", 8, WIRE_PATIENCE_MS));
  CHECK_INT(WT_EREFUSED, wt_recv(client, &message, WIRE_PATIENCE_MS));
  snprintf(expected, sizeof expected, "%s: nobody listens there: is the server started, and is it this port?",
           address);
  CHECK_TEXT(expected, wt_last_error(client)->text);
  CHECK_INT(WT_ETIMEDOUT, wt_recv(client, &message, 10));
  snprintf(expected, sizeof expected, "%s: timed out after 0.01 s in receive", address);
  CHECK_TEXT(expected, wt_last_error(client)->text);
  listener = wire_listener(address, NULL);
  wire_ask(listener, client, "and now?");
  wt_listener_close(listener);
  wt_close(client);
}

TEST(a_datagram_over_the_limit_is_dropped_whole) {
  wt_options options = {0};
  wt_message message;
  wt_endpoint from;
  wt_error error;
  static char bytes[70000];
  options.max_message = 10;
  wt_listener *listener = wire_listener("udp://127.0.0.1:0", &options);
  wt_connection *client = wire_connection(wt_listener_address(listener), NULL);
  CHECK_INT(0, wt_send(client, "elevenbytes", 11, WIRE_PATIENCE_MS));
  CHECK_INT(0, wt_send(client, "tenbytes..", 10, WIRE_PATIENCE_MS));
  CHECK_INT(WT_ELIMIT, wt_recv_from(listener, &message, &from, WIRE_PATIENCE_MS, &error));
  CHECK_TEXT("a datagram longer than the limit was dropped: the limit max_message_bytes is 10", error.text);
  CHECK_INT(1, wt_recv_from(listener, &message, &from, WIRE_PATIENCE_MS, &error));
  CHECK_TEXT("tenbytes..", message.data);
  CHECK_INT(WT_ELIMIT, wt_send_to(listener, &from, "elevenbytes", 11, WIRE_PATIENCE_MS, &error));
  CHECK_TEXT("a message of 11 bytes: the limit max_message_bytes is 10", error.text);
  /* What no datagram carries, whatever the limit. */
  CHECK_INT(WT_ELIMIT, wt_send(client, bytes, sizeof bytes, WIRE_PATIENCE_MS));
  CHECK_TEXT(
      "the datagram is larger than the way to the peer carries; send less in one: the limit datagram_bytes is 65507",
      wt_last_error(client)->text);
  wt_close(client);
  client = wire_connection(wire_address("%s?max_message=3", wt_listener_address(listener), 0), NULL);
  CHECK_INT(WT_ELIMIT, wt_send(client, "four", 4, WIRE_PATIENCE_MS));
  CHECK_INT(0, wt_send(client, "one", 3, WIRE_PATIENCE_MS));
  CHECK_INT(1, wt_recv_from(listener, &message, NULL, WIRE_PATIENCE_MS, &error));
  CHECK_TEXT("one", message.data);
  wt_close(client);
  wt_listener_close(listener);
}

TEST(the_longest_datagram) {
  static char bytes[65507];
  wt_message message;
  memset(bytes, 'L', sizeof bytes);
  wt_listener *listener = wire_listener("udp://127.0.0.1:0", NULL);
  wt_connection *client = wire_connection(wt_listener_address(listener), NULL);
  CHECK_INT(0, wt_send(client, bytes, sizeof bytes, WIRE_PATIENCE_MS));
  CHECK_INT(1, wt_recv_from(listener, &message, NULL, WIRE_PATIENCE_MS, NULL));
  CHECK_INT(sizeof bytes, message.size);
  CHECK(memcmp(message.data, bytes, sizeof bytes) == 0);
  wt_close(client);
  wt_listener_close(listener);
}

/* Two members and one who is none talk in a group, if this machine has a way to it. Returns whether it has. */
static int talk_in_group(const char *format, const char *interface) {
  char address[100];
  wt_listener *first = NULL;
  wt_message message = {"", 0};
  wt_endpoint from;
  wt_error error = {0};
  snprintf(address, sizeof address, format, 0, interface);
  if (wt_listen(&first, address, NULL, &error) < 0) {
    return 0;
  }
  snprintf(address, sizeof address, format, wire_port(first), interface);
  wt_listener *second = wire_listener(address, NULL);
  wt_connection *client = wire_connection(address, NULL);
  int sent = wt_send(client, "all of you", 10, WIRE_PATIENCE_MS);
  if (sent == 0) {
    error.text[0] = '\0';
    CHECK_INT(1, wt_recv_from(first, &message, &from, WIRE_PATIENCE_MS, &error));
    CHECK_TEXT("all of you", message.data);
    CHECK_INT(0, wt_send_to(first, &from, "me", 2, WIRE_PATIENCE_MS, &error));
    CHECK_INT(1, wt_recv_from(second, &message, &from, WIRE_PATIENCE_MS, &error));
    CHECK_INT(0, wt_send_to(second, &from, "and me", 6, WIRE_PATIENCE_MS, &error));
    CHECK_INT(1, wt_recv(client, &message, WIRE_PATIENCE_MS));
    CHECK_TEXT("me", message.data);
    CHECK_INT(1, wt_recv(client, &message, WIRE_PATIENCE_MS));
    CHECK_TEXT("and me", message.data);
    CHECK_TEXT("", error.text);
  }
  wt_close(client);
  wt_listener_close(first);
  wt_listener_close(second);
  return sent == 0;
}

TEST(a_group_is_joined_by_listening_and_spoken_to_by_connecting) {
  if (!wire_emulated()) {
    CHECK(talk_in_group("udp4://239.1.2.3:%d?interface=%s", "127.0.0.1"));
  }
  /* With a name, or over IPv6, it needs an interface that carries multicast, which loopback may not. */
  struct if_nameindex *interfaces = if_nameindex();
  for (size_t i = 0; interfaces != NULL && interfaces[i].if_index != 0; i++) {
    talk_in_group("udp4://239.1.2.3:%d?interface=%s&ttl=1&loop", interfaces[i].if_name);
    talk_in_group("udp6://[ff02::1234]:%d?interface=%s", interfaces[i].if_name);
  }
  if_freenameindex(interfaces);
}

TEST(a_group_on_an_interface_that_the_system_picks) {
  wt_listener *listener = NULL;
  wt_error error = {0};
  /* Without an interface that carries multicast, it says what to do. */
  if (wt_listen(&listener, "udp4://239.1.2.3:0", NULL, &error) < 0) {
    CHECK_TEXT(
        "udp4://239.1.2.3:0: no interface leads to that group: name one with ?interface=NAME (ip link shows them)",
        error.text);
  }
  wt_listener_close(listener);
  listener = NULL;
  if (wt_listen(&listener, "udp6://[ff02::1234]:0", NULL, &error) < 0) {
    CHECK(strstr(error.text, ": no interface leads to that group: ") != NULL);
  }
  wt_listener_close(listener);
}

TEST(groups_that_cannot_be_reached) {
  wt_listener *listener;
  wt_connection *connection;
  wt_error error;
#ifdef WTI_PORTABLE
  CHECK_INT(WT_EUSAGE, wt_listen(&listener, "udp4://239.1.2.3:0?interface=nosuch0", NULL, &error));
  CHECK_TEXT(
      "interface: here that of a group is told by one of its addresses, as in interface=192.0.2.7\n"
      "  udp4://239.1.2.3:0?interface=nosuch0\n"
      "                     ^^^^^^^^^",
      error.text);
#else
  CHECK_INT(WT_EUNREACHABLE, wt_listen(&listener, "udp4://239.1.2.3:0?interface=nosuch0", NULL, &error));
  CHECK_TEXT("udp4://239.1.2.3:0: this machine has no interface nosuch0; ip link shows those it has", error.text);
#endif
  CHECK_INT(WT_EUNREACHABLE, wt_listen(&listener, "udp4://239.1.2.3:0?interface=192.0.2.99", NULL, &error));
  CHECK_TEXT("udp4://239.1.2.3:0: this machine has no interface 192.0.2.99; ip link shows those it has", error.text);
  CHECK_INT(WT_EUNREACHABLE, wt_listen(&listener, "udp6://[ff05::5]:0?interface=4000000", NULL, &error));
  CHECK_INT(WT_EUNREACHABLE, wt_connect(&connection, "udp6://[ff05::5]:5000?interface=nosuch0", NULL, &error));
  CHECK_INT(WT_EUNREACHABLE, wt_listen(&listener, "udp6://[ff05::5]:0?interface=nosuch0", NULL, &error));
}

TEST(everybody_is_spoken_to_where_that_is_asked_for) {
  wt_message message;
  wt_listener *listener = wire_listener("udp4://:0", NULL);
  int port = wire_port(listener);
  wt_connection *client = wire_connection(wire_address("udp4://127.255.255.255%.0s:%d?broadcast", "", port), NULL);
  wire_ask(listener, client, "everybody");
  CHECK_TEXT(wire_address("udp4://127.255.255.255%.0s:%d", "", wire_port(listener)), wt_peer(client));
  wt_close(client);
  wt_error error;
  CHECK_INT(WT_ENOTPERMITTED,
            wt_connect(&client, wire_address("udp4://127.255.255.255%.0s:%d", "", wire_port(listener)), NULL, &error));
  CHECK(strstr(error.text, "is it a broadcast address, which needs ?broadcast, or is there a firewall?") != NULL);
  CHECK_INT(WT_ETIMEDOUT, wt_recv_from(listener, &message, NULL, 0, &error));
  wt_listener_close(listener);
}

TEST(waits_that_are_over_or_interrupted) {
  wt_options options = {0};
  wt_message message;
  wt_error error;
  char expected[400];
  options.flags = WT_INTERRUPTIBLE;
  wt_listener *listener = wire_listener("udp://127.0.0.1:0", &options);
  wt_connection *client = wire_connection(wt_listener_address(listener), &options);
  CHECK_INT(WT_ETIMEDOUT, wt_recv_from(listener, &message, NULL, 20, &error));
  snprintf(expected, sizeof expected, "%s: timed out after 0.02 s in receive", wt_listener_address(listener));
  CHECK_TEXT(expected, error.text);
  wire_storm(5000);
  CHECK_INT(WT_EINTERRUPTED, wt_recv_from(listener, &message, NULL, WT_FOREVER, &error));
  CHECK_INT(WT_EINTERRUPTED, wt_recv(client, &message, WT_FOREVER));
  wire_storm(0);
  CHECK_INT(0, wt_half_close(client));
  wire_ask(listener, client, "datagrams have no end");
  wt_abort(client);
  wt_listener_close(listener);
}

int main(void) {
  int open_before = wire_open_fds();
  RUN(over_udp_on_every_family);
  RUN(a_name_with_two_addresses_hears_both_and_answers_each);
#ifndef WTI_PORTABLE
  RUN(the_answer_comes_from_the_address_that_was_asked);
#endif
  RUN(nobody_there_is_told_once_and_then_it_goes_on);
  RUN(a_datagram_over_the_limit_is_dropped_whole);
  RUN(the_longest_datagram);
  RUN(a_group_is_joined_by_listening_and_spoken_to_by_connecting);
  RUN(a_group_on_an_interface_that_the_system_picks);
  RUN(groups_that_cannot_be_reached);
  RUN(everybody_is_spoken_to_where_that_is_asked_for);
  RUN(waits_that_are_over_or_interrupted);
  return wire_done(open_before);
}
