/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_POLICY_H
#define SEKIMORI_POLICY_H

#include "base/task.h"
#include "config.h"
#include "formats/list.h"

/*
 * What happens to an item of a type: pure functions from the configuration to
 * the order a worker gets.
 */

/*
 * The mode for a type: asked for explicitly (not FMT_MODE_NONE), else as the
 * profile says for the type, else the profile's own. A type without pages or
 * pictures (text, CSV) is sanitized where flattening is asked for: its
 * characters are all there is, and each was checked.
 */
enum fmt_mode policy_mode(const struct config_profile *profile, const struct format_identity *type, enum fmt_mode asked);

/* Fills the order for one step of an item at a depth. `type` may be NULL (detect, scan). */
void policy_order(const struct config *config, const struct config_profile *profile, enum task_kind kind,
                  const struct format_identity *type, enum fmt_mode mode, const char *name, unsigned depth,
                  struct task_order *order_out);

#endif
