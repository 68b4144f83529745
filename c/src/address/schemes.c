/* schemes.c: the table of schemes, those that this library opens and those that it only knows. A table, and finding in
   it: no text is parsed here, and nothing here knows how a scheme is opened. */
#include "address/schemes.h"

#define SCHEMES_STREAM WTI_KIND_STREAM, 0, -1
#define SCHEMES_DATAGRAM WTI_KIND_DATAGRAM, 0, -1
#define SCHEMES_CUT "and cut messages with wt_decode"

static const wti_scheme schemes_all[] = {
    {"tcp", WTI_SHAPE_PORT, SCHEMES_STREAM, "tcp://HOST:PORT", "tcp://pi.local:8888", NULL},
    {"tcp4", WTI_SHAPE_PORT, WTI_KIND_STREAM, 4, -1, "tcp4://HOST:PORT", "tcp4://:8888", NULL},
    {"tcp6", WTI_SHAPE_PORT, WTI_KIND_STREAM, 6, -1, "tcp6://HOST:PORT", "tcp6://[::1]:8888", NULL},
    {"unix", WTI_SHAPE_PATH, SCHEMES_STREAM, "unix:PATH", "unix:/run/x.sock", NULL},
    {"tls", WTI_SHAPE_PORT, SCHEMES_STREAM, "tls://HOST:PORT", "tls://example.org:443",
     "write tcp:// to a program beside it that speaks TLS, or use wiretalk in Python"},
    {"ws", WTI_SHAPE_URL, WTI_KIND_MESSAGES, 0, 80, "ws://HOST:PORT/PATH", "ws://pi.local:8080/chat",
     "write tcp:// with a framing, like ?framing=line"},
    {"wss", WTI_SHAPE_URL, WTI_KIND_MESSAGES, 0, 443, "wss://HOST:PORT/PATH", "wss://example.org/chat",
     "write tcp:// with a framing, like ?framing=line"},
    {"udp", WTI_SHAPE_PORT, SCHEMES_DATAGRAM, "udp://HOST:PORT", "udp://239.1.2.3:5000", NULL},
    {"udp4", WTI_SHAPE_PORT, WTI_KIND_DATAGRAM, 4, -1, "udp4://HOST:PORT", "udp4://:5000", NULL},
    {"udp6", WTI_SHAPE_PORT, WTI_KIND_DATAGRAM, 6, -1, "udp6://HOST:PORT", "udp6://[ff02::1%eth0]:5000", NULL},
    {"unixgram", WTI_SHAPE_PATH, SCHEMES_DATAGRAM, "unixgram:PATH", "unixgram:/run/log.sock", NULL},
    {"unixpacket", WTI_SHAPE_PATH, WTI_KIND_PACKET, 0, -1, "unixpacket:PATH", "unixpacket:/run/x.sock",
     "write unix: with a framing, like ?framing=length:u32be"},
    {"vsock", WTI_SHAPE_CID, SCHEMES_STREAM, "vsock://CID:PORT", "vsock://host:1024", "use wiretalk in Python"},
    {"serial", WTI_SHAPE_PATH, SCHEMES_STREAM, "serial:PATH", "serial:/dev/ttyUSB0?baud=115200",
     "open the device with open() and tcsetattr(), " SCHEMES_CUT},
    {"exec", WTI_SHAPE_COMMAND, SCHEMES_STREAM, "exec:COMMAND", "exec:sort -u",
     "start the program with posix_spawn(), " SCHEMES_CUT},
    {"pty", WTI_SHAPE_COMMAND, SCHEMES_STREAM, "pty:COMMAND", "pty:bash",
     "open the terminal with posix_openpt(), " SCHEMES_CUT},
    {"stdio", WTI_SHAPE_NOTHING, SCHEMES_STREAM, "-", "-", "read file descriptor 0 and write 1, " SCHEMES_CUT},
    {"file", WTI_SHAPE_PATH, SCHEMES_STREAM, "file:PATH", "file:capture.bin?append",
     "open the file with fopen(), " SCHEMES_CUT},
    {"icmp", WTI_SHAPE_HOST, SCHEMES_DATAGRAM, "icmp://HOST", "icmp://192.0.2.1",
     "open a socket of your own with socket()"},
    {"raw", WTI_SHAPE_HOST, SCHEMES_DATAGRAM, "raw://HOST", "raw://192.0.2.1?protocol=89",
     "open a socket of your own with socket()"},
};

WTI_PRIVATE const wti_scheme *wti_scheme_at(size_t number) {
  return number < sizeof schemes_all / sizeof schemes_all[0] ? &schemes_all[number] : NULL;
}

WTI_PRIVATE const wti_scheme *wti_scheme_named(wti_text name) {
  char small[16];
  if (name.size > sizeof small) {
    return NULL;
  }
  wti_text word = {small, wti_lower(name, small)};
  for (size_t i = 0; wti_scheme_at(i) != NULL; i++) {
    if (wti_same(word, schemes_all[i].name)) {
      return &schemes_all[i];
    }
  }
  return NULL;
}
