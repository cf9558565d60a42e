/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_SURVEY_H
#define SEKIMORI_SURVEY_H

#include "directory.h"

/*
 * Looks through a directory before a byte is unpacked: decodes the names, holds
 * what no unpacking could make safe (paths that climb, two members that would
 * be one file, methods nobody here decodes, sizes over the limits), and reports
 * what is left out (links, debris of Windows and macOS, comments, extra fields).
 *
 * Gives one malloc'd path for each member, NULL for those left out; the caller
 * frees with survey_free. Errors are recorded in the job.
 */
int survey_paths(struct fmt_job *job, const struct zip_directory *dir, char ***paths_out) must_check;

/* Frees the paths. NULL is fine. */
void survey_free(char ***paths, size_t count);

#endif
