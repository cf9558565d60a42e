/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Before the PDF worker is confined: fonts and character maps, and the proof that pages come out with ink. Zygote only. */
#include "formats/pdf/pdf.h"
#include "warm.h"

int worker_warm(void)
{
    return pdf_warm();
}
