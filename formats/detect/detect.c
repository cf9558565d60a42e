/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Identifies an item by its content and cleans its name. Runs in the sandboxed
 * detect worker and in tests. Bytes and name are hostile; libmagic's answer is
 * a veto at most. What is said here decides which parser the bytes meet, so
 * when two answers are possible, there is none.
 */
#include "detect.h"

#include <stdio.h>
#include <string.h>

#include "formats/list.h"
#include "formats/name.h"
#include "formats/name_type.h"
#include "lib_magic.h"
#include "polyglot.h"
#include "probe.h"
#include "veto.h"

static const struct probe *const families[] = {
    probes_program, probes_script, probes_package, probes_image, probes_archive,
    probes_document, probes_markup, probes_mail, probes_media, probes_text,
};

/* The outcome of all probes. */
struct choice {
    const struct format_identity *best, *rival; /* rival: a second sure one */
    const struct format_identity *never;        /* a sure one that is blocked */
    int best_score;
};

static void choose(const struct probe_view *view, struct choice *out)
{
    *out = (struct choice){0};
    for (size_t f = 0; f < ARRAY_LEN(families); f++) {
        for (const struct probe *probe = families[f]; probe->type; probe++) {
            int score = probe->score(view, probe);
            const struct format_identity *type = score > 0 ? registry_find(probe->type) : NULL;
            if (!type)
                continue;
            if (score >= PROBE_SURE && type->class == FORMAT_CLASS_NEVER && !out->never)
                out->never = type;
            if (score >= PROBE_SURE && out->best_score >= PROBE_SURE && out->best != type)
                out->rival = type;
            if (score > out->best_score) {
                out->best = type;
                out->best_score = score;
            }
        }
    }
}

/* An extension that Windows runs, whatever the content and whichever row of the list comes first. */
static const struct format_identity *never_by_extension(const char *extension)
{
    const struct format_identity *row;

    for (unsigned i = 0; extension[0] && (row = registry_at(i)); i++)
        if (row->class == FORMAT_CLASS_NEVER && registry_has_extension(row, extension))
            return row;
    return NULL;
}

static void set_type(struct detect_result *result, const struct format_identity *type)
{
    (void)snprintf(result->type, sizeof result->type, "%s", type ? type->name : "");
}

/* A verdict of the detector. The worst one stays: blocked, then what came first. */
static void conclude(struct detect_result *result, enum reason reason, const char *detail)
{
    if (result->reason != REASON_NONE &&
        (reason_verdict(reason) != VERDICT_BLOCKED || reason_verdict(result->reason) == VERDICT_BLOCKED))
        return;
    result->reason = reason;
    (void)snprintf(result->detail, sizeof result->detail, "%s", detail);
}

/* Fills name and its findings; the extension of the cleaned and of the raw name may each block. */
static void look_at_name(const char *raw_name, struct detect_result *result, char *extension_out)
{
    char decoded[4 * CHILD_NAME_MAX], raw_extension[NAME_EXTENSION_MAX];
    const struct format_identity *never;
    int err;

    if (raw_name[0] == '\0')
        raw_name = "unnamed";
    err = name_decode(raw_name, strlen(raw_name), NULL, decoded, sizeof decoded);
    name_extension(err < 0 ? raw_name : decoded, raw_extension);
    if (err == 0)
        err = name_clean(decoded, result->name, sizeof result->name, &result->findings);
    name_extension(err < 0 ? raw_name : result->name, extension_out);
    if (err < 0)
        conclude(result, REASON_UNSAFE_NAME,
                 err == ERR_MALFORMED ? "the name is in no encoding" : "the name is no safe path");
    never = never_by_extension(extension_out);
    if (!never)
        never = never_by_extension(raw_extension);
    if (never) {
        set_type(result, never);
        conclude(result, REASON_BLOCKED_TYPE, "the extension is one of a program or script");
    }
}

static void look_at_extension(const struct format_identity *type, const char *extension, struct detect_result *result)
{
    const struct format_identity *named = registry_by_extension(extension);
    char note[64];

    if (!named || registry_has_extension(type, extension))
        return;
    result->mismatch = true;
    (void)snprintf(note, sizeof note, "named .%s, is %s", extension, type->name);
    if (findings_add(&result->findings, FINDING_TYPE_MISMATCH, result->name, 1, note) < 0)
        conclude(result, REASON_LIMIT_MEMORY, "findings");
}

static void say(struct detect_result *result, enum reason reason, const char *what, const struct format_identity *a,
                const struct format_identity *b)
{
    char detail[sizeof result->detail];

    (void)snprintf(detail, sizeof detail, "%s%s%s%s%s", what, a ? ": " : "", a ? a->name : "", b ? " and " : "",
                   b ? b->name : "");
    conclude(result, reason, detail);
}

static void judge(const struct probe_view *view, const struct choice *choice, struct detect_result *result)
{
    const struct format_identity *type = choice->never ? choice->never : choice->best;
    const char *polyglot;

    if (choice->never)
        say(result, REASON_BLOCKED_TYPE, "a program or script", choice->never,
            choice->best != choice->never ? choice->best : NULL);
    if (choice->rival)
        say(result, REASON_AMBIGUOUS_TYPE, "two types at once", choice->best, choice->rival);
    polyglot = polyglot_find(view, choice->best);
    if (polyglot)
        say(result, REASON_AMBIGUOUS_TYPE, polyglot, choice->best, NULL);
    if (view->cfb.clash)
        say(result, REASON_AMBIGUOUS_TYPE, "two documents in one compound file", NULL, NULL);
    if (!type) {
        conclude(result, REASON_UNKNOWN_TYPE, "no type fits");
        return;
    }
    if (view->cfb.encrypted || strcmp(type->name, "pgp") == 0)
        say(result, REASON_ENCRYPTED, "encrypted", type, NULL);
    if (type->class == FORMAT_CLASS_UNSUPPORTED)
        say(result, REASON_UNSUPPORTED_TYPE, "nothing rebuilds this type", type, NULL);
    if (veto_of(type, result->mime))
        say(result, REASON_AMBIGUOUS_TYPE, "libmagic sees something else in", type, NULL);
    if (type->class == FORMAT_CLASS_HANDLED)
        conclude(result, REASON_OK, "");
}

void detect_run(const struct fmt_in *in, const char *raw_name, const struct detect_magic *magic,
                struct detect_result *result_out)
{
    char extension[NAME_EXTENSION_MAX];
    struct choice choice;
    scoped_free struct probe_view *view = calloc(1, sizeof *view);

    *result_out = (struct detect_result){0};
    look_at_name(raw_name, result_out, extension);
    if (in_len(in) == 0)
        conclude(result_out, REASON_EMPTY, "no bytes");
    else if (!view)
        conclude(result_out, REASON_LIMIT_MEMORY, "no memory");
    if (in_len(in) == 0 || !view)
        return;
    view->in = in;
    view->extension = extension;
    look_text(in, &view->text);
    look_zip(in, &view->zip);
    look_cfb(in, &view->cfb);
    magic_mime(magic, in, view->text.encoding != TEXT_NONE, result_out->mime, sizeof result_out->mime);
    choose(view, &choice);
    if (choice.best && result_out->type[0] == '\0')
        set_type(result_out, choice.never ? choice.never : choice.best);
    judge(view, &choice, result_out);
    if (choice.best)
        look_at_extension(choice.never ? choice.never : choice.best, extension, result_out);
    if (result_out->reason == REASON_NONE)
        conclude(result_out, REASON_INTERNAL, "no verdict");
}
