/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people ask of the quarantine. The keeper; who asks is told by the
 * supervisor, whether he may is decided here (release.c), and what he does,
 * or was refused, is recorded before it happens.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/hook.h"
#include "base/json.h"
#include "keeper.h"

#define ARGS_MAX 8
#define LIST_DEFAULT 100
#define LIST_MAX 100000

struct ask_verb;

struct ask {
    const struct ask_rule *rule;
    const struct ask_verb *verb;
    struct ask_actor actor;
    char name[JOB_WORD_MAX];
    char args[ARGS_MAX][512];
    uint32_t arg_count;
    const char *reason;    /* into args; "" when the verb takes none */
    struct ledger_job job; /* of verbs about one */
    int err;               /* the answer; op->err is for the database */
    char text[256];
    bool answering;        /* a long answer sends the end */
};

/* `apply` runs in the transaction after the audit record; `answer` after the commit, when nothing failed. */
struct ask_verb {
    const char *verb;
    int (*check)(struct keeper *k, struct ask *q, const struct op *op); /* may it be done in this state? before the record */
    int (*apply)(struct keeper *k, struct ask *q);
    void (*answer)(struct keeper *k, struct ask *q, struct op *op);
};

static int refuse(struct ask *q, int err, const char *text)
{
    (void)snprintf(q->text, sizeof q->text, "%s", text);
    return err;
}

/* ---- lists ----------------------------------------------------------------------------------------------- */

struct list_option {
    const char *name;
    int (*set)(struct ask *q, const char *value, struct ledger_filter *filter, uint64_t *limit);
};

static int set_state(struct ask *q, const char *value, struct ledger_filter *filter, uint64_t *limit)
{
    enum job_state state = job_state_find(value);

    (void)limit;
    if (state == JOB_STATE_NONE)
        return refuse(q, ERR_INVALID, "there is no such state");
    filter->states = 1u << state;
    return 0;
}

static int set_lane(struct ask *q, const char *value, struct ledger_filter *filter, uint64_t *limit)
{
    (void)limit;
    if (snprintf(filter->lane, sizeof filter->lane, "%s", value) >= (int)sizeof filter->lane)
        return refuse(q, ERR_INVALID, "there is no such lane");
    return 0;
}

static bool parse_number(const char *text, uint64_t *out)
{
    size_t n = strspn(text, "0123456789");

    if (n == 0 || n > 15 || text[n] != '\0')
        return false;
    *out = strtoull(text, NULL, 10);
    return true;
}

static int set_limit(struct ask *q, const char *value, struct ledger_filter *filter, uint64_t *limit)
{
    (void)filter;
    if (!parse_number(value, limit) || *limit == 0 || *limit > LIST_MAX)
        return refuse(q, ERR_INVALID, "the limit is a number from 1 to 100000");
    return 0;
}

/* Seconds since 1970 or a day, YYYY-MM-DD, in the gateway's time zone. */
static bool parse_time(const char *text, uint64_t *ms_out)
{
    struct tm tm = {.tm_isdst = -1};
    uint64_t number;

    if (parse_number(text, &number)) {
        *ms_out = number * 1000;
        return true;
    }
    const char *end = strptime(text, "%Y-%m-%d", &tm);
    time_t seconds = end && *end == '\0' ? mktime(&tm) : -1;
    if (seconds < 0)
        return false;
    *ms_out = (uint64_t)seconds * 1000;
    return true;
}

static int set_since(struct ask *q, const char *value, struct ledger_filter *filter, uint64_t *limit)
{
    (void)limit;
    return parse_time(value, &filter->since_ms) ? 0 : refuse(q, ERR_INVALID, "a time is YYYY-MM-DD or seconds since 1970");
}

static const struct list_option list_options[] = {
    {"--state", set_state}, {"--lane", set_lane}, {"--limit", set_limit}, {"--since", set_since}};

