/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodings: which one a text is in, every code of every table, and that nothing is opened once warm. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "formats/charset.h"
#include "support/inproc.h"

/* ---- Which encoding ------------------------------------------------------------------------ */

#define BYTES(text) text, sizeof text - 1

static const struct {
    const char *bytes;
    size_t n;
    enum charset charset; /* CHARSET_NONE: must not be decided */
} guesses[] = {
    {BYTES("plain\n"), CHARSET_ASCII},
    {BYTES("\x1B[31mred\x1B(B\x1B[m\n"), CHARSET_ASCII}, /* ESC ( B ends colours, too */
    {BYTES("あ"), CHARSET_UTF8},
    {BYTES("日本"), CHARSET_UTF8},
    {BYTES("表"), CHARSET_UTF8},
    {BYTES("Copyright \xC2\xA9 2024 ACME\n"), CHARSET_UTF8},
    {BYTES("25\xC2\xB0" "C\n"), CHARSET_UTF8},
    {BYTES("caf\xC3\xA9\n"), CHARSET_UTF8},
    {BYTES("Zo\xC3\xAB and No\xC3\xABl\n"), CHARSET_UTF8},
    {BYTES("price \xE2\x82\xAC 5 \xE2\x80\x93 \xE2\x80\x9Cok\xE2\x80\x9D\n"), CHARSET_UTF8},
    {BYTES("한국어 텍스트\n"), CHARSET_UTF8},
    {BYTES("Привет, мир\n"), CHARSET_UTF8},
    {BYTES("\xF0\x9F\x98\x80\n"), CHARSET_UTF8},
    {BYTES("\x95\x5C"), CHARSET_CP932},                                 /* 表 */
    {BYTES("\x82\xA0\n"), CHARSET_CP932},                               /* あ */
    {BYTES("\x93\xFA\x96\x7B\n"), CHARSET_CP932},                       /* 日本 */
    {BYTES("No.1,\xBD\xBD\xDE\xB7 \xC0\xDB\xB3\n"), CHARSET_CP932},     /* ｽｽﾞｷ ﾀﾛｳ */
    {BYTES("\xB1\xB2\xB3\n"), CHARSET_CP932},                           /* an odd number of kana */
    {BYTES("\xA4\xA2\xA4\xA4\n"), CHARSET_EUCJP},                       /* あい */
    {BYTES("\xC6\xFC\xCB\xDC\xB8\xEC\n"), CHARSET_EUCJP},               /* 日本語 */
    {BYTES("\xB4\xC1\xBB\xFA\n"), CHARSET_EUCJP},                       /* 漢字 */
    {BYTES("\x1B$B$\"\x1B(B\n"), CHARSET_JIS},
    {BYTES("\x1B(I1\x1B(B\n"), CHARSET_JIS},
    {BYTES("\xEF\xBB\xBF\x82\xA0"), CHARSET_UTF8}, /* a mark decides */
    {BYTES("\xFF\xFE" "a\0"), CHARSET_UTF16LE},
    {BYTES("\xFE\xFF\0a"), CHARSET_UTF16BE},
    {BYTES("h\0e\0l\0l\0o\0\r\0\n\0"), CHARSET_UTF16LE},
    {BYTES("\0h\0e\0l\0l\0o\0\r\0\n"), CHARSET_UTF16BE},
    {BYTES("\xC3\xA8\n"), CHARSET_NONE},          /* è, ﾃｨ or a kanji */
    {BYTES("\xB1\xB2\n"), CHARSET_NONE},          /* ｱｲ or a kanji */
    {BYTES("ab\0cd\0ef\n\0"), CHARSET_NONE},
    {BYTES("\xFF\xFE\0\0a\0\0\0"), CHARSET_NONE}, /* UTF-32 */
    {BYTES("+/v8-\n"), CHARSET_NONE},
    {BYTES("\x1B$)A\x0E" "00\x0F\n"), CHARSET_NONE},
    {BYTES("\x1B$(C00\x1B(B\n"), CHARSET_NONE},
    {BYTES("\xCF\xF0\xE8\xE2\xE5\xF2, \xEC\xE8\xF0! \xDD\xF2\xEE \xF2\xE5\xEA\xF1\xF2.\n"), CHARSET_NONE}, /* windows-1251 */
};

