/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_ASK_H
#define SEKIMORI_ASK_H

#include "supervisor/config.h"

/*
 * Asks the running gateway over its control socket. `row` is called for each
 * JSON object of the answer (NUL-terminated text; absent: rows are dropped).
 * fd is handed over for verbs that read or write a file (-1: none; stays the
 * caller's). Returns 0 or the gateway's ERR_*, with its words in text;
 * ERR_CLOSED when no gateway answers there.
 */
int ask(const struct config *config, const char *verb, const char *const *arguments, unsigned count, int fd,
        void (*row)(void *arg, const char *json), void *arg, char text[512]) must_check;

#endif
