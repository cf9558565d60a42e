/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plain text, logs and Markdown: the file again in its own encoding, made of
 * the characters that may stay. Runs in the text worker; trusts nothing of the
 * bytes. What harms here are terminal sequences, direction overrides and
 * characters that do not show.
 */
#include <string.h>

#include "charset.h"

#define OUT_ROOM CHARSET_PIECE_MAX

struct text_state {
    struct charset_reader reader;
    size_t used;
    uint8_t out[OUT_ROOM];
};

static int flush(struct fmt_job *job, struct text_state *s)
{
    size_t n = s->used;

    s->used = 0;
    return out_append(job, s->out, n);
}

/* A piece is at most as long as the buffer. */
static int put(struct fmt_job *job, struct text_state *s, const struct charset_piece *piece)
{
    int err = piece->n > OUT_ROOM - s->used ? flush(job, s) : 0;

    if (err < 0)
        return err;
    memcpy(s->out + s->used, piece->bytes, piece->n);
    s->used += piece->n;
    return 0;
}

static int rebuild(struct fmt_job *job, bool to_utf8)
{
    struct text_state *s = job_state(job);
    struct charset_piece piece;
    int err = charset_open(&s->reader, job, to_utf8);

    if (err < 0)
        return err;
    s->reader.keep_feed = true;
    while (charset_read(&s->reader, &piece)) {
        err = job_steps(job, 1);
        if (err == 0)
            err = put(job, s, &piece);
        if (err < 0)
            return err;
    }
    err = out_len(job) == 0 ? charset_confirm(&s->reader, job, s->out, s->used) : 0;
    if (err == 0)
        err = flush(job, s);
    if (err == 0)
        err = charset_close(&s->reader, job);
    if (err < 0)
        return err;
    job_kept(job, "lines", charset_lines(&s->reader));
    job_kept(job, "characters", s->reader.chars);
    return out_finish(job, "text");
}

static int text_sanitize(struct fmt_job *job)
{
    return rebuild(job, false);
}

static int text_text(struct fmt_job *job)
{
    return rebuild(job, true);
}

const struct format_handler fmt_text = {
    .name = "text",
    .sanitize = text_sanitize,
    .text = text_text,
    .state_bytes = sizeof(struct text_state),
};
