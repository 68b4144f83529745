/* owners.c: which process has an address, as far as /proc tells; elsewhere nobody is named. Reads; never fails; takes
   a bounded time: it only makes an error's sentence better. */
#include "connection/os.h"
#include "connection/words.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  OWNER_SEARCH_MS = 500,
  OWNER_COMMAND_CHARACTERS = 60, /* how much of a process's command line is shown */
  OWNER_MOST_SOCKETS = 16,
  OWNER_LISTENS = 10             /* the state of a TCP socket that listens; UDP has no such state */
};

/* Sockets that have the address, by inode. */
typedef struct owner_found {
  unsigned long inodes[OWNER_MOST_SOCKETS];
  size_t count;
  long user;
  bool listening;
} owner_found_t;

/* Writes a host as /proc/net does, in 32-bit words of this machine's byte order; "" for every interface. */
static void owner_hexadecimal(char out[33], const char *host) {
  unsigned char packed[16];
  char number[INET6_ADDRSTRLEN];
  size_t size = 0;
  out[0] = '\0';
  snprintf(number, sizeof number, "%.*s", (int)strcspn(host, "%"), host);
  if (inet_pton(AF_INET, number, packed) == 1) {
    size = 4;
  } else if (inet_pton(AF_INET6, number, packed) == 1) {
    size = 16;
  }
  for (size_t i = 0; i < size; i += 4) {
    uint32_t word;
    memcpy(&word, packed + i, sizeof word);
    snprintf(out + 2 * i, 9, "%08lX", (unsigned long)word);
  }
}

static bool owner_is_any(const char *host) { return host[strspn(host, "0")] == '\0'; }

static void owner_add(owner_found_t *found, unsigned long inode, long user, bool listening) {
  if (listening && !found->listening) {
    /* Who listens counts, and not who only has a connection at that port. */
    found->count = 0;
  }
  if (found->count < OWNER_MOST_SOCKETS && (listening || !found->listening)) {
    found->listening = listening;
    found->user = found->count == 0 ? user : found->user;
    found->inodes[found->count++] = inode;
  }
}

/* Notes the sockets of one table of /proc/net that have a port on an address that overlaps. */
static void owner_ports(owner_found_t *found, const char *table, int port, const char *wanted) {
  char line[512];
  FILE *file = fopen(table, "re");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    char local[33];
    unsigned at;
    unsigned state;
    long user;
    unsigned long inode;
    /* Number, our address, the peer's, state, queues, a timer, retransmissions, user, timeouts, inode. */
    int read = sscanf(line, "%*d: %32[0-9A-F]:%x %*s %x %*s %*s %*s %ld %*s %lu", local, &at, &state, &user, &inode);
    bool overlap = read == 5 && (strcmp(local, wanted) == 0 || owner_is_any(local) || owner_is_any(wanted));
    /* Inode 0: closed by its process, and only lingering. */
    if (overlap && (int)at == port && inode != 0) {
      owner_add(found, inode, user, state == OWNER_LISTENS);
    }
  }
  if (file != NULL) {
    fclose(file);
  }
}

/* Notes the sockets that are bound to a path or abstract name. */
static void owner_names(owner_found_t *found, const char *path) {
  char line[512];
  FILE *file = fopen("/proc/net/unix", "re");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    unsigned long inode;
    int at = 0;
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "%*s %*s %*s %*s %*s %*s %lu %n", &inode, &at) == 1 && at > 0 && strcmp(line + at, path) == 0) {
      owner_add(found, inode, -1, true);
    }
  }
  if (file != NULL) {
    fclose(file);
  }
}

/* Whether a process holds one of the sockets. */
static bool owner_holds(const char *pid, const owner_found_t *found) {
  char folder[64];
  snprintf(folder, sizeof folder, "/proc/%.20s/fd", pid);
  DIR *fds = opendir(folder);
  bool holds = false;
  for (struct dirent *entry; fds != NULL && !holds && (entry = readdir(fds)) != NULL;) {
    char path[128];
    char link[64];
    unsigned long inode;
    snprintf(path, sizeof path, "%s/%.20s", folder, entry->d_name);
    ssize_t size = readlink(path, link, sizeof link - 1);
    link[size > 0 ? size : 0] = '\0';
    if (sscanf(link, "socket:[%lu]", &inode) == 1) {
      for (size_t i = 0; i < found->count; i++) {
        holds = holds || found->inodes[i] == inode;
      }
    }
  }
  if (fds != NULL) {
    closedir(fds);
  }
  return holds;
}

