/* mistakes.c: what a text that is no address was probably meant for. Sentences; nothing that is right is read here. */
#include "address/mistakes.h"

#include "address/ip.h"
#include "address/options.h"
#include "spelling.h"

#include <inttypes.h>
#include <string.h>

/* How many characters of a text that is too long are shown. */
#define MISTAKES_SHOWN 40

/* What a scheme that is none may have been meant for: words before, a word, words behind. No words: nothing is known. */
typedef struct mistakes_hint {
  const char *before;
  const char *word;
  const char *behind;
} mistakes_hint;

/* Refuses a text of more bytes than an address has. A byte that is no UTF-8 counts three, as it does in Python. */
static int mistakes_too_long(wti_reading *reading) {
  char shown[4 * MISTAKES_SHOWN + 4];
  size_t bytes = 0;
  size_t at = 0;
  size_t begin = 0;
  for (size_t count = 0; at < reading->text.size && bytes <= WT_ADDRESS_BYTES; count++) {
    uint32_t code;
    size_t size = wti_character(wti_slice(reading->text, at, reading->text.size), &code);
    begin = count == MISTAKES_SHOWN ? at : begin;
    bytes += code >= 0xDC00 && code <= 0xDCFF ? 3 : size;
    at += size;
  }
  if (bytes <= WT_ADDRESS_BYTES) {
    return 0;
  }
  uint32_t code;
  size_t length = wti_character(wti_slice(reading->text, begin, reading->text.size), &code);
  memcpy(shown, reading->text.at, begin);
  memcpy(shown + begin, "\xE2\x80\xA6", 3);
  reading->text.at = shown;
  reading->text.size = begin + 3;
  wti_fault(reading, begin, 3, "the address is longer than %d bytes", WT_ADDRESS_BYTES);
  if (reading->error != NULL) {
    reading->error->length = length;
  }
  return WT_EUSAGE;
}

/* Refuses a character that controls, rather than shows. */
static int mistakes_control(wti_reading *reading) {
  size_t at = 0;
  while (at < reading->text.size) {
    uint32_t code;
    wti_text rest = wti_slice(reading->text, at, reading->text.size);
    size_t size = wti_character(rest, &code);
    if (code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029) {
      wti_say(&reading->words, "there is a control character, U+%04" PRIX32 "; if it is meant, write it ", code);
      for (size_t i = 0; i < size; i++) {
        wti_say(&reading->words, "%%%02X", (unsigned char)rest.at[i] & 0xFFu);
      }
      return wti_fault(reading, at, size, "%s", "");
    }
    at += size;
  }
  return 0;
}

WTI_PRIVATE int wti_mistake_characters(wti_reading *reading) {
  wti_text text = reading->text;
  if (text.size == 0) {
    return wti_fault(reading, 0, 0, "the address is empty; write HOST:PORT, :PORT, or one like unix:/run/x.sock");
  }
  if (mistakes_too_long(reading) < 0 || mistakes_control(reading) < 0) {
    return WT_EUSAGE;
  }
  if (text.at[0] == ' ') {
    return wti_fault(reading, 0, 1, "the address begins with a space; remove it");
  }
  if (text.at[text.size - 1] == ' ') {
    return wti_fault(reading, text.size - 1, 1, "the address ends with a space; remove it");
  }
  return 0;
}

/* Returns what other programs call so, or NULL. */
static const char *mistakes_elsewhere(wti_text name) {
  static const char *const table[][2] = {
      {"http", "HTTP over TCP is tcp://HOST:80"},
      {"https", "HTTP over TLS is tls://HOST:443"},
      {"ssl", "that is \"tls\" here"},
      {"dtls", "TLS over datagrams is not spoken here"},
      {"local", "that is \"unix\" here"},
      {"uds", "that is \"unix\" here"},
      {"ipc", "that is \"unix\" here"},
      {"dgram", "that is \"udp\" or \"unixgram\" here"},
      {"seqpacket", "that is \"unixpacket\" here"},
      {"multicast", "a multicast group is written \"udp://GROUP:PORT\""},
      {"stdin", "that is \"-\" here"},
      {"stdout", "that is \"-\" here"},
      {"tty", "that is \"serial\" here"},
      {"com", "that is \"serial\" here"},
      {"ping", "that is \"icmp\" here"},
  };
  char small[16];
  wti_text word = {small, name.size > sizeof small ? 0 : wti_lower(name, small)};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (wti_same(word, table[i][0])) {
      return table[i][1];
    }
  }
  return NULL;
}

