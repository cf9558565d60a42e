/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_MAGIC_H
#define SEKIMORI_LIB_MAGIC_H

#include "detect.h"

/* libmagic's MIME type of the first MiB into out (room bytes with NUL), "" without a database or an answer. */
void magic_mime(const struct detect_magic *magic, const struct fmt_in *in, char *out, size_t room);

#endif
