/* Answer requests that come as datagrams.

       build/udp/server [ADDRESS]        default: udp://:8888

   A request is JSON: {"number": 1, "text": "hello"}; the answer has the same number. */
#include "../json.h"
#include "wiretalk.h"

#include <ctype.h>

#define LONGEST 1000 /* bytes of a request's text */

/* Writes the answer to a request. It remembers nothing of its clients: whoever sends a request again, since the
   answer was lost, is answered again. So it must do no harm to do this twice. */
static void answer(const char *request, char out[6 * LONGEST + 64]) {
  char digits[32] = "", text[LONGEST], *end = digits;
  long number = json_get(request, "number", digits, sizeof digits) == 1 ? strtol(digits, &end, 10) : 0;
  if (end == digits || *end != '\0' || json_get(request, "text", text, sizeof text) != 1) {
    strcpy(out, "{\"number\":null,\"error\":\"a request is like {\\\"number\\\": 1, \\\"text\\\": \\\"hello\\\"}\"}");
    return;
  }
  for (char *at = text; *at != '\0'; at++) {
    /* A to Z alone. The bytes of an é are none of them, and C knows no capital of it; toupper of a negative char,
       which they are on many machines, is not even defined. */
    *at = (char)((unsigned char)*at < 0x80 ? toupper(*at) : *at);
  }
  out += sprintf(out, "{\"number\":%ld,\"text\":", number);
  strcpy(json_put(out, text), "}");
}

/* One datagram after another: there are no connections, so nobody makes another wait. Ends with a code. */
static int serve(wt_listener *listener, wt_error *error) {
  char out[6 * LONGEST + 64];
  wt_message request;
  wt_endpoint client;
  int code;
  /* One that is longer than the largest message is gone, and is no reason to leave. */
  while ((code = wt_recv_from(listener, &request, &client, WT_FOREVER, error)) == 1 || code == WT_ELIMIT) {
    if (code == 1) {
      answer(request.data, out);
      /* On a machine with several addresses the answer leaves from the one that was asked, which the usual version,
         bound to all of them, leaves to chance. A client that is gone, or whose network is, ends nothing either. */
      if (wt_send_to(listener, &client, out, strlen(out), 1000, error) < 0) {
        fprintf(stderr, "%s\n", error->text);
      }
    }
  }
  return code;
}

int main(int count, char **words) {
  wt_listener *listener;
  wt_error error;
  int code = wt_listen(&listener, count > 1 ? words[1] : "udp://:8888", NULL, &error);
  if (code == 0) {
    printf("listening on %s\n", wt_listener_address(listener));
    fflush(stdout); /* what is printed into a pipe or a file waits in a buffer otherwise */
    code = serve(listener, &error);
    wt_listener_close(listener);
  }
  fprintf(stderr, "%s\n", error.text);
  return -code;
}
