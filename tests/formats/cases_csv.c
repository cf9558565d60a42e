/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cases of CSV: formulas in every disguise, and the tables that must survive. */
#include "text_fixture.h"

#define CP932 "CP932"
#define EUC "EUC-JP-MS"
#define JIS "ISO-2022-JP"
#define LE "UTF-16LE"
#define MARK "\xEF\xBB\xBF"
#define HEAD "番号,氏名,住所,備考\r\n" /* enough to recognise an encoding */
#define DDE "abc|'/C x'!A0"

/* ---- What passes as it is -------------------------------------------------------------------- */

SAME_CASE(plain, NULL, "id,name,value\r\n1,abc,2.5\r\n2,\"d, e\",\r\n")
SAME_CASE(no_end, NULL, "a,b\nc,d")
SAME_CASE(one_cell, NULL, "x")
SAME_CASE(empty_cells, NULL, ",,\n,,\n\n\"\",\"\"\n")
SAME_CASE(cr_ends, NULL, "a,b\rc,d\r")
SAME_CASE(semicolons, NULL, "a;b;c\n1,5;2,5;-3,5\n")
SAME_CASE(tabs, NULL, "a\tb\tc\n1\t-2\t\n")
SAME_CASE(bars, NULL, "a|b|c\n1|-2|3\n")
SAME_CASE(ragged, NULL, "a\nb,c\nd,e,f\n")
SAME_CASE(quotes_inside, NULL, "a\"b,\"c \"\"d\"\" e\",\"\"\"f\"\"\"\n")
SAME_CASE(separator_line, NULL, "sep=;\r\na;b\r\n")
SAME_CASE(separator_line_quoted, NULL, "\"sep=,\"\na,b\n")
SAME_CASE(id_heading, NULL, "ID,NAME\n1,x\n")
SAME_CASE(utf8, NULL, HEAD "1,山田 太郎,東京都港区,\"長い文,\r\n改行あり\"\r\n")
SAME_CASE(utf8_mark, NULL, MARK HEAD "1,山田,東京,あ\r\n")
SAME_CASE(cp932, CP932, HEAD "1,ﾔﾏﾀﾞ,①㈱～－,表示ソポ能十\r\n")
SAME_CASE(eucjp, EUC, HEAD "1,山田,東京,あ\r\n")
SAME_CASE(jis, JIS, HEAD "1,山田,東京,あ\r\n")
SAME_CASE(utf16, LE, MARK "番号\t氏名\r\n1\t山田\r\n")
SAME_CASE(bullets, NULL, HEAD "1,a,\"内容:\n- 一つ目\n- 二つ目（別紙）\n-----\n+ 追加\",b\n")
SAME_CASE(bullets_cp932, CP932, HEAD "1,a,\"内容;- 一つ目\n－該当なし－\n= 見出し =\n\",b\n")
SAME_CASE(middle, NULL, "a=b,c+d,e@f.example,g-h,1=1\n")
SAME_CASE(apostrophe, NULL, "'=1+1,\"'-x\"\n")
SAME_CASE(numbers, NULL,
          "-1,+2,-1.5,+.5,\"-1,234.5\",-1e-5,-1E+10,-5%,-,--,---,+,-(3),\"-1;2\"\n"
          "+81-3-1234-5678,+1 (555) 123-4567,-2024/1/31,+09:00,-12:30,- 5,-\\1000,-$5,+5~8\n"
          "-10円,+3.5%,-5kg,+3 km/h,-2024年度,-3日\n")
SAME_CASE(numbers_wide, NULL, "－１，２３４,＋１２,－,ー,１２,－１．５％,−5,▲5,△3,－￥１００\n")
SAME_CASE(numbers_cp932, CP932, HEAD "－１，２３４,＋１２,－,ー,１２,－１．５％,-10円,-\\100\n")
SAME_CASE(allowed, NULL, "=1+1,@x,\"a;=SUM(1)\"\nsep=x,ID\n")

/* ---- Formulas --------------------------------------------------------------------------------------- */

