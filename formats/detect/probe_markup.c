/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTML, SVG, XML and its many children, RTF. Runs in the detect worker on
 * hostile bytes. What a browser or Office would take for markup is markup, by
 * whatever name it comes.
 */
#include <string.h>
#include <strings.h>

#include "probe.h"

/* Past a comment or instruction, or p itself; the end of the text when it is not closed. */
static const char *skip_aside(const char *p)
{
    static const struct {
        const char *open, *close;
    } asides[] = {{"<!--", "-->"}, {"<?", "?>"}};

    for (size_t i = 0; i < ARRAY_LEN(asides); i++) {
        if (!text_begins(p, asides[i].open))
            continue;
        const char *end = strstr(p + strlen(asides[i].open), asides[i].close);
        return end ? end + strlen(asides[i].close) : p + strlen(p);
    }
    return p;
}

/* Past a DOCTYPE (XML 1.0, 2.8): tags in the quotes and comments of its subset are none. */
static const char *skip_doctype(const char *p)
{
    bool subset = false;

    for (p += 2; *p && (*p != '>' || subset);) {
        const char *next = subset ? skip_aside(p) : p;
        if (next > p) {
            p = next;
            continue;
        }
        if (*p == '"' || *p == '\'') {
            const char *end = strchr(p + 1, *p);
            p = end ? end : p + strlen(p) - 1;
        }
        subset = *p == '[' || (subset && *p != ']');
        p++;
    }
    return *p ? p + 1 : p;
}

/* Past blanks, comments, instructions and a DOCTYPE: the first tag. */
static const char *first_tag(const char *p)
{
    for (;;) {
        p += strspn(p, " \t\r\n\f\v");
        const char *next = text_begins(p, "<!doctype") ? skip_doctype(p) : skip_aside(p);
        if (next == p)
            return p;
        p = next;
    }
}

/* Length of the name of a tag, prefix and all, or 0. */
static size_t name_len(const char *tag)
{
    if (tag[0] != '<' || !((tag[1] >= 'a' && tag[1] <= 'z') || tag[1] == '_'))
        return 0;
    return strspn(tag + 1, "abcdefghijklmnopqrstuvwxyz0123456789_.:-");
}

static bool tag_is(const char *tag, const char *name)
{
    return name_len(tag) == strlen(name) && text_begins(tag + 1, name);
}

/* Tags that a page, or a piece of one, begins with; as in the WHATWG's MIME sniffing, section 7.1, and some more. */
static const char *const page_tags[] = {"html", "head", "body", "script", "iframe", "frameset", "title", "meta",
                                        "link", "base", "style"};
static const char *const piece_tags[] = {"h1", "h2", "h3", "div", "font", "table", "a", "b", "br", "p", "img", "center",
                                         "form", "object", "embed", "applet", "ul", "ol", "pre", "span", "input",
                                         "button", "video", "audio", "marquee", "details", "math", "section", "main",
                                         "i", "u", "hr", "noscript", "template", "blockquote"};

static bool tag_in(const char *tag, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (tag_is(tag, names[i]))
            return true;
    return false;
}

/* Markdown may hold pieces of HTML, but not be a page. */
static int probe_html(const struct probe_view *view, const struct probe *self)
{
    static const char *const named[] = {"html", "htm", "xhtml", "shtml"};
    const struct text_view *text = &view->text;
    const char *tag = first_tag(text->begin);

    (void)self;
    if (text->encoding == TEXT_NONE && !text_begins(text->begin, "<!doctype html") &&
        !text_begins(text->begin, "<html"))
        return PROBE_NO;
    if (text_begins(text->begin, "<!doctype html") || tag_in(tag, page_tags, ARRAY_LEN(page_tags)))
        return strstr(text->head, "<odc:officedataconnection") ? PROBE_NO : 90;
    if (strcmp(view->extension, "md") != 0 && tag_in(tag, piece_tags, ARRAY_LEN(piece_tags)))
        return 85;
    for (size_t i = 0; i < ARRAY_LEN(named); i++)
        if (strcmp(view->extension, named[i]) == 0 && strchr(text->head, '<'))
            return 80;
    return PROBE_NO;
}

static int probe_odc(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    return strstr(view->text.head, "<odc:officedataconnection") ? 95 : PROBE_NO;
}

