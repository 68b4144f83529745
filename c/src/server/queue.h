/* queue.h: bytes that wait to be sent, one piece of memory that grows; and a few such pieces kept warm, for whoever
   is answered just now. Memory only: no socket. */
#ifndef WTI_SERVER_QUEUE_H
#define WTI_SERVER_QUEUE_H

#include "private.h"

#include <stdbool.h>

/* What a read of 64 KiB may make go out, and one more such message behind it, without another allocation. */
#define WTI_SPARE_BYTES ((size_t)128 * 1024)

enum { WTI_SPARES = 4, WTI_QUEUE_FIRST = 512 };

/* All zero: nothing waits, and no memory is held. */
typedef struct wti_queue {
  unsigned char *data;
  size_t room;
  size_t start;
  size_t end;
} wti_queue_t;

/* Begin with all zero. */
typedef struct wti_spares {
  unsigned char *data[WTI_SPARES];
  size_t count;
} wti_spares_t;

static inline size_t wti_queue_size(const wti_queue_t *queue) { return queue->end - queue->start; }

/* Makes room for `need` bytes at `data + end`. An empty queue takes a spare piece where `spares` is given, else a
   small one. Returns false where there is no memory, and nothing has changed. */
WTI_PRIVATE bool wti_queue_grow(wti_queue_t *queue, size_t need, wti_spares_t *spares);

static inline bool wti_queue_has(wti_queue_t *queue, size_t need, wti_spares_t *spares) {
  return queue->room - queue->end >= need || wti_queue_grow(queue, need, spares);
}

/* Takes away what has been sent; an empty queue gives its memory back. */
WTI_PRIVATE void wti_queue_sent(wti_queue_t *queue, size_t sent, wti_spares_t *spares);

/* Moves a small rest out of a large piece of memory, since it may wait for long. */
WTI_PRIVATE void wti_queue_settle(wti_queue_t *queue, wti_spares_t *spares);

/* Drops everything. */
WTI_PRIVATE void wti_queue_drop(wti_queue_t *queue, wti_spares_t *spares);

WTI_PRIVATE void wti_spares_free(wti_spares_t *spares);

#endif
