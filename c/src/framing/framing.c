/* framing.c: which framing does what, and what all of them share. No framing's own bytes come in here. */
#include "framing/framing.h"

/* By kind. */
static const wti_cutter framing_cutters[WTI_KINDS] = {
    {wti_raw_decode, wti_raw_end, wti_raw_refuses, wti_raw_wrap, NULL},
    {wti_line_decode, wti_line_end, wti_line_refuses, wti_line_wrap, NULL},
    {wti_delimiter_decode, wti_delimiter_end, wti_delimiter_refuses, wti_delimiter_wrap, NULL},
    {wti_length_decode, wti_counted_end, wti_length_refuses, wti_length_wrap, NULL},
    {wti_varint_decode, wti_counted_end, wti_varint_refuses, wti_varint_wrap, NULL},
    {wti_netstring_decode, wti_netstring_end, wti_netstring_refuses, wti_netstring_wrap, NULL},
    {wti_fixed_decode, wti_counted_end, wti_fixed_refuses, wti_raw_wrap, NULL},
    {wti_slip_decode, wti_slip_end, wti_slip_refuses, NULL, wti_slip_write},
    {wti_cobs_decode, wti_cobs_end, wti_cobs_refuses, NULL, wti_cobs_write},
};

/* No less is asked for at once where a message needs it, and no more on the word of a peer alone: one that announces
   much and sends nothing costs no more than this. */
#define FRAMING_ROOM_FIRST ((size_t)1 << 10)

/* ---------------------------------------------------------------- decoding */

void wt_decoder_init(wt_decoder *decoder, const wt_framing *framing, void *buffer, size_t capacity) {
  memset(decoder, 0, sizeof *decoder);
  decoder->framing = *framing;
  decoder->buffer = buffer;
  decoder->capacity = capacity;
}

void wt_decoder_rebuffer(wt_decoder *decoder, void *buffer, size_t capacity) {
  if (decoder->held > 0 && buffer != decoder->buffer) {
    memcpy(buffer, decoder->buffer, decoder->held);
  }
  decoder->buffer = buffer;
  decoder->capacity = capacity;
}

ptrdiff_t wt_decode(wt_decoder *decoder, const void *data, size_t size, wt_message *message) {
  if (decoder->fault != 0) {
    return decoder->fault;
  }
  if (size == 0) {
    return 0;
  }
  return framing_cutters[decoder->framing.kind].decode(decoder, data, size, message);
}

int wt_decode_end(wt_decoder *decoder, wt_message *rest, size_t *need) {
  wt_message none = {"", 0};
  if (decoder->fault == 0) {
    int reason = framing_cutters[decoder->framing.kind].end(decoder);
    if (reason != WTI_FINE) {
      decoder->fault = WT_ETRUNCATED;
      decoder->fault_reason = (uint8_t)reason;
    }
  }
  if (rest != NULL) {
    *rest = none;
    if (decoder->fault == WT_ETRUNCATED && decoder->held > 0) {
      rest->data = (const char *)decoder->buffer;
      rest->size = decoder->held;
    } else if (decoder->fault == WT_ETRUNCATED && decoder->head_size > 0) {
      rest->data = (const char *)decoder->head;
      rest->size = decoder->head_size;
    }
  }
  if (need != NULL) {
    int known = decoder->fault == WT_ETRUNCATED && decoder->fault_reason != WTI_CUT;
    *need = known ? (size_t)decoder->need : 0;
  }
  return decoder->fault;
}

size_t wt_decoder_room(const wt_decoder *decoder) { return decoder->room; }

WTI_PRIVATE ptrdiff_t wti_break(wt_decoder *decoder, int reason, uint64_t size) {
  decoder->fault = wti_reason_code(reason);
  decoder->fault_reason = (uint8_t)reason;
  decoder->fault_size = size;
  decoder->held = 0;
  return decoder->fault;
}

WTI_PRIVATE ptrdiff_t wti_no_room(wt_decoder *decoder, size_t required, size_t ceiling) {
  /* At least twice as much each time, so that what is copied from buffer to buffer stays linear. */
  size_t twice = decoder->capacity > SIZE_MAX / 2 ? SIZE_MAX : decoder->capacity * 2;
  size_t room = twice > FRAMING_ROOM_FIRST ? twice : FRAMING_ROOM_FIRST;
  room = room < ceiling ? room : ceiling;
  decoder->room = room > required ? room : required;
  return WT_EROOM;
}

WTI_PRIVATE int wti_cut_behind(wt_decoder *decoder, const unsigned char *bytes, size_t size) {
  decoder->fault_size = (uint64_t)decoder->held + size;
  if (decoder->held == 0) {
    memmove(decoder->head, bytes, size);
    decoder->head_size = (uint8_t)size;
    return WTI_CUT;
  }
  size_t left = decoder->capacity - decoder->held;
  wti_hold(decoder, bytes, size < left ? size : left);
  return WTI_CUT;
}

/* ---------------------------------------------------------------- encoding */

WTI_PRIVATE int wti_refusal(const wt_framing *framing, const void *message, size_t size) {
  return framing_cutters[framing->kind].refuses(framing, message, size);
}

ptrdiff_t wt_encode(const wt_framing *framing, const void *message, size_t size, void *out, size_t room) {
  const wti_cutter *cutter = &framing_cutters[framing->kind];
  unsigned char *bytes = out;
  int reason = cutter->refuses(framing, message, size);
  if (reason != WTI_FINE) {
    return wti_reason_code(reason);
  }
  if (cutter->write != NULL) {
    if (room < wt_encoded_most(framing, size) && room < cutter->write(message, size, NULL)) {
      return WT_EROOM;
    }
    return (ptrdiff_t)cutter->write(message, size, bytes);
  }
  wti_envelope_t envelope;
  cutter->wrap(framing, size, &envelope);
  if (room < size || room - size < envelope.head_size + envelope.tail_size) {
    return WT_EROOM;
  }
  memcpy(bytes, envelope.head, envelope.head_size);
  bytes += envelope.head_size;
  if (size > 0) {
    memcpy(bytes, message, size);
    bytes += size;
  }
  memcpy(bytes, envelope.tail, envelope.tail_size);
  return (ptrdiff_t)(envelope.head_size + size + envelope.tail_size);
}

size_t wt_encoded_most(const wt_framing *framing, size_t size) {
  size_t beside;
  if (framing->kind == WTI_SLIP) {
    beside = size < SIZE_MAX - 2 ? size + 2 : SIZE_MAX;
  } else if (framing->kind == WTI_COBS) {
    beside = size / 254 + 2;
  } else {
    wti_envelope_t envelope;
    framing_cutters[framing->kind].wrap(framing, size, &envelope);
    beside = envelope.head_size + envelope.tail_size;
  }
  return size < SIZE_MAX - beside ? size + beside : SIZE_MAX;
}

WTI_PRIVATE int wti_envelope(const wt_framing *framing, const void *message, size_t size, wti_envelope_t *envelope) {
  const wti_cutter *cutter = &framing_cutters[framing->kind];
  int reason = cutter->refuses(framing, message, size);
  if (reason != WTI_FINE) {
    return wti_reason_code(reason);
  }
  if (cutter->wrap == NULL) {
    return 1;
  }
  cutter->wrap(framing, size, envelope);
  return 0;
}

WTI_PRIVATE int wti_too_long_to_send(const wt_framing *framing, size_t size) {
  return size > framing->max_message ? WTI_OVER_TO_SEND : WTI_FINE;
}
