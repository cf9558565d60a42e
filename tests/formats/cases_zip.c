/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ZIP: archives of honest programs, and what hostile ones do to the structure, the names and the sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"
#include "support/zip_builder.h"

#define UTF8 0x800
#define UNIX .host = 3
#define FILE_MODE .attributes = 0100644u << 16
#define FOLDER_MODE .attributes = 040755u << 16 | 0x10

/* `static void make_x(struct fixture *out)` from a list of members. */
#define MEMBERS(fn, ...)                                                \
    static void fn(struct fixture *out)                                 \
    {                                                                   \
        static const struct zb_member members[] = {__VA_ARGS__};        \
        zb_make(out, members, ARRAY_LEN(members), NULL);                \
    }
/* The same with an end record of its own. */
#define MEMBERS_END(fn, end_, ...)                                      \
    static void fn(struct fixture *out)                                 \
    {                                                                   \
        static const struct zb_member members[] = {__VA_ARGS__};        \
        static const struct zb_end end = end_;                          \
        zb_make(out, members, ARRAY_LEN(members), &end);                \
    }
#define END(...) {__VA_ARGS__}
#define TEXT(name_, text_) {.name = name_, .data = ZB(text_), UNIX, FILE_MODE}
#define GOOD TEXT("good.txt", "good")

/* ---- Looking at outputs -------------------------------------------------------- */

static uint32_t number(const uint8_t *p, unsigned n)
{
    return n == 0 ? 0 : p[0] | number(p + 1, n - 1) << 8;
}

/* The directory entry at *at, moved on; the name into out. False at the end record. */
static const uint8_t *next_entry(const uint8_t *out, size_t n, size_t *at, char *name)
{
    const uint8_t *p = out + *at;

    if (*at + 46 > n || memcmp(p, "PK\1\2", 4) != 0)
        return NULL;
    memcpy(name, p + 46, number(p + 28, 2));
    name[number(p + 28, 2)] = '\0';
    *at += 46 + number(p + 28, 2) + number(p + 30, 2) + number(p + 32, 2);
    return p;
}

static size_t directory_of(const uint8_t *out, size_t n)
{
    assert_true(n >= 22);
    return number(out + n - 6, 4);
}

/* The names in order, each followed by a blank. */
static void check_names(const uint8_t *out, size_t n, const char *want)
{
    char have[4096] = "", name[CHILD_NAME_MAX];

    for (size_t at = directory_of(out, n); next_entry(out, n, &at, name);)
        (void)snprintf(have + strlen(have), sizeof have - strlen(have), "%s ", name);
    assert_string_equal(have, want);
}

/* True when the member of this name is stored and has these bytes. */
static void check_stored(const uint8_t *out, size_t n, const char *name, const char *want)
{
    char have[CHILD_NAME_MAX];

    for (size_t at = directory_of(out, n);;) {
        const uint8_t *p = next_entry(out, n, &at, have);
        assert_non_null(p);
        if (strcmp(have, name) != 0)
            continue;
        const uint8_t *l = out + number(p + 42, 4);
        assert_int_equal(number(p + 10, 2), 0);
        assert_int_equal(number(p + 24, 4), strlen(want));
        assert_memory_equal(l + 30 + number(l + 26, 2) + number(l + 28, 2), want, strlen(want));
        return;
    }
}

#define NAMES(fn, want)                                  \
    static void fn(const uint8_t *out, size_t n)         \
    {                                                    \
        check_names(out, n, want);                       \
    }

/* ---- Archives of honest programs -------------------------------------------------- */

#define LINE "A line that is said again and again, so that packing it is worth it.\n"
#define LINES LINE LINE LINE LINE LINE LINE LINE LINE
#define PACKED(method_) {.name = "lines.txt", .data = ZB(LINES), .method = method_, UNIX, FILE_MODE}

MEMBERS(make_stored, TEXT("a.txt", "hello"))
MEMBERS(make_deflated, PACKED(8))
MEMBERS(make_bzip2, PACKED(12))
MEMBERS(make_lzma, PACKED(14))
MEMBERS(make_zstd, PACKED(93))
MEMBERS(make_xz, PACKED(95))
MEMBERS(make_all_methods, {.name = "0.txt", .data = ZB(LINES)}, {.name = "8.txt", .data = ZB(LINES), .method = 8},
        {.name = "12.txt", .data = ZB(LINES), .method = 12}, {.name = "14.txt", .data = ZB(LINES), .method = 14},
        {.name = "93.txt", .data = ZB(LINES), .method = 93}, {.name = "95.txt", .data = ZB(LINES), .method = 95})
NAMES(see_all_methods, "0.txt 8.txt 12.txt 14.txt 93.txt 95.txt ")
MEMBERS(make_tree, {.name = "empty/", UNIX, FOLDER_MODE}, {.name = "a/b/c/", UNIX, FOLDER_MODE}, TEXT("a/one.txt", "1"),
        TEXT("a/b/two.txt", "2"), {.name = "late/", UNIX, FOLDER_MODE}, TEXT("z.txt", "3"))
NAMES(see_tree, "empty/ a/b/c/ a/one.txt a/b/two.txt late/ z.txt ")
MEMBERS(make_only_folders, {.name = "one/", UNIX, FOLDER_MODE}, {.name = "two/three/", UNIX, FOLDER_MODE})
NAMES(see_only_folders, "one/ two/three/ ")
MEMBERS(make_folder_by_attribute, {.name = "dir", .attributes = 0x10}, {.name = "unix", UNIX, FOLDER_MODE})
NAMES(see_folder_by_attribute, "dir/ unix/ ")
MEMBERS(make_empty_file, {.name = "empty.txt", UNIX, FILE_MODE}, {.name = ".gitkeep", UNIX, FILE_MODE}, GOOD)
NAMES(see_empty_file, "empty.txt .gitkeep good.txt ")
MEMBERS(make_empty_deflated, {.name = "empty.txt", .method = 8}, {.name = "dir/", .method = 8, .attributes = 0x10})
NAMES(see_empty_deflated, "empty.txt dir/ ")
MEMBERS(make_descriptor, {.name = "a.txt", .data = ZB(LINES), .method = 8, .descriptor = ZB_DESCRIPTOR_SIGNED},
        {.name = "b.txt", .data = ZB("b"), .descriptor = ZB_DESCRIPTOR_BARE},
        {.name = "c.txt", .data = ZB("c"), .descriptor = ZB_DESCRIPTOR_WIDE},
        {.name = "d.txt", .data = ZB("d"), .descriptor = ZB_DESCRIPTOR_MISSING})
NAMES(see_abcd, "a.txt b.txt c.txt d.txt ")
MEMBERS(make_zip64, {.name = "a.txt", .data = ZB(LINES), .method = 8, .zip64 = true},
        {.name = "b.txt", .data = ZB("b"), .zip64 = true, .descriptor = ZB_DESCRIPTOR_WIDE})
