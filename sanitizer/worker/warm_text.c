/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Before the text worker is confined: the tables of the Japanese encodings. Zygote only. */
#include "formats/charset.h"
#include "warm.h"

int worker_warm(void)
{
    return charset_warm();
}
