/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cases of plain text: every encoding, every attack, and what must survive. */
#include "text_fixture.h"

#define CP932 "CP932"
#define EUC "EUC-JP-MS"
#define JIS "ISO-2022-JP"
#define LE "UTF-16LE"
#define BE "UTF-16BE"
#define MARK "\xEF\xBB\xBF" /* U+FEFF */

/* Long enough for every encoding to be recognised. */
#define JA "令和六年度の予算について、関係部署に通知する。\n詳細はサンプルのとおり。ABC 123\n"

/* ---- What passes as it is ----------------------------------------------------------------- */

SAME_CASE(ascii, NULL, "plain text\nwith a tab\there\n")
SAME_CASE(crlf, NULL, "one\r\ntwo\r\n")
SAME_CASE(cr, NULL, "one\rtwo\r")
SAME_CASE(mixed_ends, NULL, "one\ntwo\r\nthree\rfour\n\n\r\nfive")
SAME_CASE(no_end, NULL, "no line end")
SAME_CASE(one_byte, NULL, "x")
SAME_CASE(blanks, NULL, " \t\n")
SAME_CASE(feeds, NULL, "page 1\n\fpage 2\n")
SAME_CASE(markdown, NULL, "# Title\n\n* `code` <b>html stays text</b> [x](javascript:1)\n")
SAME_CASE(utf8, NULL, JA)
SAME_CASE(utf8_mark, NULL, MARK JA)
SAME_CASE(utf8_latin, NULL, "Copyright \xC2\xA9 2024, 25\xC2\xB0" "C, caf\xC3\xA9 na\xC3\xAFve\n")
SAME_CASE(utf8_kanji, NULL, "葛\xF3\xA0\x84\x80城市 葛\xF3\xA0\x84\x81飾区 辻\xF3\xA0\x84\x82 \xF0\xA0\xAE\xB7野家 髙﨑 神\xEF\xB8\x80\n")
SAME_CASE(utf8_gaiji, NULL, "外字 \xEE\x80\x80 \xEF\xA3\xBF \xF3\xB0\x80\x80 \xF4\x80\x80\x80 です\n")
SAME_CASE(utf8_emoji, NULL,
          "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB \xF0\x9F\x8F\xB3\xEF\xB8\x8F\xE2\x80\x8D\xF0\x9F\x8C\x88 "
          "\xF0\x9F\x91\xA8\xF0\x9F\x8F\xBD\xE2\x80\x8D\xE2\x9A\x95\xEF\xB8\x8F \xE2\x98\x8E\xEF\xB8\x8F 1\xEF\xB8\x8F\xE2\x83\xA3\n")
SAME_CASE(utf8_scripts, NULL, "می\xE2\x80\x8Cخواهم क्\xE2\x80\x8Dष 한국어 简体 Ελληνικά Русский\n")
SAME_CASE(utf8_replacement, NULL, "そのまま\xEF\xBF\xBDである\n")
SAME_CASE(utf8_combining, NULL, "か\xE3\x82\x99 e\xCC\x81\n")
TEXT_CASE(utf16le, LE, MARK JA, LE, MARK JA)
TEXT_CASE(utf16be, BE, MARK JA, BE, MARK JA)
TEXT_CASE(utf16_rare, LE, MARK "\xF0\xA0\xAE\xB7 \xF0\x9F\x98\x80 葛\xF3\xA0\x84\x80 \xEE\x80\x80\r\n", LE,
          MARK "\xF0\xA0\xAE\xB7 \xF0\x9F\x98\x80 葛\xF3\xA0\x84\x80 \xEE\x80\x80\r\n")
