/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_FLATTEN_H
#define SEKIMORI_PDF_FLATTEN_H

#include "formats/format.h"

/*
 * The handler's `flatten`: every page as one picture with its text laid over
 * invisibly. With h helpers page i is done by process i % (h + 1), 0 being the
 * main process, which alone writes.
 */
int flatten_run(struct fmt_job *job) must_check;

/* One helper's share of the pages, sent to the main process in order. */
int flatten_helper(struct fmt_job *job, unsigned index) must_check;

#endif
