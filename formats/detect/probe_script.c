/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripts and settings files that Windows acts on, by their content. Runs in
 * the detect worker on hostile bytes. The name decides first (detect.c); this
 * is for the script that was renamed to be let through. Prose about scripts
 * must pass, so that a whole text is judged by its lines, not by a word in it.
 */
#include <string.h>

#include "probe.h"

static bool begins_any(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text_begins(text, words[i]))
            return true;
    return false;
}

static bool has_any(const char *text, size_t len, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (memmem(text, len, words[i], strlen(words[i])))
            return true;
    return false;
}

/* The first line of files that are scripts beyond doubt. */
static const char *const openers[] = {
    "#!/", "#! /", "#!c:", "<?php", "<?=", "<%@", "<%=", "@echo off", "@echo\toff", "@setlocal", "@powershell",
    "@cmd", "@rem ", "@if ", "@for ", "@start ", "@call ", "@set ", "on error resume next", "option explicit",
    "attribute vb_name", "#@~^", "#requires -", "<%\r", "<%\n", "<% ", "<scriptlet", "<component", "set-strictmode -",
};

/* How statements of the shells and script engines of Windows begin. */
static const char *const statements[] = {
    "dim ", "set ", "sub ", "function ", "end sub", "end function", "end if", "loop", "wend", "next", "const ",
    "call ", "private ", "public ", "on error ", "wscript.", "msgbox ", "var ", "let ", "return ", "if (", "if(",
    "for (", "for(", "while (", "while(", "try {", "try{", "} catch", "}catch", "new activexobject", "eval(", "}",
    "{", "$", "param(", "invoke-", "new-object", "import-module", "iex ", "iex(", "start-process", "[system.",
    "[reflection.", "foreach (", "foreach(", "write-host", "@", "echo ", "goto ", ":", "rem ", "start ", "del ",
    "copy ", "pause", "exit", "setlocal", "endlocal", "reg add", "cmd /", "cmd.exe /", "powershell -",
    "powershell.exe ", "powershell iex", "mshta ", "mshta.exe ", "rundll32 ", "rundll32.exe ", "regsvr32 ",
    "regsvr32.exe ", "certutil -", "certutil.exe -", "bitsadmin /", "schtasks /", "wmic ", "msiexec ", "'", "//",
    "else", "if ", "for ", "while ", "with ",
};

/* What a script that does harm needs: ways to make objects, fetch, decode and start. */
static const char *const loaders[] = {
    "createobject(", "createobject (", "activexobject(", "wscript.shell", "wscript.createobject", "wscript.sleep",
    "getobject(", "invoke-expression", "invoke-webrequest", "invoke-restmethod", "downloadstring(", "downloadfile(",
    "frombase64string(", "shell.application", "scripting.filesystemobject", "adodb.stream", "msxml2.xmlhttp",
    "net.webclient", "powershell -", "powershell.exe", "powershell iex", "cmd /c", "cmd.exe /c", "mshta http",
    "mshta.exe http", "mshta vbscript", "mshta javascript", "rundll32.exe ", "rundll32 ", "regsvr32 /",
    "regsvr32.exe /", "certutil -", "bitsadmin /", "schtasks /create", "| iex", "|iex", "iex(", "iex (",
    "-executionpolicy", "set-executionpolicy", "start-process", "eval(unescape(", "eval(string.fromcharcode(",
    "eval(function(", "eval(atob(", "executeglobal", "start-bitstransfer", "add-type ", "[reflection.assembly]",
    "virtualalloc",
};

/* Japanese outside quotes and comments: a sentence about a command, not the command. */
static bool is_prose(const char *line, size_t n)
{
    const char *wide = memchr(line, '\x7F', n);

    return wide && strcspn(line, "\"'#/") > (size_t)(wide - line);
}

/* Lines that are statements against lines with anything on them, and whether one loads something. */
static bool lines_are_script(const char *head)
{
    unsigned lines = 0, hits = 0, loads = 0;

    for (const char *line = head; *line;) {
        line += strspn(line, " \t\r\n\f\v");
        size_t n = strcspn(line, "\r\n");
        if (n > 0) {
            bool loader = has_any(line, n, loaders, ARRAY_LEN(loaders));
            bool statement = begins_any(line, statements, ARRAY_LEN(statements)) || (loader && memchr(line, '=', n));
            lines++;
            loads += loader;
            hits += statement && !is_prose(line, n);
        }
        line += n;
    }
    return loads > 0 && hits > 0 && hits * 100 >= lines * 50;
}

