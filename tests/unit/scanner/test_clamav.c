/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine says of files, and of itself when something it needs is missing. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "scanner/lib_clamav.h"
#include "support/samples.h"

static char home[64], signatures[96], scratch[96];
static struct clamav *engine;

static const struct clamav_limits roomy = {100 << 20, (uint64_t)1 << 30, 10, 1000, 60000};

static void put_file(const char *dir, const char *name, const char *text)
{
    char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    scoped_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* A line of an .ndb file that matches a text anywhere. */
static void pattern(char *line, size_t room, const char *name, const char *text)
{
    size_t n = (size_t)snprintf(line, room, "%s:0:*:", name);

    for (; *text; text++)
        n += (size_t)snprintf(line + n, room - n, "%02x", (unsigned char)*text);
    (void)snprintf(line + n, room - n, "\n");
}

static void make_folders(void)
{
    (void)snprintf(home, sizeof home, "/tmp/test-clamav.XXXXXX");
    assert_non_null(mkdtemp(home));
    (void)snprintf(signatures, sizeof signatures, "%s/signatures", home);
    (void)snprintf(scratch, sizeof scratch, "%s/scratch", home);
    assert_int_equal(mkdir(signatures, 0700), 0);
    assert_int_equal(mkdir(scratch, 0700), 0);
}

static int setup_empty(void **state)
{
    (void)state;
    make_folders();
    return 0;
}

static int setup(void **state)
{
    char line[512];

    setup_empty(state);
    pattern(line, sizeof line, "Test.Eicar", sample_eicar());
    put_file(signatures, "site.ndb", line);
    return clamav_new(signatures, scratch, NULL, NULL, &engine);
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    clamav_free(&engine);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", home);
    return system(command);
}

static struct clamav_result scan(const void *bytes, size_t n, const struct clamav_limits *limits)
{
    struct clamav_result result;

    clamav_scan(engine, bytes, n, limits, &result);
    return result;
}

#define assert_reason(result, expected)                                                                        \
    do {                                                                                                       \
        if ((result).reason != (expected))                                                                     \
            fail_msg("%s (%s, %s)", reason_code((result).reason), (result).name, (result).detail);             \
    } while (0)

static void assert_infected(const struct buf *b)
{
    struct clamav_result result = scan(b->bytes, b->len, &roomy);

    assert_reason(result, REASON_INFECTED);
    assert_string_equal(result.name, "Test.Eicar.UNOFFICIAL");
    assert_true(result.inspected > 0);
}

static void the_test_virus_is_found_wherever_it_hides(void **state)
{
    const struct sample_member virus = {"e.com", sample_eicar(), strlen(sample_eicar()), 0};
    scoped_buf zip = buf_new(SAMPLE_MAX), tar = buf_new(SAMPLE_MAX), outer = buf_new(SAMPLE_MAX);
    scoped_buf pdf = buf_new(SAMPLE_MAX), mail = buf_new(SAMPLE_MAX), office = buf_new(SAMPLE_MAX);

    (void)state;
    const struct buf bare = {.bytes = (uint8_t *)(uintptr_t)virus.bytes, .len = virus.len};
    assert_infected(&bare);
    sample_zip(&zip, &virus, 1);
    assert_infected(&zip);
    sample_tar(&tar, &(struct sample_member){"inner.zip", zip.bytes, zip.len, 0}, 1);
    assert_infected(&tar);
    sample_zip(&outer, &(struct sample_member){"middle.tar", tar.bytes, tar.len, 0}, 1);
    assert_infected(&outer);
    const char types[] = "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    const struct sample_member parts[] = {
        {"[Content_Types].xml", types, sizeof types - 1, 0},
        {"word/document.xml", "<w:document/>", 13, 0},
        {"word/embeddings/oleObject1.bin", virus.bytes, virus.len, 0},
    };
    sample_zip(&office, parts, ARRAY_LEN(parts));
    assert_infected(&office);
    sample_pdf(&pdf, &virus);
    assert_infected(&pdf);
    sample_mail(&mail, &virus);
    assert_infected(&mail);
}

