/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scanner program as the supervisor meets it, and the import of
 * signatures around it. argv[1]: sekimori-scanner.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/zygote.h"
#include "scanner/sigcheck.h"
#include "scanner/signatures.h"
#include "scanner/sigset.h"
#include "support/samples.h"
#include "support/zygote_peer.h"

#define DAY 86400

static const char *program;
static char base[64];

static int make_base(void **state)
{
    (void)state;
    (void)snprintf(base, sizeof base, "/tmp/test-scanner.XXXXXX");
    return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", base);
    return system(command);
}

/* A file in a folder, dated so many days back. Its path is in static storage. */
static const char *put_file(const char *dir, const char *name, const void *bytes, size_t n, int days)
{
    static char path[256];
    struct timespec now = {.tv_sec = time(NULL) - (time_t)days * DAY};
    const struct timespec times[2] = {now, now};

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    scoped_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(fdio_write(fd, bytes, n), 0);
    assert_int_equal(futimens(fd, times), 0);
    return path;
}

static void pattern(struct buf *b, const char *name, const char *text)
{
    buf_printf(b, "%s:0:*:", name);
    for (; *text; text++)
        buf_printf(b, "%02x", (unsigned char)*text);
    buf_printf(b, "\n");
}

static void put_pattern(const char *file, const char *name, const char *text, int days)
{
    scoped_buf b = buf_new(4096);

    pattern(&b, name, text);
    (void)put_file(base, file, b.bytes, b.len, days);
}

/* ---- The program ---------------------------------------------------------------------- */

static bool start(struct zygote_peer *z, const char *dir, const char *days, int *status_out)
{
    const char *argv[] = {"sekimori-scanner", "0", dir, days, NULL};
    int ends[2];
    struct spawned process;

    assert_int_equal(msg_pair(ends), 0);
    const struct spawn_fd fds[] = {{ends[1], ZYGOTE_CHANNEL_FD}};
    const struct spawn spawn = {.path = program, .argv = argv, .fds = fds, .fd_count = 1};
    assert_int_equal(spawn_program(&spawn, &process), 0);
    (void)close(ends[1]);
    bool ready = zygote_peer_adopt(z, process.pid, ends[0], status_out);
    if (ready)
        z->process = process;
    else
        (void)close(process.pidfd);
    return ready;
}

static void must_start(struct zygote_peer *z, const char *dir)
{
    int status = 0;

    if (!start(z, dir, "7", &status))
        fail_msg("the scanner ended with status 0x%x", (unsigned)status);
}

struct answer {
    bool said;        /* a result came */
    uint32_t reason, count;
    uint64_t newest, bytes;
    char name[160], detail[256];
    uint8_t sha256[32];
    bool has_sha256;
    int status;
};

static void receive(int report, struct answer *a)
{
    static struct msg m;
    char type[16];

    while (msg_recv(report, &m) == 0) {
        struct view v = msg_view(&m);
        size_t n = 0;
        if (m.type == MSG_TASK_SCANNED) {
            view_str(&v, a->name, sizeof a->name);
            a->newest = view_u64(&v);
            a->count = view_u32(&v);
        } else {
            assert_int_equal(m.type, MSG_TASK_RESULT);
            a->reason = view_u32(&v);
            view_str(&v, a->detail, sizeof a->detail);
            view_str(&v, type, sizeof type);
            a->bytes = view_u64(&v);
            const uint8_t *sha = view_blob(&v, &n);
            a->has_sha256 = n == sizeof a->sha256;
            if (a->has_sha256)
                memcpy(a->sha256, sha, n);
            a->said = true;
        }
        assert_int_equal(view_end(&v), 0);
    }
}

static struct answer scan_order(struct zygote_peer *z, const struct task_order *order, const void *bytes, size_t n)
{
    static uint64_t id;
    struct answer a = {0};
    struct zygote_ended ended;
    scoped_fd int input = zygote_peer_input(bytes, n);
    scoped_fd int report = zygote_peer_task(z, ++id, order, input, -1, -1);

