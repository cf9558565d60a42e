/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PROBE_H
#define SEKIMORI_PROBE_H

#include "formats/format.h"
#include "look_cfb.h"
#include "look_text.h"
#include "look_zip.h"

/*
 * The probes: tables of {type, how sure}. Each is pure, sees the whole file
 * and answers 0 (no) to 100 (structure checked). From PROBE_SURE upwards it is
 * a claim; two claims of different types make the file ambiguous.
 */
enum {
    PROBE_NO = 0,
    PROBE_PLAIN = 20,  /* it is text, and nothing more special */
    PROBE_WEAK = 40,   /* a short or common signature */
    PROBE_LIKELY = 60, /* a signature, and nothing speaks against it */
    PROBE_SURE = 80,
    PROBE_CERTAIN = 100,
};

/* What is worked out once for all probes. */
struct probe_view {
    const struct fmt_in *in;
    const char *extension; /* of the name, in lower case; separates only what content cannot */
    struct zip_view zip;
    struct cfb_view cfb;
    struct text_view text;
};

struct probe {
    const char *type; /* name in list.h */
    int (*score)(const struct probe_view *view, const struct probe *self);
    const char *magic; /* for probe_magic and probe_binary: these bytes at offset */
    size_t magic_len;
    uint64_t offset;
    int sure; /* what a match is worth */
};

/* Scores self->sure when the magic stands at its offset. */
int probe_magic(const struct probe_view *view, const struct probe *self);

/* The same for signatures of plain letters, which a text may begin with: never for a text. */
int probe_binary(const struct probe_view *view, const struct probe *self);

/* A row of a table for either. */
#define MAGIC(type, score, bytes, offset, sure) {type, score, bytes, sizeof bytes - 1, offset, sure}

/* One family: a table ended by an empty row. */
extern const struct probe probes_image[], probes_archive[], probes_package[], probes_document[], probes_program[],
    probes_script[], probes_markup[], probes_text[], probes_mail[], probes_media[];

/* True when a text begins with a word; both in lower case. */
bool text_begins(const char *text, const char *word);

/* True when the extension of the name is one of this type. */
bool is_named(const struct probe_view *view, const char *type);

/* Numbers at an offset; 0 outside the file, which no structure checked here takes for an answer. */
uint16_t get_le16(const struct fmt_in *in, uint64_t offset);
uint32_t get_le32(const struct fmt_in *in, uint64_t offset);
uint64_t get_le64(const struct fmt_in *in, uint64_t offset);
uint16_t get_be16(const struct fmt_in *in, uint64_t offset);
uint32_t get_be32(const struct fmt_in *in, uint64_t offset);

/* The byte at an offset, or 0 outside the file. */
uint8_t get_byte(const struct fmt_in *in, uint64_t offset);

#endif
