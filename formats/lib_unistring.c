/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libunistring: normalisation of names. Runs in sandboxed workers on valid but hostile UTF-8 of bounded length. */
#include "lib_unistring.h"

#include <errno.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>

#include "base/err.h"

/* Hands over what libunistring allocated, or its error. */
static long give(const uint8_t *made, size_t len, char *out, size_t room)
{
    if (!made)
        return errno == ENOMEM ? ERR_NOMEM : ERR_MALFORMED;
    if (len > room)
        return ERR_LIMIT;
    memcpy(out, made, len);
    return (long)len;
}

long unistring_nfc(const char *text, size_t n, char *out, size_t room)
{
    size_t len = 0;
    scoped_free uint8_t *made = n > 0 ? u8_normalize(UNINORM_NFC, (const uint8_t *)text, n, NULL, &len) : NULL;

    return n > 0 ? give(made, len, out, room) : 0;
}

long unistring_fold(const char *text, size_t n, char *out, size_t room)
{
    size_t len = 0;
    scoped_free uint8_t *made = n > 0 ? u8_casefold((const uint8_t *)text, n, NULL, UNINORM_NFC, NULL, &len) : NULL;

    return n > 0 ? give(made, len, out, room) : 0;
}
