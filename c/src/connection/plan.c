/* plan.c: how conversations at an address are held: its framing and its limit, checked before anything is opened; and
   the room that they grow into. */
#include "connection/os.h"

#include <stdlib.h>

WTI_PRIVATE int wti_plan(wti_plan_t *plan, const wt_address *address, const wt_options *options, wt_error *error) {
  const wt_option *framing = wt_address_option(address, "framing");
  const wt_option *most = wt_address_option(address, "max_message");
  const char *spec = options != NULL && options->framing != NULL ? options->framing : "raw";
  plan->max_message = options != NULL && options->max_message != 0 ? options->max_message : WT_MAX_MESSAGE;
  if (most != NULL) {
    plan->max_message = most->number < SIZE_MAX / 4 ? (size_t)most->number : SIZE_MAX / 4;
  }
  if (wti_is_datagram(address)) {
    spec = "raw";
  } else if (framing != NULL) {
    spec = framing->text;
  }
  return wt_framing_parse(&plan->framing, spec, plan->max_message, error);
}

WTI_PRIVATE int wti_buffer_grow(wti_buffer_t *buffer, size_t room) {
  if (room <= buffer->room) {
    return 0;
  }
  char *data = realloc(buffer->data, room);
  if (data == NULL) {
    return WT_EMEMORY;
  }
  buffer->data = data;
  buffer->room = room;
  return 0;
}
