/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking through a drop folder, with everything people and attackers put there. */
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fdio.h"
#include "intake/lane.h"
#include "intake/notice_file.h"

#define TAKEN_MAX 256

struct refusal {
    char path[LANE_PATH_MAX];
    enum reason reason;
    enum lane_left left;
};

static char home[64];
static struct lane lane;
static struct claim taken[TAKEN_MAX];
static unsigned taken_count, room_left, folders;
static struct refusal refusals[16];
static unsigned refusal_count;

static unsigned room(void *owner, const struct lane *l)
{
    (void)owner;
    (void)l;
    return room_left;
}

static bool is_offered(void *owner, const struct lane *l, const char *claimed)
{
    (void)owner;
    (void)l;
    for (unsigned i = 0; i < taken_count; i++)
        if (strcmp(taken[i].claimed, claimed) == 0)
            return true;
    return false;
}

static void on_claimed(void *owner, const struct claim *claim)
{
    (void)owner;
    assert_true(taken_count < TAKEN_MAX);
    assert_true(room_left > 0);
    room_left--;
    taken[taken_count++] = *claim;
}

static void on_refused(void *owner, struct lane *l, const char *path, enum reason reason, enum lane_left left)
{
    (void)owner;
    assert_ptr_equal(l, &lane);
    assert_true(refusal_count < ARRAY_LEN(refusals));
    struct refusal *r = &refusals[refusal_count++];
    (void)snprintf(r->path, sizeof r->path, "%s", path);
    r->reason = reason;
    r->left = left;
}

static void on_folder(void *owner, struct lane *l, int dir)
{
    (void)owner;
    (void)l;
    assert_true(dir >= 0);
    folders++;
}

static const struct lane_hooks hooks = {room, is_offered, on_claimed, on_refused, on_folder};

static const char *full(const char *name)
{
    static char path[4][LANE_PATH_MAX + 128];
    static unsigned next;
    char *out = path[next++ % 4];

    (void)snprintf(out, LANE_PATH_MAX + 128, "%s/in/%.1050s", home, name);
    return out;
}

