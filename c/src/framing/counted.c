/* counted.c: what the framings with a count in front share: a message whose count has come and whose bytes have not
   all. No count is read or written here; that is each framing's own. */
#include "framing/framing.h"

WTI_PRIVATE ptrdiff_t wti_body(wt_decoder *decoder, const unsigned char *data, size_t size, size_t taken,
                               uint64_t need, size_t closing, wt_message *message) {
  const unsigned char *come = data + taken;
  size_t whole = (size_t)need; /* no more than the largest message */
  size_t missing = whole - decoder->held;
  size_t here = size - taken;
  if (here >= missing && here - missing >= closing) {
    size_t used = taken + missing + closing;
    if (decoder->held == 0) {
      return wti_give(decoder, come, whole, used, message);
    }
    if (decoder->capacity < whole) {
      return wti_no_room(decoder, whole, whole);
    }
    wti_hold(decoder, come, missing);
    return wti_give(decoder, decoder->buffer, whole, used, message);
  }
  size_t added = here < missing ? here : missing;
  if (decoder->capacity - decoder->held < added) {
    return wti_no_room(decoder, decoder->held + added, whole);
  }
  wti_hold(decoder, come, added);
  decoder->need = need;
  decoder->state = WTI_WITHIN_BODY;
  decoder->head_size = 0;
  return 0;
}

WTI_PRIVATE int wti_counted_end(wt_decoder *decoder) {
  if (decoder->state == WTI_WITHIN_BODY) {
    decoder->fault_size = decoder->held;
    return WTI_CUT_OF;
  }
  decoder->fault_size = decoder->head_size;
  return decoder->head_size > 0 ? WTI_CUT : WTI_FINE;
}