    receive(report, &a);
    assert_true(zygote_peer_exit(z, &ended));
    assert_int_equal(ended.task, id);
    a.status = ended.status;
    return a;
}

static struct answer scan(struct zygote_peer *z, const void *bytes, size_t n)
{
    struct task_order order = zygote_peer_order(TASK_SCAN, "");

    return scan_order(z, &order, bytes, n);
}

static struct answer scan_text(struct zygote_peer *z, const char *text)
{
    return scan(z, text, strlen(text));
}

static void check_answer(const struct answer *a, uint32_t expected, int line)
{
    if (a->status != 0 || !a->said || a->reason != expected)
        fail_msg("line %d: status 0x%x, %s (%s, %s)", line, (unsigned)a->status, reason_code((enum reason)a->reason),
                 a->name, a->detail);
}

#define assert_answer(given, expected)            \
    do {                                          \
        const struct answer given_ = (given);     \
        check_answer(&given_, expected, __LINE__); \
    } while (0)

static void files_are_scanned(void **state)
{
    struct zygote_peer z;
    uint8_t expected[32];
    static const char text[] = "an ordinary note";
    const struct sample_member virus = {"e.com", sample_eicar(), strlen(sample_eicar()), 0};
    const struct sample_member secret = {"s.txt", "0123456789abcdef", 16, 1};
    scoped_buf zip = buf_new(SAMPLE_MAX), locked = buf_new(SAMPLE_MAX);

    (void)state;
    put_pattern("site.ndb", "Test.Eicar", sample_eicar(), 2);
    must_start(&z, base);
    assert_non_null(strstr(z.note, "state=ok"));
    struct answer a = scan_text(&z, text);
    assert_answer(a, REASON_OK);
    assert_string_equal(a.name, "");
    assert_int_equal(a.count, 1);
    assert_int_equal(a.bytes, strlen(text));
    assert_in_range((int64_t)time(NULL) - (int64_t)a.newest, 2 * DAY - 60, 2 * DAY + 60);
    (void)crypto_hash_sha256(expected, (const uint8_t *)text, strlen(text));
    assert_true(a.has_sha256);
    assert_memory_equal(a.sha256, expected, sizeof expected);

    a = scan_text(&z, sample_eicar());
    assert_answer(a, REASON_INFECTED);
    assert_string_equal(a.name, "Test.Eicar.UNOFFICIAL");
    sample_zip(&zip, &virus, 1);
    assert_answer(scan(&z, zip.bytes, zip.len), REASON_INFECTED);
    sample_zip(&locked, &secret, 1);
    assert_answer(scan(&z, locked.bytes, locked.len), REASON_ENCRYPTED);
    assert_answer(scan_text(&z, text), REASON_OK);
    assert_int_equal(zygote_peer_stop(&z), 0);
}

static void many_at_once(void **state)
{
    enum { N = 40 };
    struct zygote_peer z;
    int reports[N], inputs[N];
    struct zygote_ended ended;
    struct task_order order = zygote_peer_order(TASK_SCAN, "");

    (void)state;
    put_pattern("site.ndb", "Test.Eicar", sample_eicar(), 0);
    must_start(&z, base);
    for (int i = 0; i < N; i++) {
        const char *text = i % 2 ? sample_eicar() : "clean";
        inputs[i] = zygote_peer_input(text, strlen(text));
        reports[i] = zygote_peer_task(&z, 1000 + (uint64_t)i, &order, inputs[i], -1, -1);
    }
    for (int i = 0; i < N; i++) {
        struct answer a = {0};
        receive(reports[i], &a);
        assert_answer(a, i % 2 ? REASON_INFECTED : REASON_OK);
        (void)close(reports[i]);
        (void)close(inputs[i]);
        assert_true(zygote_peer_exit(&z, &ended));
        assert_int_equal(ended.status, 0);
    }
    assert_int_equal(zygote_peer_stop(&z), 0);
}

