/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk. Runs in the checker. Objects wait in a queue instead of on the
 * stack, so that no nesting of the sender's making nests here.
 */
#include "pdf_tree.h"

#include <string.h>

#include "pdf_rules.h"
#include "pdf_stream.h"
#include "pdf_value.h"

#define DIRECT_DEPTH 6 /* dictionaries and arrays written inside each other */

/* Kinds that are streams, and how their bytes are checked; others are dictionaries. */
static const struct {
    enum pdf_node node;
    int (*check)(const struct pdf_stream *stream);
} streams[] = {
    {PDF_NODE_IMAGE, pdf_stream_image},
    {PDF_NODE_FORM, pdf_stream_drawing},
    {PDF_NODE_TILING, pdf_stream_drawing},
    {PDF_NODE_CONTENT, pdf_stream_drawing},
    {PDF_NODE_GLYPH, pdf_stream_glyph},
    {PDF_NODE_CMAP, pdf_stream_cmap},
    {PDF_NODE_MESH, pdf_stream_mesh},
    {PDF_NODE_FONT_FILE2, pdf_stream_glyphless},
    {PDF_NODE_FONT_FILE3, pdf_stream_cff},
};

struct waiting {
    uint32_t number;
    enum pdf_node node;
};

struct walk {
    struct fmt_job *job;
    struct qdoc *doc;
    const struct pdf_layout *layout;
    uint8_t *seen; /* by number: the kind asked for */
    struct waiting *queue;
    size_t head, tail; /* each number waits at most once: room for all */
};

static void walk_clear(struct walk *w)
{
    free(w->seen);
    free(w->queue);
}

static int refuse(struct walk *w, enum pdf_node node, const char *what)
{
    return job_fail(w->job, REASON_CHECK_REFUSED, "%s: %s", pdf_rules_words(node), what);
}

/* ---- Nodes -------------------------------------------------------------------------------- */

static int node_check(struct walk *w, struct qnode v, enum pdf_node node, unsigned depth);

/* An indirect object waits for its turn; a direct one is looked into at once. */
static int node_visit(struct walk *w, struct qnode v, enum pdf_node node, unsigned depth)
{
    uint32_t number = qdoc_number(w->doc, v);

    if (!number)
        return depth < DIRECT_DEPTH ? node_check(w, v, node, depth + 1) : refuse(w, node, "nested too deeply");
    if (number >= w->layout->size || !w->layout->objects[number].at)
        return refuse(w, node, "reference to no object");
    if (node == PDF_NODE_NONE) /* a way back up: what is there was asked for from above */
        return w->seen[number] == PDF_NODE_OUTLINES || w->seen[number] == PDF_NODE_BOOKMARK
                   ? 0 : refuse(w, node, "parent that is no bookmark");
    if (w->seen[number])
        return w->seen[number] == node ? 0 : refuse(w, node, "object used as two things");
    w->seen[number] = (uint8_t)node;
    w->queue[w->tail++] = (struct waiting){number, node};
    return 0;
}

static int nodes_visit(struct walk *w, struct qnode array, enum pdf_node node, unsigned depth)
{
    unsigned n = qdoc_items(w->doc, array);
    int err = 0;

    if (qdoc_kind(w->doc, array) != QKIND_ARRAY)
        return refuse(w, node, "no array");
    for (unsigned i = 0; i < n && err == 0; i++) {
        struct qnode item = qdoc_item(w->doc, array, i);
        err = node_visit(w, item, node, depth);
        qdoc_drop(w->doc, &item);
    }
    return err;
}

/* [page /XYZ left top zoom], the numbers perhaps null. */
static int dest_check(struct walk *w, struct qnode array, unsigned depth)
{
    int err = qdoc_items(w->doc, array) == 5 ? 0 : refuse(w, PDF_NODE_LINK, "destination not as written by us");

    for (unsigned i = 0; i < 5 && err == 0; i++) {
        struct qnode item = qdoc_item(w->doc, array, i);
        if (i == 0)
            err = node_visit(w, item, PDF_NODE_PAGE, depth);
        else if (i == 1 ? strcmp(qdoc_name(w->doc, item), "/XYZ") != 0
                        : !pdf_value_is_number(w->doc, item) && qdoc_kind(w->doc, item) != QKIND_NONE)
            err = refuse(w, PDF_NODE_LINK, "destination not as written by us");
        qdoc_drop(w->doc, &item);
    }
    return err;
}

