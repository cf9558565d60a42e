/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plain text and the formats written in it that only people and CAD programs read. Runs in the detect worker. */
#include <string.h>

#include "probe.h"

static bool is_text(const struct probe_view *view)
{
    return view->text.encoding != TEXT_NONE;
}

static int probe_plain(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    return is_text(view) ? PROBE_PLAIN : PROBE_NO;
}

/* Nothing in the content makes a table of a text: the name does. */
static int probe_csv(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    return is_text(view) && is_named(view, "csv") ? PROBE_PLAIN + 5 : PROBE_NO;
}

/* The last character that is no blank. */
static uint8_t last_of(const struct fmt_in *in)
{
    uint64_t end = in_len(in);

    while (end > 0 && memchr(" \t\r\n\0", in->bytes[end - 1], 5))
        end--;
    return end > 0 ? in->bytes[end - 1] : 0;
}

/* RFC 8259. By its name, or an object or array that opens and closes as one; what is named a text stays a text. */
static int probe_json(const struct probe_view *view, const struct probe *self)
{
    const char *p = view->text.begin;
    char open = p[0];

    (void)self;
    if (!is_text(view) || is_named(view, "text") || is_named(view, "csv") || (open != '{' && open != '['))
        return PROBE_NO;
    p++;
    p += strspn(p, " \t\r\n");
    if (last_of(view->in) != (open == '{' ? '}' : ']'))
        return PROBE_NO;
    if (is_named(view, "json"))
        return 85;
    return *p && strchr(open == '{' ? "\"}" : "\"[{]-0123456789tfn", *p) ? 70 : PROBE_NO;
}

/* DXF reference, "ASCII DXF": group code 0 and SECTION, comments (999) allowed before. */
static int probe_dxf(const struct probe_view *view, const struct probe *self)
{
    const char *p = view->text.begin;

    (void)self;
    if (!is_text(view))
        return PROBE_NO;
    for (int comments = 0; comments < 64 && text_begins(p, "999"); comments++) {
        for (int lines = 0; lines < 2; lines++) {
            p += strcspn(p, "\r\n");
            p += p[0] == '\r' && p[1] == '\n' ? 2 : p[0] != '\0';
        }
        p += strspn(p, " \t");
    }
    if (p[0] != '0' || !p[1] || !strchr(" \t\r\n", p[1]))
        return PROBE_NO;
    p += 1 + strspn(p + 1, " \t\r\n");
    return text_begins(p, "section") ? 95 : PROBE_NO;
}

/* ISO 10303-21; SXF writes its features into the comments of such a file. */
static int probe_step(const struct probe_view *view, const struct probe *self)
{
    bool features = strstr(view->text.head, "feature_mode") || strstr(view->text.head, "/*sxf");

    if (!text_begins(view->text.begin, "iso-10303-21;"))
        return PROBE_NO;
    return features == (strcmp(self->type, "sfc") == 0) ? 95 : PROBE_NO;
}

const struct probe probes_text[] = {
    {"text", probe_plain}, {"csv", probe_csv},  {"json", probe_json}, {"dxf", probe_dxf},
    {"p21", probe_step},   {"sfc", probe_step}, {NULL},
};