SAME_CASE(cp932, CP932, JA "機種依存文字①㈱～－Ⅳ㎡ ｱｲｳｶﾞﾊﾟ\r\n")
/* the same characters under several codes: NEC row 13, NEC selected and IBM */
SAME_CASE(cp932_doubles, NULL, "\x82\xA0\x82\xA2 \x81\xE6\x87\x9A \x81\xCA\xEE\xF9\xFA\x54 \xEE\xEF\xFA\x40 \xED\x40\xFA\x5C\n")
SAME_CASE(cp932_second_bytes, CP932, "表示ソフト構能予ー～ポ十貼\n")
SAME_CASE(cp932_gaiji, NULL, "\x82\xA0\x82\xA2\xF0\x40\xF9\xFC\n")
SAME_CASE(cp932_kana, NULL, "\xBD\xBD\xDE\xB7 \xC0\xDB\xB3 \xCA\xDF\xDD\n")
SAME_CASE(eucjp, EUC, JA)
SAME_CASE(eucjp_0212, NULL, "\xA4\xA2\xA4\xA4\x8F\xB0\xA2\x8F\xF3\xF3 \x8E\xB1\x8E\xB2\n")
SAME_CASE(eucjp_rows, NULL, "\xA4\xA2\xA4\xA4\xAD\xA1 \xF5\xA1\xFE\xFE \x8F\xF5\xA1\xF9\xA1\n")
SAME_CASE(jis, JIS, JA)
SAME_CASE(jis_sets, NULL,
          "\x1B$B$\"$$\x1B(I1234\x1B(B, \x1B(Jyen \\\x1B$@$\"\x1B$(D0\"\x1B(B.\n\x1B$B-!\x1B(B\n") /* NEC row 13 */
SAME_CASE(utf7_is_ascii, NULL, "Hi Mom +AD0-1+AD0-\n")

/* ---- What is put right ------------------------------------------------------------------------ */

TEXT_CASE(utf16le_unmarked, LE, JA, LE, MARK JA)
TEXT_CASE(utf16be_unmarked, BE, JA, BE, MARK JA)
TEXT_CASE(utf16le_ascii, LE, "Subject: test\r\nHello world\r\n", LE, MARK "Subject: test\r\nHello world\r\n")
TEXT_CASE(jis_open_end, NULL, "abc \x1B$B$\"$$", NULL, "abc \x1B$B$\"$$\x1B(B")
TEXT_CASE(jis_roman_end, NULL, "\x1B$B$\"\x1B(J\n", NULL, "\x1B$B$\"\x1B(J\n\x1B(B")
TEXT_CASE(jis_lost_escape, NULL, "\x1B$B$\"$$\nabc\n", NULL, "\x1B$B$\"$$\x1B(B\nabc\n")
TEXT_CASE(jis_blank_inside, NULL, "\x1B$B$\" $$\x1B(B\n", NULL, "\x1B$B$\"\x1B(B \x1B$B$$\x1B(B\n")
TEXT_CASE(jis_cut_pair, NULL, "\x1B$B$\"$\x1B(Babc\n", NULL, "\x1B$B$\"\".\x1B(Babc\n")
TEXT_CASE(jis_redundant, NULL, "\x1B(Ba\x1B$B\x1B(B\x1B$B$\"\x1B$B$$\x1B(J\x1B(Bb\n", NULL, "a\x1B$B$\"$$\x1B(Bb\n")
TEXT_CASE(jis_swedish, NULL, "\x1B$B$\"\x1B(Hx\n", NULL, "\x1B$B$\"\x1B(Jx\n\x1B(B")
TEXT_CASE(jis_shift_out, NULL, "\x1B$B$\"\x1B(B\x0E" "12\x0F\n", NULL, "\x1B$B$\"\x1B(B12\n")
TEXT_CASE(jis_unassigned, NULL, "\x1B$B$\"/!$$\x1B(B\n", NULL, "\x1B$B$\"\".$$\x1B(B\n")
TEXT_CASE(jis_kana_range, NULL, "\x1B(I1`2\x1B(B\n", NULL, "\x1B(I1\x1B$B\".\x1B(I2\x1B(B\n")

/* ---- Terminal sequences --------------------------------------------------------------------------- */

