/* Counts of fixed size: see decode.h. */
#define FUZZ_SPECS "length:u8", "length:u16be", "length:u16le", "length:u32be", "length:u32le"
#include "decode.h"
