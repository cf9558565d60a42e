/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CLEAN_REPORT_H
#define SEKIMORI_CLEAN_REPORT_H

#include "supervisor/pipeline.h"

/*
 * Tells one file's outcome on standard output. `output` is the path that was
 * written, NULL when nothing was: the object's fields are a contract (man
 * sekimori, clean --json).
 */
void clean_report_json(const char *file, const struct outcome *outcome, const char *output);
void clean_report_text(const char *file, const struct outcome *outcome, const char *output);

#endif
