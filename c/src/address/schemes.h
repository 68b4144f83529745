/* schemes.h: the table of schemes, those that this library opens and those that it only knows. */
#ifndef WTI_ADDRESS_SCHEMES_H
#define WTI_ADDRESS_SCHEMES_H

#include "characters.h"

/* What comes after the name: //host:port, //host, //host:port/path, //cid:port, a path, a command, or nothing. */
enum { WTI_SHAPE_PORT, WTI_SHAPE_HOST, WTI_SHAPE_URL, WTI_SHAPE_CID, WTI_SHAPE_PATH, WTI_SHAPE_COMMAND, WTI_SHAPE_NOTHING };

/* What passes: bytes, datagrams, connected and ordered datagrams, or messages. */
enum { WTI_KIND_STREAM, WTI_KIND_DATAGRAM, WTI_KIND_PACKET, WTI_KIND_MESSAGES };

typedef struct wti_scheme {
  const char *name;
  int shape;
  int kind;
  int family;            /* 4 or 6 where it is bound to one version of IP, else 0 */
  int usual_port;        /* the port where none is written, or -1: one must be written */
  const char *form;      /* how it is written: "tcp://HOST:PORT" */
  const char *example;
  const char *instead;   /* what to do in C, which has it not; NULL where this library opens it */
} wti_scheme;

/* Returns the scheme with this number, in the order in which help shows them; NULL behind the last. */
WTI_PRIVATE const wti_scheme *wti_scheme_at(size_t number);

/* Returns the scheme of a name, whatever the case of its letters, or NULL. */
WTI_PRIVATE const wti_scheme *wti_scheme_named(wti_text name);

#endif