static int list_parse(struct ask *q, struct ledger_filter *filter, uint64_t *limit)
{
    *limit = LIST_DEFAULT;
    if (q->arg_count % 2 != 0)
        return refuse(q, ERR_INVALID, "options are --state, --lane, --limit and --since, each with a value");
    for (uint32_t i = 0; i < q->arg_count; i += 2) {
        const struct list_option *option = NULL;
        for (size_t o = 0; o < ARRAY_LEN(list_options); o++)
            if (strcmp(list_options[o].name, q->args[i]) == 0)
                option = &list_options[o];
        int err = option ? option->set(q, q->args[i + 1], filter, limit)
                         : refuse(q, ERR_INVALID, "options are --state, --lane, --limit and --since");
        if (err < 0)
            return err;
    }
    return 0;
}

static int list_check(struct keeper *k, struct ask *q, const struct op *op)
{
    struct ledger_filter filter = {0};
    uint64_t limit;

    (void)k;
    (void)op;
    return list_parse(q, &filter, &limit);
}

static void list_start(struct keeper *k, struct ask *q, struct op *op, unsigned states)
{
    struct answer *a = answer_new(k, op->call, answer_list);

    if (!a) {
        q->err = refuse(q, ERR_AGAIN, "too many questions at once");
        return;
    }
    (void)!list_parse(q, &a->filter, &a->left);
    if (states)
        a->filter.states = a->filter.states ? a->filter.states & states : states;
    if (states && a->filter.states == 0)
        a->left = 0;
    if (release_sees_own_only(q->rule, &q->actor)) {
        a->short_rows = true;
        (void)snprintf(a->filter.submitter, sizeof a->filter.submitter, "%s", q->actor.name);
        (void)snprintf(a->filter.submitter_uid, sizeof a->filter.submitter_uid, "uid:%u", (unsigned)q->actor.uid);
    }
    q->answering = true;
}

static void jobs_list(struct keeper *k, struct ask *q, struct op *op)
{
    list_start(k, q, op, 0);
}

static void quarantine_list(struct keeper *k, struct ask *q, struct op *op)
{
    list_start(k, q, op, 1u << JOB_STATE_HELD | 1u << JOB_STATE_BLOCKED | 1u << JOB_STATE_FAULT);
}

static void show(struct keeper *k, struct ask *q, struct op *op)
{
    scoped_buf row = buf_new(MSG_PAYLOAD_MAX);

    q->err = answer_job(k, &row, &q->job, !release_sees_own_only(q->rule, &q->actor), true);
    if (q->err == 0)
        answer_row(k, op->call, &row);
}

/* ---- the quarantine ---------------------------------------------------------------------------------------- */

static bool is_quarantined(const struct ledger_job *job)
{
    return job->state == JOB_STATE_HELD || job->state == JOB_STATE_BLOCKED || job->state == JOB_STATE_FAULT;
}

static int show_check(struct keeper *k, struct ask *q, const struct op *op)
{
    (void)k;
    (void)op;
    return is_quarantined(&q->job) ? 0 : refuse(q, ERR_STALE, "the file is not in quarantine");
}

/* Content goes into a plain file only: a pipe nobody reads would stop the whole gateway. */
static int file_check(struct ask *q, const struct op *op)
{
    struct stat st;

    if (op->source < 0 || fstat(op->source, &st) < 0 || !S_ISREG(st.st_mode))
        return refuse(q, ERR_INVALID, "the output must be a regular file");
    return 0;
}

static int export_check(struct keeper *k, struct ask *q, const struct op *op)
{
    (void)k;
    if (!is_quarantined(&q->job))
        return refuse(q, ERR_STALE, "the file is not in quarantine");
    if (q->job.original != KEPT)
        return refuse(q, ERR_NOTFOUND, "the original is not kept any more");
    return file_check(q, op);
}

static void export_answer(struct keeper *k, struct ask *q, struct op *op)
{
    crash_point("export");
    q->err = store_read(k->store, STORE_ORIGINAL, q->job.id, q->job.bytes, q->job.sha256, op->source);
    if (q->err == ERR_CRYPTO || q->err == ERR_NOTFOUND) {
        (void)refuse(q, q->err, "the stored original is missing or damaged; what was written is not the file");
        keeper_fault(k, &q->job, q->text);
    }
}

static int release_check(struct keeper *k, struct ask *q, const struct op *op)
{
    (void)k;
    (void)op;
    if (q->job.state != JOB_STATE_HELD)
        return refuse(q, ERR_STALE, "the file is not held");
    if (q->job.output != KEPT)
        return refuse(q, ERR_PERM, "there is no checked output of this file: it cannot be released, only exported (quarantine export)");
    return 0;
}