TEXT_CASE(csi, NULL, "a\x1B[1;31mred\x1B[0m\x1B[2J\x1B[?25l\x1B[38:2:1:2:3mb\n", NULL, "aredb\n")
TEXT_CASE(osc_bel, NULL, "a\x1B]0;title\x07" "b\x1B]52;c;cm0gLXJm\x07" "c\n", NULL, "abc\n")
TEXT_CASE(osc_st, NULL, "a\x1B]8;;http://example.org\x1B\\link\x1B]8;;\x1B\\b\n", NULL, "alinkb\n")
TEXT_CASE(osc_open, NULL, "a\x1B]0;no end\nb\n\x1B]2;again\r\nc", NULL, "a\nb\n\r\nc")
TEXT_CASE(osc_palette, NULL, "a\x1B]P0ff0000b\x1B]Rc\n", NULL, "abc\n")
TEXT_CASE(dcs, NULL, "a\x1BP$q\"p\nmore\x1B\\b\x1B_app\x1B\\c\x1B^pm\x1B\\d\x1BXsos\x1B\\e\x1Bktitle\x1B\\f\n", NULL, "abcdef\n")
TEXT_CASE(esc_short, NULL, "a\x1B" "c\x1B(0\x1B#8\x1B%G\x1B" "7\x1B=\x1BOAb\x1B[[Ac\n", NULL, "abc\n")
TEXT_CASE(esc_restart, NULL, "a\x1B[1;\x1B[2mb\x1B]0;x\x1B[3mc\n", NULL, "abc\n")
TEXT_CASE(esc_end, NULL, "text\x1B", NULL, "text")
TEXT_CASE(csi_end, NULL, "text\x1B[12;", NULL, "text")
TEXT_CASE(esc_line, NULL, "a\x1B\nb\x1B[1\nc\n", NULL, "a\nb\nc\n")
TEXT_CASE(c1, NULL, "あ\xC2\x9B" "31mい\xC2\x9D" "0;t\xC2\x9Cう\xC2\x90q\xC2\x9Cえ\xC2\x84お\n", NULL, "あいうえお\n")
TEXT_CASE(esc_utf16, LE, MARK "あ\x1B[31mい\xC2\x9B" "1mう\n", LE, MARK "あいう\n")
TEXT_CASE(esc_cp932, CP932, JA "赤\x1B[31m字\x1B]0;表示\x07です\n", CP932, JA "赤字です\n")
TEXT_CASE(esc_jis, NULL, "\x1B$B$\"\x1B[31m$$\x1B(B\x1B[0m\n", NULL, "\x1B$B$\"$$\x1B(B\n")

/* ---- Controls and characters that do not show -------------------------------------------------------- */

TEXT_CASE(controls, NULL, "a\x08" "b\x07" "c\x7F" "d\x0B" "e\x0E" "f\x01g\n\x1A", NULL, "abcdefg\n")
TEXT_CASE(vtab_allowed, NULL, "a\x0B" "b\x08\x1B[1mc\n", NULL, "a\x0B" "bc\n")
TEXT_CASE(separators, NULL, "あ\xC2\x85い\xE2\x80\xA8う\xE2\x80\xA9え\n", NULL, "あ い う え\n")
TEXT_CASE(bidi, NULL, "report\xE2\x80\xAEtxt.exe \xE2\x81\xA6x\xE2\x81\xA9 \xD8\x9C\xE2\x80\x8E\xE2\x80\x8Fy 予定\n", NULL,
          "reporttxt.exe x y 予定\n")
SAME_CASE(bidi_allowed, NULL, "שלום\xE2\x80\x8F!\n")
HELD_CASE(bidi_held, NULL, "report\xE2\x80\xAEtxt.exe\n")
TEXT_CASE(invisible, NULL,
          "zero\xE2\x80\x8B" "width \xE2\x81\xA0word " MARK "inside so\xC2\xAD" "ft \xE3\x85\xA4\xEF\xBE\xA0\xE1\x85\x9F" "fill "
          "\xF3\xA0\x81\x81\xF3\xA0\x81\x82tags \xE2\x81\xA5\xF0\x9D\x85\xB3\xEF\xBF\xB9.\n",
          NULL, "zerowidth word inside soft fill tags .\n")
TEXT_CASE(two_marks, NULL, MARK MARK "abc\n", NULL, MARK "abc\n")
/* a base and three selectors; one at the start of a line; one behind a blank */
TEXT_CASE(selectors, NULL, "神\xEF\xB8\x80\xEF\xB8\x81\xF3\xA0\x84\x80社\n\xEF\xB8\x8Fx \xEF\xB8\x8Fy\n", NULL, "神\xEF\xB8\x80社\nx y\n")
TEXT_CASE(joiners, NULL, "pass\xE2\x80\x8Dword あ\xE2\x80\x8Cい \xF0\x9F\x91\xA9\xE2\x80\x8Dx \xF0\x9F\x91\xA9\xE2\x80\x8D\n", NULL,
          "password あい \xF0\x9F\x91\xA9x \xF0\x9F\x91\xA9\n")
TEXT_CASE(mongolian, NULL, "\xE1\xA0\xA0\xE1\xA0\x8B" "a\xE1\xA0\x8B\n", NULL, "\xE1\xA0\xA0\xE1\xA0\x8B" "a\n")

