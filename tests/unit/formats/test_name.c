/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names: decoding by evidence, cleaning, extensions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "formats/name.h"
#include "formats/name_type.h"

static void decodes(const char *bytes, const struct name_hints *hints, const char *want)
{
    char out[1024] = "untouched";
    int err = name_decode(bytes, strlen(bytes), hints, out, sizeof out);

    if (err != 0 || strcmp(out, want) != 0)
        fail_msg("decoded to \"%s\" (%d), expected \"%s\"", out, err, want);
}

static void test_decode(void **state)
{
    struct name_hints flagged = {.utf8 = true}, dos = {.dos_separators = true};
    char out[16] = "untouched";

    (void)state;
    decodes("report.txt", NULL, "report.txt");
    decodes("報告書①㈱～－.txt", NULL, "報告書①㈱～－.txt");
    decodes("報告書.txt", &flagged, "報告書.txt");
    decodes("\x95\xF1\x8D\x90\x8F\x91.txt", NULL, "報告書.txt");                     /* CP932 */
    decodes("\x95\xF1\x8D\x90.txt", &flagged, "報告.txt");                           /* the flag lies */
    decodes("\x87\x40\x87\x8A\x81\x60\x81\x7C.pdf", NULL, "①㈱～－.pdf");            /* NEC row 13, wave dash */
    decodes("\xCA\xDF\xCC\xDE.csv", NULL, "ﾊﾟﾌﾞ.csv");                               /* half-width kana and marks */
    decodes("\xFB\xFC\x8B\xB4.txt", NULL, "髙橋.txt");                               /* IBM extension */
    decodes("\xF0\x40.txt", NULL, "\xEE\x80\x80.txt");                               /* 外字 U+E000 */
    decodes("\x8A\xB4\x5C\x95\x5C.txt", NULL, "感\\表.txt");                         /* 0x5C as a second byte */
    decodes("a\x5C\x95\x5C\x5C" "b", &dos, "a/表/b");
    decodes("\xC1\xAF\xCC\xC0\xA4\xCA\xCA\xF3\xB9\xF0\xBD\xF1.txt", NULL, "鮮明な報告書.txt"); /* EUC-JP */
    assert_int_equal(name_decode("a.pdf\0.exe", 10, NULL, out, sizeof out), ERR_MALFORMED);
    assert_int_equal(name_decode("", 0, NULL, out, sizeof out), ERR_MALFORMED);
    assert_int_equal(name_decode("\xFF\xFF.txt", 6, NULL, out, sizeof out), ERR_MALFORMED);
    assert_int_equal(name_decode("0123456789abcdef", 16, NULL, out, sizeof out), ERR_LIMIT);
    assert_string_equal(out, "untouched");
}

static void test_decode_unicode_path(void **state)
{
    /* CRC-32 of "123456789" is the check value CBF43926. */
    static const uint8_t field[] = "\x01\x26\x39\xF4\xCB" "\xE8\xA1\xA8.txt";
    struct name_hints hints = {.unicode = field, .unicode_len = sizeof field - 1};
    struct name_hints cut = {.unicode = field, .unicode_len = 4};
    uint8_t version2[sizeof field];

    (void)state;
    decodes("123456789", &hints, "表.txt");
    decodes("12345678", &hints, "12345678"); /* made for another name */
    decodes("123456789", &cut, "123456789");
    memcpy(version2, field, sizeof field);
    version2[0] = 2;
    hints.unicode = version2;
    decodes("123456789", &hints, "123456789");
}

static uint32_t count_of(const struct findings *list, enum finding_kind kind)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < list->count; i++)
        sum += list->rows[i].kind == kind ? list->rows[i].count : 0;
    return sum;
}

static void cleans(const char *path, const char *want, unsigned names, unsigned bidi)
{
    struct findings findings = {0}, again = {0};
    char out[1024] = "", twice[1024] = "";
    int err = name_clean(path, out, sizeof out, &findings);

    if (err != 0 || strcmp(out, want) != 0)
        fail_msg("\"%s\" cleaned to \"%s\" (%d), expected \"%s\"", path, out, err, want);
    if (count_of(&findings, FINDING_NAME) != names || count_of(&findings, FINDING_BIDI) != bidi)
        fail_msg("\"%s\": %u name and %u bidi findings", path, count_of(&findings, FINDING_NAME),
                 count_of(&findings, FINDING_BIDI));
    assert_int_equal(name_clean(out, twice, sizeof twice, &again), 0);
    assert_string_equal(out, twice);
    assert_int_equal(again.count, 0);
    findings_clear(&findings);
    findings_clear(&again);
}