/* Returns what a scheme that is none is called here. */
static mistakes_hint mistakes_hint_for(wti_text head) {
  mistakes_hint none = {NULL, "", ""};
  mistakes_hint meant = {"did you mean \"", "", "\"?"};
  size_t dash = wti_find(head, '-');
  size_t line = wti_find(head, '_');
  const wti_scheme *scheme = wti_scheme_named(wti_slice(head, 0, dash < line ? dash : line));
  if (scheme != NULL) {
    /* socat's TCP-LISTEN and UNIX-CONNECT: which of the two it is, the call says here. */
    meant.word = scheme->name;
    return meant;
  }
  const char *elsewhere = mistakes_elsewhere(head);
  if (elsewhere != NULL) {
    mistakes_hint told = {elsewhere, "", ""};
    return told;
  }
  wti_spelling spelling;
  wti_spelling_begin(&spelling, head);
  for (size_t i = 0; wti_scheme_at(i) != NULL; i++) {
    wti_spelling_try(&spelling, wti_scheme_at(i)->name);
  }
  meant.word = spelling.nearest;
  return spelling.nearest != NULL ? meant : none;
}

static int mistakes_unknown_scheme(wti_reading *reading, wti_text head) {
  mistakes_hint hint = mistakes_hint_for(head);
  wti_say(&reading->words, "there is no scheme \"%.*s\"; ", WTI_TEXT(head));
  if (hint.before != NULL) {
    return wti_fault(reading, 0, head.size, "%s%s%s", hint.before, hint.word, hint.behind);
  }
  for (size_t i = 0; wti_scheme_at(i) != NULL; i++) {
    wti_say(&reading->words, "%s%s", i == 0 ? "there are " : ", ", wti_scheme_at(i)->name);
  }
  return wti_fault(reading, 0, head.size, "%s", "");
}

static int mistakes_no_colon(wti_reading *reading) {
  wti_text word = wti_slice(reading->text, 0, reading->end);
  if (word.size == 0) {
    return wti_fault(reading, 0, WTI_ONE, "what the options are for is missing; write HOST:PORT%.*s",
                     WTI_TEXT(reading->text));
  }
  if (wti_only(word, WTI_DIGITS)) {
    return wti_fault(reading, 0, word.size, "a port alone is written with a colon; write :%.*s", WTI_TEXT(word));
  }
  int sock = word.size >= 5 && wti_same(wti_slice(word, word.size - 5, word.size), ".sock");
  if (wti_find(word, '/') < word.size || word.at[0] == '.' || word.at[0] == '@' || sock) {
    return wti_fault(reading, 0, word.size, "the scheme is missing; a Unix socket is written \"unix:%.*s\"",
                     WTI_TEXT(word));
  }
  const wti_scheme *scheme = wti_scheme_named(word);
  if (scheme != NULL) {
    return wti_fault(reading, reading->end, WTI_ONE, "%s is a scheme, and what it names is missing; write %s",
                     scheme->name, scheme->form);
  }
  return wti_mistake_no_port(reading, 0, reading->end);
}

/* Returns whether a text looks like the name of a scheme, in whatever script. */
static int mistakes_like_a_scheme(wti_text head) {
  for (size_t i = 0; i < head.size; i++) {
    unsigned char byte = (unsigned char)head.at[i];
    int letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte >= 0x80;
    if (!letter && byte != '-' && byte != '_' && (byte < '0' || byte > '9' || i == 0)) {
      return 0;
    }
  }
  return head.size > 0;
}

WTI_PRIVATE int wti_mistake_no_scheme(wti_reading *reading) {
  wti_text text = reading->text;
  size_t colon = wti_find(wti_slice(text, 0, reading->end), ':');
  if (colon == reading->end) {
    return mistakes_no_colon(reading);
  }
  wti_text head = wti_slice(text, 0, colon);
  wti_text rest = wti_slice(text, colon + 1, reading->end);
  int slashes = wti_begins(rest, "//");
  if (head.size == 0 && slashes) {
    return wti_fault(reading, 0, WTI_ONE, "the scheme is missing; write tcp%.*s", (int)reading->end, text.at);
  }
  if (slashes || (mistakes_like_a_scheme(head) &&
                  (wti_begins(rest, "/") || mistakes_hint_for(head).before != NULL))) {
    return mistakes_unknown_scheme(reading, head);
  }
  if (wti_find(rest, ':') < rest.size) {
    return wti_mistake_colons(reading, 0, reading->end);
  }
  size_t slash = wti_find(rest, '/');
  if (slash < rest.size && wti_only(wti_slice(rest, 0, slash), WTI_DIGITS)) {
    return wti_mistake_path(reading, wti_find(text, '/'), 0);
  }
  return wti_fault(reading, colon + 1, rest.size,
                   "port must be a number, 0 to 65535: names of services such as \"%.*s\" are not looked up",
                   WTI_TEXT(rest));
}

