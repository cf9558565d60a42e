/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_JSON_CHECK_H
#define SEKIMORI_JSON_CHECK_H

#include <stdbool.h>

/*
 * True for one JSON object (RFC 8259) on one line: no control characters, valid
 * UTF-8, at most 32 levels deep. What is put into a record or a row as it came
 * must not be able to end the record or the row.
 */
bool json_is_object(const char *text);

#endif