MEMBERS_END(make_zip64_end, END(.zip64 = true), GOOD)
MEMBERS_END(make_zip64_open, END(.zip64 = true, .zip64_open = true), {.name = "a.txt", .data = ZB("a"), .zip64 = true})
MEMBERS(make_plain_fat, {.name = "a.txt", .data = ZB("made on Windows"), .attributes = 0x20})
MEMBERS(make_out_of_order, {.name = "second.txt", .data = ZB("2"), .no_local = true, .of = 1},
        {.name = "second.txt", .data = ZB("2"), .no_central = true}, TEXT("first.txt", "1"))
NAMES(see_out_of_order, "second.txt first.txt ")

static void many(struct fixture *out, size_t count)
{
    struct zb_member *members = calloc(count, sizeof *members);
    char(*names)[32] = calloc(count, sizeof *names);

    assert_non_null(members);
    assert_non_null(names);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(names[i], sizeof names[i], "d%zu/f%zu.txt", i % 7, i);
        members[i] = (struct zb_member){.name = names[i], .data = ZB(LINES), .method = 8};
    }
    zb_make(out, members, count, NULL);
    free(members);
    free(names);
}

static void make_many(struct fixture *out)
{
    many(out, 500);
}

/* Content that comes to n bytes of one line. */
static void long_text(struct fixture *f, size_t n)
{
    const size_t line = sizeof LINE - 1;
    char *text = malloc(n + line);

    assert_non_null(text);
    for (size_t at = 0; at < n; at += line)
        memcpy(text + at, LINE, line);
    fixture_add(f, text, (n + line - 1) / line * line);
    free(text);
}

/* Numbers that do not pack well. */
static void random_text(struct fixture *f, size_t n)
{
    char *text = malloc(n);
    uint32_t x = 12345;

    assert_non_null(text);
    for (size_t at = 0; at < n; at++) {
        x = (uint32_t)((uint64_t)x * 1103515245u + 12345u);
        text[at] = at % 64 == 63 ? '\n' : "0123456789abcdef"[x >> 28];
    }
    fixture_add(f, text, n);
    free(text);
}

static void one_of(struct fixture *out, const struct fixture *data, uint16_t method)
{
    struct zb_member member = {.name = "big.txt", .data = {data->bytes, data->len}, .method = method};

    zb_make(out, &member, 1, NULL);
}

static void make_streamed(struct fixture *out)
{
    struct fixture text = {0};

    random_text(&text, 5 << 20);
    one_of(out, &text, 8);
    fixture_free(&text);
}

static void make_written_in_pieces(struct fixture *out)
{
    struct fixture text = {0};

    random_text(&text, 17 << 20);
    one_of(out, &text, 8);
    fixture_free(&text);
}

/* Blanks pack a thousand times; stored they are no bomb, and must not come out as one. */
static void make_stored_blanks(struct fixture *out)
{
    struct fixture text = {0};

    long_text(&text, 11 << 20);
    one_of(out, &text, 0);
    fixture_free(&text);
}

static void make_stored_blanks_large(struct fixture *out)
{
    struct fixture text = {0};

    long_text(&text, 17 << 20);
    one_of(out, &text, 0);
    fixture_free(&text);
}

static void see_stored(const uint8_t *out, size_t n)
{
    char name[CHILD_NAME_MAX];
    size_t at = directory_of(out, n);
    const uint8_t *p = next_entry(out, n, &at, name);

    assert_non_null(p);
    assert_int_equal(number(p + 10, 2), 0);
}

MEMBERS(make_csv, TEXT("data.csv", "name,value\r\na,=1+1\r\n"))

static void see_csv(const uint8_t *out, size_t n)
{
    check_stored(out, n, "data.csv", "name,value\r\na,'=1+1\r\n");
}

/* ---- Names ------------------------------------------------------------------------ */

#define HOKOKU_UTF8 "\xE5\xA0\xB1\xE5\x91\x8A" /* 報告 */
#define HOKOKU_CP932 "\x95\xF1\x8D\x90"
#define HYO_CP932 "\x95\x5C" /* 表, whose second byte is a backslash */

MEMBERS(make_utf8, {.name = HOKOKU_UTF8 "/" HOKOKU_UTF8 ".txt", .data = ZB("1"), .flags = UTF8})
NAMES(see_hokoku, "報告/報告.txt ")
MEMBERS(make_cp932, {.name = HOKOKU_CP932 "/" HOKOKU_CP932 ".txt", .data = ZB("1")})
MEMBERS(make_cp932_backslash, {.name = HYO_CP932 "\\" HYO_CP932 ".txt", .data = ZB("1")})
NAMES(see_hyo, "表/表.txt ")
MEMBERS(make_dos_separators, {.name = "dir\\sub\\a.txt", .data = ZB("1")}, {.name = "dir\\empty\\", .attributes = 0x10})
NAMES(see_dos_separators, "dir/sub/a.txt dir/empty/ ")
MEMBERS(make_unix_backslash, {.name = "a\\b.txt", UNIX, FILE_MODE})
NAMES(see_unix_backslash, "a＼b.txt ")

/* 0x7075: version 1, CRC of the name in the header, the name in UTF-8. */
static void unicode_path(struct fixture *out, const char *plain, uint32_t crc_xor)
{
    static const char unicode[] = HOKOKU_UTF8 ".txt";
    struct fixture extra = {0};
    uint32_t crc = zb_crc32(plain, strlen(plain)) ^ crc_xor;
    uint8_t head[9] = {0x75, 0x70, 5 + sizeof unicode - 1, 0, 1};

    for (unsigned i = 0; i < 4; i++)
        head[5 + i] = (uint8_t)(crc >> 8 * i);
    fixture_add(&extra, head, sizeof head);
    fixture_puts(&extra, unicode);
    struct zb_member member = {.name = plain, .data = ZB("1"), .extra = {extra.bytes, extra.len}};
    zb_make(out, &member, 1, NULL);
    fixture_free(&extra);
}

static void make_unicode_path(struct fixture *out)
{
    unicode_path(out, "report.txt", 0);
}

NAMES(see_unicode_path, "報告.txt ")

static void make_unicode_path_stale(struct fixture *out)
{
    unicode_path(out, "report.txt", 1);
}

NAMES(see_unicode_path_stale, "report.txt ")
MEMBERS(make_nfd, {.name = "\xE3\x83\x8F\xE3\x82\x9A\xE3\x82\xB9.txt", .data = ZB("1"), .flags = UTF8}) /* ハ + ゜, ス */
NAMES(see_nfd, "パス.txt ")
MEMBERS(make_rtlo, {.name = "inv\xE2\x80\xAEtxt.md", .flags = UTF8}, GOOD)
NAMES(see_rtlo, "invtxt.md good.txt ")
MEMBERS(make_control_in_folder, {.name = "di\x1Br/", .attributes = 0x10}, GOOD)
NAMES(see_control_in_folder, "dir/ good.txt ")
MEMBERS(make_device_name, {.name = "aux.txt"}, GOOD)
NAMES(see_device_name, "_aux.txt good.txt ")
MEMBERS(make_folder_cases, TEXT("A/one.txt", "1"), TEXT("a/two.txt", "2"))
NAMES(see_folder_cases, "A/one.txt a/two.txt ")
MEMBERS(make_corrected_collision, TEXT("a.txt", "1"), TEXT("a.jpg", "2"), TEXT("a.png", "3"), TEXT("a (3).txt", "4"))
NAMES(see_corrected_collision, "a.txt a (2).txt a (3).txt a (3) (2).txt ")