static void refuses(const char *path, int want)
{
    struct findings findings = {0};
    char out[1024] = "untouched";
    int err = name_clean(path, out, sizeof out, &findings);

    if (err != want)
        fail_msg("\"%s\" gives %d, expected %d", path, err, want);
    assert_string_equal(out, "untouched");
    findings_clear(&findings);
}

static void test_clean_keeps(void **state)
{
    (void)state;
    cleans("a/b/c.txt", "a/b/c.txt", 0, 0);
    cleans("dir/", "dir", 0, 0);
    cleans("報告書（①㈱～－）.xlsx", "報告書（①㈱～－）.xlsx", 0, 0);
    cleans("ﾊﾟｿｺﾝ ﾞ.csv", "ﾊﾟｿｺﾝ ﾞ.csv", 0, 0);
    cleans("神\uFA19福\uFA1B﨑.txt", "神\uFA19福\uFA1B﨑.txt", 0, 0);  /* compatibility ideographs carry a name's variant */
    cleans("葛\U000E0100飾.txt", "葛\U000E0100飾.txt", 0, 0);            /* variation selector */
    cleans("\uE000外字.txt", "\uE000外字.txt", 0, 0);
    cleans("か\u3099は\u309A.txt", "がぱ.txt", 0, 0);                    /* NFD from macOS */
    cleans("セ\u309Aト.txt", "セ\u309Aト.txt", 0, 0);                    /* has no composed form */
    cleans("Å\u212B.txt", "Å\u212B.txt", 0, 0);
    cleans(".htaccess", ".htaccess", 0, 0);
    cleans("　全角　.txt", "　全角　.txt", 0, 0);
    cleans("CONTENT.txt", "CONTENT.txt", 0, 0);
    cleans("a.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0Z}", "a.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0Z}", 0, 0);
    cleans("COM10.txt", "COM10.txt", 0, 0);
}

static void test_clean_changes(void **state)
{
    (void)state;
    cleans("a<b>c:d\"e|f?g*h\\i.txt", "a＜b＞c：d＂e｜f？g＊h＼i.txt", 1, 0);
    cleans("..\xC2\xA5..\xC2\xA5" "evil.txt", "..￥..￥evil.txt", 1, 0);
    cleans("annex\u202Efdp.exe", "annexfdp.exe", 0, 1);
    cleans("a\u2066b\u2069.txt", "ab.txt", 0, 2);
    cleans("a\u200B\u200D\uFEFF\u3164\u2800b.txt", "ab.txt", 1, 0);
    cleans("a\x01\x1B[31m\x7F.txt", "a[31m.txt", 1, 0);
    cleans("a\xC2\x85\u2028.txt", "a.txt", 1, 0);
    cleans("report.exe. . .", "report.exe", 1, 0);
    cleans("dir. /x ", "dir/x", 1, 0);
    cleans("...", "_", 1, 0);
    cleans(" ", "_", 1, 0);
    cleans(".\u200B.", "_", 1, 0); /* must not become ".." */
    cleans("a//b", "a/b", 1, 0);
    cleans("./a/./b", "a/b", 1, 0);
    cleans("con", "_con", 1, 0);
    cleans("Aux .tar.gz", "_Aux .tar.gz", 1, 0);
    cleans("lpt1.txt/nul", "_lpt1.txt/_nul", 1, 0);
    cleans("com\u00B9.txt", "_com\u00B9.txt", 1, 0);
    cleans("a.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}/b", "a_{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}/b", 1, 0);
    cleans("C:name.txt", "C：name.txt", 1, 0);
    cleans("a.txt::$DATA", "a.txt：：$DATA", 1, 0);
}

static void test_clean_refuses(void **state)
{
    char deep[1200];

    (void)state;
    refuses("../evil", ERR_REFUSED);
    refuses("a/../b", ERR_REFUSED);
    refuses("a/..", ERR_REFUSED);
    refuses("..\\evil", ERR_REFUSED);
    refuses("a\\..\\evil", ERR_REFUSED);
    refuses("/etc/passwd", ERR_REFUSED);
    refuses("\\\\server\\share", ERR_REFUSED);
    refuses("C:\\autoexec.bat", ERR_REFUSED);
    refuses("c:/x", ERR_REFUSED);
    refuses("", ERR_REFUSED);
    refuses("./.", ERR_REFUSED);
    refuses("a\xFF", ERR_MALFORMED);
    for (size_t i = 0; i + 1 < sizeof deep; i++)
        deep[i] = i % 2 ? '/' : 'a';
    deep[sizeof deep - 1] = '\0';
    refuses(deep, ERR_LIMIT);
}

