/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Before the PDF worker is confined: fonts, character maps, and the proof that pages have ink. Zygote only. */
#include "formats/pdf/pdf.h"
#include "warm.h"

int worker_warm(void)
{
    return pdf_warm();
}
