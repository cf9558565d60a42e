/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_VETO_H
#define SEKIMORI_VETO_H

#include <stdbool.h>

#include "formats/list.h"

/*
 * True when libmagic's answer cannot be the same file as the type we found:
 * a program, or another kind of binary. An answer that says nothing ("",
 * application/octet-stream, another sort of text) is no veto, nor is one for a
 * type we hold anyway. No answer ever permits anything.
 */
bool veto_of(const struct format_identity *type, const char *mime);

#endif
