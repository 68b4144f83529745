/* record.h: a record on the wire: a sequence number, a timestamp in nanoseconds since 1970, a reading. 4 + 8 + 8
   bytes, high byte first.

   The usual version sends a struct as it lies in memory. There it lies as this machine and this compiler lay it, with
   gaps for alignment and the low byte first perhaps, and another machine reads something else; and reading it through
   a cast pointer is undefined, and on some boards a crash. Shifts mean the same everywhere. */
#ifndef RECORD_H
#define RECORD_H

#include <stdint.h>
#include <string.h>

#define RECORD_SIZE 20

typedef struct record {
  uint32_t sequence;
  uint64_t sent_ns;
  double reading;
} record;

static inline void record_put(unsigned char *out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) {
    out[i] = (unsigned char)(value >> (8 * (bytes - 1 - i)));
  }
}

static inline uint64_t record_get(const unsigned char *from, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; i++) {
    value = value << 8 | from[i];
  }
  return value;
}

static inline void record_encode(const record *one, unsigned char out[RECORD_SIZE]) {
  uint64_t bits;
  memcpy(&bits, &one->reading, sizeof bits); /* a double's own 64 bits, IEEE 754 on every machine with sockets */
  record_put(out, one->sequence, 4);
  record_put(out + 4, one->sent_ns, 8);
  record_put(out + 12, bits, 8);
}

static inline void record_decode(record *one, const unsigned char from[RECORD_SIZE]) {
  uint64_t bits = record_get(from + 12, 8);
  one->sequence = (uint32_t)record_get(from, 4);
  one->sent_ns = record_get(from + 4, 8);
  memcpy(&one->reading, &bits, sizeof bits);
}

#endif
