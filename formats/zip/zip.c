/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ZIP archives. Runs in the package worker. The structure is judged first
 * (directory.c), then all names and sizes (survey.c); then each file goes to
 * the core as a child item and a new archive is written from what comes back.
 * Of the old container stay names, times and folders, nothing else.
 */
#include <string.h>

#include "directory.h"
#include "formats/list.h"
#include "formats/name.h"
#include "formats/name_type.h"
#include "path_set.h"
#include "survey.h"
#include "unpack.h"
#include "writer.h"

/* One archive on its way. */
struct pack {
    struct fmt_job *job;
    struct zip_directory dir;
    char **paths; /* decoded path of each member; NULL: left out */
    struct zip_writer writer;
    struct path_set written; /* paths of the new archive */
    size_t queue[CHILD_WINDOW]; /* members not yet written, in the order of the old directory */
    unsigned queued;
    uint64_t files, folders;
};

static void pack_clear(struct pack *p)
{
    survey_free(&p->paths, p->dir.count);
    zip_directory_clear(&p->dir);
    zip_writer_clear(&p->writer);
    path_set_clear(&p->written);
}

/* Files with content are children; folders and empty files have nothing another handler could look at. */
static bool is_child(const struct zip_member *m)
{
    return m->kind == ZIP_KIND_FILE && m->bytes > 0;
}

/* ---- Writing ------------------------------------------------------------------ */

static struct zip_entry entry_of(const struct zip_member *m, const char *path)
{
    struct zip_entry entry = {.path = path,
                              .folder = m->kind == ZIP_KIND_FOLDER,
                              .dos_date = 0x21,
                              .has_mtime = m->has_mtime,
                              .mtime = m->mtime};

    if (zip_clock_is_valid(m->dos_date, m->dos_time)) {
        entry.dos_date = m->dos_date;
        entry.dos_time = m->dos_time;
    }
    return entry;
}

static int name_error(struct pack *p, int err, const char *path)
{
    return err == ERR_NOMEM ? job_fail(p->job, REASON_LIMIT_MEMORY, "names")
                            : job_fail(p->job, REASON_UNSAFE_NAME, "no place for \"%s\"", path);
}

/* Writes a file; corrected extensions can make two names one ("a.docm" beside "a.docx"). */
static int file_write(struct pack *p, const struct zip_member *m, const char *path, const struct fmt_in *bytes)
{
    char name[CHILD_NAME_MAX];
    struct zip_entry entry = entry_of(m, name);
    int err = path_set_free_name(&p->written, path, name, sizeof name);

    if (err < 0)
        return name_error(p, err, path);
    if (strcmp(name, path) != 0 &&
        (err = job_finding(p->job, FINDING_NAME, path, 1, "numbered: the name was taken")) < 0)
        return err;
    p->files++;
    return zip_writer_add(&p->writer, &entry, bytes);
}

static int folder_write(struct pack *p, const struct zip_member *m, const char *path)
{
    static const struct fmt_in nothing;
    struct zip_entry entry = entry_of(m, path);
    int err = path_set_folder(&p->written, path);

    if (err < 0)
        return name_error(p, err, path);
    p->folders++;
    return zip_writer_add(&p->writer, &entry, &nothing);
}

/* Cleans a name the core does not see, and reports what that changed. */
static int clean_here(struct pack *p, const char *path, char *out)
{
    scoped(findings_clear) struct findings found = {0};
    int err = name_clean(path, out, CHILD_NAME_MAX, &found);

    if (err < 0)
        return name_error(p, err, path);
    for (size_t i = 0; i < found.count && err == 0; i++)
        err = job_finding(p->job, found.rows[i].kind, found.rows[i].place, found.rows[i].count, found.rows[i].note);
    return err;
}

/* Windows runs what the name says, whichever row of the list comes first. */
static bool is_program(const char *path)
{
    char extension[NAME_EXTENSION_MAX];
    const struct format_identity *row;

    name_extension(path, extension);
    for (unsigned i = 0; (row = registry_at(i)); i++)
        if (row->class == FORMAT_CLASS_NEVER && registry_has_extension(row, extension))
            return true;
    return false;
}

/* An empty file is harmless whatever it is called, but a program's name may not come out. */
static int empty_write(struct pack *p, const struct zip_member *m, const char *path)
{
    static const struct fmt_in nothing;
    char clean[CHILD_NAME_MAX];
    int err = clean_here(p, path, clean);

    if (err < 0)
        return err;
    if (m->kind == ZIP_KIND_FOLDER)
        return folder_write(p, m, clean);
    if (is_program(clean) || is_program(path))
        return job_fail(p->job, REASON_MEMBER_BLOCKED, "%s: %s", path, reason_code(REASON_BLOCKED_TYPE));
    return file_write(p, m, clean, &nothing);
}

/* ---- What comes back ------------------------------------------------------------ */