static int release_apply(struct keeper *k, struct ask *q)
{
    scoped_buf report = buf_new(JOB_REPORT_MAX), stages = buf_new(JOB_REPORT_MAX), manifest = buf_new(MANIFEST_MAX);
    struct ledger_delivery d;
    int err = ledger_report(k->ledger, q->job.num, &report, &stages);

    if (err == 0)
        err = ledger_move(k->ledger, q->job.num, JOB_STATE_HELD, JOB_STATE_RELEASED);
    if (err == 0)
        err = release_record(k, &q->job, buf_text(&stages), q->actor.name, q->reason, &d, &manifest);
    return err;
}

static void release_answer(struct keeper *k, struct ask *q, struct op *op)
{
    (void)q;
    (void)op;
    k->deliver.behind = true; /* the output is read from the store, which proves its digest again */
}

static int delete_check(struct keeper *k, struct ask *q, const struct op *op)
{
    return show_check(k, q, op);
}

static int delete_apply(struct keeper *k, struct ask *q)
{
    int err = ledger_move(k->ledger, q->job.num, q->job.state, JOB_STATE_DELETED);

    return err < 0 ? err
                   : ledger_set_kept(k->ledger, q->job.num, q->job.original ? KEPT_LEAVING : KEPT_NOT,
                                     q->job.output ? KEPT_LEAVING : KEPT_NOT);
}

static void delete_answer(struct keeper *k, struct ask *q, struct op *op)
{
    (void)q;
    (void)op;
    if (sweep_finish_leaving(k) < 0) /* the record says deleted: the next start finishes it */
        keeper_event(k, "store-fault", q->job.id, "a deleted file could not be removed yet");
}

/* ---- the whole gateway ---------------------------------------------------------------------------------------- */

static int stop_apply(struct keeper *k, struct ask *q)
{
    (void)q;
    return ledger_set(k->ledger, "releases", "stopped");
}

static int start_apply(struct keeper *k, struct ask *q)
{
    (void)q;
    return ledger_set(k->ledger, "releases", "running");
}

static void stop_answer(struct keeper *k, struct ask *q, struct op *op)
{
    (void)op;
    k->releases_stopped = true;
    (void)snprintf(q->text, sizeof q->text, "releases are stopped; %u on their way out cannot be called back", k->deliver.sent_count);
}

static void start_answer(struct keeper *k, struct ask *q, struct op *op)
{
    (void)q;
    (void)op;
    k->releases_stopped = false;
    deliver_resume(k);
}

static void put_status(struct keeper *k, struct buf *b)
{
    json_bool(b, "releases_stopped", k->releases_stopped);
    json_bool(b, "audit_fault", k->checkpoints.fault);
    json_bool(b, "delivering", !keeper_holds_back(k));
    json_u64(b, "with_releaser", k->deliver.sent_count);
}

static void status_answer(struct keeper *k, struct ask *q, struct op *op)
{
    scoped_buf row = buf_new(MSG_PAYLOAD_MAX);

    json_open(&row, NULL, '{');
    put_status(k, &row);
    json_close(&row, '}');
    q->err = row.err;
    answer_row(k, op->call, &row);
}

