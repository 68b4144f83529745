/* COBS: see decode.h. */
#define FUZZ_SPECS "cobs"
#include "decode.h"
