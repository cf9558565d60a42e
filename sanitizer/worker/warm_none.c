/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For engines whose libraries need nothing from the file system. Zygote only. */
#include "warm.h"

int worker_warm(void)
{
    return 0;
}