#define HELD_NAME(fn, name_) MEMBERS(fn, TEXT("good.txt", "good"), {.name = name_, .data = ZB("evil"), UNIX, FILE_MODE})
HELD_NAME(make_absolute, "/etc/passwd.txt")
HELD_NAME(make_climbing, "../../evil.txt")
HELD_NAME(make_climbing_inside, "a/b/../../../evil.txt")
HELD_NAME(make_climbing_back, "..\\..\\evil.txt")
HELD_NAME(make_climbing_mixed, "a/..\\..\\evil.txt")
HELD_NAME(make_drive, "C:/Windows/evil.txt")
HELD_NAME(make_drive_back, "C:\\Windows\\evil.txt")
HELD_NAME(make_unc, "\\\\server\\share\\evil.txt")
HELD_NAME(make_dotdot, "..")
HELD_NAME(make_undecodable, "\xFF\xFE\x80\xA0.txt")
HELD_NAME(make_empty_name, "")
MEMBERS(make_climbing_folder, {.name = "../up/", UNIX, FOLDER_MODE}, GOOD)
MEMBERS(make_climbing_dos, {.name = "a\\..\\..\\evil.txt", .data = ZB("evil")}, GOOD)
MEMBERS(make_same_name, TEXT("a.txt", "1"), TEXT("a.txt", "2"))
MEMBERS(make_same_case, TEXT("a.txt", "1"), TEXT("A.TXT", "2"))
MEMBERS(make_same_nfc, {.name = "\xE3\x83\x91.txt", .data = ZB("1")}, {.name = "\xE3\x83\x8F\xE3\x82\x9A.txt", .data = ZB("2")})
MEMBERS(make_same_dot, TEXT("a.txt", "1"), TEXT("a.txt.", "2"))
MEMBERS(make_same_hidden, TEXT("a.txt", "1"), {.name = "a\xE2\x80\x8B.txt", .data = ZB("2")})
MEMBERS(make_same_dotted, TEXT("a.txt", "1"), TEXT("./a.txt", "2"))
MEMBERS(make_same_charset, {.name = HOKOKU_UTF8 ".txt", .data = ZB("1")}, {.name = HOKOKU_CP932 ".txt", .data = ZB("2")})
MEMBERS(make_same_folder, {.name = "dir/", UNIX, FOLDER_MODE}, {.name = "DIR/", UNIX, FOLDER_MODE})
MEMBERS(make_file_is_folder, TEXT("a", "1"), TEXT("a/b.txt", "2"))
MEMBERS(make_folder_is_file, TEXT("a/b.txt", "2"), TEXT("A", "1"))

static void make_zero_in_name(struct fixture *out)
{
    static const struct zb_member members[] = {TEXT("a.txt#.exe", "1")};

    zb_make(out, members, ARRAY_LEN(members), NULL);
    for (size_t i = 0; i < out->len; i++)
        if (out->bytes[i] == '#')
            out->bytes[i] = '\0';
}

static void make_deep_path(struct fixture *out)
{
    char name[300] = "";
    struct zb_member member = {.name = name, .data = ZB("1")};

    for (unsigned i = 0; i < 70; i++)
        strcat(name, "d/");
    strcat(name, "f.txt");
    zb_make(out, &member, 1, NULL);
}

static void make_long_path(struct fixture *out)
{
    char name[2048];
    struct zb_member member = {.name = name, .data = ZB("1")};

    memset(name, 'a', sizeof name);
    for (size_t i = 100; i < sizeof name; i += 101)
        name[i] = '/';
    strcpy(name + sizeof name - 5, ".txt");
    zb_make(out, &member, 1, NULL);
}

/* ---- What is left out ---------------------------------------------------------------- */

#define LINK(name_, target) {.name = name_, .data = ZB(target), UNIX, .attributes = 0120777u << 16}
MEMBERS(make_symlink, LINK("link", "../../etc/passwd"), GOOD)
NAMES(see_good, "good.txt ")
MEMBERS(make_only_link, LINK("link", "/etc/passwd"))
MEMBERS(make_devices, {.name = "fifo", UNIX, .attributes = 0010644u << 16}, {.name = "block", UNIX, .attributes = 0060644u << 16},
        {.name = "char", UNIX, .attributes = 0020644u << 16}, {.name = "sock", UNIX, .attributes = 0140644u << 16}, GOOD)
MEMBERS(make_reparse, {.name = "junction", .data = ZB("target"), .attributes = 0x400 | 0x10}, GOOD)
MEMBERS(make_link_on_fat, {.name = "link", .data = ZB("/etc"), .attributes = 0120777u << 16}, GOOD)
MEMBERS(make_asi_link, {.name = "link", .data = ZB("x"), .local_extra = ZB("\x6e\x75\x0e\0\0\0\0\0\xff\xa1\0\0\0\0\0\0\0\0")}, GOOD)
MEMBERS(make_pkware_link, {.name = "link", .data = ZB("x"), .local_extra = ZB("\x0d\0\x10\0aaaammmmuuggback")}, GOOD)
MEMBERS(make_link_method, {.name = "link", .data = ZB("x"), .method = 200, UNIX, .attributes = 0120777u << 16}, GOOD)
MEMBERS(make_link_climbs, LINK("../../link", "/"), GOOD)
MEMBERS(make_debris, {.name = "__MACOSX/", .attributes = 0x10}, {.name = "__MACOSX/._good.txt", .data = ZB("\0\5\x16\7")},
        {.name = "sub/.DS_Store", .data = ZB("\0\0\0\1Bud1")}, {.name = "sub/Thumbs.db", .data = ZB("\xD0\xCF\x11\xE0")},
        {.name = "sub/Desktop.ini", .data = ZB("[.ShellClassInfo]\r\n")}, GOOD)
MEMBERS_END(make_comment, END(.comment = ZB("the archive's own comment")), GOOD)
MEMBERS_END(make_comments, END(.comment = ZB("one")), {.name = "a.txt", .data = ZB("1"), .comment = "two"},
            {.name = "b.txt", .data = ZB("2"), .comment = "three"})
MEMBERS(make_owners, {.name = "a.txt", .data = ZB("1"), .extra = ZB("\x75\x78\x0b\0\1\4\xe8\3\0\0\4\xe8\3\0\0")},
        {.name = "b.txt", .data = ZB("2"), .local_extra = ZB("\x0a\0\4\0\0\0\0\0")}, GOOD)
MEMBERS(make_padding, {.name = "a.txt", .data = ZB("1"), .local_extra = ZB("\0\0\0")})
MEMBERS_END(make_suffix, END(.suffix = ZB("<script>not ours</script>")), GOOD)

/* ---- Times --------------------------------------------------------------------------------- */