TEXT_CASE(equals, NULL, "=1+1,b\na,=A1\n", NULL, "'=1+1,b\na,'=A1\n")
TEXT_CASE(quoted, NULL, "\"=1+1\",\"=SUM(A1,B1)\"\n", NULL, "\"'=1+1\",\"'=SUM(A1,B1)\"\n")
TEXT_CASE(all_triggers, NULL, "=a,+a,-a,@a\n", NULL, "'=a,'+a,'-a,'@a\n")
TEXT_CASE(bare_triggers, NULL, "=,@,=\"0123\"\n", NULL, "'=,'@,'=\"0123\"\n")
TEXT_CASE(wide_triggers, NULL, HEAD "＝1+1,＋a,－該当,＠SUM(1),﹦1,﹢a,﹣a,﹫a,−a\n", NULL, HEAD "'＝1+1,'＋a,'－該当,'＠SUM(1),'﹦1,'﹢a,'﹣a,'﹫a,'−a\n")
TEXT_CASE(wide_cp932, CP932, HEAD "＝1+1,＋a,－該当,＠SUM(1)\n", CP932, HEAD "'＝1+1,'＋a,'－該当,'＠SUM(1)\n")
TEXT_CASE(wide_eucjp, EUC, HEAD "＝1+1,＋a,－該当,＠SUM(1)\n", EUC, HEAD "'＝1+1,'＋a,'－該当,'＠SUM(1)\n")
TEXT_CASE(wide_jis, NULL, "\x1B$B;aL>\x1B(B,\x1B$B!a\x1B(B1,\x1B$B!!!a!\\\x1B(B,\"\x1B$B!!\x1B(B=1\"\n", NULL,
          "\x1B$B;aL>\x1B(B,'\x1B$B!a\x1B(B1,\x1B$B!!\x1B(B'\x1B$B!a!\\\x1B(B,\"\x1B$B!!\x1B(B'=1\"\n")
TEXT_CASE(wide_utf16, LE, MARK "番号\t=1\r\n\"＝1\"\t-x\r\n", LE, MARK "番号\t'=1\r\n\"'＝1\"\t'-x\r\n")
TEXT_CASE(dde, NULL, "=" DDE ",+" DDE ",-1+" DDE ",@SUM(1+1)*" DDE "\n", NULL,
          "'=" DDE ",'+" DDE ",'-1+" DDE ",'@SUM(1+1)*" DDE "\n")
TEXT_CASE(not_numbers, NULL, "-1+a|b!c,+1-800-FLOWERS,-SUM(1),-1(a),-\\x,-\\\\host\\a,-1e5(x),-1'x',-A1,-()\n", NULL,
          "'-1+a|b!c,'+1-800-FLOWERS,'-SUM(1),'-1(a),'-\\x,'-\\\\host\\a,'-1e5(x),'-1'x','-A1,'-()\n")
TEXT_CASE(unit_bar, NULL, "-5kg|x!y,-1 abc|x!y\n", NULL, "'-5kg|x!y,'-1 abc|x!y\n")
TEXT_CASE(long_number, NULL, "-11111111111111111111111111111111111111111111111111111111111111111,x\n", NULL,
          "'-11111111111111111111111111111111111111111111111111111111111111111,x\n")
