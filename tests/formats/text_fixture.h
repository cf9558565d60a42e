/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_TEXT_FIXTURE_H
#define SEKIMORI_TEXT_FIXTURE_H

/*
 * Fixtures and expectations of the text formats: written in UTF-8 here,
 * converted by iconv to the encoding of the case, or taken as they are.
 */
#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"

/* Adds n bytes, converted from UTF-8 unless charset is NULL. */
static inline void text_add(struct fixture *f, const char *charset, const char *text, size_t n)
{
    char out[16384], *to = out;
    char *from = (char *)(uintptr_t)text; /* iconv's prototype lacks const */
    size_t room = sizeof out;

    if (!charset) {
        fixture_add(f, text, n);
        return;
    }
    iconv_t converter = iconv_open(charset, "UTF-8");
    assert_true(converter != (iconv_t)-1);
    if (iconv(converter, &from, &n, &to, &room) == (size_t)-1 || iconv(converter, NULL, NULL, &to, &room) == (size_t)-1)
        fail_msg("the fixture \"%.20s\" has no %s", from, charset);
    iconv_close(converter);
    fixture_add(f, out, sizeof out - room);
}

static inline void text_dump(const char *what, const uint8_t *p, size_t n)
{
    char line[3 * 400 + 1] = "";

    for (size_t i = 0; i < n && i < 400; i++)
        (void)snprintf(line + 3 * i, 4, "%02X ", p[i]);
    print_error("%s: %zu bytes: %s\n", what, n, line);
}

/* The output is exactly this text. */
static inline void text_expect(const uint8_t *out, size_t n, const char *charset, const char *text, size_t len)
{
    struct fixture want = {0};

    text_add(&want, charset, text, len);
    if (n != want.len || memcmp(out, want.bytes, n) != 0) {
        text_dump("output", out, n);
        text_dump("expected", want.bytes, want.len);
        fail_msg("not the expected text");
    }
    fixture_free(&want);
}

/* A fixture in an encoding, and what must come out of it in another (or the same). */
#define TEXT_CASE(id, charset, in, out_charset, out)                        \
    static void make_##id(struct fixture *f)                                \
    {                                                                       \
        text_add(f, charset, in, sizeof in - 1);                            \
    }                                                                       \
    static void look_##id(const uint8_t *bytes, size_t n)                   \
    {                                                                       \
        text_expect(bytes, n, out_charset, out, sizeof out - 1);            \
    }

/* Bytes behind Japanese text of an encoding. */
#define AFTER_CASE(id, charset, before, in, out)                            \
    static void make_##id(struct fixture *f)                                \
    {                                                                       \
        text_add(f, charset, before, sizeof before - 1);                    \
        fixture_add(f, in, sizeof in - 1);                                  \
    }                                                                       \
    static void look_##id(const uint8_t *bytes, size_t n)                   \
    {                                                                       \
        struct fixture want = {0};                                          \
        text_add(&want, charset, before, sizeof before - 1);                \
        fixture_add(&want, out, sizeof out - 1);                            \
        text_expect(bytes, n, NULL, (const char *)want.bytes, want.len);    \
        fixture_free(&want);                                                \
    }

/* One that must come out as it went in. */
#define SAME_CASE(id, charset, in) TEXT_CASE(id, charset, in, charset, in)

/* One that nothing comes out of. */
#define HELD_CASE(id, charset, in)                   \
    static void make_##id(struct fixture *f)         \
    {                                                \
        text_add(f, charset, in, sizeof in - 1);     \
    }

#endif