/* Limits of the whole job: no policy leaves out the member that met one and goes on. */
static bool is_shared_limit(enum reason reason)
{
    return reason == REASON_LIMIT_DEPTH || reason == REASON_LIMIT_MEMBERS || reason == REASON_LIMIT_RATIO;
}

/* A member that is not released holds or blocks the archive, or is left out where the policy says so. */
static int refused(struct pack *p, const char *path, const struct child_result *r)
{
    enum reason reason = REASON_MEMBER_HELD;

    if (r->reason == REASON_INFECTED || is_shared_limit(r->reason))
        reason = r->reason;
    else if (r->verdict == VERDICT_BLOCKED)
        reason = REASON_MEMBER_BLOCKED;
    else if (job_switch(p->job, FINDING_MEMBER) != FMT_SWITCH_DISALLOW)
        return job_finding(p->job, FINDING_MEMBER, path, 1, reason_code(r->reason));
    return job_fail(p->job, reason, "%s: %s", path, reason_code(r->reason));
}

static int child_take(struct pack *p, size_t member)
{
    struct child_result r = {0};
    int err = child_collect(p->job, &r);

    if (err < 0)
        return err;
    r.name[sizeof r.name - 1] = '\0';
    if (r.verdict != VERDICT_RELEASED || r.reason != REASON_OK)
        err = refused(p, p->paths[member], &r);
    else if (in_len(&r.bytes) == 0)
        err = job_fail(p->job, REASON_INTERNAL, "%s: nothing came back", p->paths[member]);
    else
        err = file_write(p, &p->dir.members[member], r.name, &r.bytes);
    child_release(p->job, &r);
    return err;
}

/* Writes the oldest member of the queue. */
static int queue_pop(struct pack *p)
{
    size_t member = p->queue[0];
    const struct zip_member *m = &p->dir.members[member];

    memmove(p->queue, p->queue + 1, --p->queued * sizeof *p->queue);
    return is_child(m) ? child_take(p, member) : empty_write(p, m, p->paths[member]);
}

/* ---- What goes out ---------------------------------------------------------------- */

static int to_child(void *ctx, const uint8_t *bytes, size_t n)
{
    return child_append(ctx, bytes, n);
}

/* For members declared empty: unpack_member has made sure that nothing comes. */
static int to_nowhere(void *ctx, const uint8_t *bytes, size_t n)
{
    (void)bytes;
    return job_fail(ctx, REASON_MALFORMED, "an empty member with %zu bytes", n);
}

static int member_send(struct pack *p, size_t member)
{
    const struct zip_member *m = &p->dir.members[member];
    struct child_info info = {.name = p->paths[member],
                              .packed_bytes = m->packed_bytes,
                              .size_hint = m->bytes,
                              .mtime = zip_member_time(m)};

    if (!is_child(m))
        return unpack_member(p->job, job_in(p->job), m, to_nowhere, p->job);
    int err = child_open(p->job, &info);
    if (err == 0)
        err = unpack_member(p->job, job_in(p->job), m, to_child, p->job);
    return err < 0 ? err : child_submit(p->job);
}

static int members_process(struct pack *p)
{
    int err = 0;

    for (size_t i = 0; i < p->dir.count && err == 0; i++) {
        if (!p->paths[i])
            continue;
        if (p->queued == ARRAY_LEN(p->queue))
            err = queue_pop(p);
        if (err == 0)
            err = member_send(p, i);
        if (err == 0)
            p->queue[p->queued++] = i;
    }
    while (err == 0 && p->queued > 0)
        err = queue_pop(p);
    return err;
}

/* Takes back what is still under way, so that nothing stays mapped or running after a failure. */
static void drain(struct fmt_job *job)
{
    while (child_pending(job) > 0) {
        struct child_result r = {0};
        if (child_collect(job, &r) < 0)
            return;
        child_release(job, &r);
    }
}

static int zip_rebuild(struct fmt_job *job)
{
    scoped(pack_clear) struct pack p = {.job = job, .writer = zip_writer_new(job)};
    int err = zip_directory_read(job, job_in(job), &p.dir);

    if (err == 0)
        err = survey_paths(job, &p.dir, &p.paths);
    if (err == 0)
        err = members_process(&p);
    drain(job);
    if (err < 0)
        return err;
    if (p.files + p.folders == 0)
        return job_fail(job, REASON_EMPTY, "no member is left in the archive");
    if (p.files > 0)
        job_kept(job, "members", p.files);
    if (p.folders > 0)
        job_kept(job, "folders", p.folders);
    err = zip_writer_finish(&p.writer);
    return err < 0 ? err : out_finish(job, NULL);
}

/* The core gives the mode on to the children: a container is the same in all three. */
const struct format_handler fmt_zip = {
    .name = "zip",
    .sanitize = zip_rebuild,
    .flatten = zip_rebuild,
    .text = zip_rebuild,
};
