/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_MAKE_PDF_H
#define SEKIMORI_MAKE_PDF_H

/* Builds PDF fixtures as text, and looks into outputs with qpdf. Test code: failures fail the test. */
#include "cases.h"

/* What must never come out; put wherever a sender could hide something. */
#define MARK "Himitsu7F3A"

#define MAKE_PDF_OBJECTS 24

/*
 * A document: 1 catalog, 2 page tree, 3 page, 4 content, 5 Helvetica (/F),
 * 6 to 8 a Japanese font that is not embedded (/J), from 10 on `objects`.
 * Strings are taken as they are; NULL means the usual one or nothing.
 */
struct make_pdf {
    const char *catalog, *page, *resources, *fonts; /* entries added to these dictionaries */
    const char *media;                              /* of the page: "0 0 200 200" */
    const char *content;                            /* the usual one shows "Visible" */
    const char *encoding;                           /* of the Japanese font: "/90ms-RKSJ-H" */
    const char *trailer;                            /* entries added */
    const char *objects[MAKE_PDF_OBJECTS];          /* values of objects 10, 11 ... */
    const char *before, *after;                     /* bytes around the file */
    unsigned pages;                                 /* the page shown so many times, 0: once; 1000 as well: none at all */
    const char *stream_dict;                        /* object 9: a stream with these entries ... */
    void (*stream)(struct fixture *bytes);          /* ... and these bytes */
    bool broken_table;                              /* the cross-reference table is garbage */
};
#define MAKE_PDF_NO_PAGES 1000u

void make_pdf(struct fixture *f, const struct make_pdf *recipe);

/* A further revision that replaces object `number` by a value. */
void make_pdf_update(struct fixture *f, unsigned number, const char *value);

/* The same document with object streams, or encrypted: what qpdf writes. */
enum make_pdf_rewrite { MAKE_PDF_PACKED, MAKE_PDF_RC4, MAKE_PDF_AES256 };
void make_pdf_rewrite(struct fixture *f, enum make_pdf_rewrite how, const char *user_password);

/* A TrueType font of one square glyph for "A", with MARK in its programs, name and control values. */
void make_pdf_font(struct fixture *font);

/* The document with every stream unpacked, as text. */
void make_pdf_plain(const uint8_t *bytes, size_t n, struct fixture *plain);

/* Fails the test when MARK stands anywhere in the document, in any spelling, packed or not. */
void make_pdf_no_mark(const uint8_t *bytes, size_t n);

/* Whether the unpacked document holds a text. */
bool make_pdf_holds(const uint8_t *bytes, size_t n, const char *text);

/* Fails the test unless the text of the document, by the handler's own `text` mode, holds this. */
void make_pdf_says(const uint8_t *bytes, size_t n, const char *text);

#endif
