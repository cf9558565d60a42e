/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mail and what comes with it. Runs in the detect worker on hostile bytes. */
#include <string.h>

#include "probe.h"

/* Fields of RFC 5322 and 2045 by how much they tell: a memo has a subject, only a transport writes the others. */
static const struct {
    const char *name;
    bool transport;
} fields[] = {
    {"from:", false},         {"to:", false},          {"cc:", false},
    {"subject:", false},      {"date:", false},        {"reply-to:", false},
    {"sender:", false},       {"received:", true},     {"return-path:", true},
    {"delivered-to:", true},  {"message-id:", true},   {"mime-version:", true},
    {"content-type:", false}, {"x-mailer:", true},     {"in-reply-to:", true},
    {"references:", false},   {"authentication-results:", true}, {"dkim-signature:", true},
    {"received-spf:", true},  {"x-originalarrivaltime:", true},  {"x-unsent:", true},
    {"content-transfer-encoding:", true}, {"arc-seal:", true}, {"user-agent:", false},
};

struct fields_seen {
    unsigned known, transport;
    bool all; /* every line up to the first empty one is a field or goes on with one */
};

static bool is_field(const char *line)
{
    size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789-_.");

    return n > 0 && n < 77 && line[n + strspn(line + n, " \t")] == ':';
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\r\n");
    return line + (line[0] == '\r' && line[1] == '\n' ? 2 : line[0] != '\0');
}

static void count_fields(const char *line, struct fields_seen *out)
{
    *out = (struct fields_seen){.all = true};
    while (*line && *line != '\r' && *line != '\n') {
        bool more = *line == ' ' || *line == '\t';
        if (!more && !is_field(line)) {
            out->all = false;
            return;
        }
        for (size_t i = 0; !more && i < ARRAY_LEN(fields); i++) {
            if (strncmp(line, fields[i].name, strlen(fields[i].name)) == 0) {
                out->known++;
                out->transport += fields[i].transport;
            }
        }
        line = next_line(line);
    }
}

/* A saved page is a mail of related parts. */
static bool is_mht(const struct probe_view *view)
{
    const char *head = view->text.head;
    bool page = is_named(view, "mht") || is_named(view, "doc") || is_named(view, "xls");

    if (strstr(head, "snapshot-content-location:"))
        return true;
    return (page || strstr(head, "from: <saved by")) && strstr(head, "multipart/related");
}

static int probe_eml(const struct probe_view *view, const struct probe *self)
{
    struct fields_seen seen;
    bool plain = is_named(view, "text") || is_named(view, "csv");
    const char *p = view->text.begin;

    if (text_begins(p, "from ") && !is_named(view, "eml"))
        return PROBE_NO;
    count_fields(text_begins(p, "from ") ? next_line(p) : p, &seen);
    if (is_mht(view) != (strcmp(self->type, "mht") == 0))
        return PROBE_NO;
    if (is_named(view, self->type))
        return seen.known > 0 ? 90 : PROBE_NO;
    if (!seen.all)
        return PROBE_NO;
    /* People paste the visible fields of a mail into a text. */
    if (plain)
        return seen.known > 2 && seen.transport > 1 ? 85 : PROBE_NO;
    return seen.known > 1 && (seen.transport > 0 || seen.known > 2) ? 85 : PROBE_NO;
}

/* RFC 4155: "From " and a sender, then the fields of a mail. One mail saved alone keeps that line: the name decides. */
static int probe_mbox(const struct probe_view *view, const struct probe *self)
{
    struct fields_seen seen;

    (void)self;
    if (!text_begins(view->text.begin, "from ") || is_named(view, "eml"))
        return PROBE_NO;
    count_fields(next_line(view->text.begin), &seen);
    return seen.all && seen.known > 1 ? 90 : PROBE_NO;
}

static int probe_marked(const struct probe_view *view, const struct probe *self)
{
    return strncmp(view->text.begin, self->magic, self->magic_len) == 0 ? self->sure : PROBE_NO;
}

const struct probe probes_mail[] = {
    {"eml", probe_eml},
    {"mht", probe_eml},
    {"mbox", probe_mbox},
    MAGIC("tnef", probe_magic, "\x78\x9F\x3E\x22", 0, 95),
    MAGIC("pst", probe_binary, "!BDN", 0, 95),
    MAGIC("vcard", probe_marked, "begin:vcard", 0, 90),
    MAGIC("ical", probe_marked, "begin:vcalendar", 0, 90),
    MAGIC("pgp", probe_marked, "-----begin pgp message-----", 0, 95),
    MAGIC("pgp", probe_marked, "-----begin pgp signed message-----", 0, 95),
    MAGIC("pkcs7", probe_marked, "-----begin pkcs7-----", 0, 95),
    {NULL},
};
