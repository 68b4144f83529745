/* Bytes that wait to be sent. */
#include "server/queue.h"
#include "check.h"

static void queue_put(wti_queue_t *queue, const char *text, wti_spares_t *spares) {
  size_t size = strlen(text);
  CHECK(wti_queue_has(queue, size, spares));
  memcpy(queue->data + queue->end, text, size);
  queue->end += size;
}

TEST(what_goes_in_comes_out) {
  wti_queue_t queue = {0};
  wti_spares_t spares = {0};
  queue_put(&queue, "hello ", NULL);
  queue_put(&queue, "world", NULL);
  CHECK_INT(11, wti_queue_size(&queue));
  wti_queue_sent(&queue, 6, &spares);
  CHECK(memcmp(queue.data + queue.start, "world", 5) == 0);
  wti_queue_sent(&queue, 5, &spares);
  CHECK(queue.data == NULL);
  CHECK_INT(0, spares.count);
}

/* Sent and filled for long: the bytes stay in order, and the memory does not grow with what has passed. */
TEST(what_has_passed_takes_no_memory) {
  wti_queue_t queue = {0};
  wti_spares_t spares = {0};
  char text[] = "a";
  size_t out = 0;
  for (size_t i = 0; i < 400; i++) {
    text[0] = (char)('a' + i % 26);
    queue_put(&queue, text, NULL);
  }
  for (size_t i = 400; i < 100000; i++) {
    text[0] = (char)('a' + i % 26);
    queue_put(&queue, text, NULL);
    CHECK(queue.data[queue.start] == (unsigned char)('a' + out % 26));
    wti_queue_sent(&queue, 1, &spares);
    out++;
  }
  CHECK(queue.room <= 4 * WTI_QUEUE_FIRST);
  wti_queue_drop(&queue, &spares);
}

TEST(spare_memory_is_used_again) {
  wti_queue_t queue = {0};
  wti_spares_t spares = {0};
  queue_put(&queue, "hello", &spares);
  unsigned char *first = queue.data;
  CHECK_INT(WTI_SPARE_BYTES, queue.room);
  wti_queue_sent(&queue, 5, &spares);
  CHECK_INT(1, spares.count);
  queue_put(&queue, "world", &spares);
  CHECK(queue.data == first);
  CHECK_INT(0, spares.count);
  wti_queue_drop(&queue, &spares);
  wti_spares_free(&spares);
}

TEST(only_so_many_are_kept) {
  wti_queue_t queues[WTI_SPARES + 2] = {{0}};
  wti_spares_t spares = {0};
  for (size_t i = 0; i < WTI_SPARES + 2; i++) {
    queue_put(&queues[i], "hello", &spares);
  }
  for (size_t i = 0; i < WTI_SPARES + 2; i++) {
    wti_queue_drop(&queues[i], &spares);
  }
  CHECK_INT(WTI_SPARES, spares.count);
  wti_spares_free(&spares);
}

/* What may wait for long does not hold a large piece of memory. */
TEST(a_small_rest_moves_out) {
  wti_queue_t queue = {0};
  wti_spares_t spares = {0};
  queue_put(&queue, "hello", &spares);
  wti_queue_sent(&queue, 2, &spares);
  wti_queue_settle(&queue, &spares);
  CHECK_INT(WTI_QUEUE_FIRST, queue.room);
  CHECK_INT(3, wti_queue_size(&queue));
  CHECK(memcmp(queue.data + queue.start, "llo", 3) == 0);
  CHECK_INT(1, spares.count);
  wti_queue_settle(&queue, &spares);
  CHECK_INT(WTI_QUEUE_FIRST, queue.room);
  /* A large rest moves into as much as it needs, or stays. */
  CHECK(wti_queue_has(&queue, 3000, &spares));
  queue.end += 3000;
  wti_queue_settle(&queue, &spares);
  CHECK_INT(4096, queue.room);
  CHECK(wti_queue_has(&queue, WTI_SPARE_BYTES, &spares));
  CHECK_INT(2 * WTI_SPARE_BYTES, queue.room);
  wti_queue_settle(&queue, &spares);
  CHECK_INT(4096, queue.room);
  wti_queue_drop(&queue, &spares);
  wti_spares_free(&spares);
}

TEST(more_than_there_can_be_is_refused) {
  wti_queue_t queue = {0};
  wti_spares_t spares = {0};
  queue_put(&queue, "hello", &spares);
  CHECK(!wti_queue_has(&queue, SIZE_MAX, &spares));
  CHECK(!wti_queue_has(&queue, SIZE_MAX / 4, &spares));
  CHECK_INT(5, wti_queue_size(&queue));
  wti_queue_drop(&queue, &spares);
  wti_spares_free(&spares);
}

int main(void) {
  RUN(what_goes_in_comes_out);
  RUN(what_has_passed_takes_no_memory);
  RUN(spare_memory_is_used_again);
  RUN(only_so_many_are_kept);
  RUN(a_small_rest_moves_out);
  RUN(more_than_there_can_be_is_refused);
  return check_done();
}