static void test_guesses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(guesses); i++) {
        struct fmt_in in = {(const uint8_t *)guesses[i].bytes, guesses[i].n};
        struct charset_guess guess = {CHARSET_NONE, 99};
        const char *why = "";
        int err = charset_decide(&in, &guess, &why);
        if (guess.charset != guesses[i].charset || (err == 0) != (guess.charset != CHARSET_NONE))
            fail_msg("row %zu: %s (%d, %s), expected %s", i, charset_name(guess.charset), err, why,
                     charset_name(guesses[i].charset));
        if (err < 0)
            assert_int_equal(guess.mark, 99); /* untouched */
    }
}

/* ---- Every code -------------------------------------------------------------------------------- */

struct text {
    uint8_t *bytes;
    size_t n, room;
};

static void text_put(struct text *t, const void *bytes, size_t n)
{
    if (t->n + n > t->room) {
        t->room = (t->n + n) * 2;
        t->bytes = realloc(t->bytes, t->room);
        assert_non_null(t->bytes);
    }
    memcpy(t->bytes + t->n, bytes, n);
    t->n += n;
}

static void run_text(const struct text *t, enum fmt_mode mode, struct inproc_result *r)
{
    struct fmt_options options;

    fmt_options_default(&options);
    options.mode = mode;
    inproc_run(inproc_handler("text"), t->bytes, t->n, "a.txt", &options, r);
    if (r->reason != REASON_OK)
        fail_msg("%s (%s)", reason_code(r->reason), r->detail);
}

/* All assigned codes of an encoding come out as they went in and nothing is reported. */
static void all_codes_survive(enum charset charset, const uint8_t *leads, size_t lead_count, unsigned bytes)
{
    struct text t = {0};
    struct inproc_result r;
    size_t codes = 0;

    for (size_t i = 0; i < lead_count; i++) {
        for (unsigned rest = 0; rest < (bytes == 3 ? 0x10000u : 0x100u); rest++) {
            uint8_t code[3] = {leads[i], (uint8_t)(bytes == 3 ? rest >> 8 : rest), (uint8_t)rest};
            uint32_t c;
            size_t n = charset_decode(charset, code, bytes, &c);
            if (c == CHARSET_INVALID || n != bytes)
                continue;
            assert_true(c >= 0x80);
            text_put(&t, code, n);
            text_put(&t, codes % 8 == 7 ? "\n" : ",", 1);
            codes++;
        }
    }
    assert_true(codes > 5000);
    run_text(&t, FMT_MODE_SANITIZE, &r);
    assert_int_equal(r.findings.count, 0);
    assert_int_equal(r.out_len, t.n);
    assert_memory_equal(r.out, t.bytes, t.n);
    inproc_finish(&r);
    free(t.bytes);
}

static void test_all_cp932(void **state)
{
    uint8_t leads[128];
    size_t n = 0;

    (void)state;
    assert_int_equal(charset_warm(), 0);
    for (unsigned lead = 0x81; lead <= 0xFC; lead++)
        if (lead < 0xA0 || lead > 0xDF)
            leads[n++] = (uint8_t)lead;
    all_codes_survive(CHARSET_CP932, leads, n, 2);
}

static void test_all_eucjp(void **state)
{
    uint8_t leads[128];
    size_t n = 0;

    (void)state;
    leads[n++] = 0xA4; /* begin with what tells the encoding */
    for (unsigned lead = 0xA1; lead <= 0xFE; lead++)
        leads[n++] = (uint8_t)lead;
    all_codes_survive(CHARSET_EUCJP, leads, n, 2);
    all_codes_survive(CHARSET_EUCJP, (const uint8_t[]){0x8F}, 1, 3);
}

