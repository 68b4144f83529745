/* Datagrams over Unix sockets: names to answer to, queues that are full, sizes that IP does not carry. */
#include "wire.h"

TEST(over_unix_a_client_has_a_name_and_is_answered) {
  char address[200];
  snprintf(address, sizeof address, "unixgram:%s", wire_path("gram.sock"));
  wt_listener *listener = wire_listener(address, NULL);
  CHECK_TEXT(address, wt_listener_address(listener));
  wt_connection *client = wire_connection(address, NULL);
  CHECK_TEXT(address, wt_peer(client));
  CHECK(strcmp("unixgram:(unnamed)", wt_local(client)) != 0);
  wire_ask(listener, client, "question");
  wire_ask(listener, client, "");
  wt_close(client);
  wt_listener_close(listener);
}

TEST(over_unix_a_peer_without_a_name_cannot_be_answered) {
  const char *path = wire_path("gram.sock");
  wt_message message;
  wt_endpoint from;
  wt_error error;
  char expected[400];
  wt_listener *listener = wire_listener(wire_address("unixgram:%s", path, 0), NULL);
  int nameless = wire_unix(SOCK_DGRAM, NULL);
  wire_connect_unix(nameless, path);
  wire_write(nameless, "it is me", 8);
  CHECK_INT(1, wt_recv_from(listener, &message, &from, WIRE_PATIENCE_MS, &error));
  CHECK_TEXT("it is me", message.data);
  CHECK_TEXT("", from.text);
  CHECK_INT(WT_EUNREACHABLE, wt_send_to(listener, &from, "who?", 4, WIRE_PATIENCE_MS, &error));
  snprintf(expected, sizeof expected,
           "unixgram:%s: this peer has no name, so nobody can answer it; it has to bind one", path);
  CHECK_TEXT(expected, error.text);
  close(nameless);
  wt_listener_close(listener);
}

TEST(over_unix_a_datagram_may_be_longer_than_over_ip) {
  wt_options options = {0};
  wt_message message;
  static char bytes[150000];
  char expected[200];
  memset(bytes, 'U', sizeof bytes);
  char address[200];
  snprintf(address, sizeof address, "unixgram:%s", wire_path("gram.sock"));
  wt_listener *listener = wire_listener(address, NULL);
  wt_connection *client = wire_connection(wire_address("%s?sndbuf=400000", address, 0), NULL);
  CHECK_INT(0, wt_send(client, "short", 5, WIRE_PATIENCE_MS));
  CHECK_INT(0, wt_send(client, bytes, sizeof bytes, WIRE_PATIENCE_MS));
  CHECK_INT(1, wt_recv_from(listener, &message, NULL, WIRE_PATIENCE_MS, NULL));
  CHECK_TEXT("short", message.data);
  CHECK_INT(1, wt_recv_from(listener, &message, NULL, WIRE_PATIENCE_MS, NULL));
  CHECK_INT(sizeof bytes, message.size);
  CHECK(memcmp(message.data, bytes, sizeof bytes) == 0);
  wt_close(client);
  /* Longer than the send buffer. */
  client = wire_connection(wire_address("%s?sndbuf=5000", address, 0), NULL);
  int sndbuf = 0;
  socklen_t size = sizeof sndbuf;
  getsockopt(wt_fd(client), SOL_SOCKET, SO_SNDBUF, &sndbuf, &size);
  CHECK_INT(WT_ELIMIT, wt_send(client, bytes, sizeof bytes, WIRE_PATIENCE_MS));
  snprintf(expected, sizeof expected,
           "the message is larger than the socket's send buffer (?sndbuf=SIZE): the limit sndbuf is %d", sndbuf);
  CHECK_TEXT(expected, wt_last_error(client)->text);
  wt_close(client);
  wt_listener_close(listener);
  /* Longer than the limit of who receives. */
  options.max_message = 70000;
  listener = wire_listener(address, &options);
  client = wire_connection(address, NULL);
  CHECK_INT(0, wt_send(client, bytes, 70001, WIRE_PATIENCE_MS));
  CHECK_INT(0, wt_send(client, bytes, 70000, WIRE_PATIENCE_MS));
  CHECK_INT(WT_ELIMIT, wt_recv_from(listener, &message, NULL, WIRE_PATIENCE_MS, NULL));
  CHECK_INT(1, wt_recv_from(listener, &message, NULL, WIRE_PATIENCE_MS, NULL));
  CHECK_INT(70000, message.size);
  wt_close(client);
  wt_listener_close(listener);
}

