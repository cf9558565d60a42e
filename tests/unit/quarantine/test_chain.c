/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit chain's bytes: fixed for ever, so they are pinned here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "chain.h"
#include "json_check.h"

static struct sign_key key;

static int setup(void **state)
{
    uint8_t seed[SIGN_SEED_BYTES] = {4, 5};

    (void)state;
    assert_int_equal(crypt_init(), 0);
    sign_key_from_seed(seed, &key);
    return 0;
}

/* Changing this text makes every chain written so far unverifiable: do not. */
static void test_golden(void **state)
{
    struct chain_head head = {0};
    struct chain_record r = {.time_ms = 1795500000123, .actor = "田中\n", .event = "received", .job = "j1", .detail = "{\"bytes\":5}"};
    scoped_buf scratch = buf_new(CHAIN_LINE_MAX), out = buf_new(CHAIN_LINE_MAX);
    char hex[DIGEST_HEX], want[512];
    static const char body[] = "{\"seq\":1,\"time_ms\":1795500000123,\"actor\":\"田中\\u000a\",\"event\":\"received\",\"job\":\"j1\","
                               "\"detail\":{\"bytes\":5},\"prev\":\"0000000000000000000000000000000000000000000000000000000000000000\"}";
    uint8_t digest[DIGEST_BYTES];

    (void)state;
    assert_int_equal(chain_append(&head, &r, &scratch), 0);
    digest_of(body, strlen(body), digest);
    assert_memory_equal(r.hash, digest, sizeof digest);
    assert_int_equal(head.seq, 1);
    digest_hex(digest, hex);
    (void)snprintf(want, sizeof want, "%.*s,\"hash\":\"%s\"}\n", (int)strlen(body) - 1, body, hex);
    chain_put(&out, &r);
    assert_string_equal(buf_text(&out), want);
}

static void test_follows(void **state)
{
    struct chain_head head = {0}, check = {0}, mid;
    struct chain_record r[5];
    scoped_buf scratch = buf_new(CHAIN_LINE_MAX);

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        r[i] = (struct chain_record){.time_ms = i, .actor = "a", .event = "e", .job = "", .detail = "{}"};
        assert_int_equal(chain_append(&head, &r[i], &scratch), 0);
    }
    for (unsigned i = 0; i < 5; i++)
        assert_true(chain_follows(&check, &r[i], &scratch));
    assert_memory_equal(&check, &head, sizeof head);
    mid = (struct chain_head){.seq = 2};
    memcpy(mid.hash, r[1].hash, sizeof mid.hash);
    assert_false(chain_follows(&mid, &r[3], &scratch)); /* dropped */
    assert_false(chain_follows(&mid, &r[1], &scratch)); /* twice */
    r[2].time_ms = 77;
    assert_false(chain_follows(&mid, &r[2], &scratch)); /* changed */
    assert_int_equal(mid.seq, 2);
}

static void test_checkpoint(void **state)
{
    struct chain_checkpoint c = {.head = {.seq = 9}, .time_ms = 1795500000123, .gateway = "gw1"}, back;
    scoped_buf line = buf_new(4096);

    (void)state;
    memset(c.head.hash, 1, 32);
    memset(c.previous, 2, 32);
    assert_int_equal(chain_checkpoint_put(&line, &c, &key), 0);
    assert_int_equal(chain_checkpoint_get((const char *)line.bytes, line.len - 1, key.public, &back), 0);
    assert_int_equal(back.head.seq, 9);
    assert_memory_equal(back.head.hash, c.head.hash, 32);
    assert_memory_equal(back.previous, c.previous, 32);
    assert_string_equal(back.gateway, "gw1");
    for (size_t i = 0; i + 1 < line.len; i++) {
        line.bytes[i] ^= 1;
        assert_true(chain_checkpoint_get((const char *)line.bytes, line.len - 1, key.public, &back) < 0);
        line.bytes[i] ^= 1;
        assert_true(chain_checkpoint_get((const char *)line.bytes, i, key.public, &back) < 0);
    }
}

static void test_limit(void **state)
{
    struct chain_head head = {0};
    static char big[CHAIN_LINE_MAX + 8];
    struct chain_record r = {.actor = "a", .event = "e", .job = "", .detail = big};
    scoped_buf scratch = buf_new(CHAIN_LINE_MAX);

    (void)state;
    memset(big, ' ', sizeof big - 1);
    assert_int_equal(chain_append(&head, &r, &scratch), ERR_LIMIT);
    assert_int_equal(head.seq, 0);
}

static void test_json(void **state)
{
    static const char *const good[] = {"{}", "{\"a\":1}", "{\"a\":[1,2.5e3,-0,true,false,null,\"x\\u00e9\\n\"]}", " { \"a\" : { } } "};
    static const char *const bad[] = {"", "[]", "{", "{}}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":01}", "{\"a\":\"\n\"}", "{\"a\":\"\\x\"}",
                                      "{}\n{}", "{\"a\":1}{", "{\"a\":\"\xff\"}", "{\"a\":tru}", "{\"a\":1.}", "\n{}"};
    char deep[128];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(json_is_object(good[i]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (json_is_object(bad[i]))
            fail_msg("taken: %s", bad[i]);
    (void)strcpy(deep, "{\"a\":");
    memset(deep + 5, '[', 60);
    deep[65] = '\0';
    assert_false(json_is_object(deep));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden), cmocka_unit_test(test_follows), cmocka_unit_test(test_checkpoint),
        cmocka_unit_test(test_limit),  cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