/* ---- Bytes that are no character ------------------------------------------------------------------------ */

#define BAD "\xEF\xBF\xBD"
TEXT_CASE(utf8_bad, NULL, JA "い\xC0\xAF" "う\xED\xA0\x80え\n", NULL, JA "い" BAD BAD "う" BAD BAD BAD "え\n")
TEXT_CASE(utf8_over, NULL, JA "え\xF4\x90\x80\x80お\n", NULL, JA "え" BAD BAD BAD BAD "お\n")
TEXT_CASE(utf8_overlong_quote, NULL, JA "\xC0\xA2\xE0\x80\xA2x\n", NULL, JA BAD BAD BAD BAD BAD "x\n")
TEXT_CASE(utf8_nonchar, NULL, JA "\xEF\xBF\xBEい\xEF\xB7\x90う\xF0\x9F\xBF\xBFえ\xF1\x80\x80\x80お\n", NULL,
          JA BAD "い" BAD "う" BAD "え" BAD "お\n")
TEXT_CASE(utf8_cut, NULL, JA "いう\xE3\x81", NULL, JA "いう" BAD)
TEXT_CASE(utf8_lead_before_ascii, NULL, JA "う\xE3\"x\" \xE3\x81\n", NULL, JA "う" BAD "\"x\" " BAD "\n")
TEXT_CASE(utf16_lone, NULL, "\xFF\xFE" "a\0\x00\xD8" "b\0\x00\xDC" "c\0\xFF\xFF" "d\0\n", NULL,
          "\xFF\xFE" "a\0\xFD\xFF" "b\0\xFD\xFF" "c\0\xFD\xFF" "d\0\xFD\xFF")
AFTER_CASE(cp932_bad, CP932, JA, "\x81\n\x82\"q\" \x85@x \xA0\x80\xFD\xFF \xFC\xFC\n",
           "\x81\xAC\n\x81\xAC\"q\" \x81\xAC@x \x81\xAC\x81\xAC\x81\xAC\x81\xAC \x81\xAC\n")
AFTER_CASE(eucjp_bad, EUC, JA, "\xA4\n\xA4\"q\" \x8F\xA4x \x8E\xE0 \xA9\xA1 \x90\n",
           "\xA2\xAE\n\xA2\xAE\"q\" \xA2\xAE\xA2\xAEx \xA2\xAE\xA2\xAE \xA2\xAE \xA2\xAE\n")
TEXT_CASE(stray_byte, NULL, "mostly ASCII \xFF and one more \x80.\n", NULL, "mostly ASCII ? and one more ?.\n")

static void make_few_bad(struct fixture *f)
{
    for (int i = 0; i < 200; i++)
        fixture_puts(f, i % 20 ? "日本" : "本\xE3\x81 ");
}

static void make_many_bad(struct fixture *f)
{
    for (int i = 0; i < 200; i++)
        fixture_puts(f, i % 4 ? "日本" : "本\xE3\x81 ");
}

HELD_CASE(nul, NULL, "text\0more\n")
HELD_CASE(nul_behind_mark, NULL, MARK "text\0more\n")
HELD_CASE(nul_utf16, NULL, "\xFF\xFE" "a\0\0\0b\0\n\0")
HELD_CASE(nuls, NULL, "a\0bc\0d" "ef\0ghi")
HELD_CASE(utf32, NULL, "\xFF\xFE\0\0a\0\0\0")
HELD_CASE(utf32be, NULL, "\0\0\xFE\xFF\0\0\0a")
HELD_CASE(utf7, NULL, "+/v8-abc\n")
HELD_CASE(binary, NULL, "\x7F" "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0\x01\0\0\0")
HELD_CASE(only_mark, NULL, MARK)
HELD_CASE(only_controls, NULL, "\x1B[2J\x07\x08")
HELD_CASE(undecided, NULL, "\xC3\xA8\n")             /* half-width kana, a kanji or a Latin letter */
HELD_CASE(undecided_kana, NULL, "\xB1\xB2\xB3\xB4\n")  /* ｱｲｳｴ or two kanji */
HELD_CASE(latin1, NULL, "Stra\xDF" "e, M\xFCller, caf\xE9, gar\xE7on, \xE9t\xE9, d\xE9j\xE0, no\xEBl, \xFC" "ber, f\xFCr, na\xEF" "f\n")
HELD_CASE(korean, NULL, "\x1B$)C\x0E" "1!\x0F\n")
HELD_CASE(chinese, NULL, "\x1B$A0!\x1B(B\n")
HELD_CASE(jis_eight_bit, NULL, "\x1B$B$\"\x1B(B \xB1\xB2\n")