static void old_signatures_hold_everything(void **state)
{
    struct zygote_peer z;
    int status;

    (void)state;
    put_pattern("site.ndb", "Test.Eicar", sample_eicar(), 9);
    must_start(&z, base);
    assert_non_null(strstr(z.note, "state=stale"));
    assert_answer(scan_text(&z, "an ordinary note"), REASON_SCAN_UNAVAILABLE);
    assert_answer(scan_text(&z, sample_eicar()), REASON_SCAN_UNAVAILABLE);
    assert_int_equal(zygote_peer_stop(&z), 0);

    assert_true(start(&z, base, "10", &status)); /* the age is the administrator's word */
    assert_answer(scan_text(&z, "an ordinary note"), REASON_OK);
    assert_int_equal(zygote_peer_stop(&z), 0);
}

static void signatures_from_the_future_hold_everything(void **state)
{
    struct zygote_peer z;

    (void)state;
    put_pattern("site.ndb", "Test.Eicar", sample_eicar(), -30);
    must_start(&z, base);
    assert_answer(scan_text(&z, "an ordinary note"), REASON_SCAN_UNAVAILABLE);
    assert_int_equal(zygote_peer_stop(&z), 0);
}

static void no_or_broken_signatures_hold_everything(void **state)
{
    struct zygote_peer z;

    (void)state;
    for (int i = 0; i < 3; i++) {
        if (i == 1)
            (void)put_file(base, "bad.ndb", "no signature\n", 13, 0);
        must_start(&z, i == 2 ? "/nonexistent" : base);
        assert_non_null(strstr(z.note, "state=unavailable"));
        struct answer a = scan_text(&z, sample_eicar());
        assert_answer(a, REASON_SCAN_UNAVAILABLE);
        assert_int_equal(a.count, 0);
        assert_int_equal(zygote_peer_stop(&z), 0);
    }
}

static void a_scanner_that_misses_its_canary_does_not_start(void **state)
{
    struct zygote_peer z;
    int status = 0;

    (void)state;
    put_pattern("site.ndb", "Test.Eicar", sample_eicar(), 0);
    (void)put_file(base, "local.ign2", "Sekimori.Canary\n", 16, 0);
    assert_false(start(&z, base, "7", &status));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), ZYGOTE_EXIT_TRIAL);
}

/* Room for unpacking ends: the member's end, where the virus is, is never reached. */
static void without_room_to_unpack_nothing_is_clean(void **state)
{
    struct zygote_peer z;
    struct task_order order = zygote_peer_order(TASK_SCAN, "");
    scoped_free char *big = malloc(400000);
    scoped_buf zip = buf_new(SAMPLE_MAX);

    (void)state;
    assert_non_null(big);
    memset(big, 'x', 400000);
    memcpy(big + 300000, sample_eicar(), strlen(sample_eicar()));
    sample_zip(&zip, &(struct sample_member){"big", big, 400000, 0}, 1);
    put_pattern("site.ndb", "Test.Eicar", sample_eicar(), 0);
    must_start(&z, base);
    assert_answer(scan_order(&z, &order, zip.bytes, zip.len), REASON_INFECTED);
    order.file_bytes = 65536;
    struct answer a = scan_order(&z, &order, zip.bytes, zip.len);
    assert_true(!a.said || a.reason == REASON_SCAN_FAILED || a.reason == REASON_INFECTED);
    assert_int_equal(zygote_peer_stop(&z), 0);
}

static void only_scans_are_taken(void **state)
{
    struct zygote_peer z;
    struct task_order order = zygote_peer_order(TASK_HANDLE, "text");

    (void)state;
    put_pattern("site.ndb", "Test.Eicar", sample_eicar(), 0);
    must_start(&z, base);
    struct answer a = scan_order(&z, &order, "text", 4);
    assert_false(a.said);
    assert_true(WIFEXITED(a.status));
    assert_int_equal(WEXITSTATUS(a.status), TASK_EXIT_PEER);
    assert_int_equal(zygote_peer_stop(&z), 0);
}

/* ---- Import ------------------------------------------------------------------------------ */

