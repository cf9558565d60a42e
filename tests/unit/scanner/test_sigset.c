/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, order, age and links of signature folders. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/scope.h"
#include "scanner/sigset.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/test-sigset.XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void put_file(const char *name, int64_t time)
{
    char path[256];
    const struct timespec times[2] = {{.tv_sec = time}, {.tv_sec = time}};

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    scoped_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(futimens(fd, times), 0);
}

static void names_are_cleaned(void **state)
{
    static const struct {
        const char *given, *name; /* NULL: refused */
    } rows[] = {
        {"/media/usb/daily.cvd", "daily.cvd"},
        {"MAIN.CVD", "MAIN.cvd"},
        {"a b;c.ndb", "a_b_c.ndb"},
        {"\xe5\xb8\x82.ndb", "___.ndb"},
        {"local.ign2", "local.ign2"},
        {"bytecode.cbc", NULL},
        {"rules.yar", NULL},
        {"daily.cfg", NULL},
        {"types.ftm", NULL},
        {"passwords.pwdb", NULL},
        {".ndb", NULL},
        {"..", NULL},
        {"", NULL},
        {"dir/", NULL},
        {"noextension", NULL},
        {"x.ndb.exe", NULL},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.ndb", NULL},
    };
    char name[SIGFILE_NAME_MAX];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool ok = sigfile_name(rows[i].given, name);
        assert_int_equal(ok, rows[i].name != NULL);
        if (ok)
            assert_string_equal(name, rows[i].name);
    }
}

static void exceptions_come_first_and_daily_before_main(void **state)
{
    scoped(sigset_free) struct sigset set = {0};
    static const char *const order[] = {"local.ign2", "good.fp", "daily.cvd", "main.cvd", "a.ndb", "b.hdb"};

    (void)state;
    for (size_t i = ARRAY_LEN(order); i > 0; i--)
        put_file(order[i - 1], 1000);
    put_file("README", 1000);
    put_file("freshclam.dat", 1000);
    put_file(".hidden.ndb", 1000);
    assert_int_equal(sigset_read(folder, &set), 0);
    assert_int_equal(set.count, ARRAY_LEN(order));
    for (size_t i = 0; i < set.count; i++)
        assert_string_equal(set.files[i].name, order[i]);
}

static void only_regular_files_are_taken(void **state)
{
    scoped(sigset_free) struct sigset set = {0};
    char path[256];

    (void)state;
    (void)snprintf(path, sizeof path, "%s/link.ndb", folder);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(sigset_read(folder, &set), ERR_REFUSED);
    assert_int_equal(sigset_read("/nonexistent", &set), ERR_NOTFOUND);
}

static void the_newer_of_two_containers_stays(void **state)
{
    struct sigset_file files[] = {
        {.name = "daily.cld", .form = SIGFILE_CONTAINER, .version = 7, .built = 700},
        {.name = "daily.cvd", .form = SIGFILE_SIGNED, .version = 6, .built = 600},
        {.name = "main.cvd", .form = SIGFILE_SIGNED, .version = 9, .built = 100},
        {.name = "daily.ndb", .form = SIGFILE_PLAIN, .built = 50},
    };
    struct sigset set = {files, ARRAY_LEN(files), ARRAY_LEN(files)};

    (void)state;
    sigset_drop_older(&set);
    assert_int_equal(set.count, 3);
    assert_string_equal(set.files[0].name, "daily.cld");
    assert_string_equal(set.files[1].name, "main.cvd");
    assert_string_equal(set.files[2].name, "daily.ndb");
}

static void own_lists_do_not_make_an_official_set_young(void **state)
{
    struct sigset_file files[] = {
        {.name = "local.ign2", .form = SIGFILE_EXCEPTION, .built = 9000},
        {.name = "daily.cvd", .form = SIGFILE_SIGNED, .built = 600},
        {.name = "local.ndb", .form = SIGFILE_PLAIN, .built = 5000},
    };
    struct sigset all = {files, 3, 3}, plain = {files + 2, 1, 1}, exceptions = {files, 1, 1};

    (void)state;
    assert_int_equal(sigset_newest(&all), 600);
    assert_int_equal(sigset_newest(&plain), 5000);
    assert_int_equal(sigset_newest(&exceptions), 0);
}

static void freshness(void **state)
{
    const int64_t day = 86400, now = 20000 * day, age = 7 * day;

    (void)state;
    assert_true(sigset_is_fresh(now, now, age));
    assert_true(sigset_is_fresh(now - age, now, age));
    assert_false(sigset_is_fresh(now - age - 1, now, age));
    assert_true(sigset_is_fresh(now + day, now, age));
    assert_false(sigset_is_fresh(now + 3 * day, now, age)); /* a clock set back must not keep an old set alive */
    assert_false(sigset_is_fresh(0, now, age));
    assert_false(sigset_is_fresh(-1, now, age));
    assert_false(sigset_is_fresh(now, 0, age));
    assert_false(sigset_is_fresh(now, now, 0)); /* zero is never permission */
    assert_false(sigset_is_fresh(INT64_MAX, now, age));
}

static void links_name_sets_only(void **state)
{
    static const char *const bad[] = {"/etc", "..", "set-a/../../etc", "other"};
    char path[256], out[4096], expected[256];

    (void)state;
    assert_int_equal(sigset_folder(folder, out, sizeof out), 0);
    assert_string_equal(out, folder);
    (void)snprintf(path, sizeof path, "%s/current", folder);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(symlink(bad[i], path), 0);
        assert_int_equal(sigset_folder(folder, out, sizeof out), ERR_REFUSED);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(symlink("set-1", path), 0);
    assert_int_equal(sigset_folder(folder, out, sizeof out), 0);
    (void)snprintf(expected, sizeof expected, "%s/set-1", folder);
    assert_string_equal(out, expected);
    assert_int_equal(sigset_folder("/nonexistent", out, sizeof out), ERR_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_cleaned),
        cmocka_unit_test_setup_teardown(exceptions_come_first_and_daily_before_main, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(only_regular_files_are_taken, make_folder, remove_folder),
        cmocka_unit_test(the_newer_of_two_containers_stays),
        cmocka_unit_test(own_lists_do_not_make_an_official_set_young),
        cmocka_unit_test(freshness),
        cmocka_unit_test_setup_teardown(links_name_sets_only, make_folder, remove_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
