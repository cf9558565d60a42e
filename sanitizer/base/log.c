/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Line logging to standard error. Every program; hostile text is escaped here. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

static const char *program_name = "sekimori";
static enum log_level least_level = LOG_LEVEL_INFO;

void log_init(const char *program, enum log_level least)
{
    program_name = program;
    least_level = least;
}

/* Replaces in place what is not printable by '?', so that a line stays one line. */
static void log_tame(char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        uint32_t c;
        size_t n = utf8_decode(text, left, &c);
        if (n == 0 || !utf8_is_printable(c)) {
            size_t len = n ? n : 1;
            memset(text, '?', len);
            n = len;
        }
        text += n;
        left -= n;
    }
}

void log_write(enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    char text[900], line[1024];
    va_list ap;

    if (level < least_level)
        return;
    va_start(ap, format);
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    log_tame(text);
    int n = snprintf(line, sizeof line, "%s[%d]: %s: %s\n", program_name, (int)getpid(), names[level], text);
    if (n > 0)
        (void)!write(STDERR_FILENO, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}
