/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Manifests as text. The keeper writes, the releaser and the receiver read;
 * nothing in one is believed before its signature is proven.
 */
#include "manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "err.h"
#include "utf8.h"

#define HEAD "sekimori-manifest: 1\n"
#define SIGNATURE "signature: "

enum field_kind { FIELD_TEXT, FIELD_NUMBER, FIELD_DIGEST, FIELD_TIME };

/* Every line between head and signature, in order. */
static const struct field {
    const char *key;
    enum field_kind kind;
    size_t offset, size;
    bool needed; /* may not be empty or zero */
} fields[] = {
#define F(key, kind, member, needed) {key, kind, offsetof(struct manifest, member), sizeof(((struct manifest *)0)->member), needed}
    F("sequence", FIELD_NUMBER, sequence, true),
    F("destination-sequence", FIELD_NUMBER, destination_sequence, true),
    F("job", FIELD_TEXT, job, true),
    F("gateway", FIELD_TEXT, gateway, false),
    F("lane", FIELD_TEXT, lane, true),
    F("destination", FIELD_TEXT, destination, true),
    F("label", FIELD_TEXT, label, false),
    F("path", FIELD_TEXT, path, true),
    F("type", FIELD_TEXT, type, true),
    F("bytes", FIELD_NUMBER, bytes, true),
    F("sha256", FIELD_DIGEST, sha256, true),
    F("original-sha256", FIELD_DIGEST, original_sha256, true),
    F("policy", FIELD_TEXT, policy, false),
    F("mode", FIELD_TEXT, mode, false),
    F("stages", FIELD_TEXT, stages, true),
    F("verdict", FIELD_TEXT, verdict, true),
    F("time", FIELD_TIME, time_ms, true),
#undef F
};

static void *field_at(const struct field *f, struct manifest *m)
{
    return (char *)m + f->offset;
}

static bool text_is_one_line(const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        uint32_t c;
        size_t n = utf8_decode(text, left, &c);
        if (n == 0 || !utf8_is_printable(c))
            return false;
        text += n;
        left -= n;
    }
    return true;
}

static bool component_is_safe(const char *name, size_t n)
{
    static const size_t suffix = sizeof MANIFEST_SUFFIX - 1;

    if (n == 0 || n + suffix > 255 || (n == 1 && name[0] == '.') || (n == 2 && name[0] == '.' && name[1] == '.'))
        return false;
    return n < suffix || strncasecmp(name + n - suffix, MANIFEST_SUFFIX, suffix) != 0;
}

bool manifest_path_is_safe(const char *path)
{
    if (!text_is_one_line(path) || strlen(path) >= MANIFEST_PATH_MAX)
        return false;
    for (;;) {
        size_t n = strcspn(path, "/");
        if (!component_is_safe(path, n))
            return false;
        if (path[n] == '\0')
            return true;
        path += n + 1;
    }
}

/* The stages in their order, the one value a ticket may carry. */
static void stages_text(char *out, size_t room)
{
    size_t used = 0;

    for (int stage = STAGE_NONE + 1; stage < STAGES; stage++)
        used += (size_t)snprintf(out + used, room - used, "%s%s", used ? "," : "", stage_word((enum stage)stage));
}

void manifest_set_passed(struct manifest *m)
{
    stages_text(m->stages, sizeof m->stages);
    (void)snprintf(m->verdict, sizeof m->verdict, "%s", verdict_text(VERDICT_RELEASED));
}

static void put_time(struct buf *b, uint64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    char text[32];

    if (!gmtime_r(&seconds, &tm) || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm) == 0) {
        b->err = ERR_LIMIT;
        return;
    }
    buf_printf(b, "%s.%03uZ", text, (unsigned)(ms % 1000));
}

static void put_value(struct buf *b, const struct field *f, const void *value)
{
    char hex[DIGEST_HEX];
    uint64_t number;

    switch (f->kind) {
    case FIELD_TEXT:
        buf_put(b, value, strlen(value));
        break;
    case FIELD_DIGEST:
        digest_hex(value, hex);
        buf_put(b, hex, DIGEST_HEX - 1);
        break;
    case FIELD_NUMBER:
        memcpy(&number, value, sizeof number);
        buf_printf(b, "%" PRIu64, number);
        break;
    case FIELD_TIME:
        memcpy(&number, value, sizeof number);
        put_time(b, number);
        break;
    }
}

/* All lines that are signed; from equal structs equal bytes. */
static void put_signed_part(struct buf *b, struct manifest *m)
{
    buf_put(b, HEAD, sizeof HEAD - 1);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        buf_put(b, fields[i].key, strlen(fields[i].key));
        buf_put(b, ": ", 2);
        put_value(b, &fields[i], field_at(&fields[i], m));
        buf_u8(b, '\n');
    }
}

static bool field_is_filled(const struct field *f, const void *value)
{
    const uint8_t *bytes = value;

    if (f->kind == FIELD_TEXT)
        return bytes[0] != '\0';
    for (size_t i = 0; i < f->size; i++)
        if (bytes[i] != 0)
            return true;
    return false;
}