#define TIMES "\x55\x54\5\0\1\x40\x9c\xe0\x65" /* 2024-02-29 15:01:20 UTC */
MEMBERS(make_times, {.name = "a.txt", .data = ZB("1"), .extra = ZB(TIMES), .dos_date = 44 << 9 | 2 << 5 | 29, .dos_time = 0x1234},
        {.name = "dir/", .extra = ZB(TIMES), .attributes = 0x10}, {.name = "b.txt", .data = ZB("2")},
        {.name = "c.txt", .data = ZB("3"), .dos_date = 0x01ff, .dos_time = 0xffff})

static void see_times(const uint8_t *out, size_t n)
{
    static const struct {
        uint16_t date, clock, extra;
    } want[] = {{44 << 9 | 2 << 5 | 29, 0x1234, 9}, {44 << 9 | 2 << 5 | 29, 12 << 11 | 34 << 5 | 28, 9},
                {44 << 9 | 2 << 5 | 29, 12 << 11 | 34 << 5 | 28, 0}, {0x21, 0, 0}};
    char name[CHILD_NAME_MAX];
    size_t at = directory_of(out, n);

    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        const uint8_t *p = next_entry(out, n, &at, name);
        assert_non_null(p);
        assert_int_equal(number(p + 12, 2), want[i].clock);
        assert_int_equal(number(p + 14, 2), want[i].date);
        assert_int_equal(number(p + 30, 2), want[i].extra);
        if (want[i].extra)
            assert_memory_equal(p + 46 + number(p + 28, 2), TIMES, 9);
    }
}

MEMBERS(make_other_clocks, {.name = "a.txt", .data = ZB("1"), .local_extra = ZB("\x55\x54\x09\0\3\x40\x9c\xe0\x65\x40\x9c\xe0\x65")})

/* ---- Nesting -------------------------------------------------------------------------------- */

static void nested(struct fixture *out, unsigned levels, const char *text)
{
    struct fixture inner = {0};
    struct zb_member member = {.name = "leaf.txt", .data = {text, strlen(text)}, .method = 8};

    if (levels > 1) {
        nested(&inner, levels - 1, text);
        member = (struct zb_member){.name = "inner.zip", .data = {inner.bytes, inner.len}};
    }
    zb_make(out, &member, 1, NULL);
    fixture_free(&inner);
}

static void make_nested(struct fixture *out)
{
    nested(out, 3, "text in zip in zip in zip");
}

static void make_nested_10(struct fixture *out)
{
    nested(out, 10, "as deep as may be");
}

static void make_nested_11(struct fixture *out)
{
    nested(out, 11, "one too deep");
}

NAMES(see_inner, "inner.zip ")

static void nested_member(struct fixture *out, const struct zb_member *inner)
{
    struct fixture zip = {0};

    zb_make(&zip, inner, 1, NULL);
    struct zb_member members[] = {GOOD, {.name = "inner.zip", .data = {zip.bytes, zip.len}}};
    zb_make(out, members, ARRAY_LEN(members), NULL);
    fixture_free(&zip);
}

static void make_nested_encrypted(struct fixture *out)
{
    static const struct zb_member inner = {.name = "secret.txt", .data = ZB("x"), .flags = 1};

    nested_member(out, &inner);
}

static void make_nested_bomb(struct fixture *out)
{
    struct fixture zeros = {0};

    long_text(&zeros, 11 << 20);
    struct zb_member inner = {.name = "bomb.txt", .data = {zeros.bytes, zeros.len}, .method = 8};
    nested_member(out, &inner);
    fixture_free(&zeros);
}

static void make_nested_empty(struct fixture *out)
{
    struct fixture zip = {0};

    zb_make(&zip, NULL, 0, NULL);
    struct zb_member members[] = {GOOD, {.name = "inner.zip", .data = {zip.bytes, zip.len}}};
    zb_make(out, members, ARRAY_LEN(members), NULL);
    fixture_free(&zip);
}

/* ---- Members that may not pass --------------------------------------------------------------- */

MEMBERS(make_unknown_member, GOOD, {.name = "sub/unknown.bin", .data = ZB("\0\1\2\3\4\5\6\7")}, TEXT("last.txt", "last"))
NAMES(see_unknown_left_out, "good.txt last.txt ")
MEMBERS(make_program, GOOD, {.name = "tool.txt", .data = ZB("\x7f" "ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\x3e\0\1\0\0\0")})
MEMBERS(make_script, GOOD, TEXT("sub/run.bat", "@echo off\r\n"))
MEMBERS(make_empty_program, GOOD, {.name = "sub/setup.exe", UNIX, FILE_MODE})
MEMBERS(make_only_unknown, {.name = "unknown.bin", .data = ZB("\0\1\2\3\4\5\6\7")})
MEMBERS(make_encrypted, GOOD, {.name = "secret.txt", .data = ZB("x"), .flags = 1})
MEMBERS(make_encrypted_strong, {.name = "secret.txt", .data = ZB("x"), .flags = 0x41})
MEMBERS(make_encrypted_masked, {.name = "secret.txt", .data = ZB("x"), .flags = 0x2000})
MEMBERS(make_encrypted_aes, {.name = "secret.txt", .data = ZB("x"), .method = 99, .extra = ZB("\x01\x99\7\0\2\0AE\3\x08\0")})
MEMBERS(make_encrypted_field, {.name = "secret.txt", .data = ZB("x"), .extra = ZB("\x17\0\2\0\2\0")})
MEMBERS(make_method_64, {.name = "a.txt", .data = ZB("x"), .method = 9})
MEMBERS(make_method_ppmd, {.name = "a.txt", .data = ZB("x"), .method = 98})
MEMBERS(make_method_200, {.name = "a.txt", .data = ZB("x"), .method = 200})

static void tune_leave_out(struct fmt_options *options)
{
    options->switches[FINDING_MEMBER] = FMT_SWITCH_SANITIZE;
}

static void tune_no_comment(struct fmt_options *options)
{
    options->switches[FINDING_COMMENT] = FMT_SWITCH_DISALLOW;
}

static void tune_no_links(struct fmt_options *options)
{
    options->switches[FINDING_LINK_MEMBER] = FMT_SWITCH_DISALLOW;
}

/* ---- Sizes ------------------------------------------------------------------------------------- */

static void bomb(struct fixture *out, uint64_t say_bytes, uint16_t method)
{
    struct fixture zeros = {0};
    struct zb_member member = {.name = "bomb.txt", .method = method, .say_bytes = say_bytes};

    long_text(&zeros, 11 << 20);
    member.data = (struct zb_bytes){zeros.bytes, zeros.len};
    zb_make(out, &member, 1, NULL);
    fixture_free(&zeros);
}

static void make_bomb(struct fixture *out)
{
    bomb(out, 0, 8);
}

static void make_bomb_bzip2(struct fixture *out)
{
    bomb(out, 0, 12);
}

static void make_bomb_zstd(struct fixture *out)
{
    bomb(out, 0, 93);
}

static void make_bomb_small(struct fixture *out)
{
    bomb(out, 1000, 8);
}