/* What the tables say against what is known of them. */
static void test_known_codes(void **state)
{
    static const struct {
        enum charset charset;
        const char *code;
        uint32_t c;
        size_t n;
    } known[] = {
        {CHARSET_CP932, "\x82\xA0", 0x3042, 2},     {CHARSET_CP932, "\x87\x40", 0x2460, 2},
        {CHARSET_CP932, "\x81\x60", 0xFF5E, 2},     {CHARSET_CP932, "\x81\x7C", 0xFF0D, 2},
        {CHARSET_CP932, "\xED\x40", 0x7E8A, 2},     {CHARSET_CP932, "\xFA\x5C", 0x7E8A, 2},
        {CHARSET_CP932, "\xF0\x40", 0xE000, 2},     {CHARSET_CP932, "\xF9\xFC", 0xE757, 2},
        {CHARSET_CP932, "\xB1", 0xFF71, 1},         {CHARSET_CP932, "\x5C", 0x5C, 1},
        {CHARSET_CP932, "\x80", CHARSET_INVALID, 1}, {CHARSET_CP932, "\xA0", CHARSET_INVALID, 1},
        {CHARSET_CP932, "\x85\x40", CHARSET_INVALID, 1}, {CHARSET_CP932, "\x85\x9F", CHARSET_INVALID, 2},
        {CHARSET_CP932, "\x82\x22", CHARSET_INVALID, 1}, {CHARSET_CP932, "\xFC\x4C", CHARSET_INVALID, 1},
        {CHARSET_EUCJP, "\xA4\xA2", 0x3042, 2},     {CHARSET_EUCJP, "\x8E\xB1", 0xFF71, 2},
        {CHARSET_EUCJP, "\x8F\xB0\xA1", 0x4E02, 3}, {CHARSET_EUCJP, "\xAD\xA1", 0x2460, 2},
        {CHARSET_EUCJP, "\xFC\xE2", 0x9AD9, 2},     {CHARSET_EUCJP, "\xF5\xA1", 0xE000, 2},
        {CHARSET_EUCJP, "\x8E\xE0", CHARSET_INVALID, 1}, {CHARSET_EUCJP, "\xA9\xA1", CHARSET_INVALID, 2},
        {CHARSET_UTF8, "\xF4\x8F\xBF\xBD", 0x10FFFD, 4}, {CHARSET_UTF8, "\xE0\x80\x80", CHARSET_INVALID, 1},
        {CHARSET_UTF8, "\xED\xA0\x80", CHARSET_INVALID, 1}, {CHARSET_UTF8, "\xE3\x81\x22", CHARSET_INVALID, 2},
        {CHARSET_UTF16BE, "\xD8\x42\xDF\xB7", 0x20BB7, 4}, {CHARSET_UTF16LE, "\x42\xD8\xB7\xDF", 0x20BB7, 4},
        {CHARSET_UTF16BE, "\xDF\xB7\xD8\x42", CHARSET_INVALID, 2},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        uint32_t c = 0;
        size_t n = charset_decode(known[i].charset, (const uint8_t *)known[i].code, strlen(known[i].code), &c);
        if (c != known[i].c || n != known[i].n)
            fail_msg("row %zu: U+%04X in %zu bytes", i, (unsigned)c, n);
    }
}

/* ---- The handler's classes against the verifier's list ------------------------------------------- */

static bool verifier_accepts(const char *text, size_t n)
{
    struct fmt_options options;
    char detail[256];

    fmt_options_default(&options);
    return inproc_verify(inproc_verifier("text"), (const uint8_t *)text, n, &options, NULL, detail) == REASON_OK;
}

