/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frozen work file cannot be changed any more, not even by who wrote it. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fdio.h"
#include "supervisor/workfile.h"

#define LARGE (WORKFILE_MEMORY_MAX + 1)

static int work_dir(void)
{
    int fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

/* size hint of a file in memory, and of one on disk */
static const uint64_t hints[] = {10, LARGE};

static void test_writer_keeps_its_descriptor(void **state)
{
    scoped_fd int dir = work_dir();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hints); i++) {
        uint64_t size = 0;
        char seen[6] = "";
        int fd = workfile_new(dir, hints[i]);
        assert_true(fd >= 0);
        scoped_fd int writer = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        assert_int_equal(fdio_write(writer, "clean", 5), 0);
        scoped_fd int frozen = workfile_freeze(&fd, dir, true, &size);
        assert_true(frozen >= 0);
        assert_int_equal(fd, -1);
        assert_int_equal(size, 5);
        (void)!pwrite(writer, "EVIL!", 5, 0);
        (void)!ftruncate(writer, 0);
        assert_int_equal(fdio_pread(frozen, seen, 5, 0), 0);
        assert_string_equal(seen, "clean");
        assert_true(pwrite(frozen, "EVIL!", 5, 0) < 0);
    }
}

static void test_writable_mapping_is_refused(void **state)
{
    uint64_t size;
    int fd = workfile_new(-1, 10);

    (void)state;
    assert_int_equal(fdio_write(fd, "clean", 5), 0);
    char *map = mmap(NULL, 5, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    assert_int_equal(workfile_freeze(&fd, -1, true, &size), ERR_REFUSED);
    assert_int_equal(munmap(map, 5), 0);
}

static void test_copy(void **state)
{
    scoped_fd int dir = work_dir();
    char path[] = "/tmp/sekimori-test-workfile-XXXXXX", seen[4] = "";
    scoped_fd int source = mkstemp(path);
    uint64_t size = 0;

    (void)state;
    assert_int_equal(fdio_write(source, "abc", 3), 0);
    scoped_fd int copy = workfile_copy(source, dir, 3, &size);
    assert_true(copy >= 0);
    assert_int_equal(size, 3);
    assert_int_equal(fdio_pwrite(source, "xyz", 3, 0), 0);
    assert_int_equal(fdio_pread(copy, seen, 3, 0), 0);
    assert_string_equal(seen, "abc");
    assert_int_equal(workfile_copy(source, dir, 2, &size), ERR_LIMIT);
    assert_int_equal(workfile_copy(dir, dir, 2, &size), ERR_REFUSED);
    (void)unlink(path);
}

static void test_large_lies_on_disk(void **state)
{
    scoped_fd int dir = work_dir();
    scoped_fd int small = workfile_new(dir, 1), large = workfile_new(dir, LARGE);
    struct stat a, b;

    (void)state;
    assert_int_equal(fstat(small, &a), 0);
    assert_int_equal(fstat(large, &b), 0);
    assert_int_not_equal(a.st_dev, b.st_dev);
    assert_int_equal(b.st_nlink, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writer_keeps_its_descriptor),
        cmocka_unit_test(test_writable_mapping_is_refused),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_large_lies_on_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