TEXT_CASE(blanks_before, NULL, " =1,\"  =2\",　=3,\xC2\xA0=4,\t=5\n", NULL, " '=1,\"  '=2\",　'=3,\xC2\xA0'=4,\t'=5\n")
TEXT_CASE(lines_before, NULL, "a,\"\n=1\",\"\r\n\t=2\",\"\r=3\"\n", NULL, "a,\"\n'=1\",\"\r\n\t'=2\",\"\r'=3\"\n")
TEXT_CASE(quotes_before, NULL, "\"\"\"=1\",\"\"=2,\"\"\"\"\"=3\"\"\",\"\" \"=4\n", NULL, "\"\"\"'=1\",\"\"'=2,\"\"\"\"\"'=3\"\"\",\"\" \"'=4\n")
TEXT_CASE(hidden_before, NULL, "a,\xE2\x80\x8B=1,\x1B[0m=2,\x01=3," MARK "=4,\xC2\x85=5,\f=6\n", NULL, "a,'=1,'=2,'=3,'=4, '=5,'=6\n")
TEXT_CASE(allowed_before, NULL, "a,\xE2\x80\x8F=1,\x0B=2,\xE2\x81\xA6-x\n", NULL, "a,\xE2\x80\x8F'=1,\x0B'=2,\xE2\x81\xA6'-x\n")
TEXT_CASE(at_start_of_file, NULL, MARK "=1\n", NULL, MARK "'=1\n")
TEXT_CASE(at_end_of_file, NULL, "a,b\n-x", NULL, "a,b\n'-x")
TEXT_CASE(every_separator, NULL, "a;=1\tb\t=2|=3|c,=4\n", NULL, "a;'=1\tb\t'=2|'=3|c,'=4\n")
TEXT_CASE(quote_inside_number, NULL, "\"-1+\"\"x\"\"+" DDE "\",\"-1\"\"\",-1\"x\n", NULL, "\"'-1+\"\"x\"\"+" DDE "\",\"'-1\"\"\",'-1\"x\n")
TEXT_CASE(line_inside_number, NULL, "\"-1\n+" DDE "\",\"-1\t+a\"\n", NULL, "\"'-1\n+" DDE "\",\"'-1\t+a\"\n")
TEXT_CASE(comma_inside_number, NULL, "\"-1,a|b!c\",\"-1|a!b\",\"-1,2\"|x\n", NULL, "\"'-1,a|b!c\",\"'-1|a!b\",\"-1,2\"|x\n")

/* ---- Cells of another reading ---------------------------------------------------------------------------- */

TEXT_CASE(comma_in_semicolons, NULL, "a;\"x,=" DDE ",y\"\n", NULL, "a;\"x,'=" DDE ",y\"\n")
TEXT_CASE(semicolon_in_commas, NULL, "a,\"x;=HYPERLINK(1)\",b\n", NULL, "a,\"x;'=HYPERLINK(1)\",b\n")
TEXT_CASE(line_in_commas, NULL, "a,\"x\n=" DDE "\n- y\n+z(1)\",b\n", NULL, "a,\"x\n'=" DDE "\n- y\n'+z(1)\",b\n")
TEXT_CASE(bar_in_commas, NULL, "a,\"x|-b ｜c\",\"x|@sum (1)\"\n", NULL, "a,\"x|'-b ｜c\",\"x|'@sum (1)\"\n")
/* to a reader of commas the second cell is quoted and has two lines */
TEXT_CASE(lines_in_commas, NULL, "a;\"x,\"-a\n+" DDE "\"\n", NULL, "a;\"x,\"'-a\n'+" DDE "\"\n")
TEXT_CASE(blank_before_quote, NULL, "a, \"x,=1\"\n", NULL, "a, \"x,'=1\"\n")
TEXT_CASE(backslash_quote, NULL, "\"a\\\",=1,\"\n", NULL, "\"a\\\",'=1,\"\n")
/* "あ" ends in 0x82: read as CP932 it swallows the quote, and the cell ends at the next */
TEXT_CASE(swallowed_quote, NULL, HEAD "\"xあ\"\",=" DDE "\",y\n", NULL, HEAD "\"xあ\"\",'=" DDE "\",y\n")
SAME_CASE(swallowed_harmless, NULL, HEAD "1,\"-10円\",\"東京(ABC)|!\"\n\"あ\",\"-5\",\"ABC(1)\"\n\"xあ\"\",- y\",z\n\"いう\",\"え\n- お\"\n")
TEXT_CASE(swallowed_eucjp, EUC, HEAD "\"a東\"\",=" DDE "\",y\n", EUC, HEAD "\"a東\"\",'=" DDE "\",y\n")
/* kanji whose bytes are ",=" and so on when the escapes are not understood */
HELD_CASE(jis_cells, NULL, "\x1B$B0,=P0(||0!\x1B(B,x\n")

/* ---- The first line --------------------------------------------------------------------------------------- */

