/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_WARM_H
#define SEKIMORI_WARM_H

#include "base/scope.h"

/*
 * What an engine loads once, in its zygote, while files can still be read: one
 * file warm_<engine>.c for each worker program. 0 or ERR_*.
 */
int worker_warm(void) must_check;

#endif
