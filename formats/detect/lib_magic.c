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

struct detect_magic {
    magic_t cookie;
};

/* Ceilings on libmagic's own work, so that a crafted file cannot keep it busy. */
static const struct {
    int param;
    size_t value;
} ceilings[] = {
    {MAGIC_PARAM_INDIR_MAX, 8},        {MAGIC_PARAM_NAME_MAX, 32},        {MAGIC_PARAM_ELF_PHNUM_MAX, 64},
    {MAGIC_PARAM_ELF_SHNUM_MAX, 64},   {MAGIC_PARAM_ELF_NOTES_MAX, 16},   {MAGIC_PARAM_REGEX_MAX, 4096},
    {MAGIC_PARAM_BYTES_MAX, LOOK_MAX},  {MAGIC_PARAM_ENCODING_MAX, 65536},
};

int detect_magic_new(struct detect_magic **magic_out)
{
    struct detect_magic *magic = calloc(1, sizeof *magic);

    if (!magic)
        return ERR_NOMEM;
    /* No decompression, and no compound-file or ELF walk: those parsers add attack surface and no veto we need. */
    magic->cookie = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_CDF | MAGIC_NO_CHECK_ELF);
    if (!magic->cookie || magic_load(magic->cookie, DATABASE) != 0) {
        detect_magic_free(&magic);
        return ERR_FAULT;
    }
    for (size_t i = 0; i < ARRAY_LEN(ceilings); i++) {
        if (magic_setparam(magic->cookie, ceilings[i].param, &ceilings[i].value) != 0) {
            detect_magic_free(&magic);
            return ERR_FAULT;
        }
    }
    *magic_out = magic;
    return 0;
}

void detect_magic_free(struct detect_magic **magic)
{
    if (!*magic)
        return;
    if ((*magic)->cookie)
        magic_close((*magic)->cookie);
    free(*magic);
    *magic = NULL;
}

void magic_mime(const struct detect_magic *magic, const struct fmt_in *in, char *out, size_t room)
{
    const char *word = NULL;

    if (room == 0)
        return;
    if (magic)
        word = magic_buffer(magic->cookie, in->bytes, in->len > LOOK_MAX ? LOOK_MAX : (size_t)in->len);
    (void)snprintf(out, room, "%s", word ? word : "");
}
