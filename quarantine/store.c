/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The encrypted store. The keeper; file bodies are hostile and are only
 * hashed and encrypted here, file names in the store are all our own.
 */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/hook.h"
#include "keys.h"

#define MAGIC "SKSTORE1"
#define MAGIC_BYTES (sizeof MAGIC - 1)
#define HEAD_BYTES (MAGIC_BYTES + CIPHER_HEAD_BYTES)
#define CHUNK ((size_t)65536)
#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

struct store {
    int incoming, work, places[STORE_KINDS];
    bool durable;
    uint8_t master[CIPHER_KEY_BYTES];
    uint8_t plain[CHUNK];
    uint8_t sealed[HEAD_BYTES + CHUNK + CIPHER_EXTRA]; /* a small file leaves in one write */
};

static const struct {
    const char *folder, *purpose;
    char letter;
} kinds[STORE_KINDS] = {
    [STORE_ORIGINAL] = {"originals", "store original", 'o'},
    [STORE_OUTPUT] = {"outputs", "store output", 'p'},
};

#define NAME_ROOM (JOB_ID_MAX + 16)

static void incoming_name(enum store_kind kind, const char *job, char out[NAME_ROOM])
{
    (void)snprintf(out, NAME_ROOM, "%s.%c", job, kinds[kind].letter);
}

/* "YYYYMMDD/<job>": the day is the head of the id. */
static void place_name(const char *job, char out[NAME_ROOM])
{
    (void)snprintf(out, NAME_ROOM, "%.8s/%s", job, job);
}

static bool folder_is_empty(int fd)
{
    scoped_fd int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
    bool empty = dir != NULL;

    if (!dir)
        return false;
    (void)steal_fd(&copy);
    for (struct dirent *e; empty && (e = readdir(dir));)
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    (void)closedir(dir);
    return empty;
}

static int open_folders(struct store *s, int state_fd)
{
    s->incoming = fdio_make_dirs(state_fd, "incoming", 0700);
    s->work = fdio_make_dirs(state_fd, "work", 0700);
    if (s->incoming < 0 || s->work < 0)
        return ERR_IO;
    for (int i = 0; i < STORE_KINDS; i++) {
        s->places[i] = fdio_make_dirs(state_fd, kinds[i].folder, 0700);
        if (s->places[i] < 0)
            return ERR_IO;
    }
    return 0;
}

int store_open(int state_fd, const char *key_path, bool durable, struct store **store_out)
{
    scoped(store_close) struct store *s = calloc(1, sizeof *s);

    if (!s)
        return ERR_NOMEM;
    *s = (struct store){.incoming = -1, .work = -1, .places = {-1, -1}, .durable = durable};
    scoped_fd int keys = fdio_make_dirs(state_fd, "keys", 0700);
    int err = keys < 0 ? ERR_IO : open_folders(s, state_fd);
    if (err < 0)
        return err;
    bool fresh = folder_is_empty(s->incoming) && folder_is_empty(s->places[0]) && folder_is_empty(s->places[1]);
    err = key_path[0] ? key_load(-1, key_path, fresh, s->master) : key_load(keys, "master.key", fresh, s->master);
    if (err < 0)
        return err;
    *store_out = steal(s);
    return 0;
}

void store_close(struct store **store)
{
    struct store *s = steal(*store);

    if (!s)
        return;
    scope_close(&s->incoming);
    scope_close(&s->work);
    for (int i = 0; i < STORE_KINDS; i++)
        scope_close(&s->places[i]);
    crypt_wipe(s, sizeof *s);
    free(s);
}

/* 26 letters of Crockford's base 32 hold 128 bits. */
static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";

void store_job_id(uint64_t now_ms, char id[JOB_ID_MAX])
{
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm tm = {0};
    uint8_t random[16];
    unsigned bits = 0, held = 0;

    (void)gmtime_r(&seconds, &tm);
    size_t n = strftime(id, JOB_ID_MAX, "%Y%m%d%H%M%S", &tm);
    n += (size_t)snprintf(id + n, JOB_ID_MAX - n, "%03u-", (unsigned)(now_ms % 1000));
    fdio_random(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) {
        bits = bits << 8 | random[i];
        for (held += 8; held >= 5; held -= 5)
            id[n++] = letters[bits >> (held - 5) & 31];
    }
    id[n++] = letters[bits << (5 - held) & 31];
    id[n] = '\0';
}

