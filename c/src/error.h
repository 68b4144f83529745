/* error.h: failures in words. Knows codes and text; no room's own reasons. */
#ifndef WTI_ERROR_H
#define WTI_ERROR_H

#include "private.h"

/* Fills `error` (unless NULL) with a code and a sentence as printf makes it, and returns the code. A sentence that does
   not fit is cut between two characters and ends in "…". */
WTI_PRIVATE int wti_fail(wt_error *error, int code, const char *format, ...) WTI_FORMAT(3, 4);

/* The same for a failed system call; keeps `os_error`. */
WTI_PRIVATE int wti_fail_os(wt_error *error, int code, int os_error, const char *format, ...) WTI_FORMAT(4, 5);

#endif
