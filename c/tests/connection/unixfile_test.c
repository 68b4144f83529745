/* Listening on paths: stale, live, somebody else's, and removed when we are done. */
#include "wire.h"

#include <sys/file.h>

TEST(a_stale_path_is_replaced) {
  const char *path = wire_path("stale.sock");
  char address[200];
  char local[WT_NAME_BYTES];
  struct stat status;
  snprintf(address, sizeof address, "unix:%s", path);
  close(wire_unix(SOCK_STREAM, path));
  wt_listener *listener = wire_listener(address, NULL);
  CHECK_TEXT(address, wt_listener_address(listener));
  CHECK_INT(0, wire_meet(listener, address, local));
  CHECK_TEXT(address, local);
  wt_listener_close(listener);
  CHECK_INT(-1, lstat(path, &status));
  /* Of another kind too, as long as nobody is behind it. */
  close(wire_unix(SOCK_DGRAM, path));
  snprintf(address, sizeof address, "unixgram:%s", path);
  listener = wire_listener(address, NULL);
  wt_listener_close(listener);
  CHECK_INT(-1, lstat(path, &status));
}

TEST(a_live_path_is_left_alone) {
  const char *path = wire_path("live.sock");
  char address[200];
  char expected[400];
  char local[WT_NAME_BYTES];
  snprintf(address, sizeof address, "unix:%s", path);
  wt_listener *listener = wire_listener(address, NULL);
  snprintf(expected, sizeof expected, "%s: this process itself has it already; stop that, or choose another name",
           address);
  CHECK_TEXT(expected, wire_cannot_listen(WT_EINUSE, address));
  CHECK_INT(0, wire_meet(listener, address, local));
  wt_listener_close(listener);

  const char *file = wire_path("file");
  close(open(file, O_CREAT | O_WRONLY, 0600));
  snprintf(address, sizeof address, "unix:%s", file);
  snprintf(expected, sizeof expected, "%s: there is a regular file of that name, not a socket; it is left alone",
           address);
  CHECK_TEXT(expected, wire_cannot_listen(WT_EINUSE, address));
  unlink(file);
  CHECK_INT(0, symlink("nowhere", file));
  snprintf(expected, sizeof expected, "%s: there is a symbolic link of that name, not a socket; it is left alone",
           address);
  CHECK_TEXT(expected, wire_cannot_listen(WT_EINUSE, address));
  unlink(file);
  CHECK_INT(0, mkfifo(file, 0600));
  CHECK(strstr(wire_cannot_listen(WT_EINUSE, address), "there is a named pipe of that name") != NULL);
  unlink(file);
  CHECK(strstr(wire_cannot_listen(WT_EINUSE, "unix:/dev/null"), "there is a device of that name") != NULL);
}

