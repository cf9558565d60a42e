/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_POLYGLOT_H
#define SEKIMORI_POLYGLOT_H

#include "formats/list.h"
#include "probe.h"

/*
 * Looks for the structure of another type in a file that was found to be
 * `type` (NULL: nothing was found). Returns what was found, for the
 * administrator, or NULL. Bytes of no type after the end of a picture are not
 * meant: the handler drops and reports those. Members of an archive that are
 * stored as they are do not make it a polyglot: they become child items.
 */
const char *polyglot_find(const struct probe_view *view, const struct format_identity *type);

#endif
