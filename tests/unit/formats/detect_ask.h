/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_TEST_DETECT_ASK_H
#define SEKIMORI_TEST_DETECT_ASK_H

/* What the tests of detection share: bytes in the making, the question, the expected answer, noise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "formats/detect/detect.h"

struct bytes {
    uint8_t p[8192];
    size_t n;
};

static inline void add(struct bytes *b, const void *p, size_t n)
{
    assert_true(b->n + n <= sizeof b->p);
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

#define ADD(b, literal) add(b, literal, sizeof literal - 1)

static inline void add_le(struct bytes *b, uint64_t value, size_t n)
{
    for (; n > 0; n--, value >>= 8)
        add(b, &(uint8_t){(uint8_t)value}, 1);
}

static inline void put_le(struct bytes *b, size_t at, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++, value >>= 8)
        b->p[at + i] = (uint8_t)value;
}

static inline void fill(struct bytes *b, size_t to)
{
    while (b->n < to)
        add(b, "", 1);
}

#define ZEROS8 "\0\0\0\0\0\0\0\0"

static inline void ask(const void *p, size_t n, const char *name, struct detect_result *out)
{
    uint8_t *exact = malloc(n ? n : 1); /* so that a sanitizer sees a read past the end */
    struct fmt_in in = {exact, n};

    assert_non_null(exact);
    if (n)
        memcpy(exact, p, n);
    detect_run(&in, name, NULL, out);
    free(exact);
    if (out->reason == REASON_NONE || (out->reason == REASON_OK && out->type[0] == '\0'))
        fail_msg("%s: no verdict", name);
}

static inline void expect(const void *p, size_t n, const char *name, const char *type, enum reason reason)
{
    struct detect_result found;

    ask(p, n, name, &found);
    if (strcmp(found.type, type) != 0 || found.reason != reason)
        fail_msg("%s: \"%s\" %s (%s), expected \"%s\" %s", name, found.type, reason_code(found.reason), found.detail,
                 type, reason_code(reason));
    findings_clear(&found.findings);
}

#define EXPECT(literal, name, type, reason) expect(literal, sizeof literal - 1, name, type, REASON_##reason)

static inline uint32_t next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

#endif
