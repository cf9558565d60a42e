/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LOOK_CFB_H
#define SEKIMORI_LOOK_CFB_H

#include "formats/format.h"

/* What the root directory of a compound file says ([MS-CFB] 2.2, 2.6). */
struct cfb_view {
    bool head;        /* it begins with the signature */
    bool encrypted;   /* the document in it is */
    bool clash;       /* the root holds the main streams of two applications: no honest file does */
    const char *type; /* name in list.h, "cfb" when it is none we know, NULL without head */
};

/* Walks the root's entries. Always fills *view_out; every chain is bounded. */
void look_cfb(const struct fmt_in *in, struct cfb_view *view_out);

#endif