static bool manifest_is_writable(struct manifest *m)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const void *value = field_at(&fields[i], m);
        if ((fields[i].needed && !field_is_filled(&fields[i], value)) ||
            (fields[i].kind == FIELD_TEXT && !text_is_one_line(value)))
            return false;
    }
    size_t n = strlen(m->destination);
    return manifest_path_is_safe(m->path) && strncmp(m->path, m->destination, n) == 0 && m->path[n] == '/';
}

int manifest_put(struct buf *b, const struct manifest *m, const struct sign_key *key)
{
    struct manifest copy = *m;
    scoped_buf text = buf_new(MANIFEST_MAX);
    uint8_t signature[SIGN_BYTES];
    char base64[base64_room(SIGN_BYTES)];

    if (!manifest_is_writable(&copy))
        return ERR_INVALID;
    put_signed_part(&text, &copy);
    if (text.err < 0)
        return text.err;
    sign_bytes(key, text.bytes, text.len, signature);
    base64_put(signature, sizeof signature, base64, sizeof base64);
    buf_printf(&text, SIGNATURE "%s\n", base64);
    if (text.err < 0)
        return text.err;
    buf_put(b, text.bytes, text.len);
    return b->err;
}

static bool number_parse(const char *text, size_t n, uint64_t *out)
{
    uint64_t value = 0;

    if (n == 0 || n > 19 || (n > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    *out = value;
    return true;
}

/* Loose on purpose: the comparison with the canonical text in manifest_get is what decides. */
static bool time_parse(const char *text, size_t n, uint64_t *ms_out)
{
    char copy[32];
    struct tm tm = {0};
    unsigned ms = 0;

    if (n != sizeof "2026-01-01T00:00:00.000Z" - 1)
        return false;
    memcpy(copy, text, n);
    copy[n] = '\0';
    const char *rest = strptime(copy, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest || sscanf(rest, ".%3uZ", &ms) != 1)
        return false;
    time_t seconds = timegm(&tm);
    if (seconds < 0)
        return false;
    *ms_out = (uint64_t)seconds * 1000 + ms;
    return true;
}

static bool get_value(const struct field *f, const char *text, size_t n, void *value)
{
    uint64_t number;

    if (f->kind == FIELD_DIGEST)
        return digest_parse(text, n, value);
    if (f->kind == FIELD_TEXT) {
        if (n >= f->size)
            return false;
        memcpy(value, text, n);
        ((char *)value)[n] = '\0';
        return true;
    }
    if (!(f->kind == FIELD_NUMBER ? number_parse(text, n, &number) : time_parse(text, n, &number)))
        return false;
    memcpy(value, &number, sizeof number);
    return true;
}

/* Reads the lines before the signature; text ends with NUL behind n bytes. */
static int get_fields(const char *text, size_t n, struct manifest *m)
{
    const char *end = text + n;

    text += sizeof HEAD - 1;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        size_t key = strlen(fields[i].key);
        const char *eol = memchr(text, '\n', (size_t)(end - text));
        if (!eol || (size_t)(eol - text) < key + 2 || memcmp(text, fields[i].key, key) != 0 || memcmp(text + key, ": ", 2) != 0 ||
            !get_value(&fields[i], text + key + 2, (size_t)(eol - text) - key - 2, field_at(&fields[i], m)))
            return ERR_MALFORMED;
        text = eol + 1;
    }
    return text == end ? 0 : ERR_MALFORMED;
}

int manifest_get(const void *bytes, size_t n, const uint8_t public[SIGN_PUBLIC_BYTES], struct manifest *out)
{
    static const size_t tail = sizeof SIGNATURE - 1 + base64_room(SIGN_BYTES) - 1 + 1;
    char stages[sizeof out->stages];
    uint8_t signature[SIGN_BYTES];
    struct manifest m = {0};
    scoped_buf canonical = buf_new(MANIFEST_MAX);
    const char *text = bytes;

    if (n > MANIFEST_MAX || n < sizeof HEAD + tail || memcmp(text, HEAD, sizeof HEAD - 1) != 0 || memchr(text, '\0', n) ||
        memcmp(text + n - tail, SIGNATURE, sizeof SIGNATURE - 1) != 0 || text[n - 1] != '\n' ||
        !base64_parse(text + n - tail + sizeof SIGNATURE - 1, base64_room(SIGN_BYTES) - 1, signature, sizeof signature))
        return ERR_MALFORMED;
    if (!sign_is_valid(public, text, n - tail, signature))
        return ERR_CRYPTO;
    if (get_fields(text, n - tail, &m) < 0 || !manifest_is_writable(&m))
        return ERR_MALFORMED;
    put_signed_part(&canonical, &m);
    if (canonical.err < 0 || canonical.len != n - tail || memcmp(canonical.bytes, text, canonical.len) != 0)
        return ERR_MALFORMED;
    stages_text(stages, sizeof stages);
    if (strcmp(m.stages, stages) != 0 || strcmp(m.verdict, verdict_text(VERDICT_RELEASED)) != 0)
        return ERR_REFUSED;
    *out = m;
    return 0;
}
