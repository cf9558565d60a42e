/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of the drop folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "intake/spool_claim.h"

static const struct claim_rules local = {1000, 500, 3600000, true}, network = {1000, 500, 3600000, false};
static const struct claim_now now = {100000, 1000000000};

/* A regular file whose times are so many ms ago. */
static struct stat file(int64_t age_ms, off_t size)
{
    int64_t at = now.wall_ms - age_ms;
    struct timespec t = {.tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000};

    return (struct stat){.st_mode = S_IFREG | 0644, .st_nlink = 1, .st_size = size, .st_ino = 7, .st_mtim = t, .st_ctim = t};
}

static enum claim_verdict judge(const char *name, struct stat st, const struct claim_rules *rules, struct claim_seen *seen,
                                uint64_t *wait, enum reason *reason)
{
    struct claim_seen none = {0};

    *wait = 0;
    *reason = REASON_NONE;
    return claim_judge(name, &st, rules, &now, seen ? seen : &none, wait, reason);
}

static void names(void **state)
{
    static const struct {
        const char *name;
        enum claim_kind kind;
    } rows[] = {
        {"議事録.docx", CLAIM_PLAIN},
        {"a", CLAIM_PLAIN},
        {"a.tmp.docx", CLAIM_PLAIN},
        {"Thumbs.db", CLAIM_SYSTEM},
        {"desktop.INI", CLAIM_SYSTEM},
        {".DS_Store", CLAIM_SYSTEM},
        {"~$report.docx", CLAIM_SYSTEM},
        {".~lock.a.odt#", CLAIM_SYSTEM},
        {"._a.jpg", CLAIM_SYSTEM},
        {".nfs0001", CLAIM_SYSTEM},
        {".keep", CLAIM_SYSTEM},
        {"a.TMP", CLAIM_UNFINISHED},
        {"a.pdf.part", CLAIM_UNFINISHED},
        {"a.crdownload", CLAIM_UNFINISHED},
        {".a.pdf.Xy12", CLAIM_UNFINISHED},
        {"a.docx.0123456789abcdef.無害化中", CLAIM_IN_WORK},
        {"a.docx.受取不可", CLAIM_SET_ASIDE},
        {"a.docx.無害化中", CLAIM_PLAIN},                  /* looks like one of ours, and is none */
        {"a.docx.0123456789ABCDEF.無害化中", CLAIM_PLAIN},
        {"a.docx.0123456789abcde.無害化中", CLAIM_PLAIN},
        {".0123456789abcdef.無害化中", CLAIM_UNFINISHED}, /* nothing is left for a name */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (claim_kind(rows[i].name) != rows[i].kind)
            fail_msg("%s: %d", rows[i].name, (int)claim_kind(rows[i].name));
}

static void complete_files_are_taken(void **state)
{
    uint64_t wait;
    enum reason reason;

    (void)state;
    assert_int_equal(judge("a.pdf", file(600, 10), &local, NULL, &wait, &reason), CLAIM_TAKE);
    assert_int_equal(judge("a.pdf", file(100, 10), &local, NULL, &wait, &reason), CLAIM_WAIT);
    assert_int_equal(wait, 400);
    assert_int_equal(judge("a.pdf", file(-5000, 10), &local, NULL, &wait, &reason), CLAIM_WAIT); /* the clock went back */
    assert_int_equal(judge("空.txt", file(600, 0), &local, NULL, &wait, &reason), CLAIM_TAKE);
    struct stat old_times = file(600, 10); /* copied with its old date: that says nothing, the change time does */
    old_times.st_mtim.tv_sec -= 100000;
    assert_int_equal(judge("a.pdf", old_times, &local, NULL, &wait, &reason), CLAIM_TAKE);
    old_times = file(100, 10);
    old_times.st_mtim.tv_sec -= 100000;
    assert_int_equal(judge("a.pdf", old_times, &local, NULL, &wait, &reason), CLAIM_WAIT);
}

/* On a network mount the times are another machine's. */
static void network_files_must_be_watched(void **state)
{
    struct claim_seen seen = {0};
    struct claim_now later = now;
    struct stat st = file(90000, 10);
    uint64_t wait;
    enum reason reason;

    (void)state;
    assert_int_equal(judge("a.pdf", st, &network, &seen, &wait, &reason), CLAIM_WAIT);
    assert_int_equal(wait, 500);
    later.mono_ms += 300;
    assert_int_equal(claim_judge("a.pdf", &st, &network, &later, &seen, &wait, &reason), CLAIM_WAIT);
    assert_int_equal(wait, 200);
    st.st_size++; /* it grew: from the start */
    assert_int_equal(claim_judge("a.pdf", &st, &network, &later, &seen, &wait, &reason), CLAIM_WAIT);
    assert_int_equal(wait, 500);
    later.mono_ms += 500;
    assert_int_equal(claim_judge("a.pdf", &st, &network, &later, &seen, &wait, &reason), CLAIM_TAKE);
    st.st_ino++; /* another file under the name */
    assert_int_equal(claim_judge("a.pdf", &st, &network, &later, &seen, &wait, &reason), CLAIM_WAIT);
}

static void what_is_never_taken(void **state)
{
    static const mode_t modes[] = {S_IFLNK, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK};
    uint64_t wait;
    enum reason reason;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        struct stat st = file(600, 10);
        st.st_mode = modes[i] | 0777;
        assert_int_equal(judge("a.pdf", st, &local, NULL, &wait, &reason), CLAIM_REFUSE);
        assert_int_equal(reason, REASON_NOT_REGULAR);
    }
    struct stat linked = file(600, 10);
    linked.st_nlink = 2;
    assert_int_equal(judge("a.pdf", linked, &local, NULL, &wait, &reason), CLAIM_REFUSE);
    assert_int_equal(reason, REASON_NOT_REGULAR);
    assert_int_equal(judge("a.pdf", file(600, 1000), &local, NULL, &wait, &reason), CLAIM_TAKE);
    assert_int_equal(judge("a.pdf", file(600, 1001), &local, NULL, &wait, &reason), CLAIM_REFUSE);
    assert_int_equal(reason, REASON_LIMIT_BYTES);
    assert_int_equal(judge("a.pdf", file(100, 1001), &local, NULL, &wait, &reason), CLAIM_WAIT); /* not while it comes */
    assert_int_equal(judge("Thumbs.db", file(1u << 30, 10), &local, NULL, &wait, &reason), CLAIM_IGNORE);
    assert_int_equal(judge("a.受取不可", file(600, 10), &local, NULL, &wait, &reason), CLAIM_IGNORE);
    struct stat folder = file(600, 10);
    folder.st_mode = S_IFDIR | 0755;
    assert_int_equal(judge("a", folder, &local, NULL, &wait, &reason), CLAIM_IGNORE);
}

