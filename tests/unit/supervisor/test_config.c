/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration as a whole: defaults, every kind of mistake with its line, and print read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/sandbox.h"
#include "supervisor/config.h"

static char path[] = "/tmp/sekimori-test-config-XXXXXX";

static int write_file(const char *text)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    return 0;
}

static int load(const char *text, char complaint[256], struct config **config)
{
    write_file(text);
    return config_load(path, complaint, config);
}

#define LANE "lanes = ( { name = \"a\"; inbound = \"/in\"; results = \"/res\"; } );\n"

static void test_defaults(void **state)
{
    struct config *config = NULL;
    char complaint[256];

    (void)state;
    assert_int_equal(config_load(NULL, complaint, &config), 0);
    assert_int_equal(config->limits.file_mb, 200);
    assert_int_equal(config->limits.depth, 10);
    assert_int_equal(config->limits.item_seconds, 60);
    assert_int_equal(config->waived, 0);
    assert_int_equal(config->lane_count, 0);
    const struct config_profile *strict = config_profile_find(config, "strict");
    assert_non_null(strict);
    assert_int_equal(strict->mode, FMT_MODE_FLATTEN);
    for (unsigned i = 1; i < FINDING_KINDS; i++)
        assert_int_not_equal(strict->switches[i], FMT_SWITCH_UNSET);
    assert_null(config_profile_find(config, "none"));
    free(config);
}

static void test_lane(void **state)
{
    struct config *config = NULL;
    char complaint[256];

    (void)state;
    assert_int_equal(load(LANE, complaint, &config), 0);
    assert_string_equal(config->lanes[0].destination, "a");
    assert_string_equal(config->lanes[0].profile, "standard");
    assert_string_equal(config_label(&config->lanes[0]), "3A"); /* a missing label is the strictest */
    free(config);
}

static void test_profile(void **state)
{
    struct config *config = NULL;
    char complaint[256];

    (void)state;
    assert_int_equal(load("profiles = ( { name = \"mail\"; mode = \"text\"; types = { pdf = \"flatten\"; };\n"
                          "switches = { bidi_override = \"disallow\"; hidden-content = \"allow\"; }; } );\n",
                          complaint, &config),
                     0);
    const struct config_profile *p = config_profile_find(config, "mail");
    assert_non_null(p);
    assert_int_equal(p->mode, FMT_MODE_TEXT);
    assert_int_equal(p->type_count, 1);
    assert_int_equal(p->switches[FINDING_BIDI], FMT_SWITCH_DISALLOW);
    assert_int_equal(p->switches[FINDING_HIDDEN], FMT_SWITCH_ALLOW);
    free(config);
}

