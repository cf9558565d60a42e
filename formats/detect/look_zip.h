/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LOOK_ZIP_H
#define SEKIMORI_LOOK_ZIP_H

#include "formats/format.h"

/* What the central directory of a ZIP says (APPNOTE 6.3.10, sections 4.3.7 to 4.3.16). */
struct zip_view {
    bool head;      /* the file begins as a ZIP does */
    bool resolves;  /* an end record leads to a central directory */
    bool rivals;    /* a second end record would be found by readers that look from the other side */
    bool prefixed;  /* its first member is not where the file begins */
    bool clash;     /* two kinds of package at once, or a deciding member twice */
    const char *package; /* name in list.h of the package it is, NULL: a plain ZIP or none */
};

/* Finds the central directory and what kind of package it makes. Always fills *view_out; reads every entry once. */
void look_zip(const struct fmt_in *in, struct zip_view *view_out);

#endif
