/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekimori-verify against a real export and a real spool, each then tampered with in every way it promises to see. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fdio.h"
#include "gateway.h"

#define JOBS 12
#define LINES_MAX 200

static struct gateway g;
static struct known jobs[JOBS];
static char *lines[LINES_MAX]; /* of the export, with newline */
static unsigned line_count;

static int verify(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int verify(const char *format, ...)
{
    char command[4096];
    int n = snprintf(command, sizeof command, "cd %s && %s ", g.folder, getenv("SEKIMORI_VERIFY"));
    va_list ap;

    va_start(ap, format);
    n += vsnprintf(command + n, sizeof command - (size_t)n, format, ap);
    va_end(ap);
    if (!getenv("SEKIMORI_TEST_LOUD"))
        (void)snprintf(command + n, sizeof command - (size_t)n, " >/dev/null 2>&1");
    int status = system(command);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Prepares something in the folder. */
static void shell(const char *command)
{
    char text[2048];

    (void)snprintf(text, sizeof text, "cd %s && { %s; }", g.folder, command);
    assert_int_equal(system(text), 0);
}

static FILE *create(const char *name)
{
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s", g.folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    return out;
}

static bool is_record(unsigned i)
{
    return strncmp(lines[i], "{\"seq\":", 7) == 0;
}

static void read_export(int fd)
{
    FILE *in = fdopen(dup(fd), "r");
    size_t room = 0;

    rewind(in);
    while (line_count < LINES_MAX && getline(&lines[line_count], &room, in) > 0) {
        line_count++;
        room = 0;
    }
    (void)fclose(in);
    assert_true(line_count > 30 && line_count < LINES_MAX);
}

static int setup(void **state)
{
    (void)state;
    gateway_init(&g);
    g.keeper.checkpoint_records = 5;
    assert_int_equal(gateway_start(&g), 0);
    for (unsigned i = 0; i < JOBS; i++) {
        known_fill(&jobs[i], i, i % 2 ? "a.pdf" : "tree/議案.pdf", i % 4 == 3 ? REASON_MALFORMED : REASON_OK);
        assert_int_equal(gateway_push(&g, &jobs[i], 1), 0);
    }
    assert_true(gateway_delivered(&g, 9, 5000));
    gateway_stop(&g); /* its last act is a checkpoint */
    char path[1024];
    (void)snprintf(path, sizeof path, "cp %s/audit/checkpoints.jsonl %s/kept", g.folder, g.folder);
    assert_int_equal(system(path), 0);
    assert_int_equal(gateway_start(&g), 0);
    (void)snprintf(path, sizeof path, "%s/export", g.folder);
    scoped_fd int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(gateway_ask(&g, "kansa", ROLE_AUDITOR, NULL, fd, "audit.export", NULL), 0);
    gateway_stop(&g);
    read_export(fd);
    FILE *good = create("good");
    for (unsigned i = 0; i < line_count; i++)
        (void)fputs(lines[i], good);
    (void)fclose(good);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gateway_clean(&g);
    for (unsigned i = 0; i < line_count; i++)
        free(lines[i]);
    return 0;
}

#define CHAIN "--key state/keys/audit.pub"

static void test_good(void **state)
{
    char command[1024];

    (void)state;
    assert_int_equal(verify("chain good " CHAIN), 0);
    assert_int_equal(verify("chain good " CHAIN " --checkpoints kept"), 0);
    /* The last checkpoint of all was written after the export: it knows more, as after a cut. */
    assert_int_equal(verify("chain good " CHAIN " --checkpoints audit/checkpoints.jsonl"), 1);
    assert_int_equal(verify("chain good " CHAIN " --checkpoints audit/checkpoints.jsonl --period"), 0);
    assert_int_equal(verify("chain good --key state/keys/release.pub"), 2);
    assert_int_equal(verify("chain missing " CHAIN), 2);
    assert_int_equal(verify("chain good"), 2);
    (void)snprintf(command, sizeof command, "python3 %s %s/good >/dev/null", getenv("SEKIMORI_SECOND"), g.folder);
    assert_int_equal(system(command), 0);
}

/* Writes the export with one change and returns what verify says. */
static int tampered(const char *options, int drop, int twice, int swap, int change, unsigned end)
{
    FILE *out = create("bad");

    for (unsigned i = 0; i < end; i++) {
        if ((int)i == drop)
            continue;
        if ((int)i == swap && i + 1 < end) {
            (void)fputs(lines[i + 1], out);
            (void)fputs(lines[i], out);
            i++;
            continue;
        }
        size_t n = strlen(lines[i]);
        for (size_t c = 0; c < n; c++)
            (void)fputc((int)i == change && c == n / 2 ? lines[i][c] ^ 1 : lines[i][c], out);
        if ((int)i == twice)
            (void)fputs(lines[i], out);
    }
    (void)fclose(out);
    return verify("chain bad " CHAIN " %s", options);
}

static void test_each_record(void **state)
{
    (void)state;
    for (unsigned i = 0; i + 1 < line_count; i++) {
        if (!is_record(i))
            continue;
        assert_int_equal(tampered("", (int)i, -1, -1, -1, line_count), 1); /* dropped */
        assert_int_equal(tampered("", -1, (int)i, -1, -1, line_count), 1); /* twice */
        assert_int_equal(tampered("", -1, -1, -1, (int)i, line_count), 1); /* changed */
        if (is_record(i + 1))
            assert_int_equal(tampered("", -1, -1, (int)i, -1, line_count), 1); /* moved */
    }
}

/* A cut end, and a chain set back to any earlier length, are seen by the checkpoints that were kept elsewhere. */
static void test_cut_end(void **state)
{
    (void)state;
    unsigned last = line_count;
    while (is_record(last - 1))
        last--; /* behind the last checkpoint there are records nobody signed yet */
    for (unsigned end = 1; end < last - 1; end++)
        assert_int_equal(tampered("--checkpoints kept", -1, -1, -1, -1, end), 1);
    assert_int_equal(tampered("--checkpoints kept", -1, -1, -1, -1, line_count), 0);
}

/* A missing beginning is seen unless a checkpoint proves where the rest begins. */
static void test_cut_beginning(void **state)
{
    FILE *out;
    unsigned anchored = 0;

    (void)state;
    for (unsigned from = 1; from + 10 < line_count; from++) {
        out = create("bad");
        for (unsigned i = from; i < line_count; i++)
            (void)fputs(lines[i], out);
        (void)fclose(out);
        int want = is_record(from) ? 1 : 0;
        anchored += !want;
        assert_int_equal(verify("chain bad " CHAIN), want);
        assert_int_equal(verify("chain bad " CHAIN " --period"), 0);
    }
    assert_true(anchored > 0);
}

/* The whole chain written anew, hashes and all: only the signatures tell. */
static void test_rewritten(void **state)
{
    (void)state;
    shell("python3 - good bad <<'END'\n"
                   "import hashlib, sys\n"
                   "out, previous = open(sys.argv[2], 'w'), '0' * 64\n"
                   "for line in open(sys.argv[1]):\n"
                   "    if line.startswith('{\"seq\":'):\n"
                   "        body = line[:line.rindex(',\"prev\":')].replace('malformed', 'harmless') + ',\"prev\":\"' + previous + '\"'\n"
                   "        previous = hashlib.sha256((body + '}').encode()).hexdigest()\n"
                   "        line = body + ',\"hash\":\"' + previous + '\"}\\n'\n"
                   "        out.write(line)\n"
                   "END\n:");
    assert_int_equal(verify("chain bad " CHAIN), 3); /* whole, and proves nothing */
    assert_int_equal(verify("chain bad " CHAIN " --checkpoints kept"), 1);
}

static void test_checkpoints_themselves(void **state)
{
    (void)state;
    assert_int_equal(verify("chain good " CHAIN " --checkpoints kept"), 0);
    assert_int_equal(verify("chain good " CHAIN " --checkpoints /dev/null"), 1);
    shell("sed 3d kept > fewer");
    assert_int_equal(verify("chain good " CHAIN " --checkpoints fewer"), 1); /* one was taken out */
    shell("sed 's/test-gateway/best-gateway/' kept > forged");
    assert_int_equal(verify("chain good " CHAIN " --checkpoints forged"), 1);
    shell("{ cat kept; head -c 50 kept; } > torn");
    assert_int_equal(verify("chain good " CHAIN " --checkpoints torn"), 0); /* as a power cut leaves it */
}

#define SPOOL "--key state/keys/release.pub"

static void test_spool(void **state)
{
    (void)state;
    assert_int_equal(verify("spool outbound/new " SPOOL), 0);
    assert_int_equal(verify("spool outbound/new --key state/keys/audit.pub"), 2);
    static const char *const attacks[] = {
        "echo x >> lgwan/a.pdf",                                             /* changed */
        "truncate -s 100 lgwan/a.pdf",                                       /* cut */
        "rm lgwan/a.pdf.manifest",                                           /* nobody released it */
        "echo hello > lgwan/mine.pdf",                                       /* dropped in */
        "cp lgwan/a.pdf lgwan/b.pdf; cp lgwan/a.pdf.manifest lgwan/b.pdf.manifest", /* delivered again elsewhere */
        "mv 'lgwan/a (2).pdf.manifest' lgwan/a.pdf.manifest",                /* another's manifest */
        "sed -i 's/^destination-sequence: 1$/destination-sequence: 9/' lgwan/tree/*.manifest", /* forged */
        "ln -s /etc/passwd lgwan/x.pdf",                                     /* a link */
        "mkfifo lgwan/x.pdf",
    };
    for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
        shell("rm -rf copy && cp -r outbound/new copy");
        assert_int_equal(verify("spool copy " SPOOL), 0);
        char command[1024];
        (void)snprintf(command, sizeof command, "cd copy && { %s; }", attacks[i]);
        shell(command);
        assert_int_equal(verify("spool copy " SPOOL), 1);
    }
    shell("rm -rf copy; cp -r outbound/new copy; rm copy/lgwan/a.pdf*");
    assert_int_equal(verify("spool copy " SPOOL), 0); /* collected: a gap, not a lie */
    assert_int_equal(verify("manifest outbound/new/lgwan/a.pdf outbound/new/lgwan/a.pdf.manifest " SPOOL), 0);
    assert_int_equal(verify("manifest 'outbound/new/lgwan/a (2).pdf' outbound/new/lgwan/a.pdf.manifest " SPOOL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),          cmocka_unit_test(test_each_record), cmocka_unit_test(test_cut_end),
        cmocka_unit_test(test_cut_beginning), cmocka_unit_test(test_rewritten),   cmocka_unit_test(test_checkpoints_themselves),
        cmocka_unit_test(test_spool),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
