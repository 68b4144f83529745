/* queue.c: bytes that wait to be sent. Memory only: no socket. */
#include "server/queue.h"

#include <stdlib.h>
#include <string.h>

/* A piece of memory goes back to where the next one answered takes it, still warm. */
static void queue_give_back(unsigned char *data, size_t room, wti_spares_t *spares) {
  if (data != NULL && room == WTI_SPARE_BYTES && spares->count < WTI_SPARES) {
    spares->data[spares->count++] = data;
  } else {
    free(data);
  }
}

WTI_PRIVATE void wti_queue_drop(wti_queue_t *queue, wti_spares_t *spares) {
  queue_give_back(queue->data, queue->room, spares);
  queue->data = NULL;
  queue->room = queue->start = queue->end = 0;
}

static bool queue_move(wti_queue_t *queue, size_t room, wti_spares_t *spares) {
  unsigned char *data;
  if (room == WTI_SPARE_BYTES && spares != NULL && spares->count > 0) {
    data = spares->data[--spares->count];
  } else {
    data = malloc(room);
    if (data == NULL) {
      return false;
    }
  }
  size_t size = wti_queue_size(queue);
  if (size > 0) {
    memcpy(data, queue->data + queue->start, size);
  }
  free(queue->data);
  queue->data = data;
  queue->room = room;
  queue->start = 0;
  queue->end = size;
  return true;
}

WTI_PRIVATE bool wti_queue_grow(wti_queue_t *queue, size_t need, wti_spares_t *spares) {
  size_t size = wti_queue_size(queue);
  if (need > SIZE_MAX / 4 - size) {
    return false;
  }
  if (queue->start > 0 && queue->start >= size && queue->room - size >= need) {
    /* No more is moved than has been sent, so moving stays linear in what is sent. */
    memmove(queue->data, queue->data + queue->start, size);
    queue->start = 0;
    queue->end = size;
    return true;
  }
  size_t room = size == 0 && spares != NULL ? WTI_SPARE_BYTES : WTI_QUEUE_FIRST;
  while (room < 2 * size || room - size < need) {
    room *= 2;
  }
  return queue_move(queue, room, spares);
}

WTI_PRIVATE void wti_queue_sent(wti_queue_t *queue, size_t sent, wti_spares_t *spares) {
  queue->start += sent;
  if (queue->start == queue->end) {
    wti_queue_drop(queue, spares);
  }
}

WTI_PRIVATE void wti_queue_settle(wti_queue_t *queue, wti_spares_t *spares) {
  size_t size = wti_queue_size(queue);
  if (size == 0 || queue->room < 4 * WTI_QUEUE_FIRST || size > queue->room / 4) {
    return;
  }
  size_t room = WTI_QUEUE_FIRST;
  while (room < size) {
    room *= 2;
  }
  wti_queue_t small = {malloc(room), room, 0, size};
  if (small.data != NULL) {
    memcpy(small.data, queue->data + queue->start, size);
    wti_queue_drop(queue, spares);
    *queue = small;
  }
}

WTI_PRIVATE void wti_spares_free(wti_spares_t *spares) {
  while (spares->count > 0) {
    free(spares->data[--spares->count]);
  }
}
