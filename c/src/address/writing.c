/* writing.c: an address back to its canonical text: what the grammar reads as an equal address. Nothing is checked here. */
#include "address/writing.h"

#include "address/hosts.h"
#include "address/options.h"
#include "address/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void writing_put(wti_writer *writer, wti_text text) {
  if (writer->size < writer->room) {
    size_t room = writer->room - writer->size;
    memcpy(writer->out + writer->size, text.at, text.size < room ? text.size : room);
  }
  writer->size += text.size;
}

static void writing_put_string(wti_writer *writer, const char *string) { writing_put(writer, wti_text_of(string)); }

/* Writes text[from:] with %, what does not show, and the reserved characters as %XX; a space at either end of the text,
   too, for a reader would not see it. */
static void writing_put_encoded(wti_writer *writer, wti_text text, size_t from, const char *reserved) {
  size_t at = from;
  while (at < text.size) {
    uint32_t code;
    wti_text rest = wti_slice(text, at, text.size);
    size_t size = wti_character(rest, &code);
    int end = code == ' ' && (at == 0 || at + 1 == text.size);
    if (end || code == '%' || wti_look(code) == WTI_HIDDEN || (code < 0x80 && strchr(reserved, (int)code) != NULL)) {
      for (size_t i = 0; i < size; i++) {
        char coded[4];
        snprintf(coded, sizeof coded, "%%%02X", (unsigned char)rest.at[i] & 0xFFu);
        writing_put_string(writer, coded);
      }
    } else {
      writing_put(writer, wti_slice(rest, 0, size));
    }
    at += size;
  }
}

WTI_PRIVATE void wti_write_endpoint(wti_writer *writer, const char *host, long port) {
  wti_text name = wti_text_of(host);
  if (wti_find(name, ':') < name.size) {
    size_t percent = wti_find(name, '%');
    writing_put_string(writer, "[");
    writing_put(writer, wti_slice(name, 0, percent));
    if (percent < name.size) {
      wti_text zone = wti_slice(name, percent + 1, name.size);
      writing_put_string(writer, wti_zone_is_coded(zone) ? "%25" : "%");
      writing_put(writer, zone);
    }
    writing_put_string(writer, "]");
  } else {
    writing_put_encoded(writer, name, 0, "?/[]@");
  }
  if (port >= 0) {
    char text[24];
    snprintf(text, sizeof text, ":%ld", port);
    writing_put_string(writer, text);
  }
}

static void writing_put_path(wti_writer *writer, const wt_address *address) {
  wti_text path = {address->path, address->path_size};
  int slashes = wti_begins(path, "//");
  if (slashes) {
    /* Two slashes after the scheme would begin a host. */
    writing_put_string(writer, "/%2F");
  }
  writing_put_encoded(writer, path, slashes ? 2 : 0, "?");
}

/* Writes the value of an option that is no text. */
static void writing_put_number(wti_writer *writer, const wt_option *option) {
  const wti_option *known = wti_option_named(wti_text_of(option->name));
  char text[WTI_UNIT_BYTES];
  if (option->type == WT_SECONDS) {
    wti_duration_write(option->seconds, text);
  } else if (known != NULL && known->kind == WTI_VALUE_SIZE) {
    wti_size_write(option->number, text);
  } else if (known != NULL && known->kind == WTI_VALUE_OCTAL) {
    snprintf(text, sizeof text, "%04" PRIo64, option->number);
  } else {
    snprintf(text, sizeof text, "%" PRIu64, option->number);
  }
  writing_put_string(writer, text);
}

static void writing_put_option(wti_writer *writer, const wt_option *option) {
  writing_put_string(writer, option->name);
  if (option->type == WT_FLAG && option->number != 0) {
    return;
  }
  writing_put_string(writer, "=");
  if (option->type == WT_TEXT) {
    writing_put_encoded(writer, wti_text_of(option->text), 0, "&");
  } else {
    writing_put_number(writer, option);
  }
}

ptrdiff_t wt_address_format(const wt_address *address, char *out, size_t room) {
  wti_writer writer = {out, room, 0};
  writing_put_string(&writer, address->scheme);
  if (address->port < 0) {
    writing_put_string(&writer, ":");
    writing_put_path(&writer, address);
  } else {
    writing_put_string(&writer, "://");
    wti_write_endpoint(&writer, address->host, address->port);
  }
  for (size_t i = 0; i < address->option_count; i++) {
    writing_put_string(&writer, i == 0 ? "?" : "&");
    writing_put_option(&writer, &address->options[i]);
  }
  if (writer.size >= room) {
    return WT_EROOM;
  }
  out[writer.size] = '\0';
  return (ptrdiff_t)writer.size;
}
