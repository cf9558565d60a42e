/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One table of cells for the handler and its verifier: which are plain numbers and which act as formulas. */
#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/inproc.h"

/* Plain when alone in a cell, quoted or not. */
static const char *const plain[] = {
    "-", "--", "---", "+", "+-", "－", "＋", "- ", "-1", "+1", "-0.5", "-.5", "+.5", "-1.", "-1-2", "-1/2", "-12:30", "+09:00", "-1%",
    "-(1)", "+1 (555) 123-4567", "+81-3-1234-5678", "+81 90 1234 5678", "-2024/1/31", "-1e5", "-1E-5", "+2.5e+10", "-1~2",
    "-10円", "-5kg", "+3 km/h", "+3日", "-2024年度", "-5m2", "-3℃", "-4㎡", "-1,000", "-$5", "-\\100", "+￥1000", "－１２", "＋３", "－１．５",
    "－１，２３４", "-１", "－￥１００", "-  7", "+5e", "-5 円",
    "-1000円(税込)", "-5名（予定）", "+3日:午後", "-12.5℃(最低)",
    "ー", "▲5", "１２", "12-34", "a-b", "a=b", "a@b.example", "'=1", "1+1", "(-1)", ".5", "%1", "#-1",
};

/* Formulas wherever a cell begins. */
static const char *const formulas[] = {
    "=", "=1", "=A1", "@", "@a", "@SUM(1)", "＝", "＝1", "＠", "＠a", "= 1", "==", "-a", "+a", "-A1", "+A1", "-SUM(1)", "-1+A1",
    "-1+a|b!c", "-1*2", "-1&1", "-1=1", "-1'", "-1!", "-(a)", "-()", "-.", "-%", "--a", "-+-x", "-$", "-$a", "-\\", "-\\a", "-1\\a",
    "+1-800-FLOWERS", "-1a(", "-1 a!b", "-1abcdefghi", "-abc", "－該当なし", "＋α", "-なし", "-<b>", "-1[", "-1_a", "-#REF",
    "-5kg(税込)", "-5 円(税込)", "-1円'a'", "-1円!a", "-1円とても長い名前の単位が付いている", "-A円(1)",
    "-11111111111111111111111111111111111111111111111111111111111111111",
};

static const char *const charsets[] = {"UTF-8", "CP932", "EUC-JP-MS", "ISO-2022-JP", "UTF-16LE", "UTF-16BE"};
#define HEAD "番号と氏名\n" /* enough to recognise the encoding */

/* Where the cell stands. */
struct place {
    const char *before, *after;
};

static const struct place places[] = {{"", "\n"},    {"a,", "\n"},    {"a,", ",b\n"},      {"a\t", "\tb\n"},
                                      {"x;", ";y\n"}, {"\"", "\"\n"}, {"a,\"", "\",b\n"}, {"a,", ""}};

/* Converts; returns 0 when the encoding lacks a character. */
static size_t encode(const char *charset, const char *text, uint8_t *out, size_t room)
{
    char head[] = "\xEF\xBB\xBF";
    char *from = head, *to = (char *)out;
    size_t n = strlen(head), left = room;
    iconv_t converter = iconv_open(charset, "UTF-8");

    assert_true(converter != (iconv_t)-1);
    if (strncmp(charset, "UTF-16", 6) == 0)
        assert_int_equal(iconv(converter, &from, &n, &to, &left), 0);
    from = (char *)(uintptr_t)text;
    n = strlen(text);
    bool fits = iconv(converter, &from, &n, &to, &left) == 0 && iconv(converter, NULL, NULL, &to, &left) == 0;
    iconv_close(converter);
    return fits ? room - left : 0;
}

static void check(const char *charset, const struct place *place, const char *cell, bool is_formula)
{
    char table[512];
    uint8_t bytes[2048];
    struct fmt_options options;
    struct inproc_result r;
    char detail[256];

    fmt_options_default(&options);
    (void)snprintf(table, sizeof table, HEAD "%s%s%s", place->before, cell, place->after);
    size_t n = encode(charset, table, bytes, sizeof bytes);
    if (n == 0)
        return;
    inproc_run(inproc_handler("csv"), bytes, n, "a.csv", &options, &r);
    if (r.reason != REASON_OK)
        fail_msg("%s, %s: %s (%s)", charset, table, reason_code(r.reason), r.detail);
    bool changed = r.findings.count > 0;
    bool refused = inproc_verify(inproc_verifier("csv"), bytes, n, &options, NULL, detail) != REASON_OK;
    if (changed != is_formula || refused != is_formula)
        fail_msg("%s, %s: handler %d, verifier %d, expected %d", charset, table, changed, refused, is_formula);
    if (changed != (r.out_len > n))
        fail_msg("%s, %s: %zu bytes became %zu", charset, table, n, r.out_len);
    inproc_finish(&r);
}

static void check_all(const char *const *cells, size_t count, bool is_formula)
{
    for (size_t c = 0; c < ARRAY_LEN(charsets); c++)
        for (size_t i = 0; i < count; i++)
            for (size_t p = 0; p < ARRAY_LEN(places); p++)
                check(charsets[c], &places[p], cells[i], is_formula);
}

static void test_plain(void **state)
{
    (void)state;
    check_all(plain, ARRAY_LEN(plain), false);
}

static void test_formulas(void **state)
{
    (void)state;
    check_all(formulas, ARRAY_LEN(formulas), true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plain), cmocka_unit_test(test_formulas)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
