/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names, kinds and declared sizes of ZIP members. Runs in the package worker,
 * over a directory that directory.c accepted; its names are still hostile.
 */
#include "survey.h"

#include <string.h>
#include <strings.h>

#include "formats/name.h"
#include "path_set.h"
#include "unpack.h"

enum { RECORD_MIN = 30 + 46, END_MIN = 22 }; /* bytes that any member and any archive cost in the output */

struct survey {
    struct fmt_job *job;
    struct path_set seen;
    uint64_t total_bytes, output_min;
    uint32_t dropped; /* members with extra fields that go */
    uint32_t comments;
};

static void survey_clear(struct survey *s)
{
    path_set_clear(&s->seen);
}

void survey_free(char ***paths, size_t count)
{
    for (size_t i = 0; *paths && i < count; i++)
        free((*paths)[i]);
    free(*paths);
    *paths = NULL;
}

static int unsafe(struct fmt_job *job, const struct zip_member *m, const char *why)
{
    return job_fail(job, REASON_UNSAFE_NAME, "%s: \"%.*s\"", why, (int)m->name_len, (const char *)m->name);
}

/* The path of a member in UTF-8, without the "/" that ends a folder's. */
static int decode(struct fmt_job *job, const struct zip_member *m, char *out)
{
    struct name_hints hints = {.utf8 = m->flags & ZIP_FLAG_UTF8,
                               .unicode = m->unicode,
                               .unicode_len = m->unicode_len,
                               .dos_separators = m->dos};
    int err = name_decode(m->name, m->name_len, &hints, out, CHILD_NAME_MAX);

    if (err == ERR_NOMEM || err == ERR_FAULT)
        return job_fail(job, err == ERR_NOMEM ? REASON_LIMIT_MEMORY : REASON_INTERNAL, "decoding a name");
    if (err < 0)
        return unsafe(job, m, "name in no known encoding or too long");
    for (size_t n = strlen(out); n > 1 && out[n - 1] == '/'; n--)
        out[n - 1] = '\0';
    return 0;
}

/* Holds a path that leaves the archive, and two that would be one file where they are unpacked. */
static int judge(struct survey *s, const struct zip_member *m, const char *path)
{
    char clean[CHILD_NAME_MAX];
    int err = name_clean(path, clean, sizeof clean, NULL);

    if (err == ERR_REFUSED)
        return unsafe(s->job, m, "path that leaves the archive");
    if (err == 0)
        err = m->kind == ZIP_KIND_FOLDER ? path_set_folder(&s->seen, clean) : path_set_file(&s->seen, clean);
    if (err == ERR_EXISTS)
        return unsafe(s->job, m, "two members would be one file");
    if (err == ERR_NOMEM)
        return job_fail(s->job, REASON_LIMIT_MEMORY, "names");
    return err < 0 ? unsafe(s->job, m, "unusable path") : 0;
}

/* What Windows and macOS leave beside the files. desktop.ini may also name a remote icon. */
static bool is_debris(const char *path)
{
    static const char *const names[] = {".DS_Store", "Thumbs.db", "ehthumbs.db", "desktop.ini"};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    if (strcasecmp(path, "__MACOSX") == 0 || strncasecmp(path, "__MACOSX/", 9) == 0)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Declared sizes are exact bounds later, so what they admit to is judged now. */
static int sizes_judge(struct survey *s, const struct zip_member *m, const char *path)
{
    const struct fmt_limits *limits = &job_options(s->job)->limits;
    uint64_t packed = m->packed_bytes ? m->packed_bytes : 1;

    if (m->kind == ZIP_KIND_FOLDER && m->bytes > 0)
        return job_fail(s->job, REASON_MALFORMED, "a folder with content: \"%s\"", path);
    if (!unpack_is_known(m->method))
        return job_fail(s->job, REASON_UNSUPPORTED_TYPE, "\"%s\" is packed by method %u", path, m->method);
    if (m->method == ZIP_STORED && m->packed_bytes != m->bytes)
        return job_fail(s->job, REASON_MALFORMED, "two sizes for \"%s\"", path);
    if (m->bytes > limits->ratio_floor && m->bytes / packed > limits->ratio)
        return job_fail(s->job, REASON_LIMIT_RATIO, "\"%s\" grows %llu times", path,
                        (unsigned long long)(m->bytes / packed));
    if (m->bytes > limits->input_bytes)
        return job_fail(s->job, REASON_LIMIT_BYTES, "\"%s\" of %llu bytes", path, (unsigned long long)m->bytes);
    s->total_bytes += m->bytes; /* each is under input_bytes, their number under the members' limit */
    if (s->total_bytes < m->bytes || s->total_bytes > limits->total_bytes)
        return job_fail(s->job, REASON_LIMIT_RATIO, "members over %llu bytes", (unsigned long long)limits->total_bytes);
    s->output_min += RECORD_MIN + 2;
    return 0;
}

/* Judges one member; *path_out stays NULL when it is left out. */
static int look_at(struct survey *s, const struct zip_member *m, char **path_out)
{
    char path[CHILD_NAME_MAX];
    int err = decode(s->job, m, path);

    if (err < 0)
        return err;
    s->dropped += m->dropped_fields > 0;
    s->comments += m->comment_bytes > 0;
    if (m->kind == ZIP_KIND_LINK)
        return job_finding(s->job, FINDING_LINK_MEMBER, path, 1, "link or device left out");
    if (is_debris(path))
        return job_finding(s->job, FINDING_METADATA, path, 1, "debris of a desktop left out");
    if ((err = judge(s, m, path)) < 0 || (err = sizes_judge(s, m, path)) < 0)
        return err;
    *path_out = strdup(path);
    return *path_out ? 0 : job_fail(s->job, REASON_LIMIT_MEMORY, "names");
}

/* The findings that are counted over the whole archive. */
static int sum_up(const struct survey *s, const struct zip_directory *dir)
{
    uint32_t comments = s->comments + (dir->comment_bytes > 0);
    int err = 0;

    if (comments > 0)
        err = job_finding(s->job, FINDING_COMMENT, "", comments, "comments of the archive and its members");
    if (err == 0 && s->dropped > 0)
        err = job_finding(s->job, FINDING_METADATA, "", s->dropped, "members with owners, other clocks or unknown fields");
    if (err == 0 && dir->trailing_bytes > 0)
        err = job_finding(s->job, FINDING_TRAILING_DATA, "", 1, "bytes after the end record");
    return err;
}

int survey_paths(struct fmt_job *job, const struct zip_directory *dir, char ***paths_out)
{
    scoped(survey_clear) struct survey s = {.job = job, .output_min = END_MIN};
    char **paths = calloc(dir->count + 1, sizeof *paths);
    int err = paths ? 0 : job_fail(job, REASON_LIMIT_MEMORY, "names");

    for (size_t i = 0; i < dir->count && err == 0; i++)
        if ((err = job_steps(job, 1)) == 0)
            err = look_at(&s, &dir->members[i], &paths[i]);
    if (err == 0)
        err = sum_up(&s, dir);
    if (err == 0 && s.output_min > job_options(job)->limits.output_bytes)
        err = job_fail(job, REASON_LIMIT_OUTPUT, "an archive of at least %llu bytes", (unsigned long long)s.output_min);
    if (err < 0) {
        survey_free(&paths, dir->count);
        return err;
    }
    *paths_out = paths;
    return 0;
}