static void stats_answer(struct keeper *k, struct ask *q, struct op *op)
{
    scoped_buf row = buf_new(MSG_PAYLOAD_MAX);
    uint64_t counts[JOB_STATES] = {0}, bytes = 0, inodes = 0;
    struct ledger_delivery oldest;
    struct ledger_job undecided;

    q->err = ledger_counts(k->ledger, counts);
    (void)!store_free_space(k->store, &bytes, &inodes);
    json_open(&row, NULL, '{');
    json_open(&row, "jobs", '{');
    for (unsigned i = JOB_STATE_NONE + 1; i < JOB_STATES; i++)
        json_u64(&row, job_state_word((enum job_state)i), counts[i]);
    json_close(&row, '}');
    put_status(k, &row);
    json_bool(&row, "disk_low", k->disk_low);
    json_u64(&row, "free_bytes", bytes);
    json_u64(&row, "free_inodes", inodes);
    json_u64(&row, "audit_records", ledger_head(k->ledger).seq);
    json_u64(&row, "checkpoint_records", k->checkpoints.last.head.seq);
    json_u64(&row, "oldest_uncollected_ms", ledger_next_delivery(k->ledger, DELIVERY_PLACED, 0, &oldest) == 0 ? oldest.delivered_ms : 0);
    json_u64(&row, "oldest_undecided_ms", ledger_next(k->ledger, JOB_STATE_RECEIVED, 0, &undecided) == 0 ? undecided.received_ms : 0);
    json_u64(&row, "accepted", k->accepted);
    json_u64(&row, "decided", k->decided);
    json_u64(&row, "batches", k->batches);
    json_close(&row, '}');
    if (q->err == 0)
        q->err = row.err;
    if (q->err == 0)
        answer_row(k, op->call, &row);
}

static int audit_export_check(struct keeper *k, struct ask *q, const struct op *op)
{
    uint64_t ms;

    (void)k;
    for (uint32_t i = 0; i < q->arg_count; i++)
        if (!parse_time(q->args[i], &ms))
            return refuse(q, ERR_INVALID, "a time is YYYY-MM-DD or seconds since 1970");
    return file_check(q, op);
}

static void audit_export_answer(struct keeper *k, struct ask *q, struct op *op)
{
    uint64_t from_ms = 0, to_ms = 0, from = 1, to = ledger_head(k->ledger).seq + 1;
    struct answer *a = answer_new(k, op->call, answer_export);

    if (!a) {
        q->err = refuse(q, ERR_AGAIN, "too many questions at once");
        return;
    }
    if (q->arg_count > 0 && parse_time(q->args[0], &from_ms))
        q->err = ledger_record_at(k->ledger, from_ms, &from);
    if (q->err == 0 && q->arg_count > 1 && parse_time(q->args[1], &to_ms)) {
        uint64_t end;
        q->err = ledger_record_at(k->ledger, to_ms, &end);
        to = q->err == 0 && end > 0 ? end : to;
    }
    a->fd = steal_fd(&op->source);
    a->at = from > 0 ? (int64_t)from - 1 : (int64_t)to;
    a->to = to - 1;
    q->answering = true;
}

static void audit_verify_answer(struct keeper *k, struct ask *q, struct op *op)
{
    q->answering = answer_new(k, op->call, answer_verify) != NULL;
    if (!q->answering)
        q->err = refuse(q, ERR_AGAIN, "too many questions at once");
}

/* Beside each row of release.c's table, what it does. */
static const struct ask_verb verbs[] = {
    {"jobs.list", list_check, NULL, jobs_list},
    {"jobs.show", NULL, NULL, show},
    {"quarantine.list", list_check, NULL, quarantine_list},
    {"quarantine.show", show_check, NULL, show},
    {"quarantine.export", export_check, NULL, export_answer},
    {"quarantine.release", release_check, release_apply, release_answer},
    {"quarantine.delete", delete_check, delete_apply, delete_answer},
    {"audit.export", audit_export_check, NULL, audit_export_answer},
    {"audit.verify", NULL, NULL, audit_verify_answer},
    {"releases.stop", NULL, stop_apply, stop_answer},
    {"releases.start", NULL, start_apply, start_answer},
    {"releases.status", NULL, NULL, status_answer},
    {"stats", NULL, NULL, stats_answer},
};

static const struct ask_verb *verb_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (strcmp(verbs[i].verb, name) == 0)
            return &verbs[i];
    return NULL;
}

/* ---- one question, from rule to answer --------------------------------------------------------------------------- */

static int ask_audit(struct keeper *k, const struct ask *q, const char *event)
{
    scoped_buf detail = buf_new(CHAIN_DETAIL_MAX);

    json_open(&detail, NULL, '{');
    json_str(&detail, "verb", q->rule->verb);
    json_u64(&detail, "uid", q->actor.uid);
    if (q->rule->reason)
        json_str(&detail, "why", q->reason);
    for (uint32_t i = 0; !q->rule->job && !q->rule->reason && i < q->arg_count; i++)
        json_str(&detail, i == 0 ? "from" : "to", q->args[i]);
    if (q->rule->job && q->job.num > 0)
        json_hex(&detail, "original_sha256", q->job.sha256, sizeof q->job.sha256);
    json_close(&detail, '}');
    const char *text = buf_text(&detail);
    return detail.err < 0 ? detail.err
                          : ledger_audit(k->ledger, fdio_wall_ms(), q->actor.name[0] ? q->actor.name : "unknown", event,
                                         q->rule->job ? q->job.id : "", text);
}