static void put(const char *name, const char *text)
{
    scoped_fd int fd = open(full(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(fdio_write(fd, text, strlen(text)), 0);
}

static bool exists(const char *name)
{
    struct stat st;

    return lstat(full(name), &st) == 0;
}

static void forget(void)
{
    for (unsigned i = 0; i < taken_count; i++)
        scope_close(&taken[i].fd);
    taken_count = refusal_count = folders = 0;
    room_left = TAKEN_MAX;
}

static struct lane_outcome look(void)
{
    return lane_look(&lane, &hooks, NULL);
}

static int setup(void **state)
{
    char path[96];

    (void)state;
    (void)snprintf(home, sizeof home, "/tmp/test-lane.XXXXXX");
    if (!mkdtemp(home))
        return -1;
    lane = (struct lane){.name = "test", .poll_ms = 5000, .empty_ms = 3600000,
                         .rules = {.limit_bytes = 1000, .settle_ms = 0, .unfinished_ms = 3600000, .own_clock = true}};
    (void)snprintf(path, sizeof path, "%s/in", home);
    assert_int_equal(mkdir(path, 0700), 0);
    lane.inbound = fdio_open_dir(AT_FDCWD, path);
    (void)snprintf(path, sizeof path, "%s/results", home);
    assert_int_equal(mkdir(path, 0700), 0);
    lane.results = fdio_open_dir(AT_FDCWD, path);
    forget();
    return lane.inbound >= 0 && lane.results >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
    char command[192];

    (void)state;
    forget();
    lane_free(&lane);
    (void)snprintf(command, sizeof command, "chmod -R u+rwx '%s'; rm -rf '%s'", home, home);
    return system(command);
}

static void a_file_is_claimed_offered_and_removed(void **state)
{
    char text[16] = "";

    (void)state;
    put("議事録.docx", "content");
    (void)look();
    assert_int_equal(taken_count, 1);
    assert_string_equal(taken[0].path, "議事録.docx");
    assert_int_equal(taken[0].st.st_size, 7);
    assert_int_equal(pread(taken[0].fd, text, sizeof text, 0), 7);
    assert_string_equal(text, "content");
    assert_false(exists("議事録.docx"));
    assert_true(exists(taken[0].claimed));
    (void)look(); /* in work: not again */
    assert_int_equal(taken_count, 1);
    assert_int_equal(lane_done(&lane, taken[0].claimed), 0);
    assert_false(exists(taken[0].claimed));
    assert_int_equal(lane_done(&lane, taken[0].claimed), 0); /* gone is gone */
}

static void a_file_given_back_is_taken_again_later(void **state)
{
    (void)state;
    put("a.pdf", "content");
    (void)look();
    assert_int_equal(lane_return(&lane, taken[0].claimed, taken[0].path), 0);
    assert_true(exists("a.pdf"));
    forget();
    (void)look();
    assert_int_equal(taken_count, 1);
    put("a.pdf", "another one, meanwhile");
    assert_int_equal(lane_return(&lane, taken[0].claimed, taken[0].path), ERR_EXISTS);
    forget();
    (void)look(); /* both */
    assert_int_equal(taken_count, 2);
    assert_string_equal(taken[0].path, "a.pdf");
    assert_string_equal(taken[1].path, "a.pdf");
    assert_string_not_equal(taken[0].token, taken[1].token);
}

static void files_must_stand_still(void **state)
{
    (void)state;
    lane.rules.settle_ms = 150;
    put("a.pdf", "some");
    struct lane_outcome outcome = look();
    assert_int_equal(taken_count, 0);
    assert_in_range(outcome.next_ms, 1, 151);
    struct timespec wait = {.tv_nsec = 100000000};
    (void)nanosleep(&wait, NULL);
    put("a.pdf", "some more");
    (void)nanosleep(&wait, NULL);
    (void)look();
    assert_int_equal(taken_count, 0);
    (void)nanosleep(&wait, NULL);
    (void)look();
    assert_int_equal(taken_count, 1);
}

static void a_file_open_for_writing_waits(void **state)
{
    (void)state;
    put("a.pdf", "some");
    scoped_fd int writer = open(full("a.pdf"), O_WRONLY | O_CLOEXEC);
    assert_true(writer >= 0);
    struct lane_outcome outcome = look();
    assert_int_equal(taken_count, 0);
    assert_true(outcome.next_ms <= 200);
    scope_close(&writer);
    (void)look();
    assert_int_equal(taken_count, 1);
}

static void what_is_no_file_is_set_aside(void **state)
{
    (void)state;
    put("target", "x");
    assert_int_equal(link(full("target"), full("second name")), 0);
    assert_int_equal(symlink("/etc/passwd", full("link")), 0);
    assert_int_equal(symlink("/etc", full("folder link")), 0);
    assert_int_equal(mkfifo(full("fifo"), 0600), 0);
    put("big", "");
    assert_int_equal(truncate(full("big"), 1001), 0);
    (void)look();
    assert_int_equal(taken_count, 0);
    assert_int_equal(refusal_count, 6);
    for (unsigned i = 0; i < refusal_count; i++) {
        bool big = strcmp(refusals[i].path, "big") == 0;
        assert_int_equal(refusals[i].reason, big ? REASON_LIMIT_BYTES : REASON_NOT_REGULAR);
        assert_int_equal(refusals[i].left, LANE_LEFT_ASIDE);
        assert_false(exists(refusals[i].path));
    }
    assert_true(exists("fifo.受取不可"));
    assert_int_equal(mkfifo(full("fifo"), 0600), 0); /* the name is taken: nothing may lie there without a word */
    (void)look();
    assert_true(exists("fifo (2).受取不可"));
    assert_int_equal(refusal_count, 7);
    (void)look();
    assert_int_equal(refusal_count, 7);
}

static void folders_are_walked_and_tidied(void **state)
{
    char path[LANE_PATH_MAX] = "";

    (void)state;
    assert_int_equal(mkdir(full("総務課"), 0700), 0);
    assert_int_equal(mkdir(full("総務課/四月"), 0700), 0);
    put("総務課/四月/a.pdf", "x");
    put("総務課/b.pdf", "x");
    (void)look();
    assert_int_equal(folders, 3);
    assert_int_equal(taken_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(strcmp(taken[i].path, "総務課/四月/a.pdf") == 0 || strcmp(taken[i].path, "総務課/b.pdf") == 0);
        assert_int_equal(lane_done(&lane, taken[i].claimed), 0);
    }
    forget();
    (void)look();
    assert_true(exists("総務課/四月")); /* not at once: somebody may be about to fill it */
    lane.empty_ms = 1;
    const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    assert_int_equal(utimensat(AT_FDCWD, full("総務課/四月"), old, 0), 0);
    (void)look();
    assert_false(exists("総務課/四月"));
    assert_int_equal(utimensat(AT_FDCWD, full("総務課"), old, 0), 0);
    put("総務課/.keep", "");
    (void)look();
    assert_true(exists("総務課"));
    assert_int_equal(unlink(full("総務課/.keep")), 0);
    assert_int_equal(utimensat(AT_FDCWD, full("総務課"), old, 0), 0);
    (void)look();
    assert_false(exists("総務課"));
    assert_int_equal(refusal_count, 0);

    for (unsigned i = 0; i < LANE_DEPTH_MAX + 1; i++) {
        (void)snprintf(path + strlen(path), sizeof path - strlen(path), "%sd", i ? "/" : "");
        assert_int_equal(mkdir(full(path), 0700), 0);
    }
    lane.empty_ms = 3600000;
    (void)look();
    assert_int_equal(refusal_count, 1);
    assert_int_equal(refusals[0].reason, REASON_LIMIT_DEPTH);
    assert_string_equal(refusals[0].path, path);
}

static void a_path_too_long_is_set_aside_as_a_folder(void **state)
{
    char name[256], path[LANE_PATH_MAX] = "";
    scoped_fd int dir = dup(lane.inbound);

    (void)state;
    memset(name, 'x', 250);
    name[250] = '\0';
    for (unsigned i = 0; i < 4; i++) { /* 4 x 251 bytes: a file in it could not be named any more */
        assert_int_equal(mkdirat(dir, name, 0700), 0);
        int next = fdio_open(dir, name, O_RDONLY | O_DIRECTORY, 0);
        assert_true(next >= 0);
        scope_close(&dir);
        dir = next;
    }
    (void)path;
    (void)look();
    assert_int_equal(refusal_count, 1);
    assert_int_equal(refusals[0].reason, REASON_LIMIT_DEPTH);
    assert_int_equal(refusals[0].left, LANE_LEFT_ASIDE);
}

static void unreadable_files_are_told_once(void **state)
{
    (void)state;
    put("a.pdf", "x");
    assert_int_equal(chmod(full("a.pdf"), 0), 0);
    assert_int_equal(mkdir(full("closed"), 0), 0);
    for (int i = 0; i < 3; i++)
        (void)look();
    assert_int_equal(refusal_count, 2);
    assert_int_equal(refusals[0].left, LANE_LEFT_AS_IT_WAS);
    assert_int_equal(refusals[0].reason, REASON_IO);
    assert_int_equal(chmod(full("a.pdf"), 0600), 0);
    (void)look();
    assert_int_equal(taken_count, 1);
}

static void work_goes_on_after_a_restart(void **state)
{
    char first[CLAIM_TOKEN_LEN + 1], name[LANE_PATH_MAX];

    (void)state;
    put("a.pdf", "x");
    (void)look();
    (void)snprintf(first, sizeof first, "%s", taken[0].token);
    (void)snprintf(name, sizeof name, "%s", taken[0].claimed);
    forget();
    put("b.pdf", "y");
    (void)look();
    assert_int_equal(taken_count, 2);
    unsigned old = strcmp(taken[0].path, "a.pdf") == 0 ? 0 : 1;
    assert_string_equal(taken[old].token, first);
    assert_string_equal(taken[old].claimed, name);
    assert_string_equal(taken[old].path, "a.pdf");
    assert_string_equal(taken[!old].path, "b.pdf");
}

static void leftovers_wait_for_room(void **state)
{
    char name[64];

    (void)state;
    for (int i = 0; i < 10; i++) {
        (void)snprintf(name, sizeof name, "f%d.0123456789abcde%x.無害化中", i, (unsigned)i);
        put(name, "x");
    }
    room_left = 4;
    struct lane_outcome outcome = look();
    assert_int_equal(taken_count, 4);
    assert_true(outcome.hungry);
    room_left = 10;
    outcome = look();
    assert_int_equal(taken_count, 10);
    assert_false(outcome.hungry);
}

/* Anybody can name a file like a claim: it is offered, and known if the token was used. */
static void made_up_claims_are_offered(void **state)
{
    (void)state;
    put("a.pdf.0123456789abcdef.無害化中", "x");
    put("b.pdf.無害化中", "x");
    assert_int_equal(symlink("/etc/passwd", full("c.pdf.0123456789abcde0.無害化中")), 0);
    put("d.pdf.0123456789abcde1.無害化中", "");
    assert_int_equal(truncate(full("d.pdf.0123456789abcde1.無害化中"), 1001), 0);
    (void)look();
    assert_int_equal(taken_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        bool a = strcmp(taken[i].path, "a.pdf") == 0;
        assert_true(a || strcmp(taken[i].path, "b.pdf.無害化中") == 0);
        assert_int_equal(strcmp(taken[i].token, "0123456789abcdef") == 0, a);
    }
    assert_int_equal(refusal_count, 2);
}

static void a_claim_that_cannot_be_removed_is_left_alone(void **state)
{
    (void)state;
    put("a.pdf", "x");
    (void)look();
    assert_int_equal(fchmod(lane.inbound, 0500), 0);
    assert_int_equal(lane_done(&lane, taken[0].claimed), ERR_IO);
    forget();
    assert_int_equal(fchmod(lane.inbound, 0700), 0);
    (void)look();
    (void)look();
    assert_int_equal(taken_count, 0);
}

static void room_bounds_the_claims(void **state)
{
    char name[32];

    (void)state;
    for (int i = 0; i < 200; i++) {
        (void)snprintf(name, sizeof name, "f%03d.txt", i);
        put(name, "x");
    }
    room_left = 0;
    assert_true(look().hungry);
    assert_int_equal(taken_count, 0);
    room_left = 70; /* more than one batch */
    assert_true(look().hungry);
    assert_int_equal(taken_count, 70);
    room_left = 130;
    assert_false(look().hungry);
    assert_int_equal(taken_count, 200);
}

static void a_folder_that_became_a_link_leads_nowhere(void **state)
{
    char outside[96];

    (void)state;
    (void)snprintf(outside, sizeof outside, "%s/outside", home);
    assert_int_equal(mkdir(outside, 0700), 0);
    assert_int_equal(mkdir(full("sub"), 0700), 0);
    put("sub/a.pdf", "x");
    (void)look();
    assert_int_equal(taken_count, 1);
    char claimed[LANE_PATH_MAX];
    (void)snprintf(claimed, sizeof claimed, "%s", taken[0].claimed);
    assert_int_equal(rename(full("sub"), full("moved")), 0);
    assert_int_equal(symlink(outside, full("sub")), 0);
    (void)snprintf(outside + strlen(outside), sizeof outside - strlen(outside), "/victim");
    scoped_fd int victim = open(outside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(victim >= 0);
    assert_int_equal(lane_done(&lane, "sub/victim"), 0); /* the link is not followed: nothing is there */
    assert_int_equal(lane_done(&lane, claimed), 0);
    assert_int_equal(access(outside, F_OK), 0);
    char token[CLAIM_TOKEN_LEN + 1];
    memcpy(token, taken[0].token, sizeof token);
    forget();
    (void)look(); /* the claim in the renamed folder is the same job still */
    assert_int_equal(taken_count, 1);
    assert_string_equal(taken[0].path, "moved/a.pdf");
    assert_string_equal(taken[0].token, token);
    assert_int_equal(refusal_count, 1);
    assert_string_equal(refusals[0].path, "sub");
}

/* ---- Notices --------------------------------------------------------------------------- */

static const char *result_path(const char *name)
{
    static char path[512];

    (void)snprintf(path, sizeof path, "%s/results/%s", home, name);
    return path;
}

static void notices_never_replace_anything(void **state)
{
    char text[64] = "";

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(notice_file_put(lane.results, "総務課/a.pdf", VERDICT_HELD, "結果\r\n"), 0);
    scoped_fd int fd = open(result_path("総務課/a.pdf.保留.txt"), O_RDONLY | O_CLOEXEC);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    assert_string_equal(text, "\xEF\xBB\xBF結果\r\n");
    assert_int_equal(access(result_path("総務課/a.pdf.保留 (2).txt"), F_OK), 0);
    assert_int_equal(access(result_path("総務課/a.pdf.保留 (3).txt"), F_OK), 0);
    assert_int_equal(notice_file_put(lane.results, "a.pdf", VERDICT_BLOCKED, "x"), 0);
    assert_int_equal(access(result_path("a.pdf.拒否.txt"), F_OK), 0);
}

static void notices_have_harmless_names(void **state)
{
    char long_name[256], out[64];

    (void)state;
    assert_int_equal(notice_file_put(lane.results, "a:b\x01\xe2\x80\xae" "fdp.exe", VERDICT_HELD, "x"), 0);
    assert_int_equal(access(result_path("a_b__fdp.exe.保留.txt"), F_OK), 0);
    assert_int_equal(notice_file_put(lane.results, "\xff\xfe.txt", VERDICT_HELD, "x"), 0);
    assert_int_equal(access(result_path("\xEF\xBF\xBD\xEF\xBF\xBD.txt.保留.txt"), F_OK), 0);
    assert_int_equal(notice_file_put(lane.results, "../../up", VERDICT_HELD, "x"), 0);
    assert_int_equal(access(result_path("_/_/up.保留.txt"), F_OK), 0);
    memset(long_name, 'y', 255);
    long_name[255] = '\0';
    assert_int_equal(notice_file_put(lane.results, long_name, VERDICT_HELD, "x"), 0);
    assert_int_equal(symlink("/tmp", result_path("trap")), 0);
    assert_true(notice_file_put(lane.results, "trap/a", VERDICT_HELD, "x") < 0);
    notice_file_clean("a\x1b[2J\xe2\x80\xae" "b", out, sizeof out);
    assert_string_equal(out, "a\xEF\xBF\xBD[2J\xEF\xBF\xBD" "b");
    notice_file_clean("字字字", out, 8);
    assert_string_equal(out, "字字");
}

#define IN_LANE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LANE(a_file_is_claimed_offered_and_removed),
        IN_LANE(a_file_given_back_is_taken_again_later),
        IN_LANE(files_must_stand_still),
        IN_LANE(a_file_open_for_writing_waits),
        IN_LANE(what_is_no_file_is_set_aside),
        IN_LANE(folders_are_walked_and_tidied),
        IN_LANE(a_path_too_long_is_set_aside_as_a_folder),
        IN_LANE(unreadable_files_are_told_once),
        IN_LANE(work_goes_on_after_a_restart),
        IN_LANE(leftovers_wait_for_room),
        IN_LANE(made_up_claims_are_offered),
        IN_LANE(a_claim_that_cannot_be_removed_is_left_alone),
        IN_LANE(room_bounds_the_claims),
        IN_LANE(a_folder_that_became_a_link_leads_nowhere),
        IN_LANE(notices_never_replace_anything),
        IN_LANE(notices_have_harmless_names),
    };

    /* Root may read and remove everything, whatever the folder says. */
    if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
