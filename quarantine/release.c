/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of release and of the admin verbs. The keeper; pure, no file and no socket. */
#include "release.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/manifest.h"
#include "base/utf8.h"

/* Reasons that are a question to a person, not a finding about the output. Everything else stays held for good. */
static const enum reason approvable[] = {REASON_POLICY, REASON_TYPE_MISMATCH};

bool release_is_approvable(const struct job_decision *decision)
{
    struct job_decision passed = *decision;

    passed.reason = REASON_OK;
    for (size_t i = 0; i < ARRAY_LEN(approvable); i++)
        if (decision->reason == approvable[i])
            return decision_is_releasable(&passed) && manifest_path_is_safe(decision->out_path);
    return false;
}

static bool output_is_the_checked_one(const struct job_decision *decision, const uint8_t *seen, uint64_t seen_bytes)
{
    return seen && seen_bytes == decision->out_bytes && memcmp(seen, decision->out_sha256, sizeof decision->out_sha256) == 0;
}

/* Why a decision "ok" is not released: the first that is not as it must be. NULL when all is well. */
static const char *objection(const struct job_decision *decision, const uint8_t *seen, uint64_t seen_bytes, enum reason *reason)
{
    *reason = REASON_INTERNAL;
    if (!decision_is_releasable(decision))
        return "released without all five stages";
    if (!seen)
        return "released without an output";
    *reason = REASON_CHECK_REFUSED;
    if (!output_is_the_checked_one(decision, seen, seen_bytes))
        return "the output is not the one that was checked";
    *reason = REASON_UNSAFE_NAME;
    if (!manifest_path_is_safe(decision->out_path))
        return "the output's path is not safe";
    return NULL;
}

void release_judge(const struct job_decision *decision, const uint8_t *seen, uint64_t seen_bytes, struct release_outcome *out)
{
    struct release_outcome o = {.reason = decision->reason == REASON_NONE ? REASON_INTERNAL : decision->reason,
                                .detail = decision->detail};

    if (reason_verdict(o.reason) == VERDICT_RELEASED) {
        enum reason instead;
        const char *why = objection(decision, seen, seen_bytes, &instead);
        o.deliver = !why;
        if (why) {
            o.reason = instead;
            o.detail = why;
        }
    } else {
        o.keep_output = release_is_approvable(decision) && output_is_the_checked_one(decision, seen, seen_bytes);
    }
    *out = o;
}

enum job_state release_state(const struct release_outcome *outcome)
{
    if (outcome->deliver && outcome->reason == REASON_OK)
        return JOB_STATE_RELEASED;
    return reason_verdict(outcome->reason) == VERDICT_BLOCKED ? JOB_STATE_BLOCKED : JOB_STATE_HELD;
}

/* Cuts n bytes of UTF-8 text down to at most max without splitting a character. */
static size_t utf8_cut(const char *text, size_t n, size_t max)
{
    if (n <= max)
        return n;
    while (max > 0 && ((unsigned char)text[max] & 0xC0) == 0x80)
        max--;
    return max;
}

bool release_name(const char *path, unsigned n, const char *job, char *out, size_t room)
{
    static const size_t name_max = 255 - (sizeof MANIFEST_SUFFIX - 1);
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    char mark[JOB_ID_MAX + 8] = "";
    int used;

    if (n > 1 && n < RELEASE_NAMES_MAX)
        (void)snprintf(mark, sizeof mark, " (%u)", n);
    else if (n > 1)
        (void)snprintf(mark, sizeof mark, " (%s)", job);
    if (!dot || dot == name)
        dot = name + strlen(name);
    size_t extension = strlen(dot), stem = (size_t)(dot - name);
    if (extension + strlen(mark) >= name_max)
        return false;
    stem = utf8_cut(name, stem, name_max - extension - strlen(mark));
    used = snprintf(out, room, "%.*s%.*s%s%s", (int)(name - path), path, (int)stem, name, mark, dot);
    return used > 0 && (size_t)used < room;
}

#define ANY_STAFF (ROLE_APPROVER | ROLE_OPERATOR | ROLE_AUDITOR | ROLE_POLICY)