/* The rules, in the order in which a refusal tells least: the role before anything about the job. */
static int ask_permit(struct keeper *k, struct ask *q, const struct op *op)
{
    int err = release_may(q->rule, &q->actor, NULL);

    if (err < 0)
        return refuse(q, err, "your role does not allow this");
    if (q->arg_count < q->rule->args_min || q->arg_count > q->rule->args_max)
        return refuse(q, ERR_INVALID, "too few or too many arguments");
    if (q->rule->job) {
        err = store_is_job_id(q->args[0]) ? ledger_find(k->ledger, q->args[0], &q->job) : ERR_NOTFOUND;
        if (err == ERR_NOTFOUND)
            return refuse(q, err, "there is no such job");
        if (err < 0)
            return err;
        if (release_may(q->rule, &q->actor, q->job.origin.submitter) < 0)
            return release_sees_own_only(q->rule, &q->actor) ? refuse(q, ERR_NOTFOUND, "there is no such job")
                                                             : refuse(q, ERR_PERM, "nobody decides about his own file");
    }
    if (q->rule->reason && !release_reason_is_given(q->reason))
        return refuse(q, ERR_INVALID, "a reason must be given");
    return q->verb->check ? q->verb->check(k, q, op) : 0;
}

static int ask_apply(struct keeper *k, struct op *op)
{
    struct ask *q = op->data;
    int err = 0;

    q->text[0] = '\0';
    q->job = (struct ledger_job){0};
    q->err = ask_permit(k, q, op);
    if (q->err == ERR_PERM)
        return ask_audit(k, q, "denied");
    if (q->err < 0)
        return 0;
    if (q->rule->event)
        err = ask_audit(k, q, q->rule->event);
    if (err == 0 && q->verb->apply)
        err = q->verb->apply(k, q);
    return err;
}

static void ask_reply(struct keeper *k, struct op *op)
{
    struct ask *q = op->data;

    if (op->err < 0 && q->err == 0)
        q->err = op->err;
    crash_point("ask-answer");
    if (q->err == 0 && q->verb->answer)
        q->verb->answer(k, q, op);
    if (!q->answering)
        answer_end(k, op->call, q->err, q->err < 0 && !q->text[0] ? err_text(q->err) : q->text);
}

static const struct op_kind kind_ask = {.name = "ask", .apply = ask_apply, .reply = ask_reply};

int on_ask(void *owner, struct peer *peer, struct msg *m)
{
    struct keeper *k = owner;
    struct view v = msg_view(m);
    char verb[JOB_WORD_MAX];
    struct op *op = op_new(&kind_ask, m->id, sizeof(struct ask));
    struct ask *q = op->data;

    (void)peer;
    op->source = msg_take_fd(m, 0);
    view_str(&v, verb, sizeof verb);
    q->actor.uid = view_u32(&v);
    view_str(&v, q->name, sizeof q->name);
    q->actor.roles = view_u32(&v);
    q->actor.name = q->name;
    q->arg_count = view_u32(&v);
    for (uint32_t i = 0; i < q->arg_count && i < ARGS_MAX; i++)
        view_str(&v, q->args[i], sizeof q->args[i]);
    q->rule = release_rule(verb);
    q->verb = verb_find(verb);
    q->reason = q->rule && q->rule->reason ? q->args[q->rule->job ? 1 : 0] : "";
    if (q->arg_count > ARGS_MAX || view_end(&v) < 0 || !q->rule || !q->verb || q->rule->fd != (op->source >= 0)) {
        answer_end(k, m->id, ERR_INVALID, q->rule ? "the question is not complete" : "there is no such question");
        op_free(op);
        return 0;
    }
    batch_add(k, op);
    return 0;
}