static void *answer_late(void *argument) {
  wt_listener *listener = argument;
  wt_message message;
  int count = 0;
  wire_block_signals();
  poll(NULL, 0, 50);
  while (wt_recv_from(listener, &message, NULL, WIRE_PATIENCE_MS, NULL) == 1 && message.size > 0) {
    count++;
  }
  CHECK(count > 10);
  return NULL;
}

TEST(over_unix_a_full_queue_is_waited_for) {
  char address[200];
  snprintf(address, sizeof address, "unixgram:%s", wire_path("gram.sock"));
  wt_listener *listener = wire_listener(address, NULL);
  wt_connection *client = wire_connection(address, NULL);
  int sent = 0;
  int code;
  while ((code = wt_send(client, "more", 4, 0)) == 0 && sent < 100000) {
    sent++;
  }
  CHECK_INT(WT_ETIMEDOUT, code);
  wire_thread reading = wire_start(answer_late, listener);
  CHECK_INT(0, wt_send(client, "more", 4, WIRE_PATIENCE_MS));
  CHECK_INT(0, wt_send(client, "", 0, WIRE_PATIENCE_MS));
  wire_join(reading);
  wt_close(client);
  wt_listener_close(listener);
}

TEST(over_unix_an_answer_waits_for_room_too) {
  char address[200];
  wt_message message;
  wt_endpoint from;
  wt_error error;
  snprintf(address, sizeof address, "unixgram:%s", wire_path("gram.sock"));
  wt_listener *listener = wire_listener(address, NULL);
  wt_connection *client = wire_connection(address, NULL);
  CHECK_INT(0, wt_send(client, "talk", 4, WIRE_PATIENCE_MS));
  CHECK_INT(1, wt_recv_from(listener, &message, &from, WIRE_PATIENCE_MS, &error));
  int code = 0;
  int sent = 0;
  while (sent < 100000 && (code = wt_send_to(listener, &from, "more", 4, 0, &error)) == 0) {
    sent++;
  }
  CHECK_INT(WT_ETIMEDOUT, code);
  int64_t began = wire_now_ms();
  CHECK_INT(WT_ETIMEDOUT, wt_send_to(listener, &from, "more", 4, 60, &error));
  CHECK(wire_now_ms() - began >= 60);
  CHECK(strstr(error.text, ": timed out after 0.06 s in send") != NULL);
  CHECK_INT(1, wt_recv(client, &message, WIRE_PATIENCE_MS));
  CHECK_INT(0, wt_send_to(listener, &from, "more", 4, WIRE_PATIENCE_MS, &error));
  /* Gone, and its queue with it; and its file, where its name was one. */
  wt_close(client);
  CHECK_INT(strchr(from.text, '@') != NULL ? WT_EREFUSED : WT_EUNREACHABLE,
            wt_send_to(listener, &from, "more", 4, WIRE_PATIENCE_MS, &error));
  wt_listener_close(listener);
}

TEST(over_unix_nobody_there) {
  wt_connection *connection;
  wt_error error;
  char address[200];
  snprintf(address, sizeof address, "unixgram:%s", wire_path("gram.sock"));
  CHECK_INT(WT_EUNREACHABLE, wt_connect(&connection, address, NULL, &error));
  CHECK(strstr(error.text, ": there is no such socket file: is the server started?") != NULL);
  wt_listener *listener = wire_listener(address, NULL);
  connection = wire_connection(address, NULL);
  wt_listener_close(listener);
  CHECK_INT(WT_EREFUSED, wt_send(connection, "x", 1, WIRE_PATIENCE_MS));
  wt_close(connection);
}

int main(void) {
  int open_before = wire_open_fds();
  RUN(over_unix_a_client_has_a_name_and_is_answered);
  RUN(over_unix_a_peer_without_a_name_cannot_be_answered);
  RUN(over_unix_a_datagram_may_be_longer_than_over_ip);
  RUN(over_unix_a_full_queue_is_waited_for);
  RUN(over_unix_an_answer_waits_for_room_too);
  RUN(over_unix_nobody_there);
  return wire_done(open_before);
}