static int probe_script(const struct probe_view *view, const struct probe *self)
{
    const struct text_view *text = &view->text;

    (void)self;
    if (text_begins(text->begin, "#!amr"))
        return PROBE_NO;
    if (begins_any(text->begin, openers, ARRAY_LEN(openers)))
        return 95;
    if (text->encoding == TEXT_NONE)
        return PROBE_NO;
    const char *encoded = strstr(text->head, "#@~^"); /* an encoded script, also in the middle of a page */
    if (encoded && strlen(encoded) > 12 && text_begins(encoded + 10, "=="))
        return 95;
    return text->begin[0] != '<' && lines_are_script(text->head) ? 85 : PROBE_NO;
}

/* mshta looks for its tag in any file. */
static int probe_hta(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    return strstr(view->text.head, "<hta:application") ? 95 : PROBE_NO;
}

/* Files of [sections]: the section that matters, and a key, each at the beginning of a line. */
static const struct {
    const char *type, *section, *key;
} settings[] = {
    {"url", "[internetshortcut", "url="},    {"url", "[internetshortcut", "baseurl="},
    {"scf", "[shell]", "command="},          {"scf", "[shell]", "iconfile="},
    {"scf", "[.shellclassinfo]", NULL},      {"inf", "[version]", "signature="},
    {"inf", "[version]", "signature ="},     {"inf", "[autorun", NULL},
    {"inf", "[defaultinstall", NULL},        {"desktop", "[desktop entry]", "exec="},
    {"desktop", "[desktop entry]", "url="},  {"settings", "[control panel\\", NULL},
    {"settings", "[masterthemeselector]", NULL}, {"rdp", "full address:s:", NULL},
    {"rdp", "remoteapplicationprogram:s:", NULL},
};

/* "name:t:value", where t is one of three types. */
static bool is_rdp_line(const char *line)
{
    return strstr(line, ":s:") || strstr(line, ":i:") || strstr(line, ":b:");
}

static int probe_settings(const struct probe_view *view, const struct probe *self)
{
    const struct text_view *text = &view->text;
    bool rdp = strcmp(self->type, "rdp") == 0;

    if (text->encoding == TEXT_NONE)
        return PROBE_NO;
    if (rdp ? !is_rdp_line(text->first) : !text->first[0] || !strchr("[;#", text->first[0]))
        return PROBE_NO; /* a text that quotes such a file begins with other words */
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (strcmp(settings[i].type, self->type) == 0 && look_text_has_line(text, settings[i].section) &&
            (!settings[i].key || look_text_has_line(text, settings[i].key)))
            return 90;
    return PROBE_NO;
}

/* Files whose first line says all. */
static const struct {
    const char *type, *first;
} firsts[] = {
    {"reg", "windows registry editor version 5.00"}, {"reg", "regedit4"}, {"iqy", "xlodbc"}, {"iqy", "querytype=oledb"},
};

static int probe_first_line(const struct probe_view *view, const struct probe *self)
{
    for (size_t i = 0; i < ARRAY_LEN(firsts); i++)
        if (strcmp(firsts[i].type, self->type) == 0 && strcmp(view->text.first, firsts[i].first) == 0)
            return 90;
    return PROBE_NO;
}

static const char *second_line(const struct text_view *text)
{
    const char *p = text->begin + strcspn(text->begin, "\r\n");

    return p + strspn(p, "\r\n");
}

/* A web query: the word, a version, an address. The word alone is a word. */
static int probe_iqy(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    return strcmp(view->text.first, "web") == 0 && text_begins(second_line(&view->text), "1") ? 90 : PROBE_NO;
}

/* SYLK: an ID record, and some other record; a table whose first columns are "ID;Price" is none. */
static int probe_slk(const struct probe_view *view, const struct probe *self)
{
    static const char *const records[] = {"b;", "c;", "f;", "nn;", "ne;", "o;", "p;"};

    (void)self;
    for (size_t i = 0; text_begins(view->text.first, "id;p") && i < ARRAY_LEN(records); i++)
        if (look_text_has_line(&view->text, records[i]))
            return 90;
    return PROBE_NO;
}

const struct probe probes_script[] = {
    {"script", probe_script},     {"hta", probe_hta},        {"url", probe_settings},  {"scf", probe_settings},
    {"inf", probe_settings},      {"desktop", probe_settings}, {"rdp", probe_settings}, {"settings", probe_settings},
    {"reg", probe_first_line},    {"iqy", probe_first_line}, {"iqy", probe_iqy},       {"slk", probe_slk},
    {NULL},
};
