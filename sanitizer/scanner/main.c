/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virus scanner. As a zygote it loads the signatures once, and each scan
 * runs in a child of its own that has just found the canary. Without fresh
 * signatures it starts all the same and answers "unavailable" to every file.
 *
 *   sekimori-scanner WAIVED SIGNATURES MAX-AGE-DAYS     started by the supervisor
 *   sekimori-scanner --check SIGNATURES [MAX-AGE-DAYS [WAIVED]]
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/fdio.h"
#include "base/log.h"
#include "base/msg.h"
#include "base/proto.h"
#include "base/zygote.h"
#include "huge.h"
#include "lib_clamav.h"
#include "sigcheck.h"
#include "sigset.h"

#define SPARES 4
#define DAY 86400
#define DEFAULT_AGE_DAYS 7
#define AGE_DAYS_MAX 3650
#define TASK_SCRATCH "/tmp" /* of each child's own */

static struct {
    const char *base;
    char dir[4096];
    int64_t max_age;
    struct clamav *engine;
    uint64_t huge_bytes;
    char note[128];
} scanner;

/* ---- The zygote ---------------------------------------------------------------------- */

/* "key=value" words, for the supervisor's health check and for people. */
static void write_note(void)
{
    const struct clamav_info *info = clamav_info(scanner.engine);
    bool fresh = sigset_is_fresh(info->newest, time(NULL), scanner.max_age);
    const char *state = info->signatures == 0 ? "unavailable" : fresh ? "ok" : "stale";

    (void)snprintf(scanner.note, sizeof scanner.note,
                   "state=%s engine=%.16s signatures=%u files=%u newest=%lld huge_mb=%llu", state, info->version,
                   info->signatures, info->files, (long long)info->newest, (unsigned long long)(scanner.huge_bytes >> 20));
    if (strcmp(state, "ok") != 0)
        log_warn("no file can be scanned: signatures %s (%s)", state, info->problem[0] ? info->problem : "too old");
}

static int warm(void)
{
    char scratch[] = "/tmp/sekimori-scanner.XXXXXX";

    if (sodium_init() < 0 || !mkdtemp(scratch))
        return ERR_IO;
    /* Without a folder there are no signatures, and every file is told so. */
    const char *dir = sigset_folder(scanner.base, scanner.dir, sizeof scanner.dir) == 0 ? scanner.dir : scanner.base;
    int err = clamav_new(dir, scratch, NULL, NULL, &scanner.engine);
    (void)rmdir(scratch);
    if (err == 0)
        err = clamav_scratch(scanner.engine, TASK_SCRATCH);
    if (err < 0)
        return err;
    (void)signal(SIGXFSZ, SIG_IGN); /* a member too large to unpack is the library's error, not our crash */
    scanner.huge_bytes = huge_collapse();
    write_note();
    return 0;
}

static const char *note(void)
{
    return scanner.note;
}

static int prepare(void)
{
    return clamav_self_test(scanner.engine);
}

/* ---- One scan -------------------------------------------------------------------------- */

struct input {
    const uint8_t *bytes;
    size_t len;
};

static void scope_unmap(struct input *in)
{
    if (in->len > 0)
        (void)munmap((void *)(uintptr_t)in->bytes, in->len);
}

/* The same mapping is hashed and scanned. A file cut short meanwhile kills this process, which holds the file. */
static int map_input(int fd, struct input *in_out)
{
    uint64_t size;
    int err = fdio_size(fd, &size);

    if (err < 0 || size == 0) {
        in_out->len = 0;
        return err;
    }
    if (size > SIZE_MAX / 2)
        return ERR_LIMIT;
    void *bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return errno == ENOMEM ? ERR_NOMEM : ERR_IO;
    *in_out = (struct input){bytes, (size_t)size};
    return 0;
}

static int say_scanned(int report, const char *name)
{
    const struct clamav_info *info = clamav_info(scanner.engine);
    scoped_buf b = buf_new(1024);

    buf_str(&b, name);
    buf_u64(&b, info->newest > 0 ? (uint64_t)info->newest : 0);
    buf_u32(&b, info->signatures);
    return msg_send(report, MSG_TASK_SCANNED, 0, &b, NULL, 0);
}

