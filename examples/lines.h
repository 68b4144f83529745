/* lines.h: the lines that somebody types, for programs that wait with poll for the keyboard and for the network.

   Not fgets. It reads all that there is and gives out one line; poll, which knows nothing of stdio's buffer, then
   waits for a key while the second line lies there. Here read takes what has come, and wiretalk's framing, which does
   no input of its own, cuts it. */
#ifndef LINES_H
#define LINES_H

#include "wiretalk.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

typedef struct lines {
  wt_decoder decoder;
  char unfinished[4096]; /* a line that comes in pieces; so long is the longest */
  char came[4096];
  size_t size, used; /* bytes in `came`, and how many of them have been given out */
  int ended;
} lines;

enum { LINES_NONE, LINES_ONE, LINES_END };

static inline void lines_begin(lines *from) {
  wt_framing framing;
  wt_framing_parse(&framing, "line", sizeof from->unfinished, NULL);
  wt_decoder_init(&from->decoder, &framing, from->unfinished, sizeof from->unfinished);
  from->size = from->used = 0;
  from->ended = 0;
}

/* Reads what has come, once. Ask for it when poll says that there is something, and lines_next that it has none
   left. */
static inline void lines_read(lines *from) {
  ssize_t size = read(STDIN_FILENO, from->came, sizeof from->came);
  from->size = size > 0 ? (size_t)size : 0;
  from->used = 0;
  from->ended = size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN);
}

/* Gives the next line that has come: LINES_ONE; LINES_NONE where more has to be read; LINES_END; WT_ELIMIT where a
   line is too long. The line holds until lines_read. */
static inline int lines_next(lines *from, wt_message *line) {
  if (from->used < from->size) {
    ptrdiff_t taken = wt_decode(&from->decoder, from->came + from->used, from->size - from->used, line);
    from->used = taken > 0 ? from->used + (size_t)taken : from->size;
    return taken > 0 ? LINES_ONE : (int)taken;
  }
  if (!from->ended) {
    return LINES_NONE;
  }
  /* What stands behind the last line end is a line too. It is given once: the next stream begins empty. */
  line->size = 0;
  int cut = wt_decode_end(&from->decoder, line, NULL) == WT_ETRUNCATED && line->size > 0;
  wt_framing framing = from->decoder.framing;
  wt_decoder_init(&from->decoder, &framing, from->unfinished, sizeof from->unfinished);
  return cut ? LINES_ONE : LINES_END;
}

#endif
