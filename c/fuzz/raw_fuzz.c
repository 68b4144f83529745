/* Chunks: see decode.h. */
#define FUZZ_SPECS "raw", "raw:utf8"
#include "decode.h"