static int say_result(int report, const struct clamav_result *result, size_t len, const uint8_t *sha256)
{
    scoped_buf b = buf_new(1024);

    buf_u32(&b, result->reason);
    buf_str(&b, result->detail);
    buf_str(&b, "");
    buf_u64(&b, len);
    buf_blob(&b, sha256, sha256 ? crypto_hash_sha256_BYTES : 0);
    return msg_send(report, MSG_TASK_RESULT, 0, &b, NULL, 0);
}

/* A tenth of the time is left for saying so. */
static void limits_of(const struct task_order *order, struct clamav_limits *limits_out)
{
    const struct fmt_limits *l = &order->options.limits;
    uint64_t ms = (uint64_t)order->cpu_seconds * 900;

    *limits_out = (struct clamav_limits){
        .file_bytes = l->input_bytes,
        .total_bytes = l->total_bytes,
        .depth = l->depth < UINT32_MAX ? (uint32_t)l->depth : UINT32_MAX,
        .members = l->members < UINT32_MAX ? (uint32_t)l->members : UINT32_MAX,
        .ms = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX,
    };
}

static void scan(const struct task_order *order, const struct input *in, struct clamav_result *result_out)
{
    struct clamav_limits limits;
    const struct clamav_info *info = clamav_info(scanner.engine);

    if (info->signatures > 0 && !sigset_is_fresh(info->newest, time(NULL), scanner.max_age)) {
        *result_out = (struct clamav_result){.reason = REASON_SCAN_UNAVAILABLE, .detail = "signatures too old"};
        return;
    }
    limits_of(order, &limits);
    clamav_scan(scanner.engine, in->bytes, in->len, &limits, result_out);
}

static int run(const struct task_order *order, const struct task_fds *fds)
{
    scoped(scope_unmap) struct input in = {0};
    struct clamav_result result = {.reason = REASON_SCAN_FAILED, .detail = "the file could not be mapped"};
    uint8_t sha256[crypto_hash_sha256_BYTES];

    if (order->kind != TASK_SCAN)
        return TASK_EXIT_PEER;
    int err = map_input(fds->input, &in);
    if (err == 0) {
        (void)crypto_hash_sha256(sha256, in.bytes, in.len);
        scan(order, &in, &result);
    }
    if (say_scanned(fds->report, result.name) < 0 ||
        say_result(fds->report, &result, in.len, err == 0 ? sha256 : NULL) < 0)
        return TASK_EXIT_PEER;
    return TASK_EXIT_OK;
}

/* ---- Start -------------------------------------------------------------------------------- */

static int parse_days(const char *text, int64_t *seconds_out)
{
    char *end;

    errno = 0;
    long days = strtol(text, &end, 10);
    if (errno || end == text || *end || days < 1 || days > AGE_DAYS_MAX)
        return ERR_INVALID;
    *seconds_out = (int64_t)days * DAY;
    return 0;
}

static int usage(void)
{
    (void)fprintf(stderr, "usage: sekimori-scanner --check SIGNATURES [MAX-AGE-DAYS [WAIVED-LAYERS]]\n"
                          "       sekimori-scanner WAIVED-LAYERS SIGNATURES MAX-AGE-DAYS   (started by the supervisor)\n");
    return SIGCHECK_USAGE;
}

static int check(int argc, char **argv)
{
    int64_t age = (int64_t)DEFAULT_AGE_DAYS * DAY;
    char *end = NULL;
    unsigned long waived = argc > 4 ? strtoul(argv[4], &end, 16) : 0;

    log_init("sekimori-scanner", LOG_LEVEL_INFO);
    if (argc < 3 || argc > 5 || argv[2][0] != '/' || (argc > 3 && parse_days(argv[3], &age) < 0) ||
        (end && (end == argv[4] || *end)) || waived > SANDBOX_ALL)
        return usage();
    return sigcheck_main(argv[2], age, (uint32_t)waived);
}

int main(int argc, char **argv)
{
    static const struct zygote_ops ops = {
        .name = "sekimori-scanner",
        .profile = &sandbox_profiles[SANDBOX_PROFILE_scanner],
        .spares = SPARES,
        .warm = warm,
        .prepare = prepare,
        .run = run,
        .note = note,
    };

    if (argc > 1 && strcmp(argv[1], "--check") == 0)
        return check(argc, argv);
    if (argc != 4 || argv[2][0] != '/' || parse_days(argv[3], &scanner.max_age) < 0)
        return usage();
    scanner.base = argv[2];
    return zygote_main(argc, argv, &ops);
}