static void clean_files_are_clean(void **state)
{
    const struct sample_member member = {"a.txt", "nothing to see", 14, 0};
    scoped_buf zip = buf_new(SAMPLE_MAX);
    static const char text[] = "\xe8\xad\xb0\xe4\xba\x8b\xe9\x8c\xb2\r\n";

    (void)state;
    assert_reason(scan(text, sizeof text - 1, &roomy), REASON_OK);
    for (size_t n = 1; n < 10; n++) /* the library does not look at the smallest ones by itself */
        assert_reason(scan("abcdefghij", n, &roomy), REASON_OK);
    sample_zip(&zip, &member, 1);
    struct clamav_result result = scan(zip.bytes, zip.len, &roomy);
    assert_reason(result, REASON_OK);
    assert_string_equal(result.name, "");
    assert_true(result.inspected >= 2);
    assert_reason(scan("", 0, &roomy), REASON_EMPTY);
}

static void limits_hold_the_file(void **state)
{
    scoped_buf nested = buf_new(SAMPLE_MAX), many = buf_new(SAMPLE_MAX), wide = buf_new(SAMPLE_MAX);
    static char filler[300000];
    struct sample_member members[64];
    char names[64][8];

    (void)state;
    memset(filler, 'A', sizeof filler);
    struct clamav_limits limits = roomy;
    limits.file_bytes = 10;
    assert_reason(scan("more than ten", 13, &limits), REASON_LIMIT_BYTES);

    buf_put(&nested, "bottom", 6);
    for (int i = 0; i < 20; i++) {
        scoped_buf outer = buf_new(SAMPLE_MAX);
        sample_zip(&outer, &(struct sample_member){"n.zip", nested.bytes, nested.len, 0}, 1);
        buf_reset(&nested);
        buf_put(&nested, outer.bytes, outer.len);
    }
    limits = roomy;
    limits.depth = 2;
    assert_reason(scan(nested.bytes, nested.len, &limits), REASON_LIMIT_DEPTH);

    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        (void)snprintf(names[i], sizeof names[i], "m%zu", i);
        members[i] = (struct sample_member){names[i], "0123456789", 10, 0};
    }
    sample_zip(&many, members, ARRAY_LEN(members));
    limits = roomy;
    limits.members = 1; /* the library's own count is 16 for each of ours */
    assert_reason(scan(many.bytes, many.len, &limits), REASON_LIMIT_MEMBERS);

    for (size_t i = 0; i < 8; i++) {
        members[i].bytes = filler;
        members[i].len = sizeof filler - i;
    }
    sample_zip(&wide, members, 8);
    limits = roomy;
    limits.total_bytes = 1 << 20;
    assert_reason(scan(wide.bytes, wide.len, &limits), REASON_LIMIT_RATIO);
}

/* A member above the library's file limit is cut there without a word, and its end is never looked at. */
static void a_cut_member_holds_the_file(void **state)
{
    static char filler[200000];
    const struct sample_member member = {"big", filler, sizeof filler, 0};
    scoped_buf zip = buf_new(SAMPLE_MAX);
    struct clamav_limits limits = roomy;

    (void)state;
    for (size_t i = 0; i < sizeof filler; i++)
        filler[i] = (char)(i * 7 + i / 251);
    sample_zip(&zip, &member, 1);
    limits.file_bytes = zip.len;
    limits.total_bytes = zip.len - 100;
    assert_reason(scan(zip.bytes, zip.len, &limits), REASON_LIMIT_RATIO);
    limits.total_bytes = limits.file_bytes = zip.len + sizeof filler;
    assert_reason(scan(zip.bytes, zip.len, &limits), REASON_OK);
}

static void zero_is_no_limit_at_all(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct clamav_limits limits = roomy;
        if (i == 0)
            limits.file_bytes = 0;
        else if (i == 1)
            limits.total_bytes = 0;
        else if (i == 2)
            limits.members = 0;
        else
            limits.ms = 0;
        assert_int_not_equal(scan("some text", 9, &limits).reason, REASON_OK);
    }
}

