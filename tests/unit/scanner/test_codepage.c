/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scanner's iconv_open: what libclamav gets to see of Japanese and of unknown encodings. */
#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/codepage.h"

static void assert_decoded(const char *encoding, const char *bytes, const char *expected)
{
    char in[64], out[128] = {0}, *from = in, *to = out;
    size_t left = strlen(bytes), room = sizeof out - 1;

    memcpy(in, bytes, left);
    iconv_t cd = iconv_open("UTF-8//TRANSLIT", encoding);
    assert_true(cd != (iconv_t)-1);
    assert_int_equal(iconv(cd, &from, &left, &to, &room), 0);
    assert_int_equal(left, 0);
    assert_string_equal(out, expected);
    (void)iconv_close(cd);
}

static void shift_jis_is_what_office_writes(void **state)
{
    (void)state;
    assert_decoded("SHIFT_JIS", "'\x87\x40 \x83\x65", "'\xe2\x91\xa0 \xe3\x83\x86"); /* a circled digit, then katakana */
    assert_decoded("shift_jis", "Shell", "Shell");
}

static void unknown_encodings_keep_their_ascii(void **state)
{
    (void)state;
    assert_decoded("NO-SUCH-ENCODING", "Shell \xe9", "Shell \xc3\xa9");
    assert_decoded("UTF-8", "\xe3\x83\x86", "\xe3\x83\x86");
    assert_decoded("WINDOWS-1252", "\x80", "\xe2\x82\xac");
}

static int warm(void **state)
{
    (void)state;
    codepage_warm();
    codepage_warm(); /* a second engine in one process opens nothing anew */
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shift_jis_is_what_office_writes),
        cmocka_unit_test(unknown_encodings_keep_their_ascii),
    };

    return cmocka_run_group_tests(tests, warm, NULL);
}
