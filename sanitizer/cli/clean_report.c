/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `clean` prints for each file. Names and notes come from hostile files and are escaped. */
#include "clean_report.h"

#include <stdio.h>

#include "base/json.h"

static void put_digest(struct buf *b, const char *key, bool there, const uint8_t *digest)
{
    if (there)
        json_hex(b, key, digest, 32);
    else
        json_str(b, key, NULL);
}

void clean_report_json(const char *file, const struct outcome *o, const char *output)
{
    scoped_buf b = buf_new((size_t)16 << 20);
    char message[512];

    /* Both languages: nobody knows who reads the script's log. */
    (void)snprintf(message, sizeof message, "%s %s", reason_text_ja(o->reason), reason_text_en(o->reason));
    json_open(&b, NULL, '{');
    json_str(&b, "file", file);
    put_digest(&b, "sha256", o->has_in_sha256, o->in_sha256);
    json_u64(&b, "bytes", o->in_bytes);
    json_str(&b, "type", o->type[0] ? o->type : NULL);
    json_str(&b, "verdict", verdict_text(reason_verdict(o->reason)));
    json_str(&b, "reason", reason_code(o->reason));
    json_str(&b, "message", message);
    json_str(&b, "detail", o->detail);
    json_str(&b, "output", output);
    put_digest(&b, "output_sha256", output != NULL, o->out_sha256);
    json_u64(&b, "output_bytes", output ? o->out_bytes : 0);
    json_str(&b, "mode", o->mode[0] ? o->mode : NULL);
    outcome_report(&b, o);
    json_close(&b, '}');
    (void)puts(buf_text(&b));
}

void clean_report_text(const char *file, const struct outcome *o, const char *output)
{
    char name[1024], detail[300], out[1200];

    finding_escape(name, sizeof name, file);
    finding_escape(detail, sizeof detail, o->detail);
    (void)printf("%-8s  %s", verdict_text(reason_verdict(o->reason)), name);
    if (output) {
        finding_escape(out, sizeof out, output);
        (void)printf(" -> %s\n", out);
    } else {
        (void)printf(": %s%s%s%s\n", reason_code(o->reason), detail[0] ? " (" : "", detail, detail[0] ? ")" : "");
    }
    for (size_t i = 0; i < o->findings->count; i++) {
        const struct finding *row = &o->findings->rows[i];
        (void)printf("          - %s x%u%s%s\n", finding_word(row->kind), (unsigned)row->count, row->place[0] ? "  " : "",
                     row->place);
    }
}
