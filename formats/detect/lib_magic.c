/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libmagic, the second opinion. Loaded once by the detect zygote while there is
 * still a file system; the forked worker asks it about hostile bytes and
 * trusts no answer to permit anything.
 */
#include "lib_magic.h"

#include <magic.h>
#include <stdio.h>
#include <stdlib.h>

/* Named outright: by default the environment and the administrator's own files are read, too. */
#define DATABASE "/usr/share/misc/magic.mgc"
#define LOOK_MAX (1u << 20) /* bytes of the file it gets to see */

/*
 * Two readings of the same database. For what is valid text only the patterns
 * for binary files are asked: the text patterns are some hundred regular
 * expressions, cost more than all the rest of detection, and their answers
 * ("text/...") are no veto anyway.
 */
enum { COOKIE_ALL, COOKIE_BINARY, COOKIES };

struct detect_magic {
    magic_t cookies[COOKIES];
};

/* No decompression, and no compound-file or ELF walk: those parsers add attack surface and no veto we need. */
#define FLAGS_ALL (MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_CDF | MAGIC_NO_CHECK_ELF)
#define FLAGS_BINARY                                                                                       \
    (FLAGS_ALL | MAGIC_NO_CHECK_TEXT | MAGIC_NO_CHECK_ENCODING | MAGIC_NO_CHECK_TOKENS | MAGIC_NO_CHECK_CSV | \
     MAGIC_NO_CHECK_JSON)

/* Ceilings on libmagic's own work, so that a crafted file cannot keep it busy. */
static const struct {
    int param;
    size_t value;
} ceilings[] = {
    {MAGIC_PARAM_INDIR_MAX, 8},        {MAGIC_PARAM_NAME_MAX, 32},        {MAGIC_PARAM_ELF_PHNUM_MAX, 64},
    {MAGIC_PARAM_ELF_SHNUM_MAX, 64},   {MAGIC_PARAM_ELF_NOTES_MAX, 16},   {MAGIC_PARAM_REGEX_MAX, 4096},
    {MAGIC_PARAM_BYTES_MAX, LOOK_MAX},  {MAGIC_PARAM_ENCODING_MAX, 65536},
};

/* Opens one reading. It is asked once, so that what it compiles on first use is there before any child is forked. */
static magic_t cookie_open(int flags)
{
    static const char sample[] = "a line of text\n";
    magic_t cookie = magic_open(flags);

    if (!cookie)
        return NULL;
    bool good = magic_load(cookie, DATABASE) == 0;
    for (size_t i = 0; i < ARRAY_LEN(ceilings) && good; i++)
        good = magic_setparam(cookie, ceilings[i].param, &ceilings[i].value) == 0;
    if (good && magic_buffer(cookie, sample, sizeof sample - 1))
        return cookie;
    magic_close(cookie);
    return NULL;
}

int detect_magic_new(struct detect_magic **magic_out)
{
    struct detect_magic *magic = calloc(1, sizeof *magic);

    if (!magic)
        return ERR_NOMEM;
    magic->cookies[COOKIE_ALL] = cookie_open(FLAGS_ALL);
    magic->cookies[COOKIE_BINARY] = cookie_open(FLAGS_BINARY);
    if (!magic->cookies[COOKIE_ALL] || !magic->cookies[COOKIE_BINARY]) {
        detect_magic_free(&magic);
        return ERR_FAULT;
    }
    *magic_out = magic;
    return 0;
}

void detect_magic_free(struct detect_magic **magic)
{
    struct detect_magic *m = steal(*magic);

    for (size_t i = 0; m && i < COOKIES; i++)
        if (m->cookies[i])
            magic_close(m->cookies[i]);
    free(m);
}

void magic_mime(const struct detect_magic *magic, const struct fmt_in *in, bool is_text, char *out, size_t room)
{
    const char *word = NULL;

    if (room == 0)
        return;
    if (magic)
        word = magic_buffer(magic->cookies[is_text ? COOKIE_BINARY : COOKIE_ALL], in->bytes,
                             in->len > LOOK_MAX ? LOOK_MAX : (size_t)in->len);
    (void)snprintf(out, room, "%s", word ? word : "");
}