static void make_bomb_small_stream(struct fixture *out)
{
    bomb(out, 9 << 20, 8);
}

static void make_bomb_small_xz(struct fixture *out)
{
    bomb(out, 1000, 95);
}

MEMBERS(make_declared_huge, {.name = "a.txt", .data = ZB("small"), .method = 8, .say_bytes = 300u << 20})
MEMBERS(make_declared_more, {.name = "a.txt", .data = ZB(LINES), .method = 8, .say_bytes = sizeof LINES})
MEMBERS(make_declared_less, {.name = "a.txt", .data = ZB(LINES), .method = 8, .say_bytes = sizeof LINES - 2})
MEMBERS(make_declared_empty, {.name = "a.txt", .data = ZB("x"), .method = 8, .central_bytes = -1, .local_bytes = -1})
MEMBERS(make_stored_sizes, {.name = "a.txt", .data = ZB("some bytes"), .say_bytes = 5})
MEMBERS(make_folder_content, {.name = "dir/", .data = ZB("hidden"), .attributes = 0x10}, GOOD)
MEMBERS(make_folder_packed, {.name = "dir/", .packed = ZB("\x03\0hidden"), .method = 8, .attributes = 0x10}, GOOD)
MEMBERS(make_three, TEXT("a.txt", "1"), TEXT("b.txt", "2"), TEXT("c.txt", "3"))

static void tune_two_members(struct fmt_options *options)
{
    options->limits.members = 2;
}

static void tune_500_bytes(struct fmt_options *options)
{
    options->limits.input_bytes = 500;
}

static void tune_total(struct fmt_options *options)
{
    options->limits.total_bytes = 2;
}

static void make_total_64(struct fixture *out)
{
    static const struct zb_member members[] = {
        {.name = "a.txt", .data = ZB("1"), .method = 8, .zip64 = true, .say_bytes = UINT64_MAX - 3},
        {.name = "b.txt", .data = ZB("1"), .method = 8, .zip64 = true, .say_bytes = UINT64_MAX - 3},
    };

    zb_make(out, members, ARRAY_LEN(members), NULL);
}

/* An LZMA stream that asks for a dictionary of 4 GB. */
MEMBERS(make_lzma_memory, {.name = "a.txt", .data = ZB("x"), .packed = ZB("\x10\x04\x05\0\x5d\xff\xff\xff\xff\0\0\0\0\0\0"), .method = 14})
MEMBERS(make_lzma_short, {.name = "a.txt", .data = ZB("x"), .packed = ZB("\x10\x04\x05\0\x5d"), .method = 14})

/* ---- Damage and lies in the structure ------------------------------------------------------------- */

MEMBERS(make_crc, GOOD, {.name = "a.txt", .data = ZB(LINES), .method = 8, .crc_xor = 1})
MEMBERS(make_crc_stored, {.name = "a.txt", .data = ZB("x"), .crc_xor = 0x80000000})
MEMBERS(make_crc_empty, {.name = "a.txt", .crc_xor = 1})
MEMBERS(make_crc_local, {.name = "a.txt", .data = ZB("x"), .local_crc_xor = 1})
MEMBERS(make_damaged_deflate, {.name = "a.txt", .data = ZB("x"), .packed = ZB("\xff\xff\xff"), .method = 8})
MEMBERS(make_damaged_bzip2, {.name = "a.txt", .data = ZB("x"), .packed = ZB("BZh9nonsense"), .method = 12})
MEMBERS(make_damaged_xz, {.name = "a.txt", .data = ZB("x"), .packed = ZB("\xfd" "7zXZ"), .method = 95})
MEMBERS(make_damaged_zstd, {.name = "a.txt", .data = ZB("x"), .packed = ZB("\x28\xb5\x2f\xfd\xff"), .method = 93})
MEMBERS(make_tail_in_data, {.name = "a.txt", .data = ZB("x"), .packed = ZB("\x01\x01\0\xfe\xffxhidden"), .method = 8})
MEMBERS(make_unended_data, {.name = "a.txt", .data = ZB("x"), .packed = ZB("\0\x01\0\xfe\xffx"), .method = 8})
MEMBERS(make_two_names, {.name = "a.txt", .local_name = "b.exe", .data = ZB("x")})
MEMBERS(make_two_name_lengths, {.name = "a.txt", .local_name = "a.txt.exe", .data = ZB("x")})
MEMBERS(make_two_flags, {.name = "a.txt", .data = ZB("x"), .local_flags_xor = UTF8})
MEMBERS(make_local_encrypted, {.name = "a.txt", .data = ZB("x"), .local_flags_xor = 1})
MEMBERS(make_two_methods, {.name = "a.txt", .data = ZB("x"), .local_method_xor = 8})
MEMBERS(make_two_sizes, {.name = "a.txt", .data = ZB(LINES), .method = 8, .local_bytes = 1})
MEMBERS(make_two_sizes_64, {.name = "a.txt", .data = ZB(LINES), .method = 8, .zip64 = true, .central_bytes = 1})
MEMBERS(make_flag_patch, {.name = "a.txt", .data = ZB("x"), .flags = 0x20})
MEMBERS(make_flag_reserved, {.name = "a.txt", .data = ZB("x"), .flags = 0x8000})
MEMBERS(make_offset, {.name = "a.txt", .data = ZB("x"), .offset = 1})
MEMBERS(make_offset_far, {.name = "a.txt", .data = ZB("x"), .offset = 1 << 20})
MEMBERS(make_disk, {.name = "a.txt", .data = ZB("x"), .disk = 1})
MEMBERS(make_gap, GOOD, {.name = "a.txt", .data = ZB("x"), .before = ZB("foreign")})
MEMBERS(make_unnamed_record, GOOD, {.name = "evil.txt", .data = ZB("unseen"), .no_central = true}, TEXT("z.txt", "z"))
MEMBERS_END(make_gap_directory, END(.before_central = ZB("APK Sig Block 42")), GOOD)
MEMBERS(make_short_data, {.name = "a.txt", .data = ZB("x"), .say_packed = 1000, .say_bytes = 1000})
MEMBERS(make_descriptor_wrong, {.name = "a.txt", .data = ZB("x"), .packed = ZB("x" "PK\7\10\0\0\0\0\1\0\0\0\1\0\0\0"),
                                .say_packed = 1, .flags = 8}, GOOD)
MEMBERS(make_extra_damaged, {.name = "a.txt", .data = ZB("x"), .extra = ZB("\x55\x54\xff\0\1")})
MEMBERS(make_extra_local_damaged, {.name = "a.txt", .data = ZB("x"), .local_extra = ZB("\x55\x54\xff\0\1")})
MEMBERS(make_extra_zip64_twice, {.name = "a.txt", .data = ZB("x"), .zip64 = true, .extra = ZB("\1\0\x10\0aaaaaaaabbbbbbbb")})
MEMBERS(make_extra_unicode_twice, {.name = "a.txt", .data = ZB("x"), .extra = ZB("\x75\x70\1\0\1\x75\x70\1\0\1")})
MEMBERS(make_extra_unicode_local, {.name = "a.txt", .data = ZB("x"), .local_extra = ZB("\x75\x70\6\0\1\0\0\0\0b")})

