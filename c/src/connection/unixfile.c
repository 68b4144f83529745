/* unixfile.c: the files of Unix sockets: taking a path, replacing what is stale, removing what is ours alone. */
#include "connection/sockets.h"
#include "connection/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
  UNIXFILE_LOCK_WAIT_MS = 500, /* how long to wait for another process that is taking a path in the same directory */
  UNIXFILE_LOCK_RETRY_MS = 10
};

WTI_PRIVATE const char *wti_what_is_at(const char *path, bool follow) {
  struct stat status;
  if ((follow ? stat(path, &status) : lstat(path, &status)) < 0 || S_ISSOCK(status.st_mode)) {
    return NULL;
  }
  return S_ISREG(status.st_mode)    ? "a regular file"
         : S_ISDIR(status.st_mode)  ? "a directory"
         : S_ISLNK(status.st_mode)  ? "a symbolic link"
         : S_ISFIFO(status.st_mode) ? "a named pipe"
                                    : "a device";
}

/* Returns a copy of a path that holds after a change of directory; NULL where there is no memory. */
static char *unixfile_absolute(const char *path) {
  char directory[4096];
  if (path[0] == '/' || getcwd(directory, sizeof directory) == NULL) {
    return strdup(path);
  }
  size_t room = strlen(directory) + strlen(path) + 2;
  char *absolute = malloc(room);
  if (absolute != NULL) {
    snprintf(absolute, room, "%s/%s", directory, path);
  }
  return absolute;
}

/* Notes the file that a socket was just bound to. A socket keeps the inode of its file, so nobody else's file can
   have it before the socket closes. */
static int unixfile_note(wti_unix_file_t *file, const char *path, wt_error *error) {
  struct stat status;
  if (lstat(path, &status) < 0) {
    /* Somebody has removed it already: it is not ours to remove. */
    return 0;
  }
  file->path = unixfile_absolute(path);
  if (file->path == NULL) {
    unlink(path);
    return wti_fail(error, WT_EMEMORY, "%s", wt_strerror(WT_EMEMORY));
  }
  file->device = (uint64_t)status.st_dev;
  file->inode = (uint64_t)status.st_ino;
  file->owner = (int64_t)getpid();
  return 0;
}

WTI_PRIVATE void wti_remove_file(wti_unix_file_t *file) {
  struct stat status;
  if (file->path != NULL && file->owner == (int64_t)getpid() && lstat(file->path, &status) == 0 &&
      (uint64_t)status.st_dev == file->device && (uint64_t)status.st_ino == file->inode) {
    /* Where it fails, somebody was faster or the directory is read-only by now: nothing is left to do about it. */
    (void)unlink(file->path);
  }
  free(file->path);
  memset(file, 0, sizeof *file);
}

/* Locks the directory of a path; -1 where that cannot be had in time: it is a courtesy, and others may hold it. */
static int unixfile_lock(const char *path) {
  char directory[sizeof ((struct sockaddr_un *)0)->sun_path + 1];
  const char *slash = strrchr(path, '/');
  snprintf(directory, sizeof directory, "%.*s", slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path),
           slash == NULL ? "." : path);
  int lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0) {
    return -1;
  }
  int64_t give_up = wti_deadline(UNIXFILE_LOCK_WAIT_MS);
  while (flock(lock, LOCK_EX | LOCK_NB) < 0) {
    if ((errno != EWOULDBLOCK && errno != EINTR) || wti_left_ms(give_up) == 0) {
      wti_close_fd(lock);
      return -1;
    }
    wti_poll(NULL, 0, wti_deadline(UNIXFILE_LOCK_RETRY_MS), 0);
  }
  return lock;
}

/* Whether a path is what it was: an inode's number is soon used again, so the time of its last change counts too. */
static bool unixfile_same(const struct stat *one, const struct stat *other) {
#ifdef __APPLE__
  bool when = one->st_ctimespec.tv_sec == other->st_ctimespec.tv_sec &&
              one->st_ctimespec.tv_nsec == other->st_ctimespec.tv_nsec;
#else
  bool when = one->st_ctim.tv_sec == other->st_ctim.tv_sec && one->st_ctim.tv_nsec == other->st_ctim.tv_nsec;
#endif
  return one->st_dev == other->st_dev && one->st_ino == other->st_ino && when;
}

/* Returns errno of connecting to a path, 0 where somebody is behind it. */
static int unixfile_probe(int type, const wti_sockaddr_t *to) {
  int probe = wti_socket(AF_UNIX, type, 0);
  if (probe < 0) {
    return errno;
  }
  int code = connect(probe, (const struct sockaddr *)&to->storage, to->size) < 0 ? errno : 0;
  wti_close_fd(probe);
  return code;
}

