/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libunistring: normalisation of names. Runs in sandboxed workers on valid but hostile UTF-8 of bounded length. */
#include "lib_unistring.h"

#include <errno.h>
#include <string.h>
#include <uninorm.h>

#include "base/err.h"

long unistring_nfc(const char *text, size_t n, char *out, size_t room)
{
    size_t len = 0;
    scoped_free uint8_t *made = NULL;

    if (n == 0)
        return 0;
    made = u8_normalize(UNINORM_NFC, (const uint8_t *)text, n, NULL, &len);
    if (!made)
        return errno == ENOMEM ? ERR_NOMEM : ERR_MALFORMED;
    if (len > room)
        return ERR_LIMIT;
    memcpy(out, made, len);
    return (long)len;
}
