/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which link targets may stay, and how they are written. Runs in the pdf worker on text of the sender's choice. */
#include "uri.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/scope.h"

static const struct {
    const char *scheme;
    size_t n;
} schemes[] = {{"http://", 7}, {"https://", 8}, {"mailto:", 7}};

/* Characters of RFC 3986 that may be written as they are; parentheses are left out: they end PDF strings. */
static bool is_plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~:/?#[]@!$&'*+,;=%", c) != NULL);
}

bool uri_clean(const char *text, char out[URI_ROOM])
{
    static const char hex[] = "0123456789ABCDEF";
    char made[URI_ROOM];
    size_t used = 0, scheme = 0;

    while (*text == ' ')
        text++;
    for (size_t i = 0; i < ARRAY_LEN(schemes) && !scheme; i++)
        if (strncasecmp(text, schemes[i].scheme, schemes[i].n) == 0)
            scheme = schemes[i].n;
    if (!scheme || text[scheme] == '\0' || strchr("/?#@:", text[scheme]))
        return false;
    for (const char *p = text; *p; p++) {
        uint8_t c = (uint8_t)*p;
        if (c < 0x20 || c == 0x7F || c == '\\' || used + 4 > sizeof made) /* browsers read a backslash as a slash */
            return false;
        if (is_plain(c)) {
            made[used++] = (char)c;
        } else {
            made[used++] = '%';
            made[used++] = hex[c >> 4];
            made[used++] = hex[c & 15];
        }
    }
    made[used] = '\0';
    for (size_t i = 0; i < scheme; i++)
        made[i] = (char)(made[i] >= 'A' && made[i] <= 'Z' ? made[i] + 32 : made[i]);
    memcpy(out, made, used + 1);
    return true;
}
