/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ZIP handler against a core that answers as the test says: what becomes of the archive, and that nothing is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "formats/job.h"
#include "support/zip_builder.h"

extern const struct format_handler fmt_zip;

enum { MEMBERS = 40 };

/* A core that collects in order and answers per member. */
struct core {
    enum reason answer[MEMBERS];
    const char *name[MEMBERS]; /* absent: as sent */
    bool empty[MEMBERS];       /* released, but without bytes */
    int append_err;            /* what child_write says, from member append_at on */
    int collect_err;
    unsigned append_at;
    unsigned opened, submitted, collected, released, most_pending;
    char names[MEMBERS][64];
    struct fixture out;
};

static int core_write(void *ctx, uint64_t offset, const void *bytes, size_t n)
{
    struct core *c = ctx;

    if (offset == c->out.len)
        fixture_add(&c->out, bytes, n);
    else
        memcpy(c->out.bytes + offset, bytes, n);
    return 0;
}

static int core_open(void *ctx, const struct child_info *info)
{
    struct core *c = ctx;

    assert_true(c->opened < MEMBERS);
    (void)snprintf(c->names[c->opened++], sizeof c->names[0], "%s", info->name);
    return 0;
}

static int core_child_write(void *ctx, const void *bytes, size_t n)
{
    struct core *c = ctx;

    (void)bytes;
    assert_true(n > 0);
    return c->append_err < 0 && c->opened > c->append_at ? c->append_err : 0;
}

static int core_submit(void *ctx)
{
    struct core *c = ctx;

    c->submitted++;
    if (c->submitted - c->collected > c->most_pending)
        c->most_pending = c->submitted - c->collected;
    return 0;
}

static int core_collect(void *ctx, struct child_result *result_out)
{
    static const uint8_t text[] = "rebuilt";
    struct core *c = ctx;
    unsigned i = c->collected++;

    if (c->collect_err < 0)
        return c->collect_err;
    *result_out = (struct child_result){.reason = c->answer[i] ? c->answer[i] : REASON_OK, .token = c};
    result_out->verdict = reason_verdict(result_out->reason);
    (void)snprintf(result_out->name, sizeof result_out->name, "%s", c->name[i] ? c->name[i] : c->names[i]);
    if (result_out->verdict == VERDICT_RELEASED && !c->empty[i])
        result_out->bytes = (struct fmt_in){text, sizeof text - 1};
    return 0;
}

static void core_release(void *ctx, struct child_result *result)
{
    (void)result;
    ((struct core *)ctx)->released++;
}

static const struct fmt_backend backend = {
    .write = core_write, .child_open = core_open, .child_write = core_child_write, .child_submit = core_submit,
    .child_collect = core_collect, .child_release = core_release,
};

struct outcome {
    enum reason reason;
    char detail[256], findings[256];
};

static struct outcome run(struct core *c, unsigned members, enum fmt_switch leave_out)
{
    struct zb_member list[MEMBERS];
    char names[MEMBERS][16];
    struct fixture zip = {0};
    struct fmt_options options;
    struct fmt_job *job = NULL;
    struct outcome o = {0};

    for (unsigned i = 0; i < members; i++) {
        (void)snprintf(names[i], sizeof names[i], "f%02u.txt", i);
        list[i] = (struct zb_member){.name = names[i], .data = ZB("text")};
    }
    zb_make(&zip, list, members, NULL);
    fmt_options_default(&options);
    options.switches[FINDING_MEMBER] = leave_out;
    struct fmt_in in = {zip.bytes, zip.len};
    assert_int_equal(job_new(&in, &options, "a.zip", &backend, c, &job), 0);
    o.reason = job_run(job, &fmt_zip);
    (void)snprintf(o.detail, sizeof o.detail, "%s", job_detail(job));
    const struct findings *found = job_findings(job);
    for (size_t i = 0; i < found->count; i++)
        (void)snprintf(o.findings + strlen(o.findings), sizeof o.findings - strlen(o.findings), "%s %.40s %.80s;",
                       finding_word(found->rows[i].kind), found->rows[i].place, found->rows[i].note);
    job_free(&job);
    fixture_free(&zip);
    fixture_free(&c->out);
    return o;
}

static void balanced(const struct core *c)
{
    assert_int_equal(c->submitted, c->collected);
    assert_int_equal(c->released, c->collected);
    assert_true(c->most_pending <= CHILD_WINDOW);
}

static void test_all_good(void **state)
{
    struct core c = {0};
    struct outcome o = run(&c, MEMBERS, FMT_SWITCH_DISALLOW);

    (void)state;
    assert_int_equal(o.reason, REASON_OK);
    assert_int_equal(c.submitted, MEMBERS);
    assert_int_equal(c.most_pending, CHILD_WINDOW);
    balanced(&c);
}

