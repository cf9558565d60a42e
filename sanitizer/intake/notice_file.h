/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_NOTICE_FILE_H
#define SEKIMORI_NOTICE_FILE_H

#include <stddef.h>

#include "base/reason.h"
#include "base/scope.h"

/* Notices in the results folder, for people with an office PC. */

/*
 * Writes a notice beneath the folder `results`, in the same tree as the file
 * it speaks of: "名前.保留.txt", with a growing number when the name is taken;
 * never over another file. UTF-8 with a byte order mark. Names are made
 * harmless for terminals and Windows first. Durable on return. ERR_IO,
 * ERR_SPACE, ERR_EXISTS (a thousand of them), ERR_LIMIT.
 */
int notice_file_put(int results, const char *path, enum verdict verdict, const char *text) must_check;

/*
 * Copies a name or path for people to read: invalid UTF-8, control, bidi and
 * invisible characters become U+FFFD, cut at a character to room - 1 bytes.
 */
void notice_file_clean(const char *text, char *out, size_t room);

#endif