WTI_PRIVATE int wti_mistake_no_slashes(wti_reading *reading, size_t start) {
  const wti_scheme *scheme = reading->scheme;
  size_t at = start;
  while (at < reading->end && reading->text.at[at] == '/') {
    at++;
  }
  wti_text rest = wti_slice(reading->text, at, reading->end);
  int with_port = scheme->shape == WTI_SHAPE_PORT || scheme->shape == WTI_SHAPE_URL;
  wti_say(&reading->words, "after \"%s:\" come two slashes; write ", scheme->name);
  if (rest.size > 0) {
    const char *colon = with_port && wti_only(rest, WTI_DIGITS) ? ":" : "";
    wti_say(&reading->words, "%s://%s%.*s", scheme->name, colon, WTI_TEXT(rest));
  } else {
    wti_say(&reading->words, "%s", scheme->form);
  }
  return wti_fault(reading, start, at > start ? at - start : WTI_ONE, "%s", "");
}

WTI_PRIVATE int wti_mistake_path(wti_reading *reading, size_t slash, size_t start) {
  const wti_scheme *scheme = reading->scheme;
  wti_text text = reading->text;
  size_t at = slash;
  while (at < reading->end && text.at[at] == '/') {
    at++;
  }
  wti_say(&reading->words, "%s has no path; write ", scheme->name);
  if (slash > start) {
    wti_text host = wti_slice(text, start, slash);
    size_t closing = wti_find_last(host, ']');
    wti_text behind = closing < host.size ? wti_slice(host, closing + 1, host.size) : host;
    int port = scheme->shape != WTI_SHAPE_PORT || wti_find(behind, ':') < behind.size;
    wti_say(&reading->words, "%.*s%s", (int)slash, text.at, port ? "" : ":PORT");
  } else if (at < reading->end) {
    wti_say(&reading->words, "%.*s%.*s", (int)slash, text.at, (int)(reading->end - at), text.at + at);
  } else {
    wti_say(&reading->words, "%s", scheme->form);
  }
  return wti_fault(reading, slash, reading->end - slash, "%s", "");
}

/* Returns whether a text is an IPv6 address, with or without a zone. */
static int mistakes_is_ipv6(wti_text text) {
  uint16_t groups[8];
  return wti_ipv6_read(wti_slice(text, 0, wti_find(text, '%')), groups) == 0;
}

WTI_PRIVATE int wti_mistake_colons(wti_reading *reading, size_t start, size_t end) {
  const wti_scheme *scheme = reading->scheme;
  wti_text whole = wti_slice(reading->text, start, end);
  const char *before = reading->text.at;
  size_t last = wti_find_last(whole, ':');
  wti_text front = wti_slice(whole, 0, last);
  wti_text port = wti_slice(whole, last + 1, whole.size);
  front = wti_same(front, ":") ? wti_text_of("::") : front;
  const char *form = scheme->shape == WTI_SHAPE_HOST ? "" : ":PORT";
  if (form[0] != '\0' && port.size > 0 && wti_only(port, WTI_DIGITS) && mistakes_is_ipv6(front)) {
    return wti_fault(reading, start, whole.size, "an IPv6 address goes in brackets; write %.*s[%.*s]:%.*s", (int)start,
                     before, WTI_TEXT(front), WTI_TEXT(port));
  }
  if (mistakes_is_ipv6(whole)) {
    return wti_fault(reading, start, whole.size, "an IPv6 address goes in brackets; write %.*s[%.*s]%s", (int)start,
                     before, WTI_TEXT(whole), form);
  }
  size_t first = wti_find(whole, ':');
  wti_text head = wti_slice(whole, 0, first);
  if (start == 0 && mistakes_hint_for(head).before != NULL) {
    return mistakes_unknown_scheme(reading, head);
  }
  size_t second = first + 1 + wti_find(wti_slice(whole, first + 1, whole.size), ':');
  return wti_fault(reading, start + second, WTI_ONE, "there is more than one \":\"; write %s", scheme->form);
}

