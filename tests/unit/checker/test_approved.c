/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The set of approved digests: exactly those in the file, and a file that is no list of digests is refused. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "checker/approved.h"

static int file_of(const void *bytes, size_t n)
{
    int fd = memfd_create("approved", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    return fd;
}

static void test_members(void **state)
{
    uint8_t digests[100][32], other[32];
    struct approved list = {0};

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        memset(digests[i], (int)(99 - i), 32);
        digests[i][31] = (uint8_t)i;
    }
    memset(other, 50, sizeof other);
    assert_false(approved_has(&list, digests[0]));
    scoped_fd int fd = file_of(digests, sizeof digests);
    assert_int_equal(approved_load(&list, fd), 0);
    for (unsigned i = 0; i < 100; i++)
        assert_true(approved_has(&list, digests[i]));
    assert_false(approved_has(&list, other));
    approved_free(&list);
    assert_false(approved_has(&list, digests[0]));
}

static void test_no_list(void **state)
{
    struct approved list = {0};
    uint8_t bytes[33] = {0};

    (void)state;
    scoped_fd int odd = file_of(bytes, 33), none = file_of(bytes, 0);
    assert_int_equal(approved_load(&list, odd), ERR_PEER);
    assert_null(list.digests);
    assert_int_equal(approved_load(&list, none), 0);
    assert_false(approved_has(&list, bytes));
    approved_free(&list);
    scoped_fd int long_one = file_of(bytes, 0);
    assert_int_equal(ftruncate(long_one, (off_t)32 * (APPROVED_MAX + 1)), 0);
    assert_int_equal(approved_load(&list, long_one), ERR_PEER);
    scoped_fd int device = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    assert_int_equal(approved_load(&list, device), ERR_PEER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_members), cmocka_unit_test(test_no_list)};

    return cmocka_run_group_tests_name("approved", tests, NULL, NULL);
}
