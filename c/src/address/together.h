/* together.h: what is right alone and wrong together. */
#ifndef WTI_ADDRESS_TOGETHER_H
#define WTI_ADDRESS_TOGETHER_H

#include "address/reading.h"

/* The last look at an address: refuses one whose parts contradict each other. Returns 0, or WT_EUSAGE. */
WTI_PRIVATE int wti_together(wti_reading *reading);

#endif
