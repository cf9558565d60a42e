/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the case table of every handled format, and for each row the checks
 * that come free: the verifier accepts the output and refuses the unsanitized
 * fixture, a second pass changes nothing, truncation never crashes and never
 * yields what the verifier refuses, every budget at 1 gives its limit verdict.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"
#include "formats/list.h"
#include "support/inproc.h"

#define X(id) extern const struct fmt_case cases_##id[];
HANDLED_LIST(X)
#undef X

static const struct {
    const char *name;
    const struct fmt_case *rows;
} tables[] = {
#define X(id) {#id, cases_##id},
    HANDLED_LIST(X)
#undef X
    {NULL, NULL}};

struct one {
    const char *format;
    const struct fmt_case *row;
};

static void findings_words(const struct findings *list, char *out, size_t room)
{
    uint64_t sums[FINDING_KINDS] = {0};
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < list->count; i++)
        sums[list->rows[i].kind] += list->rows[i].count;
    for (unsigned k = 1; k < FINDING_KINDS; k++)
        if (sums[k])
            used += (size_t)snprintf(out + used, room - used, "%s%s=%llu", used ? " " : "",
                                     finding_word((enum finding_kind)k), (unsigned long long)sums[k]);
}

/* Every word of `want` is in `have` and both have as many (exact), or at least in it. */
static bool words_match(const char *want, const char *have, bool exact)
{
    char copy[512], padded[512], needle[128];
    unsigned wants = 0, haves = 0;
    char *save = NULL;

    (void)snprintf(copy, sizeof copy, "%s", want);
    (void)snprintf(padded, sizeof padded, " %s ", have);
    for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save), wants++) {
        (void)snprintf(needle, sizeof needle, " %s ", w);
        if (!strstr(padded, needle))
            return false;
    }
    for (const char *p = have; *p; p++)
        haves += *p == '=';
    return !exact || wants == haves;
}

static void check_report(const struct one *one, const struct inproc_result *r)
{
    char have[512], kept[512];
    size_t used = 0;

    findings_words(&r->findings, have, sizeof have);
    if (!words_match(one->row->findings ? one->row->findings : "", have, true))
        fail_msg("%s/%s: findings \"%s\", expected \"%s\"", one->format, one->row->name, have,
                 one->row->findings ? one->row->findings : "");
    kept[0] = '\0';
    for (size_t i = 0; i < r->findings.kept_count; i++)
        used += (size_t)snprintf(kept + used, sizeof kept - used, "%s%s=%llu", used ? " " : "",
                                 r->findings.kept[i].what, (unsigned long long)r->findings.kept[i].count);
    if (one->row->kept && !words_match(one->row->kept, kept, false))
        fail_msg("%s/%s: kept \"%s\", expected \"%s\"", one->format, one->row->name, kept, one->row->kept);
}

static void options_of(const struct fmt_case *row, struct fmt_options *options)
{
    fmt_options_default(options);
    options->mode = row->mode ? row->mode : FMT_MODE_SANITIZE;
    if (row->tune)
        row->tune(options);
}

static const struct format_verifier *verifier_of(const struct one *one)
{
    const char *type = one->row->out_type ? one->row->out_type : one->format;
    const struct format_verifier *verifier = inproc_verifier(type);

    if (!verifier)
        fail_msg("%s/%s: no verifier for %s", one->format, one->row->name, type);
    return verifier;
}

static void check_output(const struct one *one, const struct fixture *f, const struct fmt_options *options,
                         const struct inproc_result *r)
{
    const struct format_verifier *verifier = verifier_of(one);
    char detail[256];

    assert_string_equal(r->out_type, one->row->out_type ? one->row->out_type : one->format);
    if (inproc_verify(verifier, r->out, r->out_len, options, r, detail) != REASON_OK)
        fail_msg("%s/%s: the verifier refuses our output: %s", one->format, one->row->name, detail);
    if (!(one->row->flags & CASE_CLEAN_INPUT) &&
        inproc_verify(verifier, f->bytes, f->len, options, NULL, detail) == REASON_OK)
        fail_msg("%s/%s: the verifier accepts the unsanitized fixture", one->format, one->row->name);
    if (one->row->inspect)
        one->row->inspect(r->out, r->out_len);
}

static void check_again(const struct one *one, const struct fmt_options *options, const struct inproc_result *r)
{
    const struct format_handler *handler = inproc_handler(r->out_type);
    struct inproc_result again;
    char have[512];

    if (strcmp(r->out_type, one->format) != 0)
        return; /* a converted output belongs to another handler */
    inproc_run(handler, r->out, r->out_len, one->row->file, options, &again);
    findings_words(&again.findings, have, sizeof have);
    if (again.reason != REASON_OK || have[0])
        fail_msg("%s/%s: second pass gives %s (%s), findings \"%s\"", one->format, one->row->name,
                 reason_code(again.reason), again.detail, have);
    if (!(one->row->flags & CASE_LOSSY) &&
        (again.out_len != r->out_len || memcmp(again.out, r->out, r->out_len) != 0))
        fail_msg("%s/%s: a second pass changes the bytes", one->format, one->row->name);
    inproc_finish(&again);
}