/* Removes a socket file behind which nobody is. Returns 0; or a code if somebody is, or if it is not a socket. */
static int unixfile_remove_stale(int type, const wti_sockaddr_t *to, const wt_address *address, wt_error *error) {
  const char *path = ((const struct sockaddr_un *)&to->storage)->sun_path;
  char name[WT_ADDRESS_BYTES];
  struct stat before;
  struct stat after;
  wti_told(name, address);
  bool there = lstat(path, &before) == 0;
  const char *other = wti_what_is_at(path, false);
  if (other != NULL) {
    return wti_fail_os(error, WT_EINUSE, EADDRINUSE, "%s: there is %s of that name, not a socket; it is left alone",
                       name, other);
  }
  int code = unixfile_probe(type, to);
  if (code == ENOENT) {
    return 0;
  }
  if (code == EMFILE || code == ENFILE || code == ENOMEM || code == ENOBUFS) {
    return wti_explain(error, code, name, WTI_LISTEN);
  }
  if (code != ECONNREFUSED || !there || lstat(path, &after) < 0 || !unixfile_same(&before, &after)) {
    return wti_explain(error, EADDRINUSE, name, WTI_LISTEN);
  }
  if (unlink(path) < 0 && errno != ENOENT) {
    return wti_explain(error, errno, name, WTI_LISTEN);
  }
  return 0;
}

static int unixfile_bind(int fd, const wti_sockaddr_t *to) {
  return bind(fd, (const struct sockaddr *)&to->storage, to->size) < 0 ? errno : 0;
}

/* Binds under the lock: between finding a file stale and binding anew, another server could take the path, and we
   would remove its file. Binding under another name and renaming would be atomic, but the socket would then go by the
   other name, and a datagram's receiver could not answer it. The lock keeps servers of wiretalk apart; against any
   other program the file is looked at again, by inode, right before it is removed. */
static int unixfile_take(int fd, int type, const wti_sockaddr_t *to, const wt_address *address, wti_unix_file_t *file,
                         wt_error *error) {
  const char *path = ((const struct sockaddr_un *)&to->storage)->sun_path;
  const wt_option *mode = wt_address_option(address, "mode");
  char name[WT_ADDRESS_BYTES];
  wti_told(name, address);
  if (mode != NULL) {
    /* On Linux the file is born with the mode of the socket (less the umask), so it never admits too many. */
    (void)fchmod(fd, (mode_t)mode->number);
  }
  int os_error = unixfile_bind(fd, to);
  if (os_error == EADDRINUSE) {
    int failed = unixfile_remove_stale(type, to, address, error);
    if (failed < 0) {
      return failed;
    }
    os_error = unixfile_bind(fd, to);
  }
  if (os_error != 0) {
    return wti_explain(error, os_error, name, WTI_LISTEN);
  }
  int failed = unixfile_note(file, path, error);
  if (failed == 0 && mode != NULL && chmod(path, (mode_t)mode->number) < 0) {
    failed = wti_explain(error, errno, name, WTI_LISTEN);
    wti_remove_file(file);
  }
  return failed;
}

WTI_PRIVATE int wti_bind_path(int fd, int type, const wti_sockaddr_t *to, int backlog, const wt_address *address,
                              wti_unix_file_t *file, wt_error *error) {
  const char *path = ((const struct sockaddr_un *)&to->storage)->sun_path;
  char name[WT_ADDRESS_BYTES];
  wti_told(name, address);
  int lock = -1;
  int failed = 0;
  if (path[0] != '\0') {
    lock = unixfile_lock(path);
    failed = unixfile_take(fd, type, to, address, file, error);
  } else if (unixfile_bind(fd, to) != 0) {
    failed = wti_explain(error, errno, name, WTI_LISTEN);
  }
  if (failed == 0 && backlog > 0 && type != SOCK_DGRAM && listen(fd, backlog) < 0) {
    failed = wti_explain(error, errno, name, WTI_LISTEN);
    wti_remove_file(file);
  }
  if (lock >= 0) {
    wti_close_fd(lock);
  }
  return failed;
}

WTI_PRIVATE int wti_bind_nameless(int fd, wti_unix_file_t *file, const wt_address *address, wt_error *error) {
  char name[WT_ADDRESS_BYTES];
  struct sockaddr_un un;
  memset(&un, 0, sizeof un);
  un.sun_family = AF_UNIX;
  wti_told(name, address);
#ifdef WTI_LINUX
  (void)file;
  /* Without a path, the system picks an abstract name. */
  if (bind(fd, (const struct sockaddr *)&un, sizeof un.sun_family) == 0) {
    return 0;
  }
#else
  const char *directory = getenv("TMPDIR");
  for (unsigned attempt = 0; attempt < 100; attempt++) {
    snprintf(un.sun_path, sizeof un.sun_path, "%s/wiretalk-%ld-%llx.sock", directory != NULL ? directory : "/tmp",
             (long)getpid(), (unsigned long long)wti_now_ms() + attempt);
    if (bind(fd, (const struct sockaddr *)&un, sizeof un) == 0) {
      return unixfile_note(file, un.sun_path, error);
    }
    if (errno != EADDRINUSE) {
      break;
    }
  }
#endif
  return wti_explain(error, errno, name, WTI_LISTEN);
}