static void encryption_is_told_but_hides_nothing(void **state)
{
    scoped_buf locked = buf_new(SAMPLE_MAX), both = buf_new(SAMPLE_MAX), nested = buf_new(SAMPLE_MAX), deep = buf_new(SAMPLE_MAX);
    const struct sample_member secret = {"s.txt", "0123456789abcdef", 16, 1};
    const struct sample_member virus = {"e.com", sample_eicar(), strlen(sample_eicar()), 0};

    (void)state;
    sample_zip(&locked, &secret, 1);
    struct clamav_result result = scan(locked.bytes, locked.len, &roomy);
    assert_reason(result, REASON_ENCRYPTED);
    assert_string_equal(result.name, "");
    sample_zip(&both, (struct sample_member[]){secret, virus}, 2);
    assert_infected(&both);
    buf_put(&nested, "bottom", 6);
    for (int i = 0; i < 20; i++) {
        scoped_buf outer = buf_new(SAMPLE_MAX);
        sample_zip(&outer, &(struct sample_member){"n.zip", nested.bytes, nested.len, 0}, 1);
        buf_reset(&nested);
        buf_put(&nested, outer.bytes, outer.len);
    }
    sample_zip(&deep, (struct sample_member[]){secret, {"n.zip", nested.bytes, nested.len, 0}}, 2);
    struct clamav_limits limits = roomy;
    limits.depth = 2;
    assert_reason(scan(deep.bytes, deep.len, &limits), REASON_LIMIT_DEPTH);
}

/* By itself the library calls everything clean here. */
static void without_a_scratch_folder_nothing_is_clean(void **state)
{
    const struct sample_member member = {"a.txt", "nothing to see", 14, 0};
    scoped_buf zip = buf_new(SAMPLE_MAX);

    (void)state;
    sample_zip(&zip, &member, 1);
    assert_int_equal(clamav_self_test(engine), 0);
    assert_int_equal(clamav_scratch(engine, "/nonexistent"), 0);
    assert_int_equal(clamav_self_test(engine), ERR_FAULT);
    assert_reason(scan("some text", 9, &roomy), REASON_SCAN_FAILED);
    assert_reason(scan(sample_eicar(), strlen(sample_eicar()), &roomy), REASON_SCAN_FAILED);
    assert_reason(scan(zip.bytes, zip.len, &roomy), REASON_SCAN_FAILED);
    assert_int_equal(clamav_scratch(engine, scratch), 0);
    assert_int_equal(clamav_self_test(engine), 0);
    assert_reason(scan(zip.bytes, zip.len, &roomy), REASON_OK);
}

/* A folder nothing can be made in: some unpackers give up in silence, and say so in a message only. */
static void a_scratch_folder_that_cannot_be_written_to_holds_the_file(void **state)
{
    const struct sample_member virus = {"e.com", sample_eicar(), strlen(sample_eicar()), 0};
    scoped_buf zip = buf_new(SAMPLE_MAX), mail = buf_new(SAMPLE_MAX);

    (void)state;
    sample_zip(&zip, &virus, 1);
    sample_mail(&mail, &virus);
    assert_int_equal(clamav_scratch(engine, "/proc/self"), 0); /* read-only for root too */
    assert_int_equal(clamav_self_test(engine), ERR_FAULT);
    assert_reason(scan(zip.bytes, zip.len, &roomy), REASON_SCAN_FAILED);
    assert_reason(scan(mail.bytes, mail.len, &roomy), REASON_SCAN_FAILED);
}

static void without_signatures_nothing_can_be_said(void **state)
{
    (void)state;
    assert_int_equal(clamav_new(signatures, scratch, NULL, NULL, &engine), 0);
    assert_int_equal(clamav_info(engine)->signatures, 0);
    assert_string_equal(clamav_info(engine)->problem, "no signatures");
    assert_int_equal(clamav_self_test(engine), 0);
    assert_reason(scan("some text", 9, &roomy), REASON_SCAN_UNAVAILABLE);
    assert_reason(scan(sample_eicar(), strlen(sample_eicar()), &roomy), REASON_SCAN_UNAVAILABLE);
}

