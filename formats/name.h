/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_NAME_H
#define SEKIMORI_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "finding.h"

/*
 * Names of files and archive members: from bytes of unknown encoding to a
 * UTF-8 path that means the same thing to every system it may reach.
 */

#define NAME_COMPONENT_MAX 240 /* bytes of one component; 255 less room for a corrected extension */

/* What a container says of a name. Zero-initialised: nothing is known. */
struct name_hints {
    bool utf8;              /* ZIP general purpose bit 11 (APPNOTE 4.4.4) */
    const uint8_t *unicode; /* data of the Info-ZIP Unicode Path extra field 0x7075 (APPNOTE 4.6.9), or NULL */
    size_t unicode_len;
    bool dos_separators; /* made on FAT or NTFS: "\" separates components as "/" does */
};

/*
 * Opens the converters of CP932 and EUC-JP and keeps them, so that name_decode
 * works after the sandbox is entered: iconv loads each from a file. ERR_FAULT
 * when one is missing. Call once, before the process is confined.
 */
int name_warm(void) must_check;

/*
 * Decodes the bytes of a name into UTF-8 (out, room bytes with NUL). Evidence
 * in this order: the Unicode Path field when its checksum matches the bytes;
 * strict UTF-8 (the flag only says what validity shows); strict CP932; strict
 * EUC-JP. hints may be NULL. The result is decoded, not yet safe: name_clean
 * follows. ERR_MALFORMED when there is a NUL or no encoding fits, ERR_LIMIT
 * when it does not fit in room, ERR_FAULT when a converter is missing.
 */
int name_decode(const void *bytes, size_t n, const struct name_hints *hints, char *out, size_t room) must_check;

/*
 * Makes a UTF-8 path safe for Windows, Linux and macOS (out, room bytes with NUL):
 *
 *   "/" is structure: empty and "." components are left out; a leading "/", a
 *     drive letter or any ".." (also between "\") is ERR_REFUSED
 *   control, bidi, zero-width and noncharacters are removed
 *   < > : " | ? * \ become their full-width forms, and the yen sign U+00A5 too,
 *     which Windows converts to a backslash for CP932 programs
 *   trailing dots and blanks are removed; a component with nothing left is "_"
 *   a reserved device name (CON, COM1.txt ...) gets "_" in front
 *   the dot of an extension that is a class id becomes "_"
 *   NFC, so that names written by macOS compare equal; as in Apple's file
 *     systems the CJK compatibility ideographs (U+F900..FAFF, U+2F800..2FAFF)
 *     and U+2000..2FFF are left alone: they carry the variant of a family name
 *   a component over NAME_COMPONENT_MAX bytes is cut and keeps its extension
 *
 * Characters for private use (外字) and variation selectors stay. Changes but
 * NFC are reported as FINDING_NAME and FINDING_BIDI into findings (may be NULL).
 * Cleaning a cleaned path changes and reports nothing. ERR_REFUSED also when no
 * component is left; ERR_MALFORMED when it is no strict UTF-8; ERR_LIMIT over
 * room; ERR_NOMEM.
 */
int name_clean(const char *path, char *out, size_t room, struct findings *findings) must_check;

/*
 * The form in which two paths are one file on Windows or macOS (out, room
 * bytes with NUL): case folded, NFC. For comparing only. ERR_MALFORMED when it
 * is no strict UTF-8; ERR_LIMIT over room; ERR_NOMEM.
 */
int name_fold(const char *path, char *out, size_t room) must_check;

#endif
