/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_NAME_TYPE_H
#define SEKIMORI_NAME_TYPE_H

#include <stddef.h>

#include "base/scope.h"
#include "list.h"

/* Extensions of UTF-8 paths; plain string work that any program may link. */

#define NAME_EXTENSION_MAX 24 /* bytes with NUL; a longer one is no extension we know */

/*
 * The extension of the last component in lower case, without dot, into out
 * (NAME_EXTENSION_MAX bytes); "" when there is none or it is too long. What a
 * system would ignore is ignored: trailing dots and blanks, and an NTFS stream
 * name ("a.exe::$DATA" gives "exe"). ".exe" gives "exe".
 */
void name_extension(const char *path, char *out);

/*
 * Gives a path the extension of its type (out, room bytes with NUL): kept when
 * it belongs to the type, replaced when another type is known by it, appended
 * otherwise. ERR_LIMIT when it does not fit; ERR_INVALID when the type has no
 * extension.
 */
int name_with_type(const char *path, const struct format_identity *identity, char *out, size_t room) must_check;

#endif
