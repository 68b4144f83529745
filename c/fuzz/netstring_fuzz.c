/* Netstrings: see decode.h. */
#define FUZZ_SPECS "netstring"
#include "decode.h"
