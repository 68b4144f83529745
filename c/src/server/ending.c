/* ending.c: how a session ended, in words. Nothing is decided here. */
#include "server/server.h"

#include <stdio.h>
#include <string.h>

/* Adds to a text that may be full. */
static void ending_add(wt_error *error, const char *format, size_t number) {
  size_t used = strlen(error->text);
  (void)snprintf(error->text + used, sizeof error->text - used, format, number);
}

WTI_PRIVATE void wti_session_words(const wt_session *session, wt_error *error) {
  const wti_ended_t *ended = &session->ended;
  const char *peer = session->peer;
  const char *how = wt_how(ended->code);
  wt_error reason;
  if (ended->os_error != 0) {
    (void)wti_explain(error, ended->os_error, peer, WTI_RECEIVE);
    error->code = ended->code;
  } else if (ended->wait != NULL) {
    (void)wti_fail(error, ended->code, "%s: %s by the peer in %s", peer, how, ended->wait);
  } else if (ended->code == 0) {
    (void)wti_fail(error, 0, "%s: %s by the peer", peer, how);
  } else if (ended->code == WT_ECLOSED) {
    (void)wti_fail(error, ended->code, "%s: %s by us", peer, how);
  } else if (ended->code == WT_EMEMORY) {
    (void)wti_fail(error, ended->code, "%s: failed by us (%s)", peer, wt_strerror(WT_EMEMORY));
  } else {
    wt_decoder_explain(&session->decoder, &reason);
    (void)wti_fail(error, ended->code, "%s: %s by the peer (%s)", peer, how, reason.text);
  }
  if (ended->unsent > 0) {
    ending_add(error, "; %zu bytes unsent", ended->unsent);
  }
}
