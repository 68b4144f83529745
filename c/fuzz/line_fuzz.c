/* Lines: see decode.h. */
#define FUZZ_SPECS "line", "line:crlf"
#include "decode.h"
