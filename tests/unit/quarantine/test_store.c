/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The encrypted store: what goes in comes out, and nothing else does. */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fdio.h"
#include "store.h"

struct fixture {
    char folder[64];
    int fd;
    struct store *store;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_int_equal(crypt_init(), 0);
    (void)strcpy(f->folder, "/tmp/sekimori-store-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->fd = open(f->folder, O_RDONLY | O_DIRECTORY);
    assert_int_equal(store_open(f->fd, "", true, &f->store), 0);
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    store_close(&f->store);
    (void)close(f->fd);
    (void)nftw(f->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

static int memory(size_t n, uint8_t seed)
{
    int fd = memfd_create("t", MFD_ALLOW_SEALING);
    uint8_t *bytes = malloc(n + 1);

    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 251 + seed);
    assert_int_equal(fdio_write(fd, bytes, n), 0);
    free(bytes);
    return fd;
}

static void put(struct fixture *f, const char *job, int source, struct store_file *file)
{
    assert_int_equal(store_write(f->store, STORE_ORIGINAL, job, source, (uint64_t)1 << 30, -1, file), 0);
    store_start(f->store, file);
    assert_int_equal(store_sync(f->store, file), 0);
    assert_int_equal(store_sync_names(f->store), 0);
}

static bool same(int a, int b, size_t n)
{
    uint8_t x[4096], y[4096];

    for (size_t at = 0; at < n; at += sizeof x) {
        size_t part = n - at < sizeof x ? n - at : sizeof x;
        if (fdio_pread(a, x, part, (off_t)at) < 0 || fdio_pread(b, y, part, (off_t)at) < 0 || memcmp(x, y, part) != 0)
            return false;
    }
    return true;
}

static void test_sizes(void **state)
{
    struct fixture *f = *state;
    static const size_t sizes[] = {0, 1, 4096, 65535, 65536, 65537, 131072, 300000};

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        char job[JOB_ID_MAX];
        struct store_file file;
        scoped_fd int source = memory(sizes[i], (uint8_t)i), out = memory(0, 0);
        store_job_id(1795500000123, job);
        assert_true(store_is_job_id(job));
        put(f, job, source, &file);
        assert_int_equal(file.bytes, sizes[i]);
        for (int settled = 0; settled < 2; settled++) {
            assert_int_equal(ftruncate(out, 0), 0);
            assert_int_equal(lseek(out, 0, SEEK_SET), 0);
            assert_int_equal(store_read(f->store, STORE_ORIGINAL, job, file.bytes, file.sha256, out), 0);
            assert_int_equal(lseek(out, 0, SEEK_END), sizes[i]);
            assert_true(same(source, out, sizes[i]));
            store_settle(f->store, &file);
        }
        assert_true(store_has(f->store, STORE_ORIGINAL, job));
        assert_false(store_has(f->store, STORE_OUTPUT, job));
        assert_int_equal(store_remove(f->store, STORE_ORIGINAL, job), 0);
        assert_false(store_has(f->store, STORE_ORIGINAL, job));
        assert_int_equal(store_read(f->store, STORE_ORIGINAL, job, file.bytes, file.sha256, out), ERR_NOTFOUND);
    }
}

/* O14: a copy of the volume shows nothing of the content. */
static void test_no_plaintext(void **state)
{
    struct fixture *f = *state;
    static const char marker[] = "MARKER-THAT-MUST-NOT-SHOW";
    struct store_file file;
    char job[JOB_ID_MAX], command[256];
    scoped_fd int source = memory(0, 0);

    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(fdio_write(source, marker, sizeof marker), 0);
    store_job_id(1795500000123, job);
    put(f, job, source, &file);
    store_settle(f->store, &file);
    (void)snprintf(command, sizeof command, "grep -rq %s %s", marker, f->folder);
    assert_int_not_equal(system(command), 0);
}

/* Any bit of a stored file, its length, its name or its kind: changed, it does not open. */
static void test_tampering(void **state)
{
    struct fixture *f = *state;
    struct store_file file, other;
    char job[JOB_ID_MAX], job2[JOB_ID_MAX], path[256], path2[256];
    scoped_fd int source = memory(70000, 3), out = memory(0, 0);
    struct stat st;

    store_job_id(1795500000123, job);
    store_job_id(1795500000123, job2);
    put(f, job, source, &file);
    put(f, job2, source, &other);
    store_settle(f->store, &file);
    store_settle(f->store, &other);
    (void)snprintf(path, sizeof path, "%s/originals/%.8s/%s", f->folder, job, job);
    (void)snprintf(path2, sizeof path2, "%s/originals/%.8s/%s", f->folder, job2, job2);
    scoped_fd int raw = open(path, O_RDWR);
    assert_int_equal(fstat(raw, &st), 0);
    for (off_t at = 0; at < st.st_size; at += at < 64 ? 1 : 997) {
        uint8_t byte;
        assert_int_equal(pread(raw, &byte, 1, at), 1);
        byte ^= 0x40;
        assert_int_equal(pwrite(raw, &byte, 1, at), 1);
        assert_int_equal(store_read(f->store, STORE_ORIGINAL, job, file.bytes, file.sha256, out), ERR_CRYPTO);
        byte ^= 0x40;
        assert_int_equal(pwrite(raw, &byte, 1, at), 1);
    }
    assert_int_equal(store_read(f->store, STORE_ORIGINAL, job, file.bytes, file.sha256, out), 0);
    assert_int_equal(store_read(f->store, STORE_ORIGINAL, job, file.bytes - 1, file.sha256, out), ERR_CRYPTO);
    assert_int_equal(store_read(f->store, STORE_ORIGINAL, job, file.bytes + 1, file.sha256, out), ERR_CRYPTO);
    file.sha256[0] ^= 1;
    assert_int_equal(store_read(f->store, STORE_ORIGINAL, job, file.bytes, file.sha256, out), ERR_CRYPTO);
    file.sha256[0] ^= 1;
    assert_int_equal(ftruncate(raw, st.st_size - 1), 0);
    assert_int_equal(store_read(f->store, STORE_ORIGINAL, job, file.bytes, file.sha256, out), ERR_CRYPTO);
    assert_int_equal(rename(path2, path), 0); /* another job's file with the very same content */
    assert_int_equal(store_read(f->store, STORE_ORIGINAL, job, file.bytes, file.sha256, out), ERR_CRYPTO);
}

static void test_refused_sources(void **state)
{
    struct fixture *f = *state;
    struct store_file file;
    char job[JOB_ID_MAX];
    int pipes[2];
    scoped_fd int big = memory(5000, 1), folder = open("/tmp", O_RDONLY | O_DIRECTORY);

    store_job_id(1795500000123, job);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(store_write(f->store, STORE_ORIGINAL, job, pipes[0], 100, -1, &file), ERR_REFUSED);
    assert_int_equal(store_write(f->store, STORE_ORIGINAL, job, folder, 100, -1, &file), ERR_REFUSED);
    assert_int_equal(store_write(f->store, STORE_ORIGINAL, job, big, 4999, -1, &file), ERR_LIMIT);
    assert_false(store_has(f->store, STORE_ORIGINAL, job));
    (void)close(pipes[0]);
    (void)close(pipes[1]);
}

static const char *row_of;

static bool has_row(void *arg, enum store_kind kind, const char *job)
{
    (void)arg;
    return kind == STORE_ORIGINAL && row_of && strcmp(job, row_of) == 0;
}

static void test_recovery(void **state)
{
    struct fixture *f = *state;
    struct store_file with, without;
    char a[JOB_ID_MAX], b[JOB_ID_MAX], path[256];
    uint64_t adopted, dropped;
    scoped_fd int source = memory(100, 1), out = memory(0, 0);

    store_job_id(1795500000123, a);
    store_job_id(1795500000123, b);
    put(f, a, source, &with);
    put(f, b, source, &without);
    (void)snprintf(path, sizeof path, "%s/incoming/rubbish", f->folder);
    scoped_fd int rubbish = open(path, O_CREAT | O_WRONLY, 0600);
    (void)snprintf(path, sizeof path, "%s/work/left", f->folder);
    scoped_fd int left = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(rubbish >= 0 && left >= 0);
    row_of = a;
    assert_int_equal(store_recover(f->store, has_row, NULL, &adopted, &dropped), 0);
    assert_int_equal(adopted, 1);
    assert_int_equal(dropped, 2);
    assert_true(store_has(f->store, STORE_ORIGINAL, a));
    assert_false(store_has(f->store, STORE_ORIGINAL, b));
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(store_read(f->store, STORE_ORIGINAL, a, with.bytes, with.sha256, out), 0);
    assert_int_equal(store_recover(f->store, has_row, NULL, &adopted, &dropped), 0); /* again: nothing to do */
    assert_int_equal(adopted + dropped, 0);
}

static void test_plain(void **state)
{
    struct fixture *f = *state;

    for (unsigned in_file = 0; in_file < 2; in_file++) {
        struct store_plain plain;
        int fd;
        assert_int_equal(store_plain_new(f->store, 10, in_file ? 5 : 10, &plain), 0);
        assert_int_equal(fdio_write(plain.fd, "0123456789", 10), 0);
        assert_int_equal(store_plain_seal(&plain, &fd), 0);
        assert_true(write(fd, "x", 1) < 0);
        assert_true(ftruncate(fd, 3) < 0);
        assert_int_equal(store_is_sealed(fd), !in_file);
        char got[10];
        assert_int_equal(fdio_read(fd, got, 10), 0);
        assert_memory_equal(got, "0123456789", 10);
        (void)close(fd);
    }
}

static void test_ids(void **state)
{
    char a[JOB_ID_MAX], b[JOB_ID_MAX];

    (void)state;
    store_job_id(1795500000123, a);
    store_job_id(1795500000123, b);
    assert_memory_equal(a, "20261124060000123-", 18);
    assert_string_not_equal(a, b);
    assert_true(store_is_job_id(a));
    static const char *const bad[] = {"", "..", "20261124060000123-../../../../../../../../x", "20261124060000123-0123456789abcdefghjkmnpqr",
                                      "20261124060000123-0123456789abcdefghjkmnpqri", "2026112406000012a-0123456789abcdefghjkmnpqrs"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(store_is_job_id(bad[i]));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_sizes), T(test_no_plaintext), T(test_tampering), T(test_refused_sources), T(test_recovery), T(test_plain), T(test_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
