/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths in use: what is one file on Windows or macOS is found, what is two is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "formats/zip/path_set.h"

static void test_files(void **state)
{
    struct path_set set = {0};

    (void)state;
    assert_int_equal(path_set_file(&set, "a.txt"), 0);
    assert_int_equal(path_set_file(&set, "a.txt"), ERR_EXISTS);
    assert_int_equal(path_set_file(&set, "A.TXT"), ERR_EXISTS);
    assert_int_equal(path_set_file(&set, "sub/a.txt"), 0);
    assert_int_equal(path_set_file(&set, "\xE3\x83\x91"), 0);
    assert_int_equal(path_set_file(&set, "\xE3\x83\x8F\xE3\x82\x9A"), ERR_EXISTS); /* NFD */
    assert_int_equal(path_set_file(&set, "\x95\xF1"), ERR_MALFORMED);
    assert_int_equal(path_set_file(&set, "a.tx"), 0);
    path_set_clear(&set);
}

static void test_folders(void **state)
{
    struct path_set set = {0};

    (void)state;
    assert_int_equal(path_set_file(&set, "a/b/c.txt"), 0);
    assert_int_equal(path_set_folder(&set, "a/b"), 0);          /* named after its file */
    assert_int_equal(path_set_folder(&set, "A/b"), ERR_EXISTS); /* named twice */
    assert_int_equal(path_set_folder(&set, "a/b/c.txt"), ERR_EXISTS);
    assert_int_equal(path_set_file(&set, "a/b"), ERR_EXISTS);
    assert_int_equal(path_set_file(&set, "A"), ERR_EXISTS);
    assert_int_equal(path_set_file(&set, "a/b/c.txt/d"), ERR_EXISTS);
    assert_int_equal(path_set_folder(&set, "a/b/C.txt/d"), ERR_EXISTS);
    assert_int_equal(path_set_folder(&set, "x/y"), 0);
    assert_int_equal(path_set_file(&set, "x/y/z"), 0);
    assert_int_equal(path_set_file(&set, "x/y"), ERR_EXISTS);
    path_set_clear(&set);
}

static void test_free_name(void **state)
{
    static const char *const want[][2] = {
        {"d/a.b.txt", "d/a.b.txt"},     {"d/a.b.txt", "d/a.b (2).txt"}, {"d/A.b.txt", "d/A.b (3).txt"},
        {"d/a.b (4).txt", "d/a.b (4).txt"}, {"d/a.b.txt", "d/a.b (5).txt"}, {"noext", "noext"},
        {"noext", "noext (2)"},         {".hidden", ".hidden"},         {".hidden", ".hidden (2)"},
        {"d.x/noext", "d.x/noext"},     {"d.x/noext", "d.x/noext (2)"},
    };
    struct path_set set = {0};
    char name[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_int_equal(path_set_free_name(&set, want[i][0], name, sizeof name), 0);
        assert_string_equal(name, want[i][1]);
    }
    assert_int_equal(path_set_free_name(&set, "noext/x", name, sizeof name), ERR_EXISTS);
    assert_int_equal(path_set_free_name(&set, "noext", name, 8), ERR_LIMIT);
    path_set_clear(&set);
}

/* Thousands of one name must not take quadratic time: each remembers where the last search ended. */
static void test_many(void **state)
{
    struct path_set set = {0};
    char name[64], want[64];

    (void)state;
    for (unsigned i = 1; i <= 5000; i++) {
        assert_int_equal(path_set_free_name(&set, "a/b/same.txt", name, sizeof name), 0);
        (void)snprintf(want, sizeof want, i == 1 ? "a/b/same.txt" : "a/b/same (%u).txt", i);
        assert_string_equal(name, want);
    }
    assert_int_equal(path_set_file(&set, "a/b/same (77).txt"), ERR_EXISTS);
    path_set_clear(&set);
}

static void test_depth(void **state)
{
    struct path_set set = {0};
    char path[3 * PATH_DEPTH_MAX] = "";

    (void)state;
    for (unsigned i = 1; i < PATH_DEPTH_MAX; i++)
        strcat(path, "d/");
    strcat(path, "f");
    assert_int_equal(path_set_file(&set, path), 0);
    strcpy(path + strlen(path) - 1, "d/f");
    assert_int_equal(path_set_file(&set, path), ERR_LIMIT);
    path_set_clear(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files), cmocka_unit_test(test_folders), cmocka_unit_test(test_free_name),
        cmocka_unit_test(test_many),  cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