static void check_truncated(const struct one *one, const struct fixture *f, const struct fmt_options *options)
{
    const struct format_handler *handler = inproc_handler(one->format);
    size_t step = f->len / 97 + 1;

    if (one->row->flags & CASE_NO_TRUNCATE)
        return;
    for (size_t n = 0; n < f->len; n += n < 32 ? 1 : step) {
        struct inproc_result r;
        char detail[256];
        uint8_t *exact = malloc(n ? n : 1); /* so that a sanitizer sees a read past the end */
        assert_non_null(exact);
        memcpy(exact, f->bytes, n);
        inproc_run(handler, exact, n, one->row->file, options, &r);
        if (r.reason == REASON_OK &&
            inproc_verify(inproc_verifier(r.out_type), r.out, r.out_len, options, &r, detail) != REASON_OK)
            fail_msg("%s/%s: cut at %zu gives an output the verifier refuses: %s", one->format, one->row->name, n, detail);
        inproc_finish(&r);
        free(exact);
    }
}

/* Which budget a used counter belongs to, and the reason it must give at 1. */
static const struct {
    const char *name;
    size_t used, limit;
    enum reason reason;
} budgets[] = {
#define B(member, reason) {#member, offsetof(struct fmt_used, member), offsetof(struct fmt_limits, member), REASON_##reason}
    B(input_bytes, LIMIT_BYTES), B(output_bytes, LIMIT_OUTPUT), B(total_bytes, LIMIT_RATIO), B(members, LIMIT_MEMBERS),
    B(pages, LIMIT_PAGES),       B(pixels, LIMIT_PIXELS),       B(objects, LIMIT_OBJECTS),   B(steps, LIMIT_STEPS),
#undef B
};

static void check_budgets(const struct one *one, const struct fixture *f, const struct fmt_options *options,
                          const struct fmt_used *used)
{
    for (size_t i = 0; i < ARRAY_LEN(budgets); i++) {
        struct fmt_options tight = *options;
        struct inproc_result r;
        uint64_t one_unit = 1, was;

        memcpy(&was, (const char *)used + budgets[i].used, sizeof was);
        if (was <= 1)
            continue;
        memcpy((char *)&tight.limits + budgets[i].limit, &one_unit, sizeof one_unit);
        inproc_run(inproc_handler(one->format), f->bytes, f->len, one->row->file, &tight, &r);
        if (r.reason != budgets[i].reason)
            fail_msg("%s/%s: %s at 1 gives %s (%s), expected %s", one->format, one->row->name, budgets[i].name,
                     reason_code(r.reason), r.detail, reason_code(budgets[i].reason));
        inproc_finish(&r);
    }
}

static void run_one(void **state)
{
    const struct one *one = *state;
    struct fixture f = {0};
    struct fmt_options options;
    struct inproc_result r;

    options_of(one->row, &options);
    one->row->make(&f);
    inproc_run(inproc_handler(one->format), f.bytes, f.len, one->row->file, &options, &r);
    if (r.reason != one->row->expect)
        fail_msg("%s/%s: %s (%s), expected %s", one->format, one->row->name, reason_code(r.reason), r.detail,
                 reason_code(one->row->expect));
    if (r.reason == REASON_OK) {
        check_report(one, &r);
        check_output(one, &f, &options, &r);
        check_again(one, &options, &r);
        check_budgets(one, &f, &options, &r.used);
    }
    check_truncated(one, &f, &options);
    inproc_finish(&r);
    fixture_free(&f);
}

/* run_cases [FORMAT [CASE]] */
int main(int argc, char **argv)
{
    static struct CMUnitTest tests[4096];
    static struct one ones[4096];
    static char names[4096][96];
    size_t n = 0;

    for (size_t t = 0; tables[t].name; t++) {
        if (argc > 1 && strcmp(argv[1], tables[t].name) != 0)
            continue;
        for (const struct fmt_case *row = tables[t].rows; row->name && n < ARRAY_LEN(tests); row++) {
            if (argc > 2 && strcmp(argv[2], row->name) != 0)
                continue;
            ones[n] = (struct one){tables[t].name, row};
            (void)snprintf(names[n], sizeof names[n], "%s: %s", tables[t].name, row->name);
            tests[n] = (struct CMUnitTest){.name = names[n], .test_func = run_one, .initial_state = &ones[n]};
            n++;
        }
    }
    return n == 0 ? 0 : _cmocka_run_group_tests("format cases", tests, n, NULL, NULL);
}
