/* Ask in datagrams, again where no answer comes, and believe no answer but the one to this question.

       build/udp/client [ADDRESS] [TEXT…]        default: udp://localhost:8888 hello world */
#define _POSIX_C_SOURCE 200809L

#include "../json.h"
#include "wiretalk.h"

#include <time.h>

#define FIRST_WAIT_MS 500
#define ATTEMPTS 5
#define LONGEST 1000 /* bytes of an answer's text */

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now); /* not the time of day, which somebody may set while we wait */
  return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for the answer to a number, so long. Returns 1 and its text; WT_ETIMEDOUT; or another code. */
static int hear(wt_connection *server, int number, char text[LONGEST], long wait_ms) {
  long left_ms, until = now_ms() + wait_ms;
  wt_message answer;
  while ((left_ms = until - now_ms()) > 0) {
    int code = wt_recv(server, &answer, (int)left_ms);
    if (code < 0) {
      return code;
    }
    char digits[32];
    if (json_get(answer.data, "number", digits, sizeof digits) == 1 && atoi(digits) == number &&
        json_get(answer.data, "text", text, LONGEST) == 1) {
      return 1;
    }
    /* A late answer to the last question, or a stranger's noise: go on waiting. */
  }
  return WT_ETIMEDOUT;
}

/* The usual version waits in recvfrom for ever once a datagram is lost; and after a timeout it takes the late answer
   to the last question for the answer to this one. */
static int ask(wt_connection *server, int number, const char *question, char text[LONGEST]) {
  char request[6 * LONGEST + 64], *end = request;
  int code = WT_ETIMEDOUT;
  end += sprintf(end, "{\"number\":%d,\"text\":", number);
  end = json_put(end, question);
  *end++ = '}';
  for (int attempt = 0; attempt < ATTEMPTS && code == WT_ETIMEDOUT; attempt++) {
    code = wt_send(server, request, (size_t)(end - request), 10000);
    if (code == 0) {
      code = hear(server, number, text, (long)FIRST_WAIT_MS << attempt);
    }
  }
  return code;
}

int main(int count, char **words) {
  static char *usual[] = {"hello", "world", NULL};
  char **questions = count > 2 ? words + 2 : usual;
  wt_connection *server;
  wt_error error;
  int code = wt_connect(&server, count > 1 ? words[1] : "udp://localhost:8888", NULL, &error);
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return -code;
  }
  for (int i = 0; code >= 0 && questions[i] != NULL; i++) {
    char text[LONGEST];
    if (strlen(questions[i]) >= LONGEST) {
      fprintf(stderr, "a text of more than %d bytes: this program sends none\n", LONGEST - 1);
      code = WT_EUSAGE;
    } else if ((code = ask(server, i + 1, questions[i], text)) == 1) {
      puts(text);
    } else {
      fprintf(stderr, "%s: %s\n", wt_peer(server), code == WT_ETIMEDOUT ? "no answer" : wt_strerror(code));
    }
  }
  wt_close(server);
  return code < 0 ? -code : 0;
}