static void unfinished_files_get_a_word_in_the_end(void **state)
{
    uint64_t wait;
    enum reason reason;

    (void)state;
    assert_int_equal(judge("a.part", file(600, 10), &local, NULL, &wait, &reason), CLAIM_WAIT);
    assert_int_equal(judge("a.part", file(3600000, 10), &local, NULL, &wait, &reason), CLAIM_REFUSE);
    assert_int_equal(reason, REASON_INCOMPLETE);
}

static void claims_can_be_read_back(void **state)
{
    static const char token[] = "0123456789abcdef";
    char claimed[CLAIM_NAME_MAX], original[CLAIM_NAME_MAX], back[CLAIM_TOKEN_LEN + 1];

    (void)state;
    claim_name("報告書.pdf", token, claimed);
    assert_string_equal(claimed, "報告書.pdf.0123456789abcdef.無害化中");
    assert_true(claim_parse(claimed, original, back));
    assert_string_equal(original, "報告書.pdf");
    assert_string_equal(back, token);
    assert_false(claim_parse("報告書.pdf", original, back));
    assert_false(claim_parse("", original, back));
    claim_refused_name("報告書.pdf", 1, claimed);
    assert_string_equal(claimed, "報告書.pdf.受取不可");
    claim_refused_name("報告書.pdf", 12, claimed);
    assert_string_equal(claimed, "報告書.pdf (12).受取不可");
}

static void long_names_keep_their_extension(void **state)
{
    char name[CLAIM_NAME_MAX], out[CLAIM_NAME_MAX], original[CLAIM_NAME_MAX], back[CLAIM_TOKEN_LEN + 1];

    (void)state;
    for (size_t n = 200; n <= 255; n++) {
        size_t at = 0;
        while (at + 3 + 4 <= n)
            at += (size_t)snprintf(name + at, sizeof name - at, "字");
        (void)snprintf(name + at, sizeof name - at, ".pdf");
        claim_name(name, "0123456789abcdef", out);
        assert_true(strlen(out) <= 255);
        assert_true(utf8_is_valid(out, strlen(out)));
        assert_true(claim_parse(out, original, back));
        assert_string_equal(original + strlen(original) - 4, ".pdf");
        claim_refused_name(name, 999, out);
        assert_true(strlen(out) <= 255);
        assert_true(utf8_is_valid(out, strlen(out)));
    }
    memset(name, 'x', 255);
    name[255] = '\0';
    claim_name(name, "0123456789abcdef", out);
    assert_true(strlen(out) == 255);
    memset(name, 0x80, 255); /* no character begins anywhere */
    claim_name(name, "0123456789abcdef", out);
    assert_true(strlen(out) <= 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(complete_files_are_taken),
        cmocka_unit_test(network_files_must_be_watched),
        cmocka_unit_test(what_is_never_taken),
        cmocka_unit_test(unfinished_files_get_a_word_in_the_end),
        cmocka_unit_test(claims_can_be_read_back),
        cmocka_unit_test(long_names_keep_their_extension),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