/* Each mistake is refused, names its line and never becomes a default. */
static void test_mistakes(void **state)
{
    static const struct {
        const char *text;
        int line;
    } bad[] = {
        {"limits = { file_mb = 0; };", 1},
        {"limits = {\n file_mb = 4096; };", 2},
        {"limits = {\n file_mb = \"200\"; };", 2},
        {"limits = { file_mb = -1; };", 1},
        {"limits = { depht = 3; };", 1},
        {"limit = { depth = 3; };", 1},
        {"gateway = { state = \"relative\"; };", 1},
        {"gateway = { log_level = \"loud\"; };", 1},
        {"gateway = { log_level = 3; };", 1},
        {"waived_layers = [ \"landlok\" ];", 1},
        {"profiles = ( { mode = \"text\"; } );", 1},
        {"profiles = ( { name = \"p\"; mode = \"none\"; } );", 1},
        {"profiles = ( { name = \"p\"; types = { exe = \"text\"; }; } );", 1},
        {"profiles = ( { name = \"p\"; switches = { macro = \"maybe\"; }; } );", 1},
        {"profiles = ( { name = \"p\"; switches = { nothing = \"allow\"; }; } );", 1},
        {"profiles = ( { name = \"p\"; },\n { name = \"p\"; } );", 2},
        {"profiles = ( { name = \"p\"; dpi = 700; } );", 1},
        {"lanes = ( { name = \"a\"; inbound = \"/in\"; } );", 1},
        {"lanes = ( { name = \"a\"; inbound = \"/in\"; results = \"/in\"; } );", 1},
        {"lanes = ( { name = \"a/b\"; inbound = \"/in\"; results = \"/res\"; } );", 1},
        {"lanes = ( { name = \"..\"; inbound = \"/in\"; results = \"/res\"; } );", 1},
        {"lanes = ( { name = \"a\"; inbound = \"/in\"; results = \"/res\"; profile = \"none\"; } );", 1},
        {"lanes = ( { name = \"a\"; inbound = \"/in\"; results = \"/res\"; label = \"4\"; } );", 1},
        {"lanes = ( { name = \"a\"; inbound = \"/in\"; results = \"/res\"; destination = \"マイナンバー系\"; } );", 1},
        {"lanes = ( { name = \"MyNumber\"; inbound = \"/in\"; results = \"/res\"; } );", 1},
        {"users = ( { roles = [ \"operator\" ]; } );", 1},
        {"users = ( { name = \"u\"; roles = [ \"god\" ]; } );", 1},
        {"users = ( { name = \"u\"; },\n { name = \"u\"; } );", 2},
        {"limits = { file_mb = 1", 1},
        {"limits = { file_mb = 1; file_mb = 2; };", 1},
        {"@include \"/etc/passwd\"\n", 0},
    };
    char complaint[256], where[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct config *config = NULL;
        if (load(bad[i].text, complaint, &config) != ERR_INVALID)
            fail_msg("taken: %s", bad[i].text);
        assert_null(config);
        (void)snprintf(where, sizeof where, ":%d:", bad[i].line);
        if (bad[i].line && !strstr(complaint, where))
            fail_msg("\"%s\" does not name line %d of: %s", complaint, bad[i].line, bad[i].text);
        assert_true(complaint[0] != '\0');
    }
}

static void test_two_lanes_of_one_name(void **state)
{
    struct config *config = NULL;
    char complaint[256];

    (void)state;
    assert_int_equal(load("lanes = ( { name = \"a\"; inbound = \"/in\"; results = \"/res\"; },\n"
                          "{ name = \"a\"; inbound = \"/in2\"; results = \"/res\"; } );",
                          complaint, &config),
                     ERR_INVALID);
}

/* What `config print` writes is a configuration with the same policy. */
static void test_print(void **state)
{
    struct config *first = NULL, *second = NULL;
    char complaint[256], one[65], two[65];

    (void)state;
    assert_int_equal(load(LANE "waived_layers = [ \"landlock\" ];\nlimits = { depth = 3; };\n"
                               "users = ( { name = \"u\"; roles = [ \"operator\", \"auditor\" ]; } );\n"
                               "profiles = ( { name = \"p\"; types = { pdf = \"text\"; }; } );",
                          complaint, &first),
                     0);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    config_print(first, out);
    assert_int_equal(fclose(out), 0);
    if (config_load(path, complaint, &second) != 0)
        fail_msg("%s", complaint);
    config_digest(first, one);
    config_digest(second, two);
    assert_string_equal(one, two);
    assert_int_equal(first->waived, second->waived);
    assert_int_equal(second->waived, SANDBOX_LANDLOCK);
    assert_memory_equal(first->lanes, second->lanes, sizeof first->lanes);
    assert_memory_equal(first->users, second->users, sizeof first->users);
    second->limits.depth++;
    config_digest(second, two);
    assert_string_not_equal(one, two);
    free(first);
    free(second);
}

static void test_missing(void **state)
{
    struct config *config = NULL;
    char complaint[256];

    (void)state;
    assert_int_equal(config_load("/nonexistent/sekimori.conf", complaint, &config), ERR_NOTFOUND);
    assert_int_equal(config_load("/dev/zero", complaint, &config), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_lane),     cmocka_unit_test(test_profile),
        cmocka_unit_test(test_mistakes), cmocka_unit_test(test_two_lanes_of_one_name),
        cmocka_unit_test(test_print),    cmocka_unit_test(test_missing),
    };
    int fd = mkstemp(path);

    if (fd < 0)
        return 1;
    (void)close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}
