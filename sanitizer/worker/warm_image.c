/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Before the image worker is confined: which instructions the processor has for hashing. Zygote only. */
#include "formats/image/lib_sodium.h"
#include "warm.h"

int worker_warm(void)
{
    return lib_sodium_image_warm();
}