WTI_PRIVATE int wti_mistake_host(wti_reading *reading, size_t start, size_t end) {
  wti_text text = reading->text;
  wti_text word = wti_slice(text, start, end);
  wti_text rest = wti_slice(text, end, text.size);
  rest = wti_slice(rest, 0, wti_find(rest, '?'));
  if (wti_only(word, WTI_DIGITS) && !wti_begins(rest, ":")) {
    reading->words.size = 0;
    return wti_mistake_no_port(reading, start, end);
  }
  size_t user = wti_find_last(word, '@');
  if (wti_same(word, "*")) {
    reading->words.size = 0;
    wti_say(&reading->words, "every interface is an empty host; write %.*s%.*s", (int)start, text.at, WTI_TEXT(rest));
  } else if (user < word.size && reading->scheme->shape != WTI_SHAPE_CID) {
    wti_text host = wti_slice(word, user + 1, word.size);
    reading->words.size = 0;
    wti_say(&reading->words, "an address has no user; write %.*s%.*s%.*s", (int)start, text.at, WTI_TEXT(host),
            WTI_TEXT(rest));
  }
  return wti_fault(reading, start, end - start, "%s", "");
}

WTI_PRIVATE int wti_mistake_no_port(wti_reading *reading, size_t start, size_t end) {
  wti_text word = wti_slice(reading->text, start, end);
  word.size -= word.size > 0 && word.at[word.size - 1] == ':';
  const char *before = reading->text.at;
  if (word.size > 0 && wti_only(word, WTI_DIGITS) && reading->scheme->shape != WTI_SHAPE_CID) {
    return wti_fault(reading, end, WTI_ONE, "the port is missing; write %.*s:%.*s if %.*s is the port", (int)start,
                     before, WTI_TEXT(word), WTI_TEXT(word));
  }
  return wti_fault(reading, end, WTI_ONE, "the port is missing; write %.*s%.*s:PORT", (int)start, before,
                   WTI_TEXT(word));
}

/* Says what an option of an unknown name may have been meant for. */
static void mistakes_say_option(wti_words *words, const wti_scheme *scheme, wti_text name) {
  wti_spelling spelling;
  const wti_option *option;
  wti_spelling_begin(&spelling, name);
  for (size_t i = 0; (option = wti_option_at(i)) != NULL; i++) {
    if (wti_option_is_for(option, scheme)) {
      wti_spelling_try(&spelling, option->name);
    }
  }
  if (spelling.nearest != NULL) {
    wti_say(words, "did you mean \"%s\"?", spelling.nearest);
  } else if (scheme->shape == WTI_SHAPE_PATH || scheme->shape == WTI_SHAPE_COMMAND) {
    wti_say(words, "a question mark of the %s itself is written %%3F",
            scheme->shape == WTI_SHAPE_PATH ? "path" : "command");
  } else {
    const char *before = "it has ";
    for (size_t i = 0; (option = wti_option_at(i)) != NULL; i++) {
      if (wti_option_is_for(option, scheme)) {
        wti_say(words, "%s%s", before, option->name);
        before = ", ";
      }
    }
  }
}

WTI_PRIVATE int wti_mistake_option(wti_reading *reading, size_t at, wti_text name) {
  const wti_scheme *scheme = reading->scheme;
  const wti_option *known = wti_option_named(name);
  if (name.size == 0) {
    return wti_fault(reading, at, WTI_ONE,
                     "an option's name is missing; write ?OPTION=VALUE, with & between several");
  }
  if (known == NULL) {
    wti_say(&reading->words, "%s has no option \"%.*s\"; ", scheme->name, WTI_TEXT(name));
    mistakes_say_option(&reading->words, scheme, name);
  } else if (wti_same(name, "framing")) {
    wti_say(&reading->words, "%s has no framing: each %s is a message already; leave framing out", scheme->name,
            scheme->kind == WTI_KIND_MESSAGES ? "message" : "datagram");
  } else {
    wti_say(&reading->words, "%s has no option %s; it is for ", scheme->name, known->name);
    for (const char *at_word = known->schemes; *at_word != '\0'; at_word++) {
      wti_say(&reading->words, *at_word == ' ' ? ",%c" : "%c", *at_word);
    }
  }
  return wti_fault(reading, at, name.size, "%s", "");
}
