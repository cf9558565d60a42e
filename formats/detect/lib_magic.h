/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_MAGIC_H
#define SEKIMORI_LIB_MAGIC_H

#include "detect.h"

/*
 * libmagic's MIME type of the first MiB into out (room bytes with NUL), "" without a database or an answer. What is
 * known to be valid text (is_text) is compared with the patterns of binary files only.
 */
void magic_mime(const struct detect_magic *magic, const struct fmt_in *in, bool is_text, char *out, size_t room);

#endif
