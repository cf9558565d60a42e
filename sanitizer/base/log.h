/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LOG_H
#define SEKIMORI_LOG_H

#include "scope.h"

/*
 * One line per event on standard error: `program[pid]: level: text`. Children
 * inherit the descriptor. Programs log, libraries do not. Text is escaped:
 * names from hostile files cannot move a terminal or forge a line.
 */
enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* Names the program in later lines (kept by pointer) and sets the least level shown. */
void log_init(const char *program, enum log_level least);

/* Writes one line. At most 1 KB; never fails, never blocks the caller on memory. */
void log_write(enum log_level level, const char *format, ...) printf_like(2, 3);

#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)

/* An internal truth. Always on: a broken one aborts, and the supervisor restarts the program. */
#define sk_assert(truth)                                                        \
    do {                                                                        \
        if (!(truth)) {                                                         \
            log_error("assertion failed: %s (%s:%d)", #truth, __FILE__, __LINE__); \
            __builtin_abort();                                                          \
        }                                                                       \
    } while (0)

#endif
