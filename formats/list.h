/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIST_H
#define SEKIMORI_LIST_H

/*
 * The formats Sekimori handles, by the engine (worker program) that does it.
 * From these lines follow the engines' tables, the checker's table, the test
 * runner and the fuzz targets: a line without `fmt_<id>` and `chk_<id>` does
 * not link.
 */
#define ENGINE_text_LIST(X)

#define ENGINE_image_LIST(X)

#define ENGINE_pdf_LIST(X)

#define ENGINE_package_LIST(X)

#define HANDLED_LIST(X)   \
    ENGINE_text_LIST(X)   \
    ENGINE_image_LIST(X)  \
    ENGINE_pdf_LIST(X)    \
    ENGINE_package_LIST(X)

/* name of the engine's worker program: sekimori-worker-<engine> */
#define ENGINE_LIST(X) \
    X(text)            \
    X(image)           \
    X(pdf)             \
    X(package)

/* What may ever happen to a type. Zero is never permission. */
enum format_class {
    FORMAT_CLASS_NONE = 0,
    FORMAT_CLASS_HANDLED,     /* an engine rebuilds it */
    FORMAT_CLASS_UNSUPPORTED, /* identified and held */
    FORMAT_CLASS_NEVER,       /* executable or script: blocked */
};

/*
 * Every type the detector can name. A row is plain data, so that the
 * supervisor and the CLI may link it; the probes live in formats/detect.
 *
 * name, family, engine (NULL: none), class, extensions (first: canonical), MIME type
 */
#define FORMAT_LIST(X)                                                                                          \
    X("text", "text", "text", HANDLED, "txt log md text", "text/plain")                                         \
    X("csv", "text", "text", HANDLED, "csv tsv", "text/csv")                                                    \
    X("jpeg", "image", "image", HANDLED, "jpg jpeg jpe jfif", "image/jpeg")                                     \
    X("png", "image", "image", HANDLED, "png", "image/png")                                                     \
    X("pdf", "pdf", "pdf", HANDLED, "pdf", "application/pdf")                                                   \
    X("zip", "archive", "package", HANDLED, "zip", "application/zip")

/* One identified type. */
struct format_identity {
    const char *name, *family, *engine;
    enum format_class class;
    const char *extensions; /* separated by one blank */
    const char *mime;
};

/* The row of a name, or NULL. Static storage. */
const struct format_identity *registry_find(const char *name);

/* True when a lower- or upper-case extension (without dot) belongs to the type. */
int registry_has_extension(const struct format_identity *identity, const char *extension);

/* The canonical extension of a type into buf (room >= 8). Returns buf. */
const char *registry_extension(const struct format_identity *identity, char *buf, unsigned room);

/* The type a (case-insensitive) extension belongs to, or NULL when none names it. */
const struct format_identity *registry_by_extension(const char *extension);

/* Row i of the table, or NULL past its end. */
const struct format_identity *registry_at(unsigned i);

#endif
