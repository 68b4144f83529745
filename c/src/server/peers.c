/* peers.c: datagram peers by their address: a table of buckets that grows with them. Memory only. */
#include "server/server.h"

#include <stdlib.h>

/* Whoever forges addresses must not be able to choose those that fall into one bucket, so a number that he cannot
   know goes into it. */
static size_t peers_bucket(const wti_peers_t *peers, const wti_source_t *source, const wt_endpoint *from) {
  uint64_t hash = peers->seed ^ (uint64_t)(uintptr_t)source;
  for (size_t i = 0; i < from->size; i++) {
    hash = (hash ^ from->sockaddr.bytes[i]) * UINT64_C(0x9E3779B97F4A7C15);
    hash ^= hash >> 29;
  }
  return (size_t)hash & (peers->room - 1);
}

WTI_PRIVATE wt_session *wti_peers_find(const wti_peers_t *peers, const wti_source_t *source,
                                       const wt_endpoint *from) {
  if (peers->room == 0) {
    return NULL;
  }
  wt_session *session = peers->buckets[peers_bucket(peers, source, from)];
  while (session != NULL &&
         (session->source != source || !wti_same_endpoint(&session->peer_of->endpoint, from))) {
    session = session->peer_of->next_same;
  }
  return session;
}

static void peers_link(wti_peers_t *peers, wt_session *session) {
  wti_peer_t *peer = session->peer_of;
  wt_session **bucket = &peers->buckets[peers_bucket(peers, session->source, &peer->endpoint)];
  peer->next_same = *bucket;
  *bucket = session;
}

static bool peers_grow(wti_peers_t *peers) {
  wti_peers_t larger = *peers;
  larger.room = peers->room == 0 ? 64 : peers->room * 2;
  larger.buckets = calloc(larger.room, sizeof *larger.buckets);
  if (larger.buckets == NULL) {
    return false;
  }
  for (size_t i = 0; i < peers->room; i++) {
    for (wt_session *session = peers->buckets[i], *next; session != NULL; session = next) {
      next = session->peer_of->next_same;
      peers_link(&larger, session);
    }
  }
  free(peers->buckets);
  *peers = larger;
  return true;
}

WTI_PRIVATE bool wti_peers_add(wti_peers_t *peers, wt_session *session) {
  if (peers->count >= peers->room && !peers_grow(peers)) {
    return false;
  }
  peers_link(peers, session);
  peers->count++;
  return true;
}

WTI_PRIVATE void wti_peers_remove(wti_peers_t *peers, wt_session *session) {
  wt_session **link = &peers->buckets[peers_bucket(peers, session->source, &session->peer_of->endpoint)];
  while (*link != session) {
    link = &(*link)->peer_of->next_same;
  }
  *link = session->peer_of->next_same;
  peers->count--;
}

WTI_PRIVATE void wti_peers_free(wti_peers_t *peers) {
  free(peers->buckets);
  peers->buckets = NULL;
  peers->room = peers->count = 0;
}
