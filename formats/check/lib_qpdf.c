/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only file that knows qpdf. Runs in the checker on the output of a worker
 * that read hostile bytes and may be the sender's by now.
 */
#include "lib_qpdf.h"

#include <qpdf/qpdf-c.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

struct qdoc {
    qpdf_data qpdf;
};

static void take_words(qpdf_data qpdf, qpdf_error error, char why[160])
{
    (void)snprintf(why, 160, "qpdf: %s", error ? qpdf_get_error_message_detail(qpdf, error) : "failed");
}

int qdoc_open(const struct fmt_in *in, struct qdoc **doc_out, char why[160])
{
    scoped(qdoc_close) struct qdoc *doc = calloc(1, sizeof *doc);

    if (!doc)
        return ERR_NOMEM;
    doc->qpdf = qpdf_init();
    if (!doc->qpdf)
        return ERR_NOMEM;
    qpdf_silence_errors(doc->qpdf);
    qpdf_set_suppress_warnings(doc->qpdf, QPDF_TRUE);
    qpdf_set_attempt_recovery(doc->qpdf, QPDF_FALSE);
    const void *bytes = in->bytes;
    if (qpdf_read_memory(doc->qpdf, "output", bytes, in->len, NULL) & QPDF_ERRORS) {
        take_words(doc->qpdf, qpdf_get_error(doc->qpdf), why);
        return ERR_MALFORMED;
    }
    if (qdoc_has_trouble(doc, why))
        return ERR_MALFORMED;
    *doc_out = steal(doc);
    return 0;
}

void qdoc_close(struct qdoc **doc)
{
    if (!*doc)
        return;
    if ((*doc)->qpdf)
        qpdf_cleanup(&(*doc)->qpdf);
    free(*doc);
    *doc = NULL;
}

bool qdoc_has_trouble(struct qdoc *doc, char why[160])
{
    qpdf_error error = qpdf_has_error(doc->qpdf) ? qpdf_get_error(doc->qpdf) : NULL;

    if (!error && qpdf_more_warnings(doc->qpdf))
        error = qpdf_next_warning(doc->qpdf);
    if (error)
        take_words(doc->qpdf, error, why);
    return error != NULL;
}

struct qnode qdoc_trailer(struct qdoc *doc)
{
    return (struct qnode){qpdf_get_trailer(doc->qpdf)};
}

struct qnode qdoc_object(struct qdoc *doc, uint32_t number)
{
    return (struct qnode){qpdf_get_object_by_id(doc->qpdf, (int)number, 0)};
}

void qdoc_drop(struct qdoc *doc, struct qnode *node)
{
    if (node->handle)
        qpdf_oh_release(doc->qpdf, node->handle);
    node->handle = 0;
}

enum qkind qdoc_kind(struct qdoc *doc, struct qnode node)
{
    static const enum qkind kinds[] = {
        [ot_boolean] = QKIND_BOOL, [ot_integer] = QKIND_INTEGER, [ot_real] = QKIND_REAL,
        [ot_string] = QKIND_STRING, [ot_name] = QKIND_NAME, [ot_array] = QKIND_ARRAY,
        [ot_dictionary] = QKIND_DICT, [ot_stream] = QKIND_STREAM,
    };
    size_t type = node.handle ? (size_t)qpdf_oh_get_type_code(doc->qpdf, node.handle) : 0;

    return type < ARRAY_LEN(kinds) ? kinds[type] : QKIND_NONE;
}

uint32_t qdoc_number(struct qdoc *doc, struct qnode node)
{
    bool indirect = node.handle && qpdf_oh_is_indirect(doc->qpdf, node.handle);
    int number = indirect ? qpdf_oh_get_object_id(doc->qpdf, node.handle) : 0;

    return number > 0 ? (uint32_t)number : 0;
}

bool qdoc_bool(struct qdoc *doc, struct qnode node)
{
    return qdoc_kind(doc, node) == QKIND_BOOL && qpdf_oh_get_bool_value(doc->qpdf, node.handle);
}

long long qdoc_integer(struct qdoc *doc, struct qnode node)
{
    return qdoc_kind(doc, node) == QKIND_INTEGER ? qpdf_oh_get_int_value(doc->qpdf, node.handle) : 0;
}

double qdoc_real(struct qdoc *doc, struct qnode node)
{
    enum qkind kind = qdoc_kind(doc, node);

    return kind == QKIND_INTEGER || kind == QKIND_REAL ? qpdf_oh_get_numeric_value(doc->qpdf, node.handle) : 0;
}

const char *qdoc_name(struct qdoc *doc, struct qnode node)
{
    return qdoc_kind(doc, node) == QKIND_NAME ? qpdf_oh_get_name(doc->qpdf, node.handle) : "";
}

const char *qdoc_string(struct qdoc *doc, struct qnode node, size_t *n_out)
{
    *n_out = 0;
    return qdoc_kind(doc, node) == QKIND_STRING ? qpdf_oh_get_binary_string_value(doc->qpdf, node.handle, n_out) : "";
}

unsigned qdoc_items(struct qdoc *doc, struct qnode array)
{
    int n = qdoc_kind(doc, array) == QKIND_ARRAY ? qpdf_oh_get_array_n_items(doc->qpdf, array.handle) : 0;

    return n > 0 ? (unsigned)n : 0;
}

struct qnode qdoc_item(struct qdoc *doc, struct qnode array, unsigned i)
{
    return (struct qnode){qpdf_oh_get_array_item(doc->qpdf, array.handle, (int)i)};
}

struct qnode qdoc_stream_dict(struct qdoc *doc, struct qnode stream)
{
    return (struct qnode){qpdf_oh_get_dict(doc->qpdf, stream.handle)};
}

struct qnode qdoc_get(struct qdoc *doc, struct qnode dict, const char *key)
{
    return (struct qnode){qpdf_oh_get_key(doc->qpdf, dict.handle, key)};
}

int qdoc_keys(struct qdoc *doc, struct qnode dict, char **keys_out, size_t *n_out)
{
    scoped_buf keys = buf_new((size_t)1 << 20);
    size_t n = 0;

    qpdf_oh_begin_dict_key_iter(doc->qpdf, dict.handle);
    while (qpdf_oh_dict_more_keys(doc->qpdf)) {
        const char *key = qpdf_oh_dict_next_key(doc->qpdf);
        buf_put(&keys, key, strlen(key) + 1);
        n++;
    }
    buf_put(&keys, "", 1);
    if (keys.err < 0)
        return keys.err;
    *keys_out = (char *)steal(keys.bytes);
    *n_out = n;
    return 0;
}