/* ---- Size -------------------------------------------------------------------------------------------------- */

#define HUGE_LINE (1 << 20)

static void make_huge_line(struct fixture *f)
{
    for (int i = 0; i < HUGE_LINE / 16; i++)
        fixture_puts(f, "all on one line ");
}

static void look_huge_line(const uint8_t *out, size_t n)
{
    struct fixture want = {0};

    make_huge_line(&want);
    assert_int_equal(n, want.len);
    assert_memory_equal(out, want.bytes, n);
    fixture_free(&want);
}

/* Characters cross every border of the reader's pieces. */
static void make_long_japanese(struct fixture *f)
{
    fixture_puts(f, "x");
    for (int i = 0; i < 30000; i++)
        text_add(f, CP932, "長い行、ー\x1B[m", sizeof "長い行、ー\x1B[m" - 1);
}

static void look_long_japanese(const uint8_t *out, size_t n)
{
    struct fixture want = {0};

    fixture_puts(&want, "x");
    for (int i = 0; i < 30000; i++)
        text_add(&want, CP932, "長い行、ー", sizeof "長い行、ー" - 1);
    assert_int_equal(n, want.len);
    assert_memory_equal(out, want.bytes, n);
    fixture_free(&want);
}

/* ---- Text mode -------------------------------------------------------------------------------------------------- */

TEXT_CASE(to_utf8_cp932, CP932, JA "①㈱～－ ｱｲｳ\r\n", NULL, JA "①㈱～－ ｱｲｳ\r\n")
TEXT_CASE(to_utf8_eucjp, EUC, JA "丂ｱ\n", NULL, JA "丂ｱ\n")
TEXT_CASE(to_utf8_jis, NULL, "\x1B$B$\"-!\x1B(I12\x1B(J\\\x1B(B\n", NULL, "あ①ｱｲ¥\n")
TEXT_CASE(to_utf8_jis_lost, NULL, "\x1B$B$\"\nabc\n", NULL, "あ\nabc\n")
TEXT_CASE(to_utf8_utf16, BE, MARK JA "\xF0\xA0\xAE\xB7\n", NULL, JA "\xF0\xA0\xAE\xB7\n")
TEXT_CASE(to_utf8_mark, NULL, MARK JA, NULL, JA)
TEXT_CASE(to_utf8_bad, NULL, "\x82\xA0\x82\xA2\x82\xA4\x82\xA6\xFD\x1B[1m\n", NULL, "あいうえ" BAD "\n")

static void tune_allow(struct fmt_options *options)
{
    options->switches[FINDING_CONTROL_CHARS] = FMT_SWITCH_ALLOW;
    options->switches[FINDING_BIDI] = FMT_SWITCH_ALLOW;
}

static void tune_disallow(struct fmt_options *options)
{
    options->switches[FINDING_BIDI] = FMT_SWITCH_DISALLOW;
}

#define ROW(id, words, as, what, more)                                                                        \
    .name = words, .make = make_##id, .file = as, .expect = REASON_OK, .findings = what, .inspect = look_##id, \
    .flags = CASE_SHORT_IS_FINE | (more)
#define CLEAN(id, words) {ROW(id, words, "a.txt", NULL, CASE_CLEAN_INPUT)}
#define FOUND(id, words, what) {ROW(id, words, "a.log", what, 0)}
#define HELD(id, words, why) {.name = words, .make = make_##id, .file = "a.txt", .expect = REASON_##why}