/* Returns a process that holds one of the sockets; 0 where it may not be seen, or takes too long to find. */
static long owner_pid(const owner_found_t *found) {
  char own[24];
  long pid = 0;
  int64_t give_up = wti_deadline(OWNER_SEARCH_MS);
  snprintf(own, sizeof own, "%ld", (long)getpid());
  if (owner_holds(own, found)) {
    return (long)getpid();
  }
  DIR *processes = opendir("/proc");
  for (struct dirent *entry; processes != NULL && pid == 0 && (entry = readdir(processes)) != NULL;) {
    if (isdigit((unsigned char)entry->d_name[0]) && owner_holds(entry->d_name, found)) {
      pid = strtol(entry->d_name, NULL, 10);
    }
    if (wti_left_ms(give_up) == 0) {
      break;
    }
  }
  if (processes != NULL) {
    closedir(processes);
  }
  return pid;
}

/* Writes a process's command line, as far as it shows, and its number. */
static void owner_command(char out[WTI_OWNER_BYTES], long pid) {
  char path[64];
  char command[OWNER_COMMAND_CHARACTERS + 2];
  snprintf(path, sizeof path, "/proc/%ld/cmdline", pid);
  FILE *file = fopen(path, "re");
  size_t size = file != NULL ? fread(command, 1, sizeof command - 1, file) : 0;
  if (file != NULL) {
    fclose(file);
  }
  while (size > 0 && (command[size - 1] == '\0' || command[size - 1] == ' ')) {
    size--;
  }
  command[size] = '\0';
  for (size_t i = 0; i < size; i++) {
    command[i] = command[i] == '\0' ? ' ' : command[i] < ' ' || command[i] > '~' ? '?' : command[i];
  }
  bool cut = size > OWNER_COMMAND_CHARACTERS;
  snprintf(out, WTI_OWNER_BYTES, "%.*s%s (pid %ld)", cut ? OWNER_COMMAND_CHARACTERS - 1 : OWNER_COMMAND_CHARACTERS,
           command, cut ? "\xE2\x80\xA6" : "", pid);
}

static void owner_user(char out[WTI_OWNER_BYTES], long user) {
  struct passwd entry;
  struct passwd *known = NULL;
  char room[1024];
  if (user < 0) {
    out[0] = '\0';
  } else if (getpwuid_r((uid_t)user, &entry, room, sizeof room, &known) == 0 && known != NULL) {
    snprintf(out, WTI_OWNER_BYTES, "a process of the user %s", known->pw_name);
  } else {
    snprintf(out, WTI_OWNER_BYTES, "a process of the user %ld", user);
  }
}

WTI_PRIVATE void wti_owner_of(char out[WTI_OWNER_BYTES], const char *name) {
  wt_address address;
  owner_found_t found = {{0}, 0, -1, false};
  out[0] = '\0';
  if (wt_address_parse(&address, name, NULL) < 0) {
    return;
  }
  if (wti_is_unix(&address)) {
    owner_names(&found, address.path);
  } else {
    char wanted[33];
    bool datagram = wti_is_datagram(&address);
    owner_hexadecimal(wanted, address.host);
    owner_ports(&found, datagram ? "/proc/net/udp" : "/proc/net/tcp", address.port, wanted);
    owner_ports(&found, datagram ? "/proc/net/udp6" : "/proc/net/tcp6", address.port, wanted);
  }
  long pid = found.count > 0 ? owner_pid(&found) : 0;
  if (pid == (long)getpid()) {
    snprintf(out, WTI_OWNER_BYTES, "this process itself");
  } else if (pid > 0) {
    owner_command(out, pid);
  } else if (found.count > 0) {
    owner_user(out, found.user);
  }
}
