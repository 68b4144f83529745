/* options.c: the table of options: what may follow the ? of an address, for which schemes, and which values are right. A
   table, and finding in it. How a value is read is in values.c; what an option does, the rooms above know. */
#include "address/options.h"

#include <string.h>

#define OPTIONS_TCP "tcp tcp4 tcp6 tls ws wss"
#define OPTIONS_UDP "udp udp4 udp6"
#define OPTIONS_PORTS OPTIONS_TCP " " OPTIONS_UDP
#define OPTIONS_IP OPTIONS_PORTS " icmp raw"
#define OPTIONS_UNIX "unix unixgram unixpacket"
#define OPTIONS_TLS "tls wss"
#define OPTIONS_SOCKETS OPTIONS_IP " " OPTIONS_UNIX " vsock"
#define OPTIONS_STREAMS "tcp tcp4 tcp6 unix tls vsock serial exec pty stdio file"
#define OPTIONS_WS "ws wss"
#define OPTIONS_PROXIED OPTIONS_TCP " unix"
#define OPTIONS_PROGRAMS "exec pty"
#define OPTIONS_ALL \
  "tcp tcp4 tcp6 unix tls ws wss udp udp4 udp6 unixgram unixpacket vsock serial exec pty stdio file icmp raw"

#define OPTIONS_FLAG(name, schemes) {name, WTI_VALUE_FLAG, schemes, 0, 0, "", ""}
#define OPTIONS_NUMBER(name, schemes, low, high, range) {name, WTI_VALUE_INTEGER, schemes, low, high, range, "N"}
#define OPTIONS_SIZE(name, schemes, high, range) {name, WTI_VALUE_SIZE, schemes, 1, high, range, "SIZE"}
#define OPTIONS_TEXT(name, schemes, value) {name, WTI_VALUE_TEXT, schemes, 0, 0, "", value}
#define OPTIONS_ABSENT(name, schemes) {name, WTI_VALUE_ABSENT, schemes, 0, 0, "", ""}
#define OPTIONS_CHOICE(name, schemes, range, words) {name, WTI_VALUE_CHOICE, schemes, 0, 0, range, words}