TEXT_CASE(separator_strange, NULL, "sep=x\nax=1\n", NULL, "'sep=x\nax=1\n")
TEXT_CASE(separator_formula, NULL, "sep==\na=b\n", NULL, "'sep==\na=b\n")
TEXT_CASE(separator_case, NULL, MARK "\"SEP=x\"\na\n", NULL, MARK "\"'SEP=x\"\na\n")
TEXT_CASE(separator_more, NULL, " sep=;;\na\n", NULL, " 'sep=;;\na\n")
TEXT_CASE(separator_utf16, LE, MARK "sep=あ\na\n", LE, MARK "'sep=あ\na\n")
TEXT_CASE(sylk, NULL, "ID;PWXL;N;E\nC;Y1;X1;EABC()\nE\n", NULL, "\"ID\";PWXL;N;E\nC;Y1;X1;EABC()\nE\n")
TEXT_CASE(sylk_line, NULL, MARK "ID\r\nC;X1;K0\r\n", NULL, MARK "\"ID\"\r\nC;X1;K0\r\n")
TEXT_CASE(sylk_utf16, LE, MARK "ID;P\r\n", LE, MARK "\"ID\";P\r\n")

/* ---- Text that is wrong ------------------------------------------------------------------------------------- */

TEXT_CASE(controls, NULL, "a\x08,b\x0C,\x1B]0;t\x07" "c\n", NULL, "a,b,c\n")
TEXT_CASE(bidi, NULL, HEAD "1,\xE2\x80\xAE" "abc,あ\n", NULL, HEAD "1,abc,あ\n")
AFTER_CASE(cp932_lead, CP932, HEAD, "1,\"\x82\",=2\n", "1,\"\x81\xAC\",'=2\n")
TEXT_CASE(utf16_unmarked, LE, HEAD "1,=2\r\n", LE, MARK HEAD "1,'=2\r\n")
HELD_CASE(nul, NULL, "a,b\n\0,c\n")
HELD_CASE(only_mark, NULL, MARK)
HELD_CASE(held_formula, NULL, "a,=1\n")

/* ---- Many ------------------------------------------------------------------------------------------------------- */

/* More waiting cells in a line than there is room for, then what makes them dangerous. */
static void make_many_waiting(struct fixture *f)
{
    fixture_puts(f, "a,\"");
    for (int i = 0; i < 1000; i++)
        fixture_puts(f, ";-a");
    fixture_puts(f, "|!\"\n");
}

static void look_many_waiting(const uint8_t *out, size_t n)
{
    struct fixture want = {0};

    fixture_puts(&want, "a,\"");
    for (int i = 0; i < 1000; i++)
        fixture_puts(&want, ";'-a");
    fixture_puts(&want, "|!\"\n");
    text_expect(out, n, NULL, (const char *)want.bytes, want.len);
    fixture_free(&want);
}

/* A line of waiting cells longer than the patience. */
static void make_long_waiting(struct fixture *f)
{
    fixture_puts(f, "a,\"b;-c");
    for (int i = 0; i < 60000; i++)
        fixture_puts(f, "long ");
    fixture_puts(f, "(x\"\n");
}

static void look_long_waiting(const uint8_t *out, size_t n)
{
    assert_int_equal(n, 7 + 300000 + 4 + 1);
    assert_memory_equal(out, "a,\"b;'-clong ", 13);
}

static void make_many_formulas(struct fixture *f)
{
    for (int i = 0; i < 20000; i++)
        fixture_puts(f, "=1,-x\n");
}

static void look_many_formulas(const uint8_t *out, size_t n)
{
    assert_int_equal(n, 20000 * 8);
    for (size_t i = 0; i < n; i += 8)
        assert_memory_equal(out + i, "'=1,'-x\n", 8);
}

static void make_many_blanks(struct fixture *f)
{
    fixture_puts(f, "a,");
    for (int i = 0; i < 40000; i++)
        fixture_puts(f, " \t　");
    fixture_puts(f, "=1\n");
}

static void look_many_blanks(const uint8_t *out, size_t n)
{
    assert_int_equal(n, 2 + 40000 * 5 + 3 + 1);
    assert_memory_equal(out + n - 4, "'=1\n", 4);
}

/* ---- Text mode ---------------------------------------------------------------------------------------------------- */

TEXT_CASE(to_utf8, CP932, HEAD "1,＝1,\"=2\"\r\n", NULL, HEAD "1,'＝1,\"'=2\"\r\n")
TEXT_CASE(to_utf8_clean, JIS, HEAD "1,-2,x\r\n", NULL, HEAD "1,-2,x\r\n")

