/* Show the peer's address and one's own, as this side and the other side see them.

       build/addresses/client [ADDRESS]        default: tcp://localhost:8888 */
#include "../json.h"
#include "wiretalk.h"

static int talk(wt_connection *server) {
  static const char question[] = "\"who am I?\"";
  char you[WT_NAME_BYTES], me[WT_NAME_BYTES];
  wt_message answer;
  int code = wt_send(server, question, strlen(question), 10000);
  if (code == 0) {
    code = wt_recv(server, &answer, 10000);
  }
  if (code < 0) {
    fprintf(stderr, "%s\n", wt_last_error(server)->text);
    return code;
  }
  if (code == 0 || json_get(answer.data, "you", you, sizeof you) != 1 ||
      json_get(answer.data, "me", me, sizeof me) != 1) {
    fprintf(stderr, "%s: that is no server that tells addresses\n", wt_peer(server));
    return WT_EMALFORMED;
  }
  printf("I am      %s; the server calls me %s\n", wt_local(server), you);
  printf("I talk to %s; it calls itself %s\n", wt_peer(server), me);
  /* They differ where something between the two rewrites addresses (NAT, a port forwarded into a container), and over
     UDP where the server listens on every interface at once. */
  if (strcmp(wt_local(server), you) != 0) {
    puts("something on the way gives me another address");
  }
  return 0;
}

int main(int count, char **words) {
  wt_options options = {.framing = "line"};
  wt_connection *server;
  wt_error error;
  int code = wt_connect(&server, count > 1 ? words[1] : "tcp://localhost:8888", &options, &error);
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return -code;
  }
  code = talk(server);
  wt_close(server);
  return -code;
}
