/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at JSON that another program wrote. The keeper; trusts nothing about it. */
#include "json_check.h"

#include <string.h>

#include "base/utf8.h"

#define DEPTH_MAX 32

struct scan {
    const char *at;
    unsigned depth;
};

static bool scan_value(struct scan *s);

static void blanks(struct scan *s)
{
    while (*s->at == ' ')
        s->at++;
}

static bool take(struct scan *s, char c)
{
    blanks(s);
    if (*s->at != c)
        return false;
    s->at++;
    return true;
}

static bool scan_string(struct scan *s)
{
    if (!take(s, '"'))
        return false;
    while (*s->at != '"') {
        if ((unsigned char)*s->at < ' ')
            return false;
        if (*s->at++ != '\\')
            continue;
        if (*s->at == 'u') {
            if (strspn(s->at + 1, "0123456789abcdefABCDEF") < 4)
                return false;
            s->at += 5;
        } else if (*s->at && strchr("\"\\/bfnrt", *s->at)) {
            s->at++;
        } else {
            return false;
        }
    }
    s->at++;
    return true;
}

static bool scan_number(struct scan *s)
{
    static const char digits[] = "0123456789";

    s->at += *s->at == '-';
    size_t n = strspn(s->at, digits);
    if (n == 0 || (n > 1 && *s->at == '0'))
        return false;
    s->at += n;
    if (*s->at == '.') {
        n = strspn(++s->at, digits);
        s->at += n;
        if (n == 0)
            return false;
    }
    if (*s->at != 'e' && *s->at != 'E')
        return true;
    s->at++;
    s->at += *s->at == '+' || *s->at == '-';
    n = strspn(s->at, digits);
    s->at += n;
    return n > 0;
}

static bool scan_members(struct scan *s, bool object)
{
    char close = object ? '}' : ']';

    if (++s->depth > DEPTH_MAX)
        return false;
    if (!take(s, close)) {
        do {
            if (object && !(scan_string(s) && take(s, ':')))
                return false;
            if (!scan_value(s))
                return false;
        } while (take(s, ','));
        if (!take(s, close))
            return false;
    }
    s->depth--;
    return true;
}

static bool scan_value(struct scan *s)
{
    static const char *const words[] = {"true", "false", "null"};

    blanks(s);
    if (*s->at == '"')
        return scan_string(s);
    if (take(s, '{'))
        return scan_members(s, true);
    if (take(s, '['))
        return scan_members(s, false);
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i]);
        if (strncmp(s->at, words[i], n) == 0) {
            s->at += n;
            return true;
        }
    }
    return scan_number(s);
}

bool json_is_object(const char *text)
{
    struct scan s = {.at = text};

    if (!utf8_is_valid(text, strlen(text)) || !take(&s, '{') || !scan_members(&s, true))
        return false;
    blanks(&s);
    return *s.at == '\0';
}
