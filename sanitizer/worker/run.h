/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_RUN_H
#define SEKIMORI_RUN_H

/* One item through one handler, inside the sandbox. */
#include "base/zygote.h"
#include "formats/job.h"

/*
 * For zygote_ops.open: forks the helper processes a handler wants for this
 * order (flattening, options.parallel - 1 of them). ERR_IO.
 */
int run_open(const struct format_handler *handler, const struct task_order *order) must_check;

/*
 * For zygote_ops.run: maps the input, runs the handler, writes the output and
 * says findings and result. In a helper process it runs the handler's helper
 * part. A NULL handler is answered with REASON_UNSUPPORTED_TYPE. Returns enum task_exit.
 */
int run_handler(const struct format_handler *handler, const struct task_order *order, const struct task_fds *fds);

#endif