static void tune_allow(struct fmt_options *options)
{
    options->switches[FINDING_FORMULA] = FMT_SWITCH_ALLOW;
}

static void tune_allow_controls(struct fmt_options *options)
{
    options->switches[FINDING_CONTROL_CHARS] = FMT_SWITCH_ALLOW;
    options->switches[FINDING_BIDI] = FMT_SWITCH_ALLOW;
}

static void tune_disallow(struct fmt_options *options)
{
    options->switches[FINDING_FORMULA] = FMT_SWITCH_DISALLOW;
}

#define ROW(id, words, as, what, more)                                                                         \
    .name = words, .make = make_##id, .file = as, .expect = REASON_OK, .findings = what, .inspect = look_##id, \
    .flags = CASE_SHORT_IS_FINE | (more)
#define CLEAN(id, words) {ROW(id, words, "a.csv", NULL, CASE_CLEAN_INPUT)}
#define FOUND(id, words, what) {ROW(id, words, "a.csv", what, 0)}
#define HELD(id, words, why) {.name = words, .make = make_##id, .file = "a.csv", .expect = REASON_##why}

const struct fmt_case cases_csv[] = {
    {ROW(plain, "plain", "a.csv", NULL, CASE_CLEAN_INPUT), .kept = "rows=3 cells=9"},
    {ROW(no_end, "no line end", "a.csv", NULL, CASE_CLEAN_INPUT), .kept = "rows=2 cells=4"},
    CLEAN(one_cell, "one cell"),
    {ROW(empty_cells, "empty cells", "a.csv", NULL, CASE_CLEAN_INPUT), .kept = "rows=4 cells=9"},
    {ROW(cr_ends, "CR line ends", "a.csv", NULL, CASE_CLEAN_INPUT), .kept = "rows=2 cells=4"},
    {ROW(semicolons, "semicolons", "a.csv", NULL, CASE_CLEAN_INPUT), .kept = "rows=2"},
    {ROW(tabs, "tabs", "a.tsv", NULL, CASE_CLEAN_INPUT), .kept = "rows=2 cells=6"},
    {ROW(bars, "bars", "a.csv", NULL, CASE_CLEAN_INPUT), .kept = "rows=2 cells=6"},
    CLEAN(ragged, "rows of different length"),
    CLEAN(quotes_inside, "quotes inside cells"),
    CLEAN(separator_line, "separator line"),
    CLEAN(separator_line_quoted, "quoted separator line"),
    CLEAN(id_heading, "heading ID"),
    {ROW(utf8, "UTF-8", "a.csv", NULL, CASE_CLEAN_INPUT), .kept = "rows=2 cells=8"},
    CLEAN(utf8_mark, "UTF-8 with mark"),
    CLEAN(cp932, "CP932"),
    CLEAN(eucjp, "EUC-JP"),
    CLEAN(jis, "ISO-2022-JP"),
    CLEAN(utf16, "UTF-16"),
    CLEAN(bullets, "lists inside cells"),
    CLEAN(bullets_cp932, "lists inside cells of CP932"),
    CLEAN(middle, "signs inside cells"),
    CLEAN(apostrophe, "apostrophes"),
    CLEAN(numbers, "numbers"),
    CLEAN(numbers_wide, "wide numbers"),
    CLEAN(numbers_cp932, "wide numbers in CP932"),
    {ROW(allowed, "formulas allowed", "a.csv", NULL, CASE_CLEAN_INPUT), .tune = tune_allow, .kept = "formula-cells=3"},

    FOUND(equals, "equals", "formula=2"),
    FOUND(quoted, "quoted formulas", "formula=2"),
    FOUND(all_triggers, "all triggers", "formula=4"),
    FOUND(bare_triggers, "triggers alone", "formula=3"),
    FOUND(wide_triggers, "wide triggers", "formula=9"),
    FOUND(wide_cp932, "wide triggers in CP932", "formula=4"),
    FOUND(wide_eucjp, "wide triggers in EUC-JP", "formula=4"),
    FOUND(wide_jis, "wide triggers in ISO-2022-JP", "formula=3"),
    FOUND(wide_utf16, "triggers in UTF-16", "formula=3"),
    FOUND(dde, "DDE", "formula=4"),
    FOUND(not_numbers, "no numbers", "formula=10"),
    FOUND(unit_bar, "unit before a bar", "formula=2"),
    FOUND(long_number, "number too long", "formula=1"),
    FOUND(blanks_before, "blanks before", "formula=5"),
    FOUND(lines_before, "line ends before", "formula=3"),
    FOUND(quotes_before, "quotes before", "formula=4"),
    FOUND(hidden_before, "hidden characters before", "control-characters=6 formula=6"),
    {ROW(allowed_before, "allowed controls before", "a.csv", "formula=3", 0), .tune = tune_allow_controls},
    FOUND(at_start_of_file, "behind the mark", "formula=1"),
    FOUND(at_end_of_file, "at the end", "formula=1"),
    FOUND(every_separator, "every separator", "formula=4"),
    FOUND(quote_inside_number, "quote inside a number", "formula=3"),
    FOUND(line_inside_number, "line end inside a number", "formula=2"),
    FOUND(comma_inside_number, "comma inside a number", "formula=2"),

    FOUND(comma_in_semicolons, "comma in a table of semicolons", "formula=1"),
    FOUND(semicolon_in_commas, "semicolon in a table of commas", "formula=1"),
    FOUND(line_in_commas, "line in a quoted cell", "formula=2"),
    FOUND(bar_in_commas, "bar in a quoted cell", "formula=2"),
    FOUND(lines_in_commas, "lines of a cell of another reading", "formula=2"),
    FOUND(blank_before_quote, "blank before a quote", "formula=1"),
    FOUND(backslash_quote, "backslash before a quote", "formula=1"),
    FOUND(swallowed_quote, "quote swallowed in CP932", "formula=1"),
    FOUND(swallowed_eucjp, "quote swallowed in EUC-JP", "formula=1"),
    CLEAN(swallowed_harmless, "harmless text behind a swallowed quote"),
    HELD(jis_cells, "cells across kanji of ISO-2022-JP", AMBIGUOUS_TYPE),

    FOUND(separator_strange, "strange separator line", "formula=1"),
    FOUND(separator_formula, "separator line with equals", "formula=1"),
    FOUND(separator_case, "separator line in capitals", "formula=1"),
    FOUND(separator_more, "separator line with more", "formula=1"),
    FOUND(separator_utf16, "separator line in UTF-16", "formula=1"),
    FOUND(sylk, "SYLK", "formula=1"),
    FOUND(sylk_line, "SYLK without fields", "formula=1"),
    FOUND(sylk_utf16, "SYLK in UTF-16", "formula=1"),

    FOUND(controls, "controls", "control-characters=3"),
    FOUND(bidi, "bidi control", "bidi-override=1"),
    FOUND(cp932_lead, "lead byte before a quote", "encoding=1 formula=1"),
    FOUND(utf16_unmarked, "UTF-16 without mark", "encoding=1 formula=1"),
    HELD(nul, "NUL", MALFORMED),
    HELD(only_mark, "only a mark", EMPTY),
    {.name = "formulas disallowed", .make = make_held_formula, .file = "a.csv", .tune = tune_disallow, .expect = REASON_POLICY},

    FOUND(many_waiting, "many waiting cells", "formula=1000"),
    {ROW(long_waiting, "long waiting line", "a.csv", "formula=1", CASE_NO_TRUNCATE)},
    {ROW(many_formulas, "many formulas", "a.csv", "formula=40000", CASE_NO_TRUNCATE)},
    {ROW(many_blanks, "many blanks before", "a.csv", "formula=1", CASE_NO_TRUNCATE)},

    {ROW(to_utf8, "text", "a.csv", "formula=2", CASE_CLEAN_INPUT), .mode = FMT_MODE_TEXT, .out_type = "text"},
    {ROW(to_utf8_clean, "text of ISO-2022-JP", "a.csv", NULL, CASE_CLEAN_INPUT), .mode = FMT_MODE_TEXT, .out_type = "text"},
    {0},
};