const struct fmt_case cases_text[] = {
    {ROW(ascii, "ASCII", "a.txt", NULL, CASE_CLEAN_INPUT), .kept = "lines=2 characters=27"},
    {ROW(mixed_ends, "mixed line ends", "a.txt", NULL, CASE_CLEAN_INPUT), .kept = "lines=7"},
    {ROW(markdown, "Markdown", "README.md", NULL, CASE_CLEAN_INPUT)},
    CLEAN(crlf, "CRLF"),
    CLEAN(cr, "CR"),
    CLEAN(no_end, "no line end"),
    CLEAN(one_byte, "one byte"),
    CLEAN(blanks, "only blanks"),
    CLEAN(feeds, "page breaks"),
    CLEAN(utf8, "UTF-8"),
    CLEAN(utf8_mark, "UTF-8 with mark"),
    CLEAN(utf8_latin, "UTF-8 with few Latin letters"),
    CLEAN(utf8_kanji, "variants of kanji"),
    CLEAN(utf8_gaiji, "characters for private use"),
    CLEAN(utf8_emoji, "emoji"),
    CLEAN(utf8_scripts, "other scripts"),
    CLEAN(utf8_replacement, "U+FFFD"),
    CLEAN(utf8_combining, "combining marks"),
    CLEAN(utf16le, "UTF-16LE"),
    CLEAN(utf16be, "UTF-16BE"),
    CLEAN(utf16_rare, "UTF-16 with surrogates"),
    CLEAN(cp932, "CP932"),
    CLEAN(cp932_doubles, "CP932 with double codes"),
    CLEAN(cp932_second_bytes, "CP932 with backslash and bar as second bytes"),
    CLEAN(cp932_gaiji, "CP932 with private codes"),
    CLEAN(cp932_kana, "CP932 of half-width kana"),
    CLEAN(eucjp, "EUC-JP"),
    CLEAN(eucjp_0212, "EUC-JP with JIS X 0212"),
    CLEAN(eucjp_rows, "EUC-JP with rows of eucJP-ms"),
    CLEAN(jis, "ISO-2022-JP"),
    CLEAN(jis_sets, "ISO-2022-JP with all sets"),
    CLEAN(utf7_is_ascii, "UTF-7 is not decoded"),

    FOUND(utf16le_unmarked, "UTF-16LE without mark", "encoding=1"),
    FOUND(utf16be_unmarked, "UTF-16BE without mark", "encoding=1"),
    FOUND(utf16le_ascii, "UTF-16LE of ASCII without mark", "encoding=1"),
    FOUND(jis_open_end, "ISO-2022-JP without last escape", "encoding=1"),
    FOUND(jis_roman_end, "ISO-2022-JP that ends in JIS X 0201", NULL),
    FOUND(jis_lost_escape, "ISO-2022-JP line end inside kanji", "encoding=1"),
    FOUND(jis_blank_inside, "ISO-2022-JP blank inside kanji", "encoding=1"),
    FOUND(jis_cut_pair, "ISO-2022-JP escape inside a character", "encoding=1"),
    FOUND(jis_redundant, "ISO-2022-JP needless escapes", NULL),
    FOUND(jis_swedish, "ISO-2022-JP with ESC ( H", "encoding=1"),
    FOUND(jis_shift_out, "ISO-2022-JP with SO and SI", "control-characters=2"),
    {ROW(jis_unassigned, "ISO-2022-JP unassigned code", "a.txt", "encoding=1", CASE_CLEAN_INPUT)}, /* well-formed */
    FOUND(jis_kana_range, "ISO-2022-JP code beyond the kana", "encoding=1"),

    FOUND(csi, "CSI", "control-characters=5"),
    FOUND(osc_bel, "OSC to BEL", "control-characters=2"),
    FOUND(osc_st, "OSC to ST", "control-characters=2"),
    FOUND(osc_open, "OSC without end", "control-characters=2"),
    FOUND(osc_palette, "OSC of the Linux console", "control-characters=2"),
    FOUND(dcs, "DCS, APC, PM, SOS", "control-characters=5"),
    FOUND(esc_short, "short escapes", "control-characters=8"),
    FOUND(esc_restart, "escape inside escape", "control-characters=4"),
    FOUND(esc_end, "ESC at the end", "control-characters=1"),
    FOUND(csi_end, "CSI at the end", "control-characters=1"),
    FOUND(esc_line, "ESC before a line end", "control-characters=2"),
    FOUND(c1, "C1 controls", "control-characters=4"),
    FOUND(esc_utf16, "escapes in UTF-16", "control-characters=2"),
    FOUND(esc_cp932, "escapes in CP932", "control-characters=2"),
    FOUND(esc_jis, "escapes in ISO-2022-JP", "control-characters=2"),

    FOUND(controls, "C0 controls", "control-characters=7"),
    {ROW(vtab_allowed, "allowed controls keep VT only", "a.txt", "control-characters=2", 0), .tune = tune_allow},
    FOUND(separators, "strange line ends", "control-characters=3"),
    FOUND(bidi, "bidi controls", "bidi-override=6"),
    {ROW(bidi_allowed, "bidi allowed", "a.txt", NULL, CASE_CLEAN_INPUT), .tune = tune_allow, .kept = "bidi-controls=1"},
    {.name = "bidi disallowed", .make = make_bidi_held, .file = "a.txt", .tune = tune_disallow, .expect = REASON_POLICY},
    FOUND(invisible, "invisible characters", "control-characters=12"),
    FOUND(two_marks, "two marks", "control-characters=1"),
    FOUND(selectors, "runs of variation selectors", "control-characters=4"),
    FOUND(joiners, "joiners out of place", "control-characters=4"),
    FOUND(mongolian, "Mongolian selectors", "control-characters=1"),

    FOUND(utf8_bad, "bad UTF-8", "encoding=5"),
    FOUND(utf8_over, "UTF-8 over U+10FFFF", "encoding=4"),
    FOUND(utf8_overlong_quote, "overlong UTF-8 of a quote", "encoding=5"),
    FOUND(utf8_nonchar, "noncharacters", "encoding=4"),
    FOUND(utf8_cut, "UTF-8 cut inside a character", "encoding=1"),
    FOUND(utf8_lead_before_ascii, "UTF-8 lead before a quote", "encoding=2"),
    FOUND(utf16_lone, "lone surrogates", "encoding=4"),
    FOUND(cp932_bad, "bad CP932", "encoding=8"),
    FOUND(eucjp_bad, "bad EUC-JP", "encoding=8"),
    FOUND(stray_byte, "stray bytes in ASCII", "encoding=2"),
    {.name = "few bad sequences", .make = make_few_bad, .file = "a.txt", .expect = REASON_OK, .findings = "encoding=10",
     .flags = CASE_CLEAN_INPUT}, /* it is well-formed CP932 */
    HELD(many_bad, "many bad sequences", MALFORMED),
    HELD(nul, "NUL", MALFORMED),
    HELD(nul_behind_mark, "NUL behind a mark", MALFORMED),
    HELD(nul_utf16, "NUL in UTF-16", MALFORMED),
    HELD(nuls, "NULs here and there", MALFORMED),
    HELD(utf32, "UTF-32LE", MALFORMED),
    HELD(utf32be, "UTF-32BE", MALFORMED),
    HELD(utf7, "UTF-7 mark", MALFORMED),
    HELD(binary, "binary", MALFORMED),
    HELD(only_mark, "only a mark", EMPTY),
    HELD(only_controls, "only controls", EMPTY),
    HELD(undecided, "three encodings fit", MALFORMED),
    HELD(undecided_kana, "two encodings fit", MALFORMED),
    HELD(latin1, "ISO 8859-1", MALFORMED),
    HELD(korean, "ISO-2022-KR", MALFORMED),
    HELD(chinese, "ISO-2022-CN", MALFORMED),
    HELD(jis_eight_bit, "ISO-2022-JP with eight-bit bytes", MALFORMED),

    {ROW(huge_line, "huge line", "a.txt", NULL, CASE_CLEAN_INPUT | CASE_NO_TRUNCATE), .kept = "lines=1"},
    {ROW(long_japanese, "long line of CP932", "a.txt", "control-characters=30000", CASE_NO_TRUNCATE)},

#define TEXT(id, words, what, more) {ROW(id, words, "a.txt", what, more), .mode = FMT_MODE_TEXT}
    TEXT(to_utf8_cp932, "text of CP932", NULL, CASE_CLEAN_INPUT),
    TEXT(to_utf8_eucjp, "text of EUC-JP", NULL, CASE_CLEAN_INPUT),
    TEXT(to_utf8_jis, "text of ISO-2022-JP", NULL, CASE_CLEAN_INPUT),
    TEXT(to_utf8_jis_lost, "text of broken ISO-2022-JP", "encoding=1", 0),
    TEXT(to_utf8_utf16, "text of UTF-16", NULL, CASE_CLEAN_INPUT),
    TEXT(to_utf8_mark, "text of marked UTF-8", NULL, CASE_CLEAN_INPUT),
    TEXT(to_utf8_bad, "text of bad CP932", "control-characters=1 encoding=1", 0),
    {.name = "no pages", .make = make_ascii, .file = "a.txt", .mode = FMT_MODE_FLATTEN, .expect = REASON_MODE_UNAVAILABLE},
    {0},
};
