/* Delimiters, some of which begin as they end: see decode.h. */
#define FUZZ_SPECS "delimiter:00", "delimiter:0d0a", "delimiter:6161", "delimiter:616162", "delimiter:61626162616261"
#include "decode.h"
