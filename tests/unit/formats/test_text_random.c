/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handler against verifier on made-up tables: whatever the handler writes, the
 * verifier accepts, and a second pass changes nothing. The words are those
 * that decide something; the order is random but the same every time.
 */
#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/inproc.h"

static const char *const words[] = {
    ",", ",", ";", "\t", "|", "\"", "\"", "\"\"", "\n", "\n", "\r\n", "\r", "=", "+", "-", "-", "@", " ", "　", "(", ")", "!",
    "1", "23", ".5", "e", "E", "kg", "abc", "x", "円", "あ", "い", "東", "京", "ソ", "表", "＝", "＋", "－", "＠", "｜", "（", "！",
    "１", "．", "ｱ", "ﾞ", "%", "/", ":", "'", "\\", "$", "\x1B[1m", "\x1B]0;t\x07", "\x07", "\f", "sep=", "ID", "\x1B", "\xE2\x80\x8B",
    "\xE2\x80\xAE", "\xEF\xBB\xBF", "\xC2\x85", "\xE2\x80\x8D", "\xEF\xB8\x8F", "\xF0\x9F\x98\x80", "−", "\xEF\xBF\xBE",
};
static const char *const charsets[] = {NULL, "CP932", "EUC-JP-MS", "ISO-2022-JP", "UTF-16LE", "UTF-16BE"};
static const char *const heads[] = {"", "番号,氏名\r\n", "令和六年度の予算について通知する。\n", "\xEF\xBB\xBF"};

static uint64_t seed = 1;
static long released, formulas; /* so that not everything is held */

static uint32_t pick(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % below);
}

/* A table in one of the encodings; characters it does not have are left out, and at times a byte is changed. */
static size_t make(char *out, size_t room)
{
    char text[1024] = "", *to = out;
    const char *charset = charsets[pick(ARRAY_LEN(charsets))];
    size_t count = pick(40) + 1, left = room;

    (void)snprintf(text, sizeof text, "%s", heads[pick(ARRAY_LEN(heads))]);
    iconv_t converter = iconv_open(charset ? charset : "UTF-8", "UTF-8");
    assert_true(converter != (iconv_t)-1);
    for (size_t i = 0; i <= count; i++) {
        const char *word = i == 0 ? text : words[pick(ARRAY_LEN(words))];
        char *from = (char *)(uintptr_t)word;
        size_t n = strlen(word);
        (void)iconv(converter, &from, &n, &to, &left);
    }
    (void)iconv(converter, NULL, NULL, &to, &left);
    iconv_close(converter);
    size_t n = room - left;
    if (n > 0 && pick(4) == 0)
        out[pick((uint32_t)n)] = (char)pick(256);
    return n;
}

static void dump(const char *what, const uint8_t *p, size_t n)
{
    print_error("%s: ", what);
    for (size_t i = 0; i < n; i++)
        print_error(p[i] >= 0x20 && p[i] < 0x7F && p[i] != '\\' ? "%c" : "\\x%02X", p[i]);
    print_error("\n");
}

static void check(const char *type, const uint8_t *bytes, size_t n, const struct fmt_options *options)
{
    const struct format_handler *handler = inproc_handler(type);
    struct inproc_result r, again;
    char detail[256] = "";

    inproc_run(handler, bytes, n, "a.csv", options, &r);
    if (r.reason == REASON_OK) {
        released++;
        for (size_t i = 0; i < r.findings.count; i++)
            formulas += r.findings.rows[i].kind == FINDING_FORMULA;
        if (inproc_verify(inproc_verifier(r.out_type), r.out, r.out_len, options, NULL, detail) != REASON_OK) {
            dump("input", bytes, n);
            dump("output", r.out, r.out_len);
            fail_msg("%s: the verifier refuses: %s", type, detail);
        }
        inproc_run(handler, r.out, r.out_len, "a.csv", options, &again);
        if (again.reason != REASON_OK || again.findings.count > 0 || again.out_len != r.out_len ||
            memcmp(again.out, r.out, r.out_len) != 0) {
            dump("input", bytes, n);
            dump("output", r.out, r.out_len);
            dump("again", again.out, again.out_len);
            fail_msg("%s: a second pass gives %s (%s), %zu findings", type, reason_code(again.reason), again.detail,
                     again.findings.count);
        }
        inproc_finish(&again);
    } else if (r.reason != REASON_MALFORMED && r.reason != REASON_EMPTY && r.reason != REASON_AMBIGUOUS_TYPE) {
        fail_msg("%s: %s (%s)", type, reason_code(r.reason), r.detail);
    }
    inproc_finish(&r);
}

static void test_random(void **state)
{
    const char *rounds = getenv("TEXT_RANDOM_ROUNDS");
    struct fmt_options options;
    char bytes[4096];

    (void)state;
    fmt_options_default(&options);
    long count = rounds ? atol(rounds) : 20000;
    for (long i = 0; i < count; i++) {
        size_t n = make(bytes, sizeof bytes);
        uint8_t *exact = malloc(n + 1); /* so that a sanitizer sees a read past the end */
        assert_non_null(exact);
        memcpy(exact, bytes, n);
        check("csv", exact, n, &options);
        check("text", exact, n, &options);
        free(exact);
    }
    assert_true(released > count); /* of two runs each */
    assert_true(formulas > count / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
