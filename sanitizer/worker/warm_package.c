/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Before the package worker is confined: the converters that decode member names. Zygote only. */
#include "formats/name.h"
#include "warm.h"

int worker_warm(void)
{
    return name_warm();
}
