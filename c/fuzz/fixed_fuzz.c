/* Messages of one size: see decode.h. */
#define FUZZ_SPECS "fixed:1", "fixed:3", "fixed:16", "fixed:255"
#include "decode.h"
