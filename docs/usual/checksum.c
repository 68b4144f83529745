/* Work out the checksum of a packet: right, and then written the wrong way round. */
#include "usual.h"

static unsigned short checksum(const unsigned char *packet, size_t size) {
  unsigned int total = 0;
  for (size_t at = 0; at < size; at++) {
    total += at % 2 == 0 ? packet[at] << 8 : packet[at];
  }
  total = (total >> 16) + (total & 0xFFFF);
  return (unsigned short)~(total + (total >> 16));
}

int main(int count, char **words) {
  unsigned char packet[64] = {8, 0, 0, 0, 0, 1, 0, 1};
  (void)count;
  strncpy((char *)packet + 8, words[1], sizeof packet - 8);
  unsigned short sum = checksum(packet, 8 + strlen(words[1]));
  memcpy(packet + 2, &sum, sizeof sum);
  printf("%04x is sent as %02x %02x\n", sum, packet[2], packet[3]);
  return 0;
}
