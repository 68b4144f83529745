/* Send binary records of fixed size: a sequence number, a timestamp, a reading.

       build/udp/record_sender [ADDRESS] [COUNT]        default: udp://localhost:8888, and 5 records */
#define _POSIX_C_SOURCE 200809L

#include "record.h"
#include "wiretalk.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int send_records(wt_connection *receiver, long count) {
  int code = 0;
  for (long sequence = 0; code == 0 && sequence < count; sequence++) {
    unsigned char bytes[RECORD_SIZE];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    record one = {
        .sequence = (uint32_t)sequence,
        .sent_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec,
        .reading = 20 + (double)sequence / 4,
    };
    record_encode(&one, bytes);
    code = wt_send(receiver, bytes, sizeof bytes, 10000);
  }
  return code;
}

int main(int count, char **words) {
  /* On datagrams a framing does nothing; on a byte stream it is how the receiver finds the beginning of each
     record. */
  wt_options options = {.framing = "fixed:20"};
  wt_connection *receiver;
  wt_error error;
  char *end = "";
  long records = count > 2 ? strtol(words[2], &end, 10) : 5;
  if (*end != '\0' || records < 0 || records > 1000000) {
    fprintf(stderr, "%s: this is no number of records from 0 to 1000000\n", words[2]);
    return -WT_EUSAGE;
  }
  int code = wt_connect(&receiver, count > 1 ? words[1] : "udp://localhost:8888", &options, &error);
  if (code < 0) {
    fprintf(stderr, "%s\n", error.text);
    return -code;
  }
  code = send_records(receiver, records);
  if (code < 0) {
    fprintf(stderr, "%s\n", wt_last_error(receiver)->text);
  }
  wt_close(receiver);
  return -code;
}
