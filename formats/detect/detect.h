/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_DETECT_H
#define SEKIMORI_DETECT_H

#include "formats/format.h"

/*
 * What is this file? The structural detector decides; libmagic is the second
 * opinion and may only veto. Runs in the `detect` worker, over the whole file.
 */

/* libmagic, loaded once in the zygote (lib_magic.c). NULL in calls below: no second opinion (tests, fuzzing). */
struct detect_magic;

/*
 * Loads the distribution's database, which is then mapped: no file is opened
 * later. ERR_FAULT when it is missing, ERR_NOMEM. The caller frees with
 * detect_magic_free. The zygote of a process that calls detect_run also calls
 * name_warm (formats/name.h) before it is confined.
 */
int detect_magic_new(struct detect_magic **magic_out) must_check;
void detect_magic_free(struct detect_magic **magic);

struct detect_result {
    enum reason reason;        /* REASON_OK: a handled type. Else why it is held or blocked; never REASON_NONE */
    char type[16];             /* name in list.h, "" when unknown; of the extension, when that is what blocks it */
    char mime[64];             /* libmagic's word, "" without it */
    char name[CHILD_NAME_MAX]; /* the cleaned path (name_clean), extension not yet corrected; "" with UNSAFE_NAME */
    bool mismatch;             /* the extension belongs to another type we know */
    char detail[128];          /* for admins, printable */
    struct findings findings;  /* about the name and the extension; the caller clears them */
};

/*
 * Identifies an item by content and cleans its name. `raw_name` are the bytes
 * as they came ("/" between components); without any the name is "unnamed".
 * Always fills *result_out; success is result_out->reason == REASON_OK, there
 * is no other channel. A blocked type wins over every other reason, an unsafe
 * name over what the content is held for. Pure but for name_warm's converters.
 */
void detect_run(const struct fmt_in *in, const char *raw_name, const struct detect_magic *magic,
                struct detect_result *result_out);

#endif
