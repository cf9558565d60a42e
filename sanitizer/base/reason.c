/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of verdicts and reasons. Every program links it; an out-of-range value from a peer is read as held. */
#include "reason.h"

#include <string.h>

#include "err.h"
#include "scope.h"

struct reason_row {
    const char *code;
    enum verdict verdict;
    int err;
    const char *ja, *en;
};

static const struct reason_row rows[REASON_COUNT] = {
    [REASON_NONE] = {NULL, VERDICT_HELD, ERR_FAULT, NULL, NULL},
#define X(id, code, verdict, err, ja, en) [REASON_##id] = {code, VERDICT_##verdict, err, ja, en},
    REASON_LIST(X)
#undef X
};

static const struct reason_row *reason_row(enum reason reason)
{
    unsigned i = (unsigned)reason;
    return &rows[i > REASON_NONE && i < REASON_COUNT ? i : REASON_INTERNAL];
}

enum verdict reason_verdict(enum reason reason)
{
    return reason_row(reason)->verdict;
}

const char *reason_code(enum reason reason)
{
    return reason_row(reason)->code;
}

int reason_err(enum reason reason)
{
    return reason_row(reason)->err;
}

const char *reason_text_ja(enum reason reason)
{
    return reason_row(reason)->ja;
}

const char *reason_text_en(enum reason reason)
{
    return reason_row(reason)->en;
}

enum reason reason_find(const char *code)
{
    for (unsigned i = REASON_NONE + 1; i < REASON_COUNT; i++)
        if (strcmp(rows[i].code, code) == 0)
            return (enum reason)i;
    return REASON_NONE;
}

static const char *const verdicts[][2] = {
    [VERDICT_UNDECIDED] = {"held", "保留"},
    [VERDICT_RELEASED] = {"released", "無害化済"},
    [VERDICT_HELD] = {"held", "保留"},
    [VERDICT_BLOCKED] = {"blocked", "拒否"},
};

const char *verdict_text(enum verdict verdict)
{
    return verdicts[(size_t)verdict < ARRAY_LEN(verdicts) ? verdict : VERDICT_HELD][0];
}

const char *verdict_text_ja(enum verdict verdict)
{
    return verdicts[(size_t)verdict < ARRAY_LEN(verdicts) ? verdict : VERDICT_HELD][1];
}
