/* Asks a `wiretalk serve exec --commands` over a bare socket, as a C program would that knows nothing of wiretalk:
   ask HOST PORT REQUEST… writes each request as a line, puts the output of each on standard output as it was, byte for
   byte, and tells each status on standard error. Its exit status is 0 where all were "ok". */
#define _POSIX_C_SOURCE 200809L

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(const char *host, const char *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
  if (getaddrinfo(host, port, &hints, &found) != 0) {
    return -1;
  }
  int sock = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
  if (sock >= 0 && connect(sock, found->ai_addr, found->ai_addrlen) != 0) {
    close(sock);
    sock = -1;
  }
  freeaddrinfo(found);
  return sock;
}

/* Returns 1 for ok, 0 for another status, -1 where the answer ends before it. */
static int take_answer(FILE *answers) {
  char *line = NULL;
  size_t room = 0;
  ssize_t size;
  int status = -1;
  while (status < 0 && (size = getline(&line, &room, answers)) > 0) {
    if (strncmp(line, "| ", 2) == 0) {
      fwrite(line + 2, 1, (size_t)size - 2, stdout);
    } else if (strncmp(line, "+ ", 2) == 0) {
      fwrite(line + 2, 1, (size_t)size - 3, stdout);
    } else {
      fputs(line, stderr);
      status = strcmp(line, "ok\n") == 0;
    }
  }
  free(line);
  return status;
}

int main(int count, char **words) {
  int sock = count > 3 ? dial(words[1], words[2]) : -1;
  FILE *answers = sock >= 0 ? fdopen(sock, "r") : NULL;
  if (answers == NULL) {
    return fputs("usage: ask HOST PORT REQUEST...\n", stderr), 2;
  }
  int good = 1;
  for (int i = 3; i < count && good >= 0; i++) {
    dprintf(sock, "%s\n", words[i]);
    int status = take_answer(answers);
    good = status < 0 ? -1 : good & status;
  }
  fclose(answers);
  return good == 1 ? 0 : 1;
}