/* One deflate stream in the name of many members. */
MEMBERS(make_same_record, {.name = "a.txt", .data = ZB(LINES), .method = 8},
        {.name = "a.txt", .data = ZB(LINES), .method = 8, .no_local = true, .of = 0})
MEMBERS(make_same_record_renamed, {.name = "a.txt", .data = ZB(LINES), .method = 8},
        {.name = "b.txt", .data = ZB(LINES), .method = 8, .no_local = true, .of = 0})

/* The first member's data is the second member's record: each header is quoted by the stream before it. */
static void make_quoted(struct fixture *out)
{
    struct fixture inner = {0};
    static const struct zb_member b = {.name = "b.txt", .data = ZB("bbbb")};

    zb_make(&inner, &b, 1, NULL);
    struct zb_member members[] = {
        {.name = "a.txt", .data = {inner.bytes, 30 + 5 + 4}},
        {.name = "b.txt", .data = ZB("bbbb"), .no_local = true, .of = 0, .offset = 30 + 5},
    };
    zb_make(out, members, ARRAY_LEN(members), NULL);
    fixture_free(&inner);
}

/* A stored member that reaches over the directory which names it, to the last byte of the file. */
static void make_self_reference(struct fixture *out)
{
    static const struct zb_member member = {.name = "self.zip", .data = ZB("x"), .say_bytes = 1 + 46 + 8 + 22,
                                            .say_packed = 1 + 46 + 8 + 22};

    zb_make(out, &member, 1, NULL);
}

#define END_RECORD "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
MEMBERS_END(make_end_in_comment, END(.comment = ZB(END_RECORD)), GOOD)
MEMBERS_END(make_end_mark_in_comment, END(.comment = ZB("PK\5\6")), GOOD)
MEMBERS_END(make_end_in_suffix, END(.suffix = ZB(END_RECORD)), GOOD)
MEMBERS_END(make_end_twice, END(.twice = 1), GOOD)
MEMBERS(make_end_in_member_comment, {.name = "a.txt", .data = ZB("x"), .comment = "PK\5\6"}, GOOD)
MEMBERS_END(make_split_marker, END(.prefix = ZB("PK00"), .prefix_moves = true), GOOD)
MEMBERS_END(make_split_marker_7, END(.prefix = ZB("PK\7\10"), .prefix_moves = true), GOOD)
MEMBERS_END(make_prefix, END(.prefix = ZB("GIF89a")), GOOD)
MEMBERS_END(make_prefix_moves, END(.prefix = ZB("GIF89a"), .prefix_moves = true), GOOD)
MEMBERS_END(make_count_more, END(.count = 1), GOOD)
MEMBERS_END(make_count_less, END(.count = -1), GOOD, TEXT("unseen.txt", "x"))
MEMBERS_END(make_size_more, END(.size = 1), GOOD)
MEMBERS_END(make_start_more, END(.start = 1), GOOD)
MEMBERS_END(make_end_disk, END(.disk = 1), GOOD)
MEMBERS_END(make_zip64_lies, END(.zip64 = true, .zip64_open = true, .zip64_start = 1), GOOD)
MEMBERS_END(make_zip64_two_counts, END(.zip64 = true, .count = 1), GOOD)

static void make_no_members(struct fixture *out)
{
    zb_make(out, NULL, 0, NULL);
}

static void make_prefix_only(struct fixture *out)
{
    static const struct zb_end end = {.prefix = ZB("GIF89a"), .prefix_moves = true};

    zb_make(out, NULL, 0, &end);
}

/* In the comment of one archive the directory and the end record of another one, both in order. */
static void make_two_directories(struct fixture *out)
{
    static const struct zb_member seen = TEXT("seen.txt", "seen"), other = TEXT("other.txt", "other");
    struct fixture first = {0}, second = {0}, comment = {0};
    struct zb_member both[] = {seen, {.no_central = true}};
    size_t record = 30 + 9 + 5;

    zb_make(&second, &other, 1, NULL);
    both[1] = other;
    both[1].no_central = true;
    zb_make(&first, both, 2, NULL);
    /* the second directory, its offsets moved to where its record and it are in the joint file */
    fixture_add(&comment, second.bytes + record, second.len - record);
    size_t at = first.len - 22 - 46 - 8 - record, start = first.len;
    for (unsigned i = 0; i < 4; i++) {
        comment.bytes[42 + i] = (uint8_t)(at >> 8 * i);
        comment.bytes[comment.len - 6 + i] = (uint8_t)(start >> 8 * i);
    }
    struct zb_end end = {.comment = {comment.bytes, comment.len}};
    zb_make(out, both, 2, &end);
    fixture_free(&first);
    fixture_free(&second);
    fixture_free(&comment);
}

static void make_cut_comment(struct fixture *out)
{
    make_comment(out);
    out->len -= 5;
}

static void make_no_end(struct fixture *out)
{
    make_stored(out);
    out->len -= 22;
}

static void see_hello(const uint8_t *out, size_t n)
{
    check_stored(out, n, "a.txt", "hello");
}

#define HELD(name_, make_, reason_) {.name = name_, .make = make_, .file = "a.zip", .expect = REASON_##reason_}
#define FINE(name_, make_, ...) {.name = name_, .make = make_, .file = "a.zip", .expect = REASON_OK, __VA_ARGS__}