struct given {
    const char *name;
    struct buf bytes;
    int days;
};

static int import(const struct given *files, size_t count, bool replace, bool older, struct signatures_result *result)
{
    char outside[] = "/tmp/test-import.XXXXXX", command[128];
    struct signatures_source sources[8];

    assert_non_null(mkdtemp(outside));
    for (size_t i = 0; i < count; i++) {
        char plain[16];
        (void)snprintf(plain, sizeof plain, "%zu", i);
        sources[i].name = files[i].name;
        sources[i].fd = open(put_file(outside, plain, files[i].bytes.bytes, files[i].bytes.len, files[i].days), O_RDONLY | O_CLOEXEC);
        assert_true(sources[i].fd >= 0);
    }
    const struct signatures_import order = {.base = base, .scanner = program, .max_age_days = 7, .sources = sources,
                                            .count = count, .replace = replace, .older = older};
    int err = signatures_import(&order, result);
    for (size_t i = 0; i < count; i++)
        (void)close(sources[i].fd);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", outside);
    assert_int_equal(system(command), 0);
    return err;
}

static int import_pattern(const char *file, const char *name, const char *text, int days, bool older)
{
    struct given given = {file, buf_new(4096), days};
    struct signatures_result result;

    pattern(&given.bytes, name, text);
    int err = import(&given, 1, false, older, &result);
    if (err == 0)
        assert_string_not_equal(result.set, "");
    buf_free(&given.bytes);
    buf_free(&result.json);
    return err;
}

static uint32_t reason_for(const char *text)
{
    struct zygote_peer z;

    must_start(&z, base);
    struct answer a = scan_text(&z, text);
    assert_true(a.said);
    assert_int_equal(zygote_peer_stop(&z), 0);
    return a.reason;
}

static unsigned count_entries(const char *prefix)
{
    char command[256], line[32] = "";

    (void)snprintf(command, sizeof command, "ls -A '%s' | grep -c '^%s'", base, prefix);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    assert_non_null(fgets(line, sizeof line, out));
    (void)pclose(out);
    return (unsigned)strtoul(line, NULL, 10);
}

static void imports_switch_over_and_back(void **state)
{
    struct zygote_peer before;

    (void)state;
    assert_int_equal(import_pattern("a.ndb", "Test.A", "the first text", 1, false), 0);
    assert_int_equal(reason_for("here is the first text"), REASON_INFECTED);
    assert_int_equal(reason_for("here is the second text"), REASON_OK);
    must_start(&before, base);
    assert_int_equal(import_pattern("b.ndb", "Test.B", "the second text", 0, false), 0);
    assert_int_equal(reason_for("here is the first text"), REASON_INFECTED); /* a.ndb was taken over */
    assert_int_equal(reason_for("here is the second text"), REASON_INFECTED);
    assert_answer(scan_text(&before, "here is the second text"), REASON_OK); /* until it is told to reload */
    assert_int_equal(zygote_peer_stop(&before), 0);
    assert_int_equal(signatures_go_back(base), 0);
    assert_int_equal(reason_for("here is the second text"), REASON_OK);
    assert_int_equal(signatures_go_back(base), 0);
    assert_int_equal(reason_for("here is the second text"), REASON_INFECTED);
    assert_int_equal(import_pattern("c.ndb", "Test.C", "the third text", 0, false), 0);
    assert_int_equal(import_pattern("d.ndb", "Test.D", "the fourth text", 0, false), 0);
    assert_int_equal(count_entries("set-"), 2);
    assert_int_equal(count_entries(".new-"), 0);
}

