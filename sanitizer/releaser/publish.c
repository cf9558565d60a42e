/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Publishing. The releaser; the ticket is believed for its signature, the file
 * for its digest, and nothing in new/ at all: others may write there, so names
 * found there are compared and avoided, never followed or replaced.
 */
#include "publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/hook.h"
#include "sequence.h"

#define SEQUENCES "sequences"
#define FILE_MODE 0640
#define FOLDER_MODE 02770
#define CHUNK ((size_t)65536)
#define FLUSHED 256

struct folder {
    char path[MANIFEST_PATH_MAX];
    int fd;
};

struct publisher {
    int tmp, new;
    bool durable, broken; /* broken: a write that later ones rest on failed */
    uint64_t flushed[FLUSHED]; /* folders whose way from new/ on is known to be durable, by hash */
    unsigned flushed_next;
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    struct sequence *sequence;
    struct folder folders[2 * PUBLISH_MAX]; /* touched in this batch */
    unsigned folder_count;
    uint8_t chunk[CHUNK];
};

/* ---- the spool --------------------------------------------------------------------------------------------- */

/* What lies in tmp/ was never published, or is there a second time: its ticket comes again. */
static int empty_tmp(struct publisher *p)
{
    scoped_fd int copy = openat(p->tmp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;

    if (!dir)
        return ERR_IO;
    (void)steal_fd(&copy);
    for (struct dirent *e; (e = readdir(dir));)
        if (e->d_name[0] != '.' && strcmp(e->d_name, SEQUENCES) != 0)
            (void)unlinkat(p->tmp, e->d_name, 0);
    (void)closedir(dir);
    return 0;
}

int publish_open(int outbound, const uint8_t public_key[SIGN_PUBLIC_BYTES], bool durable, struct publisher **out)
{
    scoped(publish_close) struct publisher *p = calloc(1, sizeof *p);
    struct stat tmp, new;

    if (!p)
        return ERR_NOMEM;
    p->durable = durable;
    memcpy(p->public_key, public_key, sizeof p->public_key);
    p->new = -1;
    p->tmp = fdio_make_dirs(outbound, "tmp", 0700);
    if (p->tmp >= 0)
        p->new = fdio_make_dirs(outbound, "new", FOLDER_MODE);
    if (p->tmp < 0 || p->new < 0)
        return p->tmp < 0 ? p->tmp : p->new;
    if (fstat(p->tmp, &tmp) < 0 || fstat(p->new, &new) < 0)
        return ERR_IO;
    if (tmp.st_dev != new.st_dev)
        return ERR_REFUSED;
    int err = sequence_open(p->tmp, SEQUENCES, durable, &p->sequence);
    if (err == 0)
        err = empty_tmp(p);
    if (err == 0 && durable)
        err = fdio_sync(p->tmp);
    if (err < 0)
        return err;
    *out = steal(p);
    return 0;
}

void publish_close(struct publisher **publisher)
{
    struct publisher *p = steal(*publisher);

    if (!p)
        return;
    sequence_close(&p->sequence);
    scope_close(&p->tmp);
    scope_close(&p->new);
    free(p);
}

void publish_item_clear(struct publish_item *item)
{
    free(item->manifest);
    item->manifest = NULL;
    scope_close(&item->source);
    scope_close(&item->file_fd);
    scope_close(&item->manifest_fd);
}

/* ---- one ticket ---------------------------------------------------------------------------------------------- */

static int fail(struct publish_item *item, int err, const char *text)
{
    item->err = err;
    item->text = text;
    return err;
}

static void tmp_name(uint64_t seq, const char *kind, char out[48])
{
    (void)snprintf(out, 48, "%" PRIu64 ".%s", seq, kind);
}

static int create_tmp(struct publisher *p, uint64_t seq, const char *kind)
{
    char name[48];

    tmp_name(seq, kind, name);
    (void)unlinkat(p->tmp, name, 0);
    return fdio_open(p->tmp, name, O_WRONLY | O_CREAT | O_EXCL, FILE_MODE);
}

static void drop_tmp(struct publisher *p, struct publish_item *item)
{
    char name[48];

    scope_close(&item->file_fd);
    scope_close(&item->manifest_fd);
    tmp_name(item->seq, "file", name);
    (void)unlinkat(p->tmp, name, 0);
    tmp_name(item->seq, "manifest", name);
    (void)unlinkat(p->tmp, name, 0);
}

/* Copies (out_fd -1: only reads) n bytes and hashes them. ERR_CLOSED when there are fewer. */
static int copy_hashed(struct publisher *p, int in_fd, uint64_t n, int out_fd, uint8_t sha256[DIGEST_BYTES])
{
    struct digest digest;
    uint64_t at = 0;

    digest_init(&digest);
    while (at < n) {
        size_t part = n - at < CHUNK ? (size_t)(n - at) : CHUNK;
        int err = fdio_pread(in_fd, p->chunk, part, (off_t)at);
        if (err == 0 && out_fd >= 0)
            err = fdio_write(out_fd, p->chunk, part);
        if (err < 0)
            return err;
        digest_add(&digest, p->chunk, part);
        at += part;
    }
    digest_end(&digest, sha256);
    return 0;
}

static int check_ticket(struct publisher *p, struct publish_item *item)
{
    int err = manifest_get(item->manifest, item->manifest_n, p->public_key, &item->m);

    if (err < 0)
        return fail(item, err, err == ERR_CRYPTO ? "the ticket is not signed by the keeper's key" : "the ticket is not complete");
    if (item->m.sequence != item->seq)
        return fail(item, ERR_MALFORMED, "the ticket is for another sequence number");
    err = sequence_use(p->sequence, item->seq, item->m.job);
    p->broken = err < 0 && err != ERR_STALE;
    if (err < 0)
        return fail(item, err, p->broken ? "the list of sequence numbers cannot be written" : "the sequence number was used before: an old ticket");
    return 0;
}

/* Writes file and manifest into tmp/ and sets their way to the disk going. */
static void write_item(struct publisher *p, struct publish_item *item)
{
    uint8_t sha256[DIGEST_BYTES];
    uint64_t size;
    int err;

    if (check_ticket(p, item) < 0)
        return;
    if (fdio_size(item->source, &size) < 0 || size != item->m.bytes) {
        (void)fail(item, ERR_CRYPTO, "the file is not as long as its ticket says");
        return;
    }
    item->file_fd = create_tmp(p, item->seq, "file");
    item->manifest_fd = create_tmp(p, item->seq, "manifest");
    err = item->file_fd < 0 ? item->file_fd : item->manifest_fd < 0 ? item->manifest_fd : 0;
    crash_point("publish-created");
    if (err == 0)
        err = copy_hashed(p, item->source, size, item->file_fd, sha256);
    if (err == 0 && memcmp(sha256, item->m.sha256, sizeof sha256) != 0)
        err = ERR_CRYPTO;
    if (err == 0)
        err = fdio_write(item->manifest_fd, item->manifest, item->manifest_n);
    if (err < 0) {
        (void)fail(item, err == ERR_CLOSED ? ERR_CRYPTO : err,
                   err == ERR_CRYPTO ? "the file is not the one its ticket names" : "the outbound folder cannot be written");
        return;
    }
    if (p->durable) {
        (void)sync_file_range(item->file_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
        (void)sync_file_range(item->manifest_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    }
    crash_point("publish-written");
}

static int flush_item(struct publisher *p, struct publish_item *item)
{
    if (p->durable && (fdio_sync(item->file_fd) < 0 || fdio_sync(item->manifest_fd) < 0))
        return ERR_IO;
    crash_point("publish-synced");
    return fdio_close(&item->file_fd) < 0 || fdio_close(&item->manifest_fd) < 0 ? ERR_IO : 0;
}

/* ---- names in new/ ---------------------------------------------------------------------------------------------- */

/* The folder of a path, opened once for a batch and flushed at its end. */
static int folder_of(struct publisher *p, const char *path)
{
    char folder[MANIFEST_PATH_MAX];
    const char *slash = strrchr(path, '/');

    if (!slash)
        return ERR_REFUSED;
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    for (unsigned i = 0; i < p->folder_count; i++)
        if (strcmp(p->folders[i].path, folder) == 0)
            return p->folders[i].fd;
    if (p->folder_count == ARRAY_LEN(p->folders))
        return ERR_AGAIN;
    int fd = fdio_open_dir(p->new, folder);
    if (fd == ERR_NOTFOUND)
        fd = fdio_make_dirs(p->new, folder, FOLDER_MODE);
    p->broken = p->broken || fd == ERR_IO; /* maybe the flush of a parent */
    if (fd < 0)
        return fd == ERR_NOTFOUND ? ERR_REFUSED : fd; /* something that is no folder is in the way */
    struct folder *f = &p->folders[p->folder_count++];
    memcpy(f->path, folder, sizeof f->path);
    f->fd = fd;
    return fd;
}

/* True when a plain file of that name has exactly these n bytes, by content or (NULL) by digest. */
static bool is_same(struct publisher *p, int folder, const char *name, const void *bytes, uint64_t n, const uint8_t sha256[DIGEST_BYTES])
{
    uint8_t got[DIGEST_BYTES], want[DIGEST_BYTES];
    uint64_t size;
    struct stat st;

    /* Looked at before it is opened: opening a pipe or a device somebody put there could wait, or do something. */
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != n)
        return false;
    scoped_fd int fd = fdio_open(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (bytes)
        digest_of(bytes, n, want);
    else
        memcpy(want, sha256, sizeof want);
    return fd >= 0 && fdio_size(fd, &size) == 0 && size == n && copy_hashed(p, fd, n, -1, got) == 0 && memcmp(got, want, sizeof got) == 0;
}

/* Renames one of the two out of tmp/. 0 placed, 1 it is there already (a redelivery), ERR_EXISTS something else is. */
static int place(struct publisher *p, uint64_t seq, const char *kind, int folder, const char *name, const void *bytes, uint64_t n,
                 const uint8_t *sha256)
{
    char from[48];
    int err;

    tmp_name(seq, kind, from);
    err = fdio_rename_new(p->tmp, from, folder, name);
    if (err != ERR_EXISTS)
        return err;
    if (!is_same(p, folder, name, bytes, n, sha256))
        return ERR_EXISTS;
    (void)unlinkat(p->tmp, from, 0);
    return 1;
}

static int place_both(struct publisher *p, struct publish_item *item)
{
    const char *name = strrchr(item->m.path, '/') + 1;
    char beside[256 + sizeof MANIFEST_SUFFIX];
    int folder = folder_of(p, item->m.path);

    if (folder < 0)
        return folder;
    (void)snprintf(beside, sizeof beside, "%s" MANIFEST_SUFFIX, name);
    int manifest = place(p, item->seq, "manifest", folder, beside, item->manifest, item->manifest_n, NULL);
    if (manifest < 0)
        return manifest;
    crash_point("publish-manifest");
    int file = place(p, item->seq, "file", folder, name, NULL, item->m.bytes, item->m.sha256);
    if (file < 0 && manifest == 0)
        (void)unlinkat(folder, beside, 0);
    crash_point("publish-file");
    return file < 0 ? file : 0;
}

/* A folder that the other side removed while it was open here is opened, or made, anew. */
static void forget_folder(struct publisher *p, const char *path)
{
    size_t n = (size_t)(strrchr(path, '/') - path);

    for (unsigned i = 0; i < p->folder_count; i++)
        if (strlen(p->folders[i].path) == n && memcmp(p->folders[i].path, path, n) == 0)
            p->folders[i].path[0] = '\0';
}

static void place_item(struct publisher *p, struct publish_item *item)
{
    int err = place_both(p, item);

    if (err == ERR_NOTFOUND) {
        forget_folder(p, item->m.path);
        err = place_both(p, item);
    }
    if (err == 0)
        return;
    (void)fail(item, err,
               err == ERR_EXISTS    ? "the name is taken by another file"
               : err == ERR_REFUSED ? "a link or a file lies where a folder must be"
                                    : "the name cannot be made");
    drop_tmp(p, item);
}

static uint64_t path_hash(const char *path)
{
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a: a clash costs a flush of parents that was done before */

    for (; *path; path++)
        hash = (hash ^ (uint8_t)*path) * 0x100000001b3;
    return hash;
}

/* A folder somebody made before us, or we before a crash, is only as durable as the folders above it. */
static int flush_parents(struct publisher *p, const char *path)
{
    char at[MANIFEST_PATH_MAX];
    uint64_t hash = path_hash(path);

    for (unsigned i = 0; i < FLUSHED; i++)
        if (p->flushed[i] == hash)
            return 0;
    (void)snprintf(at, sizeof at, "%s", path);
    for (char *slash; (slash = strrchr(at, '/'));) {
        *slash = '\0';
        scoped_fd int fd = fdio_open_dir(p->new, at);
        if (fd < 0 && fd != ERR_NOTFOUND)
            return ERR_IO;
        if (fd >= 0 && fdio_sync(fd) < 0)
            return ERR_IO;
    }
    if (fdio_sync(p->new) < 0)
        return ERR_IO;
    p->flushed[p->flushed_next++ % FLUSHED] = hash;
    return 0;
}

static int flush_folders(struct publisher *p)
{
    int err = 0;

    for (unsigned i = 0; i < p->folder_count; i++) {
        if (p->durable && err == 0)
            err = fdio_sync(p->folders[i].fd);
        if (p->durable && err == 0)
            err = flush_parents(p, p->folders[i].path);
        scope_close(&p->folders[i].fd);
    }
    p->folder_count = 0;
    if (err == 0 && p->durable)
        err = fdio_sync(p->tmp);
    crash_point("publish-folders");
    return err < 0 || p->broken ? ERR_IO : 0;
}

int publish_run(struct publisher *p, struct publish_item *items, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        items[i].file_fd = items[i].manifest_fd = -1;
        items[i].err = 0;
        items[i].text = "";
        write_item(p, &items[i]);
        if (items[i].err < 0)
            drop_tmp(p, &items[i]);
        if (p->broken) /* a later number on the list would make this one look like a replay */
            return ERR_IO;
    }
    for (unsigned i = 0; i < count; i++)
        if (items[i].err == 0 && flush_item(p, &items[i]) < 0)
            return ERR_IO;
    if (sequence_flush(p->sequence) < 0)
        return ERR_IO;
    crash_point("publish-flushed");
    for (unsigned i = 0; i < count; i++)
        if (items[i].err == 0)
            place_item(p, &items[i]);
    return flush_folders(p);
}

/* ---- what became of it ------------------------------------------------------------------------------------------ */

enum publish_fate publish_look(struct publisher *p, const char *path)
{
    char beside[MANIFEST_PATH_MAX + sizeof MANIFEST_SUFFIX];
    struct stat st;

    if (fstatat(p->new, path, &st, AT_SYMLINK_NOFOLLOW) == 0 || (errno != ENOENT && errno != ENOTDIR))
        return PUBLISH_THERE;
    (void)snprintf(beside, sizeof beside, "%s" MANIFEST_SUFFIX, path);
    return fstatat(p->new, beside, &st, AT_SYMLINK_NOFOLLOW) == 0 ? PUBLISH_MANIFEST_LEFT : PUBLISH_GONE;
}

void publish_tidy(struct publisher *p, const char *path)
{
    char at[MANIFEST_PATH_MAX + sizeof MANIFEST_SUFFIX];
    bool file = true;

    (void)snprintf(at, sizeof at, "%s" MANIFEST_SUFFIX, path);
    for (char *slash; (slash = strrchr(at, '/')); file = false) { /* the destination's own folder stays */
        *slash = '\0';
        scoped_fd int folder = fdio_open_dir(p->new, at);
        if (folder < 0 || (unlinkat(folder, slash + 1, file ? 0 : AT_REMOVEDIR) < 0 && errno != ENOENT))
            return;
    }
}