static int labels_check(struct walk *w, struct qnode array, unsigned depth)
{
    unsigned n = qdoc_items(w->doc, array);
    int err = n % 2 == 0 && n > 0 ? 0 : refuse(w, PDF_NODE_LABELS, "not as written by us");

    for (unsigned i = 0; i < n && err == 0; i++) {
        struct qnode item = qdoc_item(w->doc, array, i);
        if (i % 2)
            err = node_visit(w, item, PDF_NODE_LABEL, depth);
        else if (!pdf_value_is_number(w->doc, item))
            err = refuse(w, PDF_NODE_LABELS, "not as written by us");
        qdoc_drop(w->doc, &item);
    }
    return err;
}

/* Resource and glyph names: letters, digits, hyphens. */
static bool is_plain_name(const char *key)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

    return key[0] == '/' && key[1] && strlen(key) <= 24 && strspn(key + 1, plain) == strlen(key + 1);
}

static int map_check(struct walk *w, struct qnode dict, enum pdf_node node, unsigned depth)
{
    scoped_free char *keys = NULL;
    size_t n = 0;

    if (qdoc_kind(w->doc, dict) != QKIND_DICT || qdoc_number(w->doc, dict))
        return refuse(w, node, "no direct dictionary");
    int err = qdoc_keys(w->doc, dict, &keys, &n);
    const char *key = keys;
    for (size_t i = 0; i < n && err == 0; i++, key += strlen(key) + 1) {
        struct qnode v = qdoc_get(w->doc, dict, key);
        err = is_plain_name(key) ? node_visit(w, v, node, depth) : refuse(w, node, "name not as written by us");
        qdoc_drop(w->doc, &v);
    }
    return err;
}

static int value_check(struct walk *w, const struct pdf_row *row, struct qnode v, unsigned depth)
{
    uint32_t number = qdoc_number(w->doc, v);

    switch (row->rule) {
    case PDF_RULE_NODE:
        return node_visit(w, v, row->value, depth);
    case PDF_RULE_NODES:
        return nodes_visit(w, v, row->value, depth);
    case PDF_RULE_CONTENTS:
        return qdoc_kind(w->doc, v) == QKIND_ARRAY && !number ? nodes_visit(w, v, row->value, depth)
                                                               : node_visit(w, v, row->value, depth);
    case PDF_RULE_MAP:
        return map_check(w, v, row->value, depth);
    case PDF_RULE_DEST:
        return dest_check(w, v, depth);
    case PDF_RULE_LABELS:
        return labels_check(w, v, depth);
    case PDF_RULE_LENGTH: /* compared with the bytes by the layout; the object that holds it has no other use */
        if (number && number < w->layout->size && (w->seen[number] == PDF_NODE_NONE))
            w->seen[number] = UINT8_MAX;
        return qdoc_kind(w->doc, v) == QKIND_INTEGER ? 0 : refuse(w, row->node, "length that is no number");
    default:
        if (number || !pdf_value_is(w->doc, row, v))
            return job_fail(w->job, REASON_CHECK_REFUSED, "%s: value of %s", pdf_rules_words(row->node), row->key);
        return 0;
    }
}

static int keys_check(struct walk *w, struct qnode dict, enum pdf_node node, unsigned depth)
{
    scoped_free char *keys = NULL;
    size_t n = 0, musts = 0;
    int err = qdoc_keys(w->doc, dict, &keys, &n);
    const char *key = keys;

    for (size_t i = 0; i < n && err == 0; i++, key += strlen(key) + 1) {
        const struct pdf_row *row = pdf_rules_find(node, key);
        if (!row)
            return job_fail(w->job, REASON_CHECK_REFUSED, "%s: key %s", pdf_rules_words(node), key);
        struct qnode v = qdoc_get(w->doc, dict, key);
        err = value_check(w, row, v, depth);
        qdoc_drop(w->doc, &v);
        musts += row->must;
    }
    return err < 0 ? err : musts == pdf_rules_musts(node) ? 0 : refuse(w, node, "key missing");
}

/* What a node is once its deciding key is read. */
static enum pdf_node node_choose(struct walk *w, struct qnode dict, enum pdf_node node)
{
    const struct pdf_choice *choice;

    for (size_t i = 0; (choice = pdf_rules_choice(i)); i++) {
        if (choice->node != node)
            continue;
        struct qnode v = qdoc_get(w->doc, dict, choice->key);
        bool hit = choice->name ? strcmp(qdoc_name(w->doc, v), choice->name) == 0
                                : qdoc_kind(w->doc, v) == QKIND_INTEGER && qdoc_integer(w->doc, v) == choice->number;
        qdoc_drop(w->doc, &v);
        if (hit)
            return choice->next;
    }
    return node;
}