static void a_refused_import_changes_nothing(void **state)
{
    struct signatures_result result;
    struct given bad[] = {{"x.ndb", buf_new(4096), 0}, {"local.ign2", buf_new(4096), 0}, {"daily.cvd", buf_new(4096), 0}};
    static const int checks[] = {SIGCHECK_BROKEN, SIGCHECK_CANARY, SIGCHECK_BROKEN};

    (void)state;
    assert_int_equal(import_pattern("a.ndb", "Test.A", "the first text", 0, false), 0);
    buf_printf(&bad[0].bytes, "no signature\n");
    buf_printf(&bad[1].bytes, "Sekimori.Canary\n");
    buf_printf(&bad[2].bytes, "%-1023s", "ClamAV-VDB:24 Nov 2026 09-00 +0900:1:1:60:X:X:nobody:1795478400");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(import(&bad[i], 1, false, false, &result), ERR_REFUSED);
        assert_int_equal(result.check, checks[i]);
        assert_true(result.problem[0] != '\0');
        buf_free(&result.json);
        buf_free(&bad[i].bytes);
        assert_int_equal(reason_for("here is the first text"), REASON_INFECTED);
    }
    assert_int_equal(count_entries("set-"), 1);
    assert_int_equal(count_entries(".new-"), 0);
}

static void names_that_are_not_taken(void **state)
{
    static const char *const names[] = {"code.cbc", "rules.yar", "daily.cfg", "x.exe", ".ndb", ""};
    struct signatures_result result;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct given given = {names[i], buf_new(4096), 0};
        pattern(&given.bytes, "Test.A", "the first text");
        assert_int_equal(import(&given, 1, false, false, &result), ERR_INVALID);
        buf_free(&result.json);
        buf_free(&given.bytes);
    }
    struct given twice[] = {{"dir/a.ndb", buf_new(4096), 0}, {"other/a.ndb", buf_new(4096), 0}};
    pattern(&twice[0].bytes, "Test.A", "the first text");
    pattern(&twice[1].bytes, "Test.B", "the second text");
    assert_int_equal(import(twice, 2, false, false, &result), ERR_INVALID);
    buf_free(&result.json);
    buf_free(&twice[0].bytes);
    buf_free(&twice[1].bytes);
    assert_int_equal(count_entries("[^.]"), 0);
}

static void an_older_set_needs_a_word(void **state)
{
    struct given old = {"old.ndb", buf_new(4096), 3};
    struct signatures_result result;

    (void)state;
    assert_int_equal(import_pattern("a.ndb", "Test.A", "the first text", 1, false), 0);
    pattern(&old.bytes, "Test.Old", "the older text");
    assert_int_equal(import(&old, 1, true, false, &result), ERR_STALE);
    buf_free(&result.json);
    assert_int_equal(reason_for("here is the first text"), REASON_INFECTED);
    assert_int_equal(import(&old, 1, true, true, &result), 0);
    buf_free(&result.json);
    assert_int_equal(reason_for("here is the first text"), REASON_OK);
    old.days = 8;
    assert_int_equal(import(&old, 1, true, true, &result), 0);
    assert_true(result.stale);
    buf_free(&result.json);
    buf_free(&old.bytes);
    assert_int_equal(reason_for("here is the first text"), REASON_SCAN_UNAVAILABLE);
}

static void imports_wait_for_each_other(void **state)
{
    char path[128];

    (void)state;
    (void)snprintf(path, sizeof path, "%s/.lock", base);
    scoped_fd int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    assert_int_equal(import_pattern("a.ndb", "Test.A", "the first text", 0, false), ERR_AGAIN);
    assert_int_equal(flock(lock, LOCK_UN), 0);
    assert_int_equal(import_pattern("a.ndb", "Test.A", "the first text", 0, false), 0);
    assert_int_equal(signatures_go_back(base), ERR_NOTFOUND);
}