static void a_broken_file_spoils_the_whole_set(void **state)
{
    char line[512];

    (void)state;
    pattern(line, sizeof line, "Test.Eicar", sample_eicar());
    put_file(signatures, "a.ndb", line);
    put_file(signatures, "b.ndb", "this is no signature\n");
    assert_int_equal(clamav_new(signatures, scratch, NULL, NULL, &engine), 0);
    assert_int_equal(clamav_info(engine)->signatures, 0);
    assert_non_null(strstr(clamav_info(engine)->problem, "b.ndb"));
    assert_reason(scan("some text", 9, &roomy), REASON_SCAN_UNAVAILABLE);
}

static void exceptions_alone_are_no_signatures(void **state)
{
    (void)state;
    put_file(signatures, "local.ign2", "Some.Name\n");
    assert_int_equal(clamav_new(signatures, scratch, NULL, NULL, &engine), 0);
    assert_reason(scan("some text", 9, &roomy), REASON_SCAN_UNAVAILABLE);
}

static void a_list_that_takes_out_the_canary_is_noticed(void **state)
{
    char line[512];

    (void)state;
    pattern(line, sizeof line, "Test.Eicar", sample_eicar());
    put_file(signatures, "a.ndb", line);
    put_file(signatures, "local.ign2", "Sekimori.Canary\n");
    assert_int_equal(clamav_new(signatures, scratch, NULL, NULL, &engine), 0);
    assert_int_equal(clamav_self_test(engine), ERR_FAULT);
}

static void exceptions_take_out_what_they_name(void **state)
{
    char line[512];

    (void)state;
    pattern(line, sizeof line, "Test.Eicar", sample_eicar());
    put_file(signatures, "a.ndb", line);
    pattern(line, sizeof line, "Test.Other", "other text");
    put_file(signatures, "b.ndb", line);
    put_file(signatures, "local.ign2", "Test.Eicar\n");
    assert_int_equal(clamav_new(signatures, scratch, NULL, NULL, &engine), 0);
    assert_int_equal(clamav_self_test(engine), 0);
    assert_reason(scan(sample_eicar(), strlen(sample_eicar()), &roomy), REASON_OK);
    assert_reason(scan("some other text", 15, &roomy), REASON_INFECTED);
}

static void an_unsigned_container_does_not_verify(void **state)
{
    char path[256], complaint[128];
    static char head[512 + 64];

    (void)state;
    memset(head, ' ', sizeof head - 1);
    memcpy(head, "ClamAV-VDB:24 Nov 2026 09-00 +0900:1:1:60:X:X:nobody:1795478400", 63);
    put_file(signatures, "daily.cvd", head);
    (void)snprintf(path, sizeof path, "%s/daily.cvd", signatures);
    assert_int_equal(clamav_new(signatures, scratch, NULL, NULL, &engine), 0);
    assert_reason(scan("some text", 9, &roomy), REASON_SCAN_UNAVAILABLE);
    assert_int_equal(clamav_verify(path, complaint), ERR_CRYPTO);
    assert_true(complaint[0] != '\0');
}

#define WITH_SITE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define WITHOUT(test) cmocka_unit_test_setup_teardown(test, setup_empty, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SITE(the_test_virus_is_found_wherever_it_hides),
        WITH_SITE(clean_files_are_clean),
        WITH_SITE(limits_hold_the_file),
        WITH_SITE(a_cut_member_holds_the_file),
        WITH_SITE(zero_is_no_limit_at_all),
        WITH_SITE(encryption_is_told_but_hides_nothing),
        WITH_SITE(without_a_scratch_folder_nothing_is_clean),
        WITH_SITE(a_scratch_folder_that_cannot_be_written_to_holds_the_file),
        WITHOUT(without_signatures_nothing_can_be_said),
        WITHOUT(a_broken_file_spoils_the_whole_set),
        WITHOUT(exceptions_alone_are_no_signatures),
        WITHOUT(a_list_that_takes_out_the_canary_is_noticed),
        WITHOUT(exceptions_take_out_what_they_name),
        WITHOUT(an_unsigned_container_does_not_verify),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