static int stream_check(struct walk *w, struct qnode dict, enum pdf_node node, uint32_t number)
{
    for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
        if (streams[i].node != node)
            continue;
        struct pdf_stream stream = {.job = w->job, .doc = w->doc, .dict = dict};
        const struct pdf_object *o = &w->layout->objects[number];
        struct qnode length = qdoc_get(w->doc, dict, "/Length");
        bool same = o->stream && qdoc_integer(w->doc, length) == (long long)o->stream_n;
        qdoc_drop(w->doc, &length);
        if (!same || in_sub(job_in(w->job), o->stream, o->stream_n, &stream.bytes) < 0)
            return refuse(w, node, "stream read in two ways");
        return streams[i].check(&stream);
    }
    return refuse(w, node, "stream in place of a dictionary");
}

static bool node_is_stream(enum pdf_node node)
{
    for (size_t i = 0; i < ARRAY_LEN(streams); i++)
        if (streams[i].node == node)
            return true;
    return false;
}

/* The glyphs of a Type 3 font: a dictionary of streams with any plain names. */
static int glyphs_check(struct walk *w, struct qnode dict, unsigned depth)
{
    scoped_free char *keys = NULL;
    size_t n = 0;
    int err = job_options(w->job)->mode == FMT_MODE_FLATTEN ? refuse(w, PDF_NODE_GLYPHS, "not in a picture PDF")
                                                            : qdoc_keys(w->doc, dict, &keys, &n);
    const char *key = keys;

    for (size_t i = 0; i < n && err == 0; i++, key += strlen(key) + 1) {
        struct qnode v = qdoc_get(w->doc, dict, key);
        err = is_plain_name(key) ? node_visit(w, v, PDF_NODE_GLYPH, depth) : refuse(w, PDF_NODE_GLYPHS, "name");
        qdoc_drop(w->doc, &v);
    }
    return err;
}

static int node_check(struct walk *w, struct qnode v, enum pdf_node node, unsigned depth)
{
    enum qkind kind = qdoc_kind(w->doc, v);
    int err = job_objects(w->job, 1);

    if (err < 0)
        return err;
    if (kind != QKIND_DICT && kind != QKIND_STREAM)
        return refuse(w, node, "no dictionary");
    if (node == PDF_NODE_GLYPHS && kind == QKIND_DICT)
        return glyphs_check(w, v, depth);
    struct qnode dict = kind == QKIND_STREAM ? qdoc_stream_dict(w->doc, v) : v;
    node = node_choose(w, dict, node);
    bool picture = job_options(w->job)->mode == FMT_MODE_FLATTEN;
    if (!pdf_rules_allow(node, picture) || node_is_stream(node) != (kind == QKIND_STREAM))
        err = refuse(w, node, "not allowed here");
    else
        err = keys_check(w, dict, node, depth);
    if (err == 0 && kind == QKIND_STREAM)
        err = stream_check(w, dict, node, qdoc_number(w->doc, v));
    if (kind == QKIND_STREAM)
        qdoc_drop(w->doc, &dict);
    return err;
}

/* Nothing may lie about unused: it would be there for someone. */
static int all_seen(struct walk *w)
{
    for (uint32_t i = 1; i < w->layout->size; i++)
        if (w->layout->objects[i].at && !w->seen[i])
            return job_fail(w->job, REASON_CHECK_REFUSED, "object %u is used by nothing", (unsigned)i);
    return 0;
}

int pdf_tree_walk(struct fmt_job *job, struct qdoc *doc, const struct pdf_layout *layout)
{
    scoped(walk_clear) struct walk w = {.job = job, .doc = doc, .layout = layout};
    struct qnode trailer = qdoc_trailer(doc);

    w.seen = calloc(layout->size, 1);
    w.queue = calloc(layout->size, sizeof *w.queue);
    if (!w.seen || !w.queue)
        return ERR_NOMEM;
    int err = node_check(&w, trailer, PDF_NODE_TRAILER, 0);
    qdoc_drop(doc, &trailer);
    while (err == 0 && w.head < w.tail) {
        struct waiting next = w.queue[w.head++];
        struct qnode v = qdoc_object(doc, next.number);
        err = node_check(&w, v, next.node, 0);
        qdoc_drop(doc, &v);
    }
    return err < 0 ? err : all_seen(&w);
}
