/* Varints: see decode.h. */
#define FUZZ_SPECS "length:varint"
#include "decode.h"