static void test_clean_shortens(void **state)
{
    char path[1024] = "d/", out[1024];
    struct findings findings = {0};

    (void)state;
    for (int i = 0; i < 100; i++)
        strcat(path, i == 77 ? "ﾊ" : "長");
    strcat(path, "\u309A.xlsx");
    assert_int_equal(name_clean(path, out, sizeof out, &findings), 0);
    assert_true(strlen(out + 2) <= NAME_COMPONENT_MAX && strlen(out + 2) > NAME_COMPONENT_MAX - 8);
    assert_string_equal(out + strlen(out) - 5, ".xlsx");
    assert_int_equal(count_of(&findings, FINDING_NAME), 1);
    findings_clear(&findings);
    cleans(out, out, 0, 0);

    /* An extension too long to be one is cut away; a blank at the cut is, too. */
    memset(path, 'a', 500);
    memcpy(path + 10, ".b", 2);
    path[NAME_COMPONENT_MAX - 1] = ' ';
    path[500] = '\0';
    assert_int_equal(name_clean(path, out, sizeof out, NULL), 0);
    assert_int_equal(strlen(out), NAME_COMPONENT_MAX - 1);
    assert_int_equal(name_clean("0123456789", out, 8, NULL), ERR_LIMIT);
}

static void extends(const char *path, const char *want)
{
    char out[NAME_EXTENSION_MAX];

    name_extension(path, out);
    assert_string_equal(out, want);
}

static void test_extension(void **state)
{
    (void)state;
    extends("a.TXT", "txt");
    extends("報告書.pdf.EXE", "exe");
    extends("a.b/c", "");
    extends("c", "");
    extends("c.", "");
    extends("a.exe. . ", "exe");
    extends("a.exe::$DATA", "exe");
    extends(".exe", "exe");
    extends("a.pdf                      .scr", "scr");
    extends("a.thisisnoextensionatallreally", "");
    extends("a.資料", "資料");
}

static void types(const char *path, const char *type, const char *want)
{
    char out[256] = "";
    int err = name_with_type(path, registry_find(type), out, sizeof out);

    if (err != 0 || strcmp(out, want) != 0)
        fail_msg("\"%s\" as %s is \"%s\" (%d), expected \"%s\"", path, type, out, err, want);
}

static void test_with_type(void **state)
{
    char out[8] = "";

    (void)state;
    types("a/写真.JPG", "jpeg", "a/写真.JPG");
    types("a/写真.png", "jpeg", "a/写真.jpg");
    types("a/写真", "jpeg", "a/写真.jpg");
    types("図面 ver1.2", "pdf", "図面 ver1.2.pdf");
    types("a.b/c", "text", "a.b/c.txt");
    types("memo.md", "text", "memo.md");
    types("main.c", "text", "main.c.txt");
    assert_int_equal(name_with_type("photo", registry_find("jpeg"), out, sizeof out), ERR_LIMIT);
    assert_string_equal(out, "");
}

static void folds(const char *a, const char *b, bool same)
{
    char x[256], y[256];

    assert_int_equal(name_fold(a, x, sizeof x), 0);
    assert_int_equal(name_fold(b, y, sizeof y), 0);
    if ((strcmp(x, y) == 0) != same)
        fail_msg("\"%s\" and \"%s\" fold to \"%s\" and \"%s\"", a, b, x, y);
}

static void test_fold(void **state)
{
    char out[4] = "old";

    (void)state;
    folds("Report.TXT", "rEPORT.txt", true);
    folds("Ａｂｃ/Я.txt", "ａＢＣ/я.TXT", true);
    folds("\xE3\x83\x8F\xE3\x82\x9A.txt", "パ.txt", true); /* NFD of macOS */
    folds("ア.txt", "ｱ.txt", false);                           /* two files on every system */
    folds("a/b", "ab", false);
    assert_int_equal(name_fold("\x95\xF1", out, sizeof out), ERR_MALFORMED);
    assert_int_equal(name_fold("long", out, sizeof out), ERR_LIMIT);
    assert_string_equal(out, "old");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode),         cmocka_unit_test(test_decode_unicode_path),
        cmocka_unit_test(test_clean_keeps),    cmocka_unit_test(test_clean_changes),
        cmocka_unit_test(test_clean_refuses),  cmocka_unit_test(test_clean_shortens),
        cmocka_unit_test(test_extension),      cmocka_unit_test(test_with_type),
        cmocka_unit_test(test_fold),
    };

    if (name_warm() < 0)
        return 1;
    return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
