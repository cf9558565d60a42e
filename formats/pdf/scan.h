/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_SCAN_H
#define SEKIMORI_PDF_SCAN_H

/*
 * A look at the raw structure of a PDF, for the report: the renderer neither
 * passes on nor names most of what makes a PDF dangerous. Nothing depends on it
 * being complete but the policy's "disallow": what is drawn again carries none
 * of it, seen or not.
 */
#include "formats/format.h"

/* id, finding kind, words for the report */
#define SCAN_LIST(X)                                                     \
    X(JAVASCRIPT, SCRIPT, "JavaScript")                                  \
    X(OPEN_ACTION, AUTO_ACTION, "OpenAction")                            \
    X(ADDITIONAL_ACTIONS, AUTO_ACTION, "additional actions (AA)")        \
    X(LAUNCH, AUTO_ACTION, "Launch action")                              \
    X(RENDITION, AUTO_ACTION, "Rendition action")                        \
    X(MEDIA_ACTION, AUTO_ACTION, "media action")                         \
    X(HIDE, AUTO_ACTION, "Hide or layer action")                         \
    X(TRANSITION, ANIMATION, "page transition")                          \
    X(GOTO_REMOTE, EXTERNAL_LINK, "link into another file")              \
    X(SUBMIT, EXTERNAL_LINK, "SubmitForm action")                        \
    X(IMPORT, EXTERNAL_LINK, "ImportData action")                        \
    X(STREAM_FILE, EXTERNAL_LINK, "stream kept in another file")         \
    X(NAMED, HYPERLINK, "named or thread action")                        \
    X(RESET, FORM, "ResetForm action")                                   \
    X(XFA, FORM, "XFA form")                                             \
    X(EMBEDDED, EMBEDDED_FILE, "embedded file")                          \
    X(MEDIA, UNKNOWN_OBJECT, "RichMedia, 3D, film or sound")             \
    X(POSTSCRIPT, UNKNOWN_OBJECT, "PostScript XObject")                  \
    X(SIGNATURE, SIGNATURE, "signature")                                 \
    X(THUMBNAIL, THUMBNAIL, "page thumbnail")                            \
    X(PRIVATE, METADATA, "application data (PieceInfo)")                 \
    X(XMP, METADATA, "XMP metadata")                                     \
    X(INFO, METADATA, "document information")                            \
    X(ENCRYPTION, CONVERTED, "encryption with an empty password")        \
    X(REVISION, REVISION, "earlier revision")                            \
    X(LEADING, TRAILING_DATA, "bytes before the header")                 \
    X(TRAILING, TRAILING_DATA, "bytes after the end")                    \
    X(UNSEEN, UNKNOWN_OBJECT, "structure that could not be looked into")

enum scan_kind {
#define X(id, kind, words) SCAN_##id,
    SCAN_LIST(X)
#undef X
    SCAN_KINDS
};

struct scan {
    uint32_t count[SCAN_KINDS];
};

/* Looks through the job's input; counts its bytes as steps. ERR_LIMIT (recorded) or ERR_NOMEM. */
int scan_run(struct fmt_job *job, struct scan *scan_out) must_check;

/* Reports what was seen. ERR_REFUSED when the policy disallows any of it. */
int scan_report(struct fmt_job *job, const struct scan *scan) must_check;

#endif