static void test_answers(void **state)
{
    static const struct {
        enum reason answer;
        enum fmt_switch leave_out;
        enum reason reason;
        const char *detail, *findings;
    } rows[] = {
        {REASON_MALFORMED, FMT_SWITCH_DISALLOW, REASON_MEMBER_HELD, "f20.txt: malformed", ""},
        {REASON_MALFORMED, FMT_SWITCH_UNSET, REASON_MEMBER_HELD, "f20.txt: malformed", ""},
        {REASON_MALFORMED, FMT_SWITCH_SANITIZE, REASON_OK, "", "member f20.txt malformed;"},
        {REASON_MALFORMED, FMT_SWITCH_ALLOW, REASON_OK, "", "member f20.txt malformed;"},
        {REASON_ENCRYPTED, FMT_SWITCH_DISALLOW, REASON_MEMBER_HELD, "f20.txt: encrypted", ""},
        {REASON_ENCRYPTED, FMT_SWITCH_SANITIZE, REASON_OK, "", "member f20.txt encrypted;"},
        {REASON_MEMBER_HELD, FMT_SWITCH_DISALLOW, REASON_MEMBER_HELD, "f20.txt: member-held", ""},
        {REASON_TIMEOUT, FMT_SWITCH_DISALLOW, REASON_MEMBER_HELD, "f20.txt: timeout", ""},
        {REASON_SCAN_FAILED, FMT_SWITCH_DISALLOW, REASON_MEMBER_HELD, "f20.txt: scan-failed", ""},
        {REASON_BLOCKED_TYPE, FMT_SWITCH_DISALLOW, REASON_MEMBER_BLOCKED, "f20.txt: blocked-type", ""},
        {REASON_BLOCKED_TYPE, FMT_SWITCH_SANITIZE, REASON_MEMBER_BLOCKED, "f20.txt: blocked-type", ""},
        {REASON_MEMBER_BLOCKED, FMT_SWITCH_SANITIZE, REASON_MEMBER_BLOCKED, "f20.txt: member-blocked", ""},
        {REASON_INFECTED, FMT_SWITCH_DISALLOW, REASON_INFECTED, "f20.txt: infected", ""},
        {REASON_INFECTED, FMT_SWITCH_SANITIZE, REASON_INFECTED, "f20.txt: infected", ""},
        {REASON_INFECTED, FMT_SWITCH_ALLOW, REASON_INFECTED, "f20.txt: infected", ""},
        {REASON_LIMIT_RATIO, FMT_SWITCH_SANITIZE, REASON_LIMIT_RATIO, "f20.txt: limit-ratio", ""},
        {REASON_LIMIT_DEPTH, FMT_SWITCH_SANITIZE, REASON_LIMIT_DEPTH, "f20.txt: limit-depth", ""},
        {REASON_LIMIT_MEMBERS, FMT_SWITCH_SANITIZE, REASON_LIMIT_MEMBERS, "f20.txt: limit-members", ""},
        {REASON_LIMIT_PIXELS, FMT_SWITCH_SANITIZE, REASON_OK, "", "member f20.txt limit-pixels;"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct core c = {0};
        c.answer[20] = rows[i].answer;
        struct outcome o = run(&c, MEMBERS, rows[i].leave_out);
        if (o.reason != rows[i].reason || strcmp(o.detail, rows[i].detail) != 0 || strcmp(o.findings, rows[i].findings) != 0)
            fail_msg("row %zu: %s \"%s\" \"%s\"", i, reason_code(o.reason), o.detail, o.findings);
        balanced(&c);
    }
}

/* A core that contradicts itself is not believed. */
static void test_released_without_bytes(void **state)
{
    struct core c = {.empty = {[1] = true}};

    (void)state;
    assert_int_equal(run(&c, 3, FMT_SWITCH_SANITIZE).reason, REASON_INTERNAL);
    balanced(&c);
}

/* The write fails midway: members under way are taken back. */
static void test_append_fails(void **state)
{
    struct core c = {.append_err = ERR_IO, .append_at = 30};

    (void)state;
    assert_int_equal(run(&c, MEMBERS, FMT_SWITCH_DISALLOW).reason, REASON_IO);
    assert_int_equal(c.submitted, 30);
    balanced(&c);
}

static void test_collect_fails(void **state)
{
    struct core c = {.collect_err = ERR_CLOSED};

    (void)state;
    assert_int_equal(run(&c, MEMBERS, FMT_SWITCH_DISALLOW).reason, REASON_INTERNAL);
}

static void test_names_collide(void **state)
{
    struct core c = {.name = {[1] = "F00.TXT", [2] = "f00.txt"}};
    struct outcome o = run(&c, 3, FMT_SWITCH_DISALLOW);

    (void)state;
    assert_int_equal(o.reason, REASON_OK);
    assert_string_equal(o.findings, "name F00.TXT numbered: the name was taken;name f00.txt numbered: the name was taken;");
    balanced(&c);
}

/* A corrected name that needs a folder where a file is. */
static void test_name_under_file(void **state)
{
    struct core c = {.name = {[1] = "f00.txt/x.txt"}};

    (void)state;
    assert_int_equal(run(&c, 3, FMT_SWITCH_DISALLOW).reason, REASON_UNSAFE_NAME);
    balanced(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_good),      cmocka_unit_test(test_answers),       cmocka_unit_test(test_released_without_bytes),
        cmocka_unit_test(test_append_fails),  cmocka_unit_test(test_collect_fails), cmocka_unit_test(test_names_collide),
        cmocka_unit_test(test_name_under_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