/* Each character between two letters: what one side lets through, the other lets through. */
static void test_every_character(void **state)
{
    (void)state;
    for (uint32_t from = 1; from < 0x110000; from += from < 0x20000 || from >= 0xDFF00 ? 256 : 4096 - 1) {
        struct text t = {0};
        struct inproc_result r;
        const uint8_t *at;
        text_put(&t, "あいう\n", sizeof "あいう\n" - 1);
        for (uint32_t c = from; c < from + 256 && c < 0x110000; c++) {
            char line[16] = "a";
            size_t n = utf8_encode(c, line + 1);
            if (n == 0 || c == '\n' || c == '\r' || c == 0x1B || (c >= 0x90 && c <= 0x9F))
                continue; /* surrogates; line ends; what swallows the rest of the line */
            memcpy(line + 1 + n, "b\n", 2);
            text_put(&t, line, n + 3);
        }
        struct fmt_options options;
        fmt_options_default(&options);
        inproc_run(inproc_handler("text"), t.bytes, t.n, "a.txt", &options, &r);
        if (r.reason == REASON_MALFORMED) { /* a block of what is no character */
            inproc_finish(&r);
            free(t.bytes);
            continue;
        }
        assert_int_equal(r.reason, REASON_OK);
        at = r.out;
        for (const uint8_t *in = t.bytes; in < t.bytes + t.n;) {
            size_t in_len = (size_t)((const uint8_t *)memchr(in, '\n', 1000) - in) + 1;
            size_t out_len = (size_t)((const uint8_t *)memchr(at, '\n', 1000) - at) + 1;
            bool kept = in_len == out_len && memcmp(in, at, in_len) == 0;
            if (kept != verifier_accepts((const char *)in, in_len))
                fail_msg("U+%04X..: handler %d, verifier %d: %.*s", (unsigned)from, kept, !kept, (int)in_len, (const char *)in);
            in += in_len;
            at += out_len;
        }
        inproc_finish(&r);
        free(t.bytes);
    }
}

/* ---- Nothing is opened ------------------------------------------------------------------------------ */

/* Kills the process at the first call that names a file or makes a socket. */
static void forbid_files(void)
{
#define NO(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        NO(openat), NO(openat2), NO(newfstatat), NO(statx), NO(readlinkat), NO(faccessat), NO(execve), NO(socket),
#ifdef __NR_open
        NO(open), NO(stat), NO(access), NO(readlink),
#endif
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
#undef NO
    struct sock_fprog program = {ARRAY_LEN(filter), filter};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(2);
}

static void read_all_encodings(void)
{
    static const char *const texts[] = {
        "\x82\xA0\x82\xA2\xFA\x5C\n", "\xA4\xA2\xA4\xA4\x8F\xB0\xA1\n", "\x1B$B$\"-!\x1B(I1\x1B(B\n", "あいう\n"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        for (enum fmt_mode mode = FMT_MODE_SANITIZE; mode <= FMT_MODE_TEXT; mode += 2) {
            struct text t = {0};
            struct inproc_result r;
            struct fmt_options options;
            fmt_options_default(&options);
            options.mode = mode;
            text_put(&t, texts[i], strlen(texts[i]));
            inproc_run(inproc_handler("csv"), t.bytes, t.n, "a.csv", &options, &r);
            if (r.reason != REASON_OK || r.findings.count > 0)
                _exit(3);
            inproc_finish(&r);
            free(t.bytes);
        }
    }
}

static void test_needs_no_files(void **state)
{
    int status = -1;

    (void)state;
    assert_int_equal(charset_warm(), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        forbid_files();
        read_all_encodings();
        syscall(SYS_exit_group, 42);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guesses),         cmocka_unit_test(test_all_cp932),  cmocka_unit_test(test_all_eucjp),
        cmocka_unit_test(test_known_codes),     cmocka_unit_test(test_every_character),
        cmocka_unit_test(test_needs_no_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