const struct fmt_case cases_zip[] = {
    FINE("stored", make_stored, .kept = "members=1", .inspect = see_hello),
    FINE("deflated", make_deflated, .kept = "members=1"),
    FINE("bzip2", make_bzip2, .kept = "members=1"),
    FINE("lzma", make_lzma, .kept = "members=1"),
    FINE("zstd", make_zstd, .kept = "members=1"),
    FINE("xz", make_xz, .kept = "members=1"),
    FINE("all methods", make_all_methods, .kept = "members=6", .inspect = see_all_methods),
    FINE("tree with empty folders", make_tree, .kept = "members=3 folders=3", .inspect = see_tree),
    FINE("only folders", make_only_folders, .kept = "folders=2", .inspect = see_only_folders, .flags = CASE_CLEAN_INPUT),
    FINE("folders by attribute", make_folder_by_attribute, .inspect = see_folder_by_attribute),
    FINE("empty files", make_empty_file, .kept = "members=3", .inspect = see_empty_file),
    FINE("empty but deflated", make_empty_deflated, .inspect = see_empty_deflated),
    FINE("data descriptors", make_descriptor, .inspect = see_abcd),
    FINE("zip64 sizes", make_zip64, .kept = "members=2"),
    FINE("zip64 end record", make_zip64_end, .inspect = see_good),
    FINE("zip64 open end record", make_zip64_open, .kept = "members=1"),
    FINE("table with a formula", make_csv, .inspect = see_csv),
    FINE("made on FAT", make_plain_fat, .kept = "members=1"),
    FINE("directory in another order", make_out_of_order, .inspect = see_out_of_order),
    FINE("500 members", make_many, .kept = "members=500", .flags = CASE_NO_TRUNCATE),
    FINE("unpacked in pieces", make_streamed, .flags = CASE_NO_TRUNCATE),
    FINE("packed in pieces", make_written_in_pieces, .flags = CASE_NO_TRUNCATE),
    FINE("stored blanks", make_stored_blanks, .inspect = see_stored, .flags = CASE_NO_TRUNCATE),
    FINE("stored blanks, large", make_stored_blanks_large, .inspect = see_stored, .flags = CASE_NO_TRUNCATE),
    {.name = "flatten mode", .make = make_only_folders, .file = "a.zip", .mode = FMT_MODE_FLATTEN, .expect = REASON_OK,
     .inspect = see_only_folders, .flags = CASE_CLEAN_INPUT},
    {.name = "flatten mode reaches the members", .make = make_tree, .file = "a.zip", .mode = FMT_MODE_FLATTEN,
     .expect = REASON_MEMBER_HELD},
    FINE("text mode", make_tree, .mode = FMT_MODE_TEXT, .inspect = see_tree),

    FINE("UTF-8 names", make_utf8, .inspect = see_hokoku),
    FINE("CP932 names", make_cp932, .inspect = see_hokoku),
    FINE("CP932 names with backslash bytes", make_cp932_backslash, .inspect = see_hyo),
    FINE("DOS separators", make_dos_separators, .inspect = see_dos_separators),
    FINE("backslash on Unix", make_unix_backslash, .findings = "name=1", .inspect = see_unix_backslash),
    FINE("Unicode path field", make_unicode_path, .inspect = see_unicode_path),
    FINE("Unicode path field of another name", make_unicode_path_stale, .inspect = see_unicode_path_stale),
    FINE("NFD name", make_nfd, .inspect = see_nfd),
    FINE("right-to-left override", make_rtlo, .findings = "bidi-override=1", .inspect = see_rtlo),
    FINE("control character in a folder", make_control_in_folder, .findings = "name=1", .inspect = see_control_in_folder),
    FINE("device name", make_device_name, .findings = "name=1", .inspect = see_device_name),
    FINE("folders that differ in case", make_folder_cases, .inspect = see_folder_cases),
    FINE("names one after correction", make_corrected_collision, .findings = "name=3", .inspect = see_corrected_collision),
    HELD("absolute path", make_absolute, UNSAFE_NAME),
    HELD("climbing path", make_climbing, UNSAFE_NAME),
    HELD("path climbing inside", make_climbing_inside, UNSAFE_NAME),
    HELD("climbing by backslash", make_climbing_back, UNSAFE_NAME),
    HELD("climbing by both", make_climbing_mixed, UNSAFE_NAME),
    HELD("climbing folder", make_climbing_folder, UNSAFE_NAME),
    HELD("climbing on FAT", make_climbing_dos, UNSAFE_NAME),
    HELD("drive letter", make_drive, UNSAFE_NAME),
    HELD("drive letter and backslash", make_drive_back, UNSAFE_NAME),
    HELD("network path", make_unc, UNSAFE_NAME),
    HELD("dot dot", make_dotdot, UNSAFE_NAME),
    HELD("name in no encoding", make_undecodable, UNSAFE_NAME),
    HELD("empty name", make_empty_name, UNSAFE_NAME),
    HELD("zero byte in a name", make_zero_in_name, UNSAFE_NAME),
    HELD("path of 70 folders", make_deep_path, UNSAFE_NAME),
    HELD("path of 2000 bytes", make_long_path, UNSAFE_NAME),
    HELD("same name twice", make_same_name, MALFORMED),
    HELD("same name in another case", make_same_case, UNSAFE_NAME),
    HELD("same name in NFD", make_same_nfc, UNSAFE_NAME),
    HELD("same name but for a dot at its end", make_same_dot, UNSAFE_NAME),
    HELD("same name but for a hidden character", make_same_hidden, UNSAFE_NAME),
    HELD("same name behind a dot", make_same_dotted, UNSAFE_NAME),
    HELD("same name in two encodings", make_same_charset, UNSAFE_NAME),
    HELD("same folder in another case", make_same_folder, UNSAFE_NAME),
    HELD("file that is a folder too", make_file_is_folder, UNSAFE_NAME),
    HELD("folder that is a file too", make_folder_is_file, UNSAFE_NAME),

    FINE("symbolic link", make_symlink, .findings = "link-member=1", .inspect = see_good),
    HELD("only a link", make_only_link, EMPTY),
    FINE("devices", make_devices, .findings = "link-member=4", .inspect = see_good),
    FINE("reparse point", make_reparse, .findings = "link-member=1", .inspect = see_good),
    FINE("link made on FAT", make_link_on_fat, .findings = "link-member=1", .inspect = see_good),
    FINE("link in an ASi field", make_asi_link, .findings = "link-member=1 metadata=1", .inspect = see_good),
    FINE("link in a PKWARE field", make_pkware_link, .findings = "link-member=1 metadata=1", .inspect = see_good),
    FINE("link packed by an unknown method", make_link_method, .findings = "link-member=1", .inspect = see_good),
    FINE("link that climbs itself", make_link_climbs, .findings = "link-member=1", .inspect = see_good),
    {.name = "links disallowed", .make = make_symlink, .file = "a.zip", .tune = tune_no_links, .expect = REASON_POLICY},
    FINE("debris of desktops", make_debris, .findings = "metadata=5", .inspect = see_good),
    FINE("archive comment", make_comment, .findings = "comment=1", .inspect = see_good),
    FINE("member comments", make_comments, .findings = "comment=3"),
    {.name = "comment disallowed", .make = make_comment, .file = "a.zip", .tune = tune_no_comment, .expect = REASON_POLICY},
    FINE("owners and other clocks", make_owners, .findings = "metadata=2"),
    FINE("padding in extra fields", make_padding, .kept = "members=1"),
    FINE("bytes after the end", make_suffix, .findings = "trailing-data=1", .inspect = see_good),
    FINE("times", make_times, .inspect = see_times),
    FINE("access time", make_other_clocks, .findings = "metadata=1"),

    FINE("zip in zip in zip", make_nested, .inspect = see_inner),
    FINE("ten deep", make_nested_10, .flags = CASE_NO_TRUNCATE),
    HELD("eleven deep", make_nested_11, LIMIT_DEPTH),
    HELD("encrypted inside", make_nested_encrypted, MEMBER_HELD),
    HELD("bomb inside", make_nested_bomb, LIMIT_RATIO),
    HELD("empty archive inside", make_nested_empty, MEMBER_HELD),
    HELD("unknown member", make_unknown_member, MEMBER_HELD),
    HELD("program inside", make_program, MEMBER_BLOCKED),
    HELD("script inside", make_script, MEMBER_BLOCKED),
    HELD("empty file named as a program", make_empty_program, MEMBER_BLOCKED),
    {.name = "script inside, members may be left out", .make = make_script, .file = "a.zip", .tune = tune_leave_out,
     .expect = REASON_MEMBER_BLOCKED},
    {.name = "unknown member left out", .make = make_unknown_member, .file = "a.zip", .tune = tune_leave_out,
     .expect = REASON_OK, .findings = "member=1", .kept = "members=2", .inspect = see_unknown_left_out},
    {.name = "only members left out", .make = make_only_unknown, .file = "a.zip", .tune = tune_leave_out, .expect = REASON_EMPTY},
    {.name = "bomb inside, members may be left out", .make = make_nested_bomb, .file = "a.zip", .tune = tune_leave_out,
     .expect = REASON_LIMIT_RATIO, .flags = CASE_NO_TRUNCATE},
    HELD("encrypted", make_encrypted, ENCRYPTED),
    HELD("strong encryption", make_encrypted_strong, ENCRYPTED),
    HELD("masked headers", make_encrypted_masked, ENCRYPTED),
    HELD("AES", make_encrypted_aes, ENCRYPTED),
    HELD("strong encryption field", make_encrypted_field, ENCRYPTED),
    HELD("deflate64", make_method_64, UNSUPPORTED_TYPE),
    HELD("PPMd", make_method_ppmd, UNSUPPORTED_TYPE),
    HELD("unknown method", make_method_200, UNSUPPORTED_TYPE),

    HELD("bomb", make_bomb, LIMIT_RATIO),
    HELD("bzip2 bomb", make_bomb_bzip2, LIMIT_RATIO),
    HELD("zstd bomb", make_bomb_zstd, LIMIT_RATIO),
    HELD("bomb declared small", make_bomb_small, MALFORMED),
    HELD("bomb declared not so small", make_bomb_small_stream, MALFORMED),
    HELD("xz bomb declared small", make_bomb_small_xz, MALFORMED),
    HELD("declared huge", make_declared_huge, LIMIT_RATIO),
    HELD("less than declared", make_declared_more, MALFORMED),
    HELD("more than declared", make_declared_less, MALFORMED),
    HELD("declared empty", make_declared_empty, MALFORMED),
    HELD("stored with two sizes", make_stored_sizes, MALFORMED),
    HELD("folder with content", make_folder_content, MALFORMED),
    HELD("folder with hidden bytes", make_folder_packed, MALFORMED),
    {.name = "too many members", .make = make_three, .file = "a.zip", .tune = tune_two_members, .expect = REASON_LIMIT_MEMBERS},
    {.name = "member too large", .make = make_deflated, .file = "a.zip", .tune = tune_500_bytes, .expect = REASON_LIMIT_BYTES},
    {.name = "too much in all", .make = make_three, .file = "a.zip", .tune = tune_total, .expect = REASON_LIMIT_RATIO},
    HELD("sizes that overflow", make_total_64, LIMIT_RATIO),
    HELD("dictionary of 4 GB", make_lzma_memory, LIMIT_MEMORY),
    HELD("LZMA without properties", make_lzma_short, MALFORMED),

    HELD("wrong checksum", make_crc, MALFORMED),
    HELD("wrong checksum, stored", make_crc_stored, MALFORMED),
    HELD("wrong checksum of nothing", make_crc_empty, MALFORMED),
    HELD("two checksums", make_crc_local, MALFORMED),
    HELD("damaged deflate", make_damaged_deflate, MALFORMED),
    HELD("damaged bzip2", make_damaged_bzip2, MALFORMED),
    HELD("damaged xz", make_damaged_xz, MALFORMED),
    HELD("damaged zstd", make_damaged_zstd, MALFORMED),
    HELD("bytes behind the deflate stream", make_tail_in_data, MALFORMED),
    HELD("deflate stream without end", make_unended_data, MALFORMED),
    HELD("two names", make_two_names, MALFORMED),
    HELD("two names of other length", make_two_name_lengths, MALFORMED),
    HELD("two flags", make_two_flags, MALFORMED),
    HELD("encrypted in the local header only", make_local_encrypted, MALFORMED),
    HELD("two methods", make_two_methods, MALFORMED),
    HELD("two sizes", make_two_sizes, MALFORMED),
    HELD("two zip64 sizes", make_two_sizes_64, MALFORMED),
    HELD("patch data", make_flag_patch, MALFORMED),
    HELD("reserved flag", make_flag_reserved, MALFORMED),
    HELD("offset beside the record", make_offset, MALFORMED),
    HELD("offset behind the file", make_offset_far, MALFORMED),
    HELD("member on another disk", make_disk, MALFORMED),
    HELD("bytes between members", make_gap, MALFORMED),
    HELD("record the directory does not name", make_unnamed_record, MALFORMED),
    HELD("bytes before the directory", make_gap_directory, MALFORMED),
    HELD("data over the directory", make_short_data, MALFORMED),
    HELD("descriptor that lies", make_descriptor_wrong, MALFORMED),
    HELD("damaged extra field", make_extra_damaged, MALFORMED),
    HELD("damaged local extra field", make_extra_local_damaged, MALFORMED),
    HELD("two zip64 fields", make_extra_zip64_twice, MALFORMED),
    HELD("two Unicode fields", make_extra_unicode_twice, MALFORMED),
    HELD("Unicode name in the local header only", make_extra_unicode_local, MALFORMED),
    HELD("one record for two members", make_same_record, MALFORMED),
    HELD("one record for two names", make_same_record_renamed, MALFORMED),
    HELD("overlapping records", make_quoted, MALFORMED),
    HELD("archive that holds itself", make_self_reference, MALFORMED),
    HELD("end record in the comment", make_end_in_comment, AMBIGUOUS_TYPE),
    HELD("end mark in the comment", make_end_mark_in_comment, AMBIGUOUS_TYPE),
    HELD("end record after the end", make_end_in_suffix, AMBIGUOUS_TYPE),
    HELD("end record twice", make_end_twice, AMBIGUOUS_TYPE),
    HELD("end mark in a member's comment", make_end_in_member_comment, AMBIGUOUS_TYPE),
    HELD("two directories", make_two_directories, AMBIGUOUS_TYPE),
    FINE("mark of a split archive", make_split_marker, .inspect = see_good),
    FINE("signed mark of a split archive", make_split_marker_7, .inspect = see_good),
    HELD("bytes before", make_prefix, AMBIGUOUS_TYPE),
    HELD("bytes before, offsets moved", make_prefix_moves, AMBIGUOUS_TYPE),
    HELD("bytes before nothing", make_prefix_only, AMBIGUOUS_TYPE),
    HELD("end record counts more", make_count_more, MALFORMED),
    HELD("end record counts less", make_count_less, MALFORMED),
    HELD("end record says a larger directory", make_size_more, MALFORMED),
    HELD("end record says a later directory", make_start_more, MALFORMED),
    HELD("end record of another disk", make_end_disk, MALFORMED),
    HELD("zip64 end record that lies", make_zip64_lies, MALFORMED),
    HELD("two end records that disagree", make_zip64_two_counts, MALFORMED),
    HELD("no members", make_no_members, EMPTY),
    HELD("cut comment", make_cut_comment, MALFORMED),
    HELD("no end record", make_no_end, MALFORMED),
    {0},
};
