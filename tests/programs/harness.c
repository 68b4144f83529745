/* harness.c: appended to a plain server in C, whose main bears another name, so that its framing can be tried without
   a peer. Reads commands, one a line: "encode HEX" prints the wire; "decode HEX HEX …", which are the pieces of a stream,
   prints each message, and how the stream ended. */
static size_t unhex(unsigned char *out, const char *digits) {
  size_t size = 0;
  unsigned int byte;
  while (sscanf(digits + 2 * size, "%2x", &byte) == 1) {
    out[size++] = (unsigned char)byte;
  }
  return size;
}

static void print_hex(const char *what, const unsigned char *bytes, size_t size) {
  printf("%s ", what);
  for (size_t i = 0; i < size; i++) {
    printf("%02x", bytes[i]);
  }
  printf("\n");
}

static void try_encode(const unsigned char *message, size_t size) {
  static unsigned char wire[ROOM];
  ssize_t wire_size = size <= MAX_MESSAGE ? encode(wire, message, size) : -1;
  if (wire_size < 0) {
    printf("refused\n");
  } else {
    print_hex("wire", wire, (size_t)wire_size);
  }
}

static int feed(struct buffer *in, const unsigned char *piece, size_t piece_size) {
  unsigned char *message;
  size_t size;
  int ends[2], found = 0, came = 1;
  if (pipe(ends) < 0 || write(ends[1], piece, piece_size) != (ssize_t)piece_size) {
    abort();
  }
  close(ends[1]);
  while (found == 0 && (came = fill(in, ends[0])) == 1) {
    while ((found = take(in, &message, &size)) == 1 && size <= MAX_MESSAGE) {
      print_hex("message", message, size);
    }
    found = found == 1 ? -1 : found;
  }
  close(ends[0]);
  return found < 0 || came < 0 ? -1 : 0;
}

int main(void) {
  static char line[1 << 20];
  static unsigned char bytes[1 << 19];
  static struct buffer in;
  while (fgets(line, sizeof line, stdin) != NULL) {
    char *word = strtok(line, " \n");
    int result = 0;
    if (strcmp(word, "encode") == 0) {
      word = strtok(NULL, " \n");
      try_encode(bytes, word != NULL ? unhex(bytes, word) : 0);
      continue;
    }
    memset(&in, 0, sizeof in);
    while (result == 0 && (word = strtok(NULL, " \n")) != NULL) {
      result = feed(&in, bytes, unhex(bytes, word));
    }
    printf("%s\n", result < 0 ? "fault" : in.begin < in.end ? "truncated" : "end");
  }
  return 0;
}
