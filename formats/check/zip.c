/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verifier of ZIP files. Runs in the checker. The form is confirmed byte by
 * byte (zip_walk.c), libarchive must see the same members, and the content of
 * each file must be one that the core itself released as a child.
 */
#include <string.h>

#include "base/utf8.h"
#include "formats/format.h"
#include "formats/list.h"
#include "formats/name.h"
#include "formats/name_type.h"
#include "formats/zip/lib_sodium.h"
#include "formats/zip/path_set.h"
#include "lib_archive.h"
#include "zip_walk.h"

struct check {
    struct fmt_job *job;
    struct walk walk;
    struct path_set paths;
    size_t seen; /* members libarchive has come to */
    uint64_t bytes, total_bytes;
    struct lib_sodium_sha256 sha256;
};

static void check_clear(struct check *c)
{
    walk_clear(&c->walk);
    path_set_clear(&c->paths);
}

static int refuse(const struct check *c, const struct walk_member *m, const char *what)
{
    return job_fail(c->job, REASON_CHECK_REFUSED, "%s: \"%.*s\"", what, (int)m->name_len, m->name);
}

/* ---- Names ----------------------------------------------------------------- */

static bool component_is_plain(const char *s, size_t n)
{
    if (n == 0 || s[n - 1] == '.' || s[n - 1] == ' ')
        return false;
    while (n > 0) {
        uint32_t c = 0;
        size_t step = utf8_decode(s, n, &c);
        if (step == 0 || !utf8_is_printable(c) || (c < 0x80 && strchr("<>:\"|?*\\", (int)c)))
            return false;
        s += step;
        n -= step;
    }
    return true;
}

/* Relative, made of plain components; and cleaning it once more finds nothing to do. */
static bool path_is_plain(const char *path)
{
    char clean[CHILD_NAME_MAX];
    const char *p = path;

    for (;; p++) {
        size_t n = strcspn(p, "/");
        if (!component_is_plain(p, n))
            return false;
        p += n;
        if (*p == '\0')
            break;
    }
    return name_clean(path, clean, sizeof clean, NULL) == 0 && strcmp(path, clean) == 0;
}

/* A file with content is named after a type we make; an empty one is at least not named after a program. */
static bool extension_is_fine(const char *path, bool empty)
{
    char extension[NAME_EXTENSION_MAX];
    const struct format_identity *row;
    bool handled = false, never = false;

    name_extension(path, extension);
    for (unsigned i = 0; (row = registry_at(i)); i++) {
        if (!registry_has_extension(row, extension))
            continue;
        handled |= row->class == FORMAT_CLASS_HANDLED;
        never |= row->class == FORMAT_CLASS_NEVER;
    }
    return !never && (handled || empty);
}

static int name_check(struct check *c, const struct walk_member *m)
{
    char path[CHILD_NAME_MAX];
    size_t n = (size_t)m->name_len - m->folder;

    if (m->name_len == 0 || n >= sizeof path || memchr(m->name, '\0', m->name_len))
        return refuse(c, m, "length of a name");
    memcpy(path, m->name, n);
    path[n] = '\0';
    if (!path_is_plain(path))
        return refuse(c, m, "name that is not clean");
    if (!m->folder && !extension_is_fine(path, m->bytes == 0))
        return refuse(c, m, "extension of no type we make");
    int err = m->folder ? path_set_folder(&c->paths, path) : path_set_file(&c->paths, path);
    return err < 0 ? refuse(c, m, "name that is taken") : 0;
}

/* ---- Sizes -------------------------------------------------------------------- */

/* Who unpacks our output must not meet a bomb. */
static int size_check(struct check *c, const struct walk_member *m)
{
    const struct fmt_limits *limits = &job_options(c->job)->limits;
    uint64_t packed = m->packed_bytes ? m->packed_bytes : 1;

    if (m->bytes > limits->ratio_floor && m->bytes / packed > limits->ratio)
        return refuse(c, m, "grows too much");
    if (m->bytes > limits->total_bytes - c->total_bytes)
        return refuse(c, m, "too much in all");
    c->total_bytes += m->bytes;
    return 0;
}

/* ---- What libarchive sees ------------------------------------------------------- */

/* The member libarchive is at. */
static const struct walk_member *current(const struct check *c)
{
    return &c->walk.members[c->seen - 1];
}

static int on_member(void *ctx, const struct archive_member *seen)
{
    struct check *c = ctx;
    int err = job_steps(c->job, 1);

    if (err < 0)
        return err;
    if (c->seen == c->walk.count)
        return job_fail(c->job, REASON_CHECK_REFUSED, "libarchive sees more members");
    const struct walk_member *m = &c->walk.members[c->seen++];
    if (strlen(seen->path) != m->name_len || memcmp(seen->path, m->name, m->name_len) != 0)
        return refuse(c, m, "libarchive sees another name");
    if (seen->encrypted || seen->link || seen->folder != m->folder || seen->regular != !m->folder ||
        seen->bytes < 0 || (uint64_t)seen->bytes != m->bytes)
        return refuse(c, m, "libarchive sees another kind or size");
    c->bytes = 0;
    lib_sodium_sha256_begin(&c->sha256);
    return 0;
}

static int on_data(void *ctx, const uint8_t *bytes, size_t n)
{
    struct check *c = ctx;
    int err = job_steps(c->job, 1 + n / 1024);

    if (err < 0)
        return err;
    if (n > current(c)->bytes - c->bytes)
        return refuse(c, current(c), "more content than declared");
    c->bytes += n;
    lib_sodium_sha256_add(&c->sha256, bytes, n);
    return 0;
}

static int on_end(void *ctx)
{
    struct check *c = ctx;
    uint8_t digest[32];

    if (c->bytes != current(c)->bytes)
        return refuse(c, current(c), "less content than declared");
    if (c->bytes == 0)
        return 0; /* folders and empty files carry nothing */
    lib_sodium_sha256_end(&c->sha256, digest);
    return job_is_approved(c->job, digest) ? 0 : refuse(c, current(c), "content the core did not release");
}

static int zip_verify(struct fmt_job *job)
{
    static const struct archive_visitor visitor = {on_member, on_data, on_end};
    scoped(check_clear) struct check c = {.job = job};
    int err = walk_read(job, job_in(job), &c.walk);

    for (size_t i = 0; i < c.walk.count && err == 0; i++) {
        err = name_check(&c, &c.walk.members[i]);
        if (err == 0)
            err = size_check(&c, &c.walk.members[i]);
    }
    if (err == 0)
        err = lib_archive_read_zip(job_in(job), &visitor, &c);
    if (err < 0)
        return job_fail(job, REASON_CHECK_REFUSED, "libarchive: %s", err_text(err));
    if (c.seen != c.walk.count)
        return job_fail(job, REASON_CHECK_REFUSED, "libarchive sees fewer members");
    return 0;
}

const struct format_verifier chk_zip = {
    .name = "zip",
    .verify = zip_verify,
};
