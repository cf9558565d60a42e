/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Identifies an item by its content. Runs in the sandboxed detect worker and in
 * tests; the bytes and the name are hostile, libmagic's answer is only a veto.
 */
#include "detect.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "formats/list.h"
#include "lib_magic.h"

static const struct {
    const char *type;
    const char *magic;
    size_t n;
} signatures[] = {
    {"jpeg", "\xFF\xD8\xFF", 3},
    {"png", "\x89PNG\r\n\x1A\n", 8},
    {"pdf", "%PDF-", 5},
    {"zip", "PK\x03\x04", 4},
};

static bool is_text(const struct fmt_in *in)
{
    for (uint64_t i = 0; i < in->len; i++)
        if (in->bytes[i] < 0x20 && !memchr("\t\n\r\f\x1B", in->bytes[i], 5))
            return false;
    return true;
}

static const char *type_of(const struct fmt_in *in, const char *name)
{
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; i < ARRAY_LEN(signatures); i++)
        if (in_equals(in, 0, signatures[i].magic, signatures[i].n))
            return signatures[i].type;
    if (!is_text(in))
        return NULL;
    const struct format_identity *csv = registry_find("csv");
    return csv && dot && registry_has_extension(csv, dot + 1) ? "csv" : "text";
}

static bool name_is_plain(const char *name)
{
    size_t left = strlen(name);

    if (name[0] == '/' || strstr(name, "..") || left == 0 || left >= CHILD_NAME_MAX)
        return false;
    while (left > 0) {
        uint32_t c;
        size_t n = utf8_decode(name, left, &c);
        if (n == 0 || !utf8_is_printable(c))
            return false;
        name += n;
        left -= n;
    }
    return true;
}

void detect_run(const struct fmt_in *in, const char *raw_name, const struct detect_magic *magic,
                struct detect_result *result_out)
{
    *result_out = (struct detect_result){.reason = REASON_UNSAFE_NAME};
    if (!name_is_plain(raw_name))
        return;
    (void)snprintf(result_out->name, sizeof result_out->name, "%s", raw_name);
    magic_mime(magic, in, result_out->mime, sizeof result_out->mime);
    const char *type = in->len > 0 ? type_of(in, raw_name) : NULL;
    if (!type) {
        result_out->reason = in->len > 0 ? REASON_UNKNOWN_TYPE : REASON_EMPTY;
        return;
    }
    (void)snprintf(result_out->type, sizeof result_out->type, "%s", type);
    result_out->reason = REASON_OK;
}
