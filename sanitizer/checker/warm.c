/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Before the checker is confined: what the verifiers' libraries would read from files later. Zygote only. */
#include "worker/warm.h"

#include "formats/check/lib_archive.h"

int worker_warm(void)
{
    return lib_archive_warm();
}