TEST(only_our_own_file_is_removed) {
  const char *path = wire_path("ours.sock");
  char address[200];
  struct stat status;
  snprintf(address, sizeof address, "unix:%s", path);
  wt_listener *listener = wire_listener(address, NULL);
  /* Somebody takes the path while we listen. */
  unlink(path);
  int theirs = wire_unix(SOCK_STREAM, path);
  wt_listener_close(listener);
  CHECK_INT(0, lstat(path, &status));
  close(theirs);
  unlink(path);
  /* A child that closes what it has inherited leaves the parent's file. */
  listener = wire_listener(address, NULL);
  pid_t child = fork();
  if (child == 0) {
    wt_listener_close(listener);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  CHECK_INT(0, lstat(path, &status));
  wt_listener_close(listener);
  CHECK_INT(-1, lstat(path, &status));
}

TEST(a_relative_path_is_found_after_a_change_of_directory) {
  char before[4096];
  struct stat status;
  wire_need(getcwd(before, sizeof before) != NULL && chdir(wire_path("")) == 0, "chdir");
  wt_listener *listener = wire_listener("unix:here.sock", NULL);
  char local[WT_NAME_BYTES];
  CHECK_INT(0, wire_meet(listener, "unix:here.sock", local));
  wire_need(chdir(before) == 0, "chdir");
  wt_listener_close(listener);
  CHECK_INT(-1, lstat(wire_path("here.sock"), &status));
}

TEST(the_mode_of_the_file_is_as_asked) {
  const char *path = wire_path("mode.sock");
  struct stat status;
  wt_listener *listener = wire_listener(wire_address("unix:%s?mode=620", path, 0), NULL);
  CHECK_TEXT(wire_address("unix:%s", path, 0), wt_listener_address(listener));
  CHECK_INT(0, lstat(path, &status));
  CHECK_INT(0620, status.st_mode & 0777);
  wt_listener_close(listener);
}

#ifdef __linux__
TEST(abstract_names_have_no_file) {
  char address[64];
  char local[WT_NAME_BYTES];
  snprintf(address, sizeof address, "unix:@wiretalk-test-%ld", (long)getpid());
  wt_listener *listener = wire_listener(address, NULL);
  CHECK_INT(0, wire_meet(listener, address, local));
  CHECK_TEXT(address, local);
  CHECK(strstr(wire_cannot_listen(WT_EINUSE, address), "this process itself has it already") != NULL);
  wt_listener_close(listener);
}
#endif

TEST(without_descriptors_nothing_is_taken_for_stale) {
  struct rlimit before;
  struct rlimit few;
  struct stat status;
  char address[200];
  const char *path = wire_path("stale.sock");
  snprintf(address, sizeof address, "unix:%s", path);
  close(wire_unix(SOCK_STREAM, path));
  int next = open("/dev/null", O_RDONLY);
  close(next);
  getrlimit(RLIMIT_NOFILE, &before);
  few = before;
  /* One for the socket, and none to look who is behind the path. */
  for (int more = 0; more < 2; more++) {
    few.rlim_cur = (rlim_t)(next + more);
    setrlimit(RLIMIT_NOFILE, &few);
    const char *said = wire_cannot_listen(WT_ELIMIT, address);
    setrlimit(RLIMIT_NOFILE, &before);
    CHECK(strncmp("this process is out of file descriptors", said, 39) == 0);
  }
  CHECK_INT(0, lstat(path, &status));
  unlink(path);
}

TEST(a_directory_that_others_hold_is_no_obstacle) {
  const char *path = wire_path("locked.sock");
  int64_t began = wire_now_ms();
  /* A program that takes its time while it takes a path. */
  int lock = open(wire_folder, O_RDONLY);
  wire_need(flock(lock, LOCK_EX) == 0, "flock");
  wt_listener *listener = wire_listener(wire_address("unix:%s", path, 0), NULL);
  CHECK(wire_now_ms() - began >= 500);
  close(lock);
  wt_listener_close(listener);
}

/* What another user may not do, and may not see; needs to be root. */
static void as_somebody_else(const char *address, const char *path) {
  wt_error error;
  wt_listener *listener;
  wt_connection *connection;
  char expected[400];
  wire_need(setgid(65534) == 0 && setuid(65534) == 0, "setuid");
  CHECK_INT(WT_EINUSE, wt_listen(&listener, address, NULL, &error));
  snprintf(expected, sizeof expected,
           "%s: a process of the user root has it already; stop that, or choose another port", address);
  CHECK_TEXT(expected, error.text);
  CHECK_INT(WT_ENOTPERMITTED, wt_listen(&listener, wire_address("unix:%s.other", path, 0), NULL, &error));
  CHECK(strstr(error.text, ": this user may not make that file there; choose another directory") != NULL);
  CHECK_INT(WT_ENOTPERMITTED, wt_connect(&connection, wire_address("unix:%s", path, 0), NULL, &error));
  CHECK(strstr(error.text, ": this user may not use that socket file, or not look into its directory") != NULL);
  if (wire_emulated()) {
    return;
  }
  CHECK_INT(WT_ENOTPERMITTED, wt_connect(&connection, "tcp://127.0.0.1:9?mark=7", NULL, &error));
  CHECK_TEXT("tcp://127.0.0.1:9: mark=7 is for root here (CAP_NET_ADMIN or CAP_NET_RAW)", error.text);
}

TEST(what_another_user_may_not_do) {
  if (geteuid() != 0) {
    return;
  }
  const char *path = wire_path("mine.sock");
  wt_listener *taken = wire_listener("tcp://127.0.0.1:0", NULL);
  wt_listener *mine = wire_listener(wire_address("unix:%s?mode=600", path, 0), NULL);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    /* Ours, or it would be "this process itself". */
    close(wt_listener_fd(taken));
    as_somebody_else(wt_listener_address(taken), path);
    fflush(stdout);
    _exit(check_failures != 0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK_INT(0, status);
  wt_listener_close(taken);
  wt_listener_close(mine);
}

int main(void) {
  int open_before = wire_open_fds();
  RUN(a_stale_path_is_replaced);
  RUN(a_live_path_is_left_alone);
  RUN(only_our_own_file_is_removed);
  RUN(a_relative_path_is_found_after_a_change_of_directory);
  RUN(the_mode_of_the_file_is_as_asked);
#ifdef __linux__
  RUN(abstract_names_have_no_file);
#endif
  RUN(without_descriptors_nothing_is_taken_for_stale);
  RUN(a_directory_that_others_hold_is_no_obstacle);
  RUN(what_another_user_may_not_do);
  return wire_done(open_before);
}