/* A container of one's own: the age is in its header, and counts before that of plain files. */
static void container(struct buf *out, int days, unsigned version)
{
    scoped_buf list = buf_new(4096), info = buf_new(4096), tar = buf_new(SAMPLE_MAX);
    char head[128];
    uint8_t digest[32];

    pattern(&list, "Test.Held", "text in a container");
    (void)crypto_hash_sha256(digest, list.bytes, list.len);
    (void)snprintf(head, sizeof head, "ClamAV-VDB:24 Nov 2026 09-00 +0900:%u:1:60:X:X:site:%lld", version,
                   (long long)time(NULL) - (long long)days * DAY);
    buf_printf(&info, "%s\nlocal.ndb:%zu:", head, list.len);
    for (size_t i = 0; i < sizeof digest; i++)
        buf_printf(&info, "%02x", digest[i]);
    buf_printf(&info, "\n");
    const struct sample_member members[] = {
        {"COPYING", "free", 4, 0}, {"local.info", info.bytes, info.len, 0}, {"local.ndb", list.bytes, list.len, 0}};
    sample_tar(&tar, members, ARRAY_LEN(members));
    buf_printf(out, "%-512s", head);
    buf_put(out, tar.bytes, tar.len);
}

static void containers_tell_their_own_age(void **state)
{
    struct given given = {"local.cud", buf_new(SAMPLE_MAX), 0};
    struct signatures_result result;

    (void)state;
    container(&given.bytes, 3, 5);
    int err = import(&given, 1, false, false, &result);
    if (err < 0)
        fail_msg("%s", result.problem);
    buf_free(&result.json);
    assert_int_equal(reason_for("some text in a container"), REASON_INFECTED);
    assert_int_equal(import_pattern("mine.ndb", "Test.A", "the first text", 0, false), 0);

    scoped_buf json = buf_new(1 << 20);
    assert_int_equal(signatures_status(base, program, 7, 0, &json), 0);
    json_t *root = json_loadb((const char *)json.bytes, json.len, 0, NULL);
    assert_non_null(root);
    assert_int_equal(json_integer_value(json_object_get(root, "age_days")), 3);
    assert_true(json_is_true(json_object_get(root, "fresh")));
    assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "check"), "signatures")), 2);
    assert_string_not_equal(json_string_value(json_object_get(root, "previous")), "");
    json_decref(root);

    buf_reset(&given.bytes);
    container(&given.bytes, 9, 6);
    assert_int_equal(import(&given, 1, false, true, &result), 0);
    assert_true(result.stale);
    buf_free(&result.json);
    buf_free(&given.bytes);
    assert_int_equal(reason_for("anything"), REASON_SCAN_UNAVAILABLE);
}

static void status_of_a_folder_as_it_lies(void **state)
{
    scoped_buf json = buf_new(1 << 20), other = buf_new(1 << 20);

    (void)state;
    put_pattern("site.ndb", "Test.Eicar", sample_eicar(), 2);
    assert_int_equal(signatures_status(base, program, 7, 0, &json), 0);
    assert_non_null(strstr(buf_text(&json), "\"age_days\":2,"));
    assert_non_null(strstr(buf_text(&json), "site.ndb"));
    assert_int_equal(signatures_status("/nonexistent", program, 7, 0, &other), ERR_NOTFOUND);
    assert_int_equal(signatures_status(base, "/nonexistent/scanner", 7, 0, &other), ERR_NOTFOUND);
}

#define WITH_BASE(test) cmocka_unit_test_setup_teardown(test, make_base, remove_base)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_BASE(files_are_scanned),
        WITH_BASE(many_at_once),
        WITH_BASE(old_signatures_hold_everything),
        WITH_BASE(signatures_from_the_future_hold_everything),
        WITH_BASE(no_or_broken_signatures_hold_everything),
        WITH_BASE(a_scanner_that_misses_its_canary_does_not_start),
        WITH_BASE(without_room_to_unpack_nothing_is_clean),
        WITH_BASE(only_scans_are_taken),
        WITH_BASE(imports_switch_over_and_back),
        WITH_BASE(a_refused_import_changes_nothing),
        WITH_BASE(names_that_are_not_taken),
        WITH_BASE(an_older_set_needs_a_word),
        WITH_BASE(imports_wait_for_each_other),
        WITH_BASE(containers_tell_their_own_age),
        WITH_BASE(status_of_a_folder_as_it_lies),
    };

    if (argc != 2 || sodium_init() < 0)
        return 64;
    program = realpath(argv[1], NULL);
    if (!program)
        return 64;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