bool store_is_job_id(const char *text)
{
    return strlen(text) == 17 + 1 + 26 && strspn(text, "0123456789") == 17 && text[17] == '-' && strspn(text + 18, letters) == 26;
}

static int create_incoming(struct store *s, const char *name)
{
    int fd = fdio_open(s->incoming, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

    if (fd != ERR_EXISTS)
        return fd;
    /* Left by an attempt whose commit failed. */
    if (unlinkat(s->incoming, name, 0) < 0)
        return ERR_IO;
    return fdio_open(s->incoming, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
}

/* Reads, hashes, seals and writes all chunks of a source that is `size` bytes long. */
static int write_chunks(struct store *s, const uint8_t key[CIPHER_KEY_BYTES], int source_fd, uint64_t size, int plain_fd, int fd,
                        uint8_t sha256[DIGEST_BYTES])
{
    struct cipher cipher;
    struct digest digest;
    uint64_t at = 0;
    size_t head = HEAD_BYTES;
    int err;

    memcpy(s->sealed, MAGIC, MAGIC_BYTES);
    cipher_seal_start(&cipher, key, s->sealed + MAGIC_BYTES);
    digest_init(&digest);
    do {
        size_t n = size - at < CHUNK ? (size_t)(size - at) : CHUNK;
        if ((err = fdio_pread(source_fd, s->plain, n, (off_t)at)) < 0)
            return err == ERR_CLOSED ? ERR_STALE : err;
        at += n;
        digest_add(&digest, s->plain, n);
        if (plain_fd >= 0 && (err = fdio_write(plain_fd, s->plain, n)) < 0)
            return err;
        cipher_seal(&cipher, s->plain, n, at == size, s->sealed + head);
        if ((err = fdio_write(fd, s->sealed, head + n + CIPHER_EXTRA)) < 0)
            return err;
        head = 0;
    } while (at < size);
    digest_end(&digest, sha256);
    return 0;
}

int store_write(struct store *s, enum store_kind kind, const char *job, int source_fd, uint64_t max_bytes, int plain_fd,
                struct store_file *file_out)
{
    struct store_file file = {.kind = kind, .fd = -1};
    uint8_t key[CIPHER_KEY_BYTES];
    char name[NAME_ROOM];
    int err = fdio_size(source_fd, &file.bytes);

    if (err < 0)
        return err;
    if (file.bytes > max_bytes)
        return ERR_LIMIT;
    (void)snprintf(file.job, sizeof file.job, "%s", job);
    incoming_name(kind, job, name);
    scoped_fd int fd = create_incoming(s, name);
    if (fd < 0)
        return fd;
    crash_point("store-created");
    cipher_key(s->master, kinds[kind].purpose, job, key);
    err = write_chunks(s, key, source_fd, file.bytes, plain_fd, fd, file.sha256);
    crypt_wipe(key, sizeof key);
    if (err < 0) {
        (void)unlinkat(s->incoming, name, 0);
        return err;
    }
    crash_point("store-written");
    file.fd = steal_fd(&fd);
    *file_out = file;
    return 0;
}

void store_start(struct store *s, const struct store_file *file)
{
    if (s->durable && file->fd >= 0)
        (void)sync_file_range(file->fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* only a hint: store_sync reports */
}

int store_sync(struct store *s, struct store_file *file)
{
    int err = s->durable ? fdio_sync(file->fd) : 0, closed = fdio_close(&file->fd);

    crash_point("store-synced");
    return err < 0 ? err : closed;
}

int store_sync_names(struct store *s)
{
    int err = s->durable ? fdio_sync(s->incoming) : 0;

    crash_point("store-names-synced");
    return err;
}

static int settle(struct store *s, enum store_kind kind, const char *job)
{
    char from[NAME_ROOM], to[NAME_ROOM];

    incoming_name(kind, job, from);
    place_name(job, to);
    int err = fdio_rename(s->incoming, from, s->places[kind], to);
    if (err != ERR_NOTFOUND)
        return err;
    to[8] = '\0';
    if (mkdirat(s->places[kind], to, 0700) < 0 && errno != EEXIST)
        return ERR_IO;
    to[8] = '/';
    return fdio_rename(s->incoming, from, s->places[kind], to);
}

void store_settle(struct store *s, const struct store_file *file)
{
    crash_point("store-settle");
    (void)!settle(s, file->kind, file->job);
}

void store_drop(struct store *s, struct store_file *file)
{
    char name[NAME_ROOM];

    scope_close(&file->fd);
    incoming_name(file->kind, file->job, name);
    (void)unlinkat(s->incoming, name, 0);
}

static int open_stored(struct store *s, enum store_kind kind, const char *job)
{
    char name[NAME_ROOM];

    place_name(job, name);
    int fd = fdio_open(s->places[kind], name, O_RDONLY, 0);
    if (fd != ERR_NOTFOUND)
        return fd;
    incoming_name(kind, job, name);
    return fdio_open(s->incoming, name, O_RDONLY, 0);
}

static int read_chunks(struct store *s, struct cipher *cipher, int fd, uint64_t bytes, int out_fd, uint8_t sha256[DIGEST_BYTES])
{
    struct digest digest;
    uint64_t at = 0;
    bool last = false;
    int err;

    digest_init(&digest);
    while (!last) {
        size_t n = bytes - at < CHUNK ? (size_t)(bytes - at) : CHUNK;
        if ((err = fdio_read(fd, s->sealed, n + CIPHER_EXTRA)) < 0)
            return err == ERR_CLOSED ? ERR_CRYPTO : err;
        if ((err = cipher_open(cipher, s->sealed, n + CIPHER_EXTRA, s->plain, &last)) < 0)
            return err;
        at += n;
        digest_add(&digest, s->plain, n);
        if ((err = fdio_write(out_fd, s->plain, n)) < 0)
            return err;
        if (last != (at == bytes))
            return ERR_CRYPTO;
    }
    digest_end(&digest, sha256);
    return 0;
}

int store_read(struct store *s, enum store_kind kind, const char *job, uint64_t bytes, const uint8_t sha256[DIGEST_BYTES], int out_fd)
{
    uint8_t head[HEAD_BYTES], key[CIPHER_KEY_BYTES], got[DIGEST_BYTES];
    struct cipher cipher;
    scoped_fd int fd = open_stored(s, kind, job);

    if (fd < 0)
        return fd;
    int err = fdio_read(fd, head, sizeof head);
    if (err < 0)
        return err == ERR_CLOSED ? ERR_CRYPTO : err;
    cipher_key(s->master, kinds[kind].purpose, job, key);
    if (memcmp(head, MAGIC, MAGIC_BYTES) != 0)
        err = ERR_CRYPTO;
    else
        err = cipher_open_start(&cipher, key, head + MAGIC_BYTES);
    crypt_wipe(key, sizeof key);
    if (err == 0)
        err = read_chunks(s, &cipher, fd, bytes, out_fd, got);
    if (err == 0 && memcmp(got, sha256, sizeof got) != 0)
        err = ERR_CRYPTO;
    return err;
}

bool store_has(struct store *s, enum store_kind kind, const char *job)
{
    char name[NAME_ROOM];
    struct stat st;

    place_name(job, name);
    if (fstatat(s->places[kind], name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return true;
    incoming_name(kind, job, name);
    return fstatat(s->incoming, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int store_remove(struct store *s, enum store_kind kind, const char *job)
{
    char name[NAME_ROOM];

    place_name(job, name);
    if (unlinkat(s->places[kind], name, 0) < 0 && errno != ENOENT)
        return ERR_IO;
    incoming_name(kind, job, name);
    return unlinkat(s->incoming, name, 0) == 0 || errno == ENOENT ? 0 : ERR_IO;
}

/* Calls fn for each name in a folder, which may remove or move it. */
static int each_name(int folder, int (*fn)(void *arg, const char *name), void *arg)
{
    scoped_fd int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
    int err = 0;

    if (!dir)
        return ERR_IO;
    (void)steal_fd(&copy);
    errno = 0;
    for (struct dirent *e; err == 0 && (e = readdir(dir)); errno = 0)
        if (e->d_name[0] != '.')
            err = fn(arg, e->d_name);
    if (err == 0 && errno != 0)
        err = ERR_IO;
    (void)closedir(dir);
    return err;
}

struct recovery {
    struct store *store;
    bool (*has_row)(void *arg, enum store_kind kind, const char *job);
    void *arg;
    uint64_t adopted, dropped;
};

static int recover_one(void *arg, const char *name)
{
    struct recovery *r = arg;
    char job[JOB_ID_MAX];
    size_t n = strlen(name);

    crash_point("store-recover");
    if (n > 2 && n < sizeof job + 2 && name[n - 2] == '.') {
        (void)snprintf(job, sizeof job, "%.*s", (int)(n - 2), name);
        for (int kind = 0; kind < STORE_KINDS && store_is_job_id(job); kind++) {
            if (name[n - 1] != kinds[kind].letter || !r->has_row(r->arg, (enum store_kind)kind, job))
                continue;
            r->adopted++;
            return settle(r->store, (enum store_kind)kind, job);
        }
    }
    r->dropped++;
    return unlinkat(r->store->incoming, name, 0) == 0 || errno == ENOENT ? 0 : ERR_IO;
}

static int drop_work(void *arg, const char *name)
{
    const struct store *s = arg;

    return unlinkat(s->work, name, 0) == 0 || errno == ENOENT ? 0 : ERR_IO;
}

int store_recover(struct store *s, bool (*has_row)(void *arg, enum store_kind kind, const char *job), void *arg,
                  uint64_t *adopted_out, uint64_t *dropped_out)
{
    struct recovery r = {.store = s, .has_row = has_row, .arg = arg};
    int err = each_name(s->work, drop_work, s);

    if (err == 0)
        err = each_name(s->incoming, recover_one, &r);
    if (err < 0)
        return err;
    *adopted_out = r.adopted;
    *dropped_out = r.dropped;
    return 0;
}

int store_plain_new(struct store *s, uint64_t bytes, uint64_t memory_max, struct store_plain *out)
{
    struct store_plain plain = {-1, -1};
    char name[2 * DIGEST_HEX];

    if (bytes <= memory_max) {
        plain.fd = memfd_create("plain", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (plain.fd < 0)
            return ERR_IO;
        *out = plain;
        return 0;
    }
    store_job_id(0, name); /* any name nobody has */
    plain.fd = fdio_open(s->work, name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (plain.fd < 0)
        return plain.fd;
    plain.read_fd = fdio_open(s->work, name, O_RDONLY, 0);
    (void)unlinkat(s->work, name, 0);
    if (plain.read_fd < 0) {
        store_plain_free(&plain);
        return ERR_IO;
    }
    *out = plain;
    return 0;
}

int store_plain_seal(struct store_plain *plain, int *fd_out)
{
    if (plain->read_fd >= 0) {
        scope_close(&plain->fd);
        *fd_out = steal_fd(&plain->read_fd);
        return 0;
    }
    if (fcntl(plain->fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) < 0 || lseek(plain->fd, 0, SEEK_SET) < 0)
        return ERR_IO;
    *fd_out = steal_fd(&plain->fd);
    return 0;
}

void store_plain_free(struct store_plain *plain)
{
    scope_close(&plain->fd);
    scope_close(&plain->read_fd);
}

bool store_is_sealed(int fd)
{
    int seals = fcntl(fd, F_GET_SEALS);

    return seals >= 0 && (seals & SEALS) == SEALS;
}

int store_free_space(struct store *s, uint64_t *bytes_out, uint64_t *inodes_out)
{
    return fdio_free_space(s->incoming, bytes_out, inodes_out);
}