/*
 * Looking, taking out, letting go, removing and stopping are separate rights.
 * An operator runs the machine and sees no content; an auditor changes nothing.
 */
static const struct ask_rule rules[] = {
    {.verb = "jobs.list", .roles = ROLE_SUBMITTER | ROLE_APPROVER | ROLE_OPERATOR | ROLE_AUDITOR, .args_max = 8, .own = true},
    {.verb = "jobs.show", .roles = ROLE_SUBMITTER | ROLE_APPROVER | ROLE_OPERATOR | ROLE_AUDITOR, .args_min = 1, .args_max = 1,
     .job = true, .own = true},
    {.verb = "quarantine.list", .roles = ROLE_APPROVER | ROLE_OPERATOR | ROLE_AUDITOR, .args_max = 8},
    {.verb = "quarantine.show", .roles = ROLE_APPROVER | ROLE_OPERATOR | ROLE_AUDITOR, .args_min = 1, .args_max = 1, .job = true,
     .event = "quarantine-show"},
    {.verb = "quarantine.export", .roles = ROLE_APPROVER, .args_min = 2, .args_max = 2, .job = true, .reason = true, .fd = true,
     .not_own = true, .event = "quarantine-export"},
    {.verb = "quarantine.release", .roles = ROLE_APPROVER, .args_min = 2, .args_max = 2, .job = true, .reason = true,
     .not_own = true, .event = "quarantine-release"},
    {.verb = "quarantine.delete", .roles = ROLE_OPERATOR, .args_min = 2, .args_max = 2, .job = true, .reason = true,
     .event = "quarantine-delete"},
    {.verb = "audit.export", .roles = ROLE_AUDITOR, .args_max = 2, .fd = true, .event = "audit-export"},
    {.verb = "audit.verify", .roles = ROLE_AUDITOR | ROLE_OPERATOR},
    {.verb = "releases.stop", .roles = ROLE_APPROVER | ROLE_OPERATOR | ROLE_POLICY, .args_min = 1, .args_max = 1, .reason = true,
     .event = "releases-stopped"},
    {.verb = "releases.start", .roles = ROLE_OPERATOR | ROLE_POLICY, .args_min = 1, .args_max = 1, .reason = true,
     .event = "releases-started"},
    {.verb = "releases.status", .roles = ANY_STAFF},
    {.verb = "stats", .roles = ANY_STAFF},
};

const struct ask_rule *release_rule_at(unsigned i)
{
    return i < ARRAY_LEN(rules) ? &rules[i] : NULL;
}

const struct ask_rule *release_rule(const char *verb)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (strcmp(rules[i].verb, verb) == 0)
            return &rules[i];
    return NULL;
}

bool release_is_own(const struct ask_actor *actor, const char *submitter)
{
    char uid[32];

    (void)snprintf(uid, sizeof uid, "uid:%u", (unsigned)actor->uid);
    return submitter[0] == '\0' || strcmp(submitter, actor->name) == 0 || strcmp(submitter, uid) == 0;
}

bool release_sees_own_only(const struct ask_rule *rule, const struct ask_actor *actor)
{
    return rule->own && (rule->roles & actor->roles) == ROLE_SUBMITTER;
}

int release_may(const struct ask_rule *rule, const struct ask_actor *actor, const char *submitter)
{
    if (actor->name[0] == '\0' || (rule->roles & actor->roles) == 0)
        return ERR_PERM;
    if (!submitter)
        return 0;
    bool own = release_is_own(actor, submitter);
    if (rule->not_own && own)
        return ERR_PERM;
    /* An unknown submitter is "own" where that forbids, and not where it would permit. */
    if (release_sees_own_only(rule, actor) && (!own || submitter[0] == '\0'))
        return ERR_PERM;
    return 0;
}

bool release_reason_is_given(const char *text)
{
    size_t n = strlen(text), left = n, letters = 0;

    if (n > 500)
        return false;
    while (left > 0) {
        uint32_t c;
        size_t len = utf8_decode(text, left, &c);
        if (len == 0 || !utf8_is_printable(c))
            return false;
        letters += c != ' ' && c != 0x3000;
        text += len;
        left -= len;
    }
    return letters >= 2;
}
