/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iconv_open for the scanner program, see codepage.h. The names asked for come from documents. */
#include "codepage.h"

#include <dlfcn.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "base/scope.h"

#define FALLBACK "ISO-8859-1"
#define FAILED ((iconv_t)-1)

/* The C library's own. */
static iconv_t libc_open(const char *to, const char *from)
{
    static iconv_t (*fn)(const char *to, const char *from);

    if (!fn) {
        void *symbol = dlsym(RTLD_NEXT, "iconv_open");
        if (!symbol)
            return FAILED;
        memcpy(&fn, &symbol, sizeof fn);
    }
    return fn(to, from);
}

iconv_t iconv_open(const char *to, const char *from)
{
    static const char *const shift_jis[] = {"SHIFT_JIS", "SHIFT-JIS", "SJIS", "X-SJIS", "MS_KANJI"};

    for (size_t i = 0; i < ARRAY_LEN(shift_jis); i++)
        if (strcasecmp(from, shift_jis[i]) == 0)
            from = "CP932";
    iconv_t cd = libc_open(to, from);
    return cd != FAILED ? cd : libc_open(to, FALLBACK);
}

static const char *const kept_from[] = {"UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "CP932", "WINDOWS-1252", FALLBACK};
static const char *const kept_to[] = {"UTF-8//TRANSLIT", "UTF-8", "UTF-16BE"};
static iconv_t kept[ARRAY_LEN(kept_from)][ARRAY_LEN(kept_to)]; /* never closed: an open handle keeps a converter loaded */

void codepage_warm(void)
{
    for (size_t i = 0; i < ARRAY_LEN(kept_from); i++)
        for (size_t k = 0; k < ARRAY_LEN(kept_to); k++)
            if (!kept[i][k])
                kept[i][k] = libc_open(kept_to[k], kept_from[i]);
}
