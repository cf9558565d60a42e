/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECK_LIB_QPDF_H
#define SEKIMORI_CHECK_LIB_QPDF_H

/*
 * qpdf: the object graph of a finished PDF, for the verifier. The bytes of
 * streams are not read through it.
 */
#include "formats/format.h"

struct qdoc;

/* A value. 0 is none. Each is released with qdoc_drop when no longer needed. */
struct qnode {
    unsigned handle;
};

enum qkind {
    QKIND_NONE = 0,
    QKIND_BOOL,
    QKIND_INTEGER,
    QKIND_REAL,
    QKIND_STRING,
    QKIND_NAME,
    QKIND_ARRAY,
    QKIND_DICT,
    QKIND_STREAM,
};

/*
 * Opens a document over bytes that must outlive it. ERR_MALFORMED, with
 * qpdf's words in why, when there is anything to repair or warn of.
 */
int qdoc_open(const struct fmt_in *in, struct qdoc **doc_out, char why[160]) must_check;
void qdoc_close(struct qdoc **doc);

/* True, with qpdf's words, when qpdf has found anything wrong since it was opened. */
bool qdoc_has_trouble(struct qdoc *doc, char why[160]);

/* The trailer dictionary. */
struct qnode qdoc_trailer(struct qdoc *doc);
/* The object of a number, generation 0. */
struct qnode qdoc_object(struct qdoc *doc, uint32_t number);
/* Releases a value; safe on none. */
void qdoc_drop(struct qdoc *doc, struct qnode *node);

/* What it is; null and missing values are QKIND_NONE. References are followed. */
enum qkind qdoc_kind(struct qdoc *doc, struct qnode node);
/* The object number when the value is reached by a reference, else 0. */
uint32_t qdoc_number(struct qdoc *doc, struct qnode node);

/* Values of the matching kinds; 0, false or "" for others. Text lives until the next call that gives text. */
bool qdoc_bool(struct qdoc *doc, struct qnode node);
long long qdoc_integer(struct qdoc *doc, struct qnode node);
double qdoc_real(struct qdoc *doc, struct qnode node); /* of an integer too */
const char *qdoc_name(struct qdoc *doc, struct qnode node); /* with its slash */
const char *qdoc_string(struct qdoc *doc, struct qnode node, size_t *n_out);

/* Number of items of an array, 0 for anything else. */
unsigned qdoc_items(struct qdoc *doc, struct qnode array);
/* Item i of an array, which must have it. */
struct qnode qdoc_item(struct qdoc *doc, struct qnode array, unsigned i);

/* The dictionary of a stream. */
struct qnode qdoc_stream_dict(struct qdoc *doc, struct qnode stream);
/* The value of a key, with its slash; none when it is not there. */
struct qnode qdoc_get(struct qdoc *doc, struct qnode dict, const char *key);

/* All keys, one behind the other, each with slash and NUL; *n_out of them. malloc'd. ERR_NOMEM, ERR_LIMIT over 1 MB. */
int qdoc_keys(struct qdoc *doc, struct qnode dict, char **keys_out, size_t *n_out) must_check;

#endif
