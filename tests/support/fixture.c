/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes under construction, for case tables and unit tests. Test code: failures abort the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "formats/cases.h"

void fixture_add(struct fixture *f, const void *bytes, size_t n)
{
    f->bytes = realloc(f->bytes, f->len + n + 1);
    assert_non_null(f->bytes);
    if (n)
        memcpy(f->bytes + f->len, bytes, n);
    f->len += n;
}

void fixture_puts(struct fixture *f, const char *text)
{
    fixture_add(f, text, strlen(text));
}

void fixture_free(struct fixture *f)
{
    free(f->bytes);
    *f = (struct fixture){0};
}
