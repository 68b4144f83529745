/* SLIP: see decode.h. */
#define FUZZ_SPECS "slip"
#include "decode.h"