/* XML by its root, with or without prefix; a marker may be needed besides. */
static const struct {
    const char *type, *root, *marker;
} roots[] = {
    {"svg", "svg", NULL},
    {"xdp", "xdp", NULL},
    {"xfdf", "xfdf", NULL},
    {"fodt", "document", "office:mimetype=\"application/vnd.oasis.opendocument.text"},
    {"fods", "document", "office:mimetype=\"application/vnd.oasis.opendocument.spreadsheet"},
    {"fodp", "document", "office:mimetype=\"application/vnd.oasis.opendocument.presentation"},
    {"odf", "document", "opendocument:xmlns:office"},
    {"flatopc", "package", "schemas.microsoft.com/office/2006/xmlpackage"},
    {"flatopc", "worddocument", NULL},
    {"flatopc", "workbook", "urn:schemas-microsoft-com:office:spreadsheet"},
    {"flatopc", "presentation", "schemas.microsoft.com"},
    {"jnlp", "jnlp", NULL},
    {"clickonce", "assembly", "urn:schemas-microsoft-com:asm"},
    {"clickonce", "appinstaller", NULL},
    {"libraryms", "librarydescription", NULL},
    {"libraryms", "searchconnectordescription", NULL},
    {"libraryms", "persistedquery", NULL},
    {"settings", "pcsettings", NULL},
    {"msc", "mmc_consolefile", NULL},
    {"msc", "configuration", "<logoncommand"},
    {"script", "job", "<script"},
    {"script", "package", "<script"},
    {"script", "scriptlet", NULL},
    {"script", "component", "<script"},
    {"script", "stylesheet", "urn:schemas-microsoft-com:xslt"},
    {"script", "project", "<usingtask"},
};

static const char *local_name(const char *tag, size_t *n_out)
{
    size_t n = name_len(tag);
    const char *colon = memchr(tag, ':', n + 1);

    *n_out = colon ? n - (size_t)(colon - tag) : n;
    return colon ? colon + 1 : tag + 1;
}

/* The type of the root, NULL when it is none in the table. */
static const char *root_type(const struct text_view *text, const char *tag)
{
    size_t n;
    const char *name = local_name(tag, &n);

    for (size_t i = 0; i < ARRAY_LEN(roots); i++)
        if (strlen(roots[i].root) == n && strncmp(name, roots[i].root, n) == 0 &&
            (!roots[i].marker || strstr(text->head, roots[i].marker)))
            return roots[i].type;
    return NULL;
}

static int probe_root(const struct probe_view *view, const struct probe *self)
{
    const char *tag = first_tag(view->text.begin);
    const char *type = name_len(tag) ? root_type(&view->text, tag) : NULL;

    return type && strcmp(type, self->type) == 0 ? 92 : PROBE_NO;
}

/* True when the file ends with the end tag of its first one. */
static bool is_closed(const struct fmt_in *in, const char *tag)
{
    size_t n = name_len(tag);
    uint64_t end = in_len(in);
    const uint8_t *p;

    while (end > 0 && strchr(" \t\r\n", in->bytes[end - 1]))
        end--;
    if (n == 0 || end < n + 3 || in_borrow(in, end - n - 3, n + 3, &p) < 0)
        return false;
    return p[0] == '<' && p[1] == '/' && p[n + 2] == '>' && strncasecmp((const char *)p + 2, tag + 1, n) == 0;
}

static int probe_xml(const struct probe_view *view, const struct probe *self)
{
    const struct text_view *text = &view->text;
    const char *tag = first_tag(text->begin);
    bool declared = text_begins(text->begin, "<?xml");

    (void)self;
    if ((text->encoding == TEXT_NONE && !declared) || text->begin[0] != '<' || (name_len(tag) && root_type(text, tag)))
        return PROBE_NO;
    if (strstr(text->head, "<odc:officedataconnection"))
        return PROBE_NO;
    if (text_begins(text->begin, "<!doctype html") || tag_in(tag, page_tags, ARRAY_LEN(page_tags)))
        return PROBE_NO;
    if (declared)
        return 90;
    if (tag_in(tag, piece_tags, ARRAY_LEN(piece_tags)))
        return PROBE_NO;
    return text_begins(text->begin, "<!doctype") || is_closed(view->in, tag) ? 85 : PROBE_NO;
}

/* Word takes "{\rt" and whatever follows for RTF. */
static int probe_rtf(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    return text_begins(view->text.begin, "{\\rt") ? 95 : PROBE_NO;
}

const struct probe probes_markup[] = {
    {"html", probe_html},      {"odc", probe_odc},        {"svg", probe_root},      {"xdp", probe_root},
    {"xfdf", probe_root},      {"fodt", probe_root},      {"fods", probe_root},     {"fodp", probe_root},
    {"odf", probe_root},       {"flatopc", probe_root},   {"jnlp", probe_root},     {"clickonce", probe_root},
    {"libraryms", probe_root}, {"settings", probe_root},  {"msc", probe_root},      {"script", probe_root},
    {"xml", probe_xml},        {"rtf", probe_rtf},        {NULL},
};