static const wti_option options_all[] = {
    OPTIONS_TEXT("framing", OPTIONS_STREAMS, "FRAMING"),
    OPTIONS_TEXT("codec", OPTIONS_ALL, "CODEC"),
    OPTIONS_SIZE("max_message", OPTIONS_ALL, 4294967296.0, "1 to 4GiB"),
    OPTIONS_FLAG("listen", OPTIONS_ALL),
    OPTIONS_FLAG("connect", OPTIONS_ALL),
    OPTIONS_FLAG("nodelay", OPTIONS_TCP),
    {"keepalive", WTI_VALUE_FLAG_OR_DURATION, OPTIONS_TCP, 1, 32767, "1s to 32767s", "TIME"},
    {"user_timeout", WTI_VALUE_DURATION, OPTIONS_TCP, 0.001, 4294967, "1ms to 4294967s", "TIME"},
    {"bind", WTI_VALUE_BIND, OPTIONS_IP, 0, 0, "", "HOST:PORT"},
    {"interface", WTI_VALUE_INTERFACE, OPTIONS_IP, 0, 0, "", "NAME"},
    OPTIONS_ABSENT("via", OPTIONS_TCP),
    OPTIONS_ABSENT("send_proxy", OPTIONS_PROXIED),
    OPTIONS_ABSENT("proxy_protocol", OPTIONS_PROXIED),
    OPTIONS_ABSENT("proxy_from", OPTIONS_PROXIED),
    OPTIONS_FLAG("reuseaddr", OPTIONS_PORTS),
    OPTIONS_FLAG("reuseport", OPTIONS_PORTS),
    OPTIONS_FLAG("v6only", "tcp tcp6 tls ws wss udp udp6"),
    OPTIONS_FLAG("freebind", OPTIONS_IP),
    OPTIONS_NUMBER("backlog", OPTIONS_TCP " unix unixpacket vsock", 1, 65535, "1 to 65535"),
    OPTIONS_SIZE("sndbuf", OPTIONS_SOCKETS, 1073741824, "1 to 1GiB"),
    OPTIONS_SIZE("rcvbuf", OPTIONS_SOCKETS, 1073741824, "1 to 1GiB"),
    OPTIONS_NUMBER("ttl", OPTIONS_IP, 1, 255, "1 to 255"),
    OPTIONS_NUMBER("tos", OPTIONS_IP, 0, 255, "0 to 255"),
    OPTIONS_NUMBER("dscp", OPTIONS_IP, 0, 63, "0 to 63"),
    OPTIONS_NUMBER("mark", OPTIONS_IP, 0, 4294967295.0, "0 to 4294967295"),
    OPTIONS_FLAG("broadcast", "udp udp4"),
    OPTIONS_FLAG("loop", OPTIONS_UDP),
    {"mode", WTI_VALUE_OCTAL, OPTIONS_UNIX, 0, 511, "000 to 777, in octal", "OCTAL"},
    OPTIONS_TEXT("cert", OPTIONS_TLS, "FILE"),
    OPTIONS_TEXT("key", OPTIONS_TLS, "FILE"),
    OPTIONS_TEXT("ca", OPTIONS_TLS, "FILE"),
    {"fingerprint", WTI_VALUE_FINGERPRINT, OPTIONS_TLS, 0, 0, "", "sha256:HEX"},
    OPTIONS_FLAG("insecure", OPTIONS_TLS),
    {"sni", WTI_VALUE_SERVER_NAME, OPTIONS_TLS, 0, 0, "", "NAME"},
    {"alpn", WTI_VALUE_LIST, OPTIONS_TLS, 0, 0, "", "NAME,\xE2\x80\xA6"},
    OPTIONS_CHOICE("tls_min", OPTIONS_TLS, "1.2 or 1.3", "1.2|1.3"),
    OPTIONS_CHOICE("tls_max", OPTIONS_TLS, "1.2 or 1.3", "1.2|1.3"),
    OPTIONS_CHOICE("client_cert", OPTIONS_TLS, "none, optional or required", "none|optional|required"),
    OPTIONS_FLAG("self_signed", OPTIONS_TLS),
    /* Of schemes that this library has not, the names alone: who writes one elsewhere is told whose it is. */
    OPTIONS_ABSENT("subprotocol", OPTIONS_WS),
    OPTIONS_ABSENT("origin", OPTIONS_WS),
    OPTIONS_ABSENT("compress", OPTIONS_WS),
    OPTIONS_ABSENT("ping", OPTIONS_WS),
    OPTIONS_ABSENT("opcode", OPTIONS_WS),
    OPTIONS_ABSENT("baud", "serial"),
    OPTIONS_ABSENT("bits", "serial"),
    OPTIONS_ABSENT("parity", "serial"),
    OPTIONS_ABSENT("stop", "serial"),
    OPTIONS_ABSENT("flow", "serial"),
    OPTIONS_ABSENT("shell", OPTIONS_PROGRAMS),
    OPTIONS_ABSENT("directory", OPTIONS_PROGRAMS),
    OPTIONS_ABSENT("env", OPTIONS_PROGRAMS),
    OPTIONS_ABSENT("raw", "pty"),
    OPTIONS_ABSENT("write", "file"),
    OPTIONS_ABSENT("append", "file"),
    OPTIONS_ABSENT("follow", "file"),
    OPTIONS_ABSENT("protocol", "raw"),
    OPTIONS_ABSENT("hdrincl", "raw"),
    OPTIONS_ABSENT("checksum", "raw"),
};

static const wti_contradiction options_contradictions[] = {
    {"listen", "connect", "the one waits, the other goes"},
    {"tos", "dscp", "they set the same byte"},
    {"self_signed", "cert", "the one makes what the other names"},
    {"self_signed", "key", "the one makes what the other names"},
    {"insecure", "ca", "the one trusts anybody, the other these alone"},
    {"insecure", "fingerprint", "the one trusts anybody, the other one certificate alone"},
};

WTI_PRIVATE const wti_option *wti_option_at(size_t number) {
  return number < sizeof options_all / sizeof options_all[0] ? &options_all[number] : NULL;
}

WTI_PRIVATE const wti_contradiction *wti_contradiction_at(size_t number) {
  size_t count = sizeof options_contradictions / sizeof options_contradictions[0];
  return number < count ? &options_contradictions[number] : NULL;
}

WTI_PRIVATE const wti_option *wti_option_named(wti_text name) {
  for (size_t i = 0; wti_option_at(i) != NULL; i++) {
    if (wti_same(name, options_all[i].name)) {
      return &options_all[i];
    }
  }
  return NULL;
}

WTI_PRIVATE int wti_among(const char *words, char between, wti_text word) {
  wti_text rest = wti_text_of(words);
  for (;;) {
    size_t size = wti_find(rest, between);
    if (word.size == size && memcmp(rest.at, word.at, size) == 0) {
      return 1;
    }
    if (size == rest.size) {
      return 0;
    }
    rest = wti_slice(rest, size + 1, rest.size);
  }
}

WTI_PRIVATE int wti_option_is_for(const wti_option *option, const wti_scheme *scheme) {
  return wti_among(option->schemes, ' ', wti_text_of(scheme->name));
}
