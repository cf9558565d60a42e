/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sekimorid: the supervisor. Starts every other program with exactly the
 * descriptors it needs, carries descriptors and verdicts between them, and
 * keeps the table of running jobs. It never looks at a file's bytes.
 *
 * SECURITY: reads the administrator's configuration; frames from its own
 * programs, any of which may have been taken over; frames from local users on
 * the control socket. Holds no key and opens neither store nor ledger. Started
 * as root it gives engines the account sekimori-worker and services the account
 * sekimori where these exist, and keeps only the capabilities for that.
 *
 * DIAGNOSTICS: exit 0 after SIGTERM or SIGINT; 1 when a program could not be
 * kept running; 2 usage, configuration or environment (the log says which).
 *
 * BUGS: a changed configuration needs a restart.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/capability.h>
#include <locale.h>
#include <pwd.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/log.h"
#include "gateway.h"

#define DEFAULT_CONFIG "/etc/sekimori/sekimori.conf"
#define JOBS_AHEAD 32 /* jobs with the keeper while the pipeline is full: what a group commit can gather */

/* Folders only we may change: a writable one would let others swap keys, ledger or spool. */
static int folder_open(const char *path, bool private, int *fd_out)
{
    struct stat st;
    int fd = mkdir(path, private ? 0700 : 0755) < 0 && errno != EEXIST ? ERR_IO : fdio_open_dir(AT_FDCWD, path);

    if (fd < 0 || fstat(fd, &st) < 0) {
        log_error("%s: %s", path, strerror(errno));
        return ERR_IO;
    }
    if (st.st_mode & (private ? 077 : 022) || (st.st_uid != geteuid() && geteuid() != 0)) {
        log_error("%s: mode %04o or owner %u is too lax", path, (unsigned)st.st_mode & 07777, (unsigned)st.st_uid);
        (void)close(fd);
        return ERR_REFUSED;
    }
    *fd_out = fd;
    return 0;
}

static int folders_open(struct gateway *g)
{
    const struct config_gateway *c = &g->config->gateway;

    if (folder_open(c->state, true, &g->state_dir) < 0 || folder_open(c->checkpoints, true, &g->checkpoint_dir) < 0 ||
        folder_open(c->outbound, false, &g->outbound_dir) < 0 || folder_open(c->run, false, &g->run_dir) < 0)
        return ERR_IO;
    g->work_dir = fdio_make_dirs(g->state_dir, "work", 0700);
    return g->work_dir < 0 ? ERR_IO : 0;
}

/* ---- Started as root ---------------------------------------------------------------- */

/* The only powers the supervisor needs of root's: giving others their ids, ending them, opening staff's folders. */
static int powers_drop(void)
{
    static const unsigned keep[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_KILL, CAP_SETGID, CAP_SETUID,
                                    CAP_SETFCAP}; /* the last one to map uid 0 into a user namespace */
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};

    for (size_t i = 0; i < ARRAY_LEN(keep); i++)
        data[0].permitted |= 1u << keep[i];
    data[0].effective = data[0].permitted;
    for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++) {
        bool kept = cap < 32 && data[0].permitted & 1u << cap;
        if (!kept && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno != EINVAL)
            return ERR_IO;
    }
    return syscall(SYS_capset, &head, data) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : ERR_IO;
}

/* Gives folders and ids to the accounts that exist; without them everything stays under the starting account. */
static int accounts_use(struct gateway *g)
{
    const struct passwd *worker = geteuid() == 0 ? getpwnam("sekimori-worker") : NULL;

    if (worker)
        engines_drop_to(pipeline_engines(g->pipeline), worker->pw_uid, worker->pw_gid);
    const struct passwd *service = geteuid() == 0 ? getpwnam("sekimori") : NULL;
    if (service) {
        const int fds[] = {g->state_dir, g->work_dir, g->checkpoint_dir, g->outbound_dir};
        for (size_t i = 0; i < ARRAY_LEN(fds); i++)
            if (fchown(fds[i], service->pw_uid, service->pw_gid) < 0)
                return ERR_IO;
        g->drop = true;
        g->service_uid = service->pw_uid;
        g->service_gid = service->pw_gid;
    }
    if (geteuid() != 0)
        return 0;
    if (!worker || !service)
        log_warn("started as root without the accounts sekimori and sekimori-worker: programs stay apart by namespaces only");
    return powers_drop();
}

static void on_signal(void *arg, int signo)
{
    struct gateway *g = arg;

    if (signo == SIGHUP) {
        log_info("signatures are read again");
        if (engine_reload(pipeline_engines(g->pipeline), PROGRAM_SCANNER) < 0)
            log_error("a new scanner cannot be started; the old one stays");
        return;
    }
    loop_stop(g->loop, 0);
}

static int signals_watch(struct gateway *g)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        if (loop_signal(g->loop, signals[i], on_signal, g) < 0)
            return ERR_IO;
    return 0;
}

static int engines_start(struct gateway *g)
{
    for (unsigned i = 0; i < PROGRAM_ZYGOTES; i++) {
        int err = engine_start(pipeline_engines(g->pipeline), (enum program_id)i);
        if (err < 0) {
            log_error("%s: %s", program_name((enum program_id)i), err_text(err));
            return err;
        }
    }
    return 0;
}

static int gateway_start(struct gateway *g)
{
    uint64_t workers = g->config->gateway.workers;
    unsigned slots = (unsigned)(workers ? workers : (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));

    g->jobs_max = slots + JOBS_AHEAD;
    if (folders_open(g) < 0 || loop_new(&g->loop) < 0 || signals_watch(g) < 0)
        return ERR_IO;
    int err = control_listen(g);
    if (err < 0) {
        log_error("control socket in %s: %s", g->config->gateway.run,
                  err == ERR_EXISTS ? "another gateway runs there" : strerror(errno));
        return err;
    }
    if (pipeline_new(g->loop, g->config, slots, g->work_dir, &job_hooks, g, &g->pipeline) < 0)
        return ERR_NOMEM;
    err = accounts_use(g);
    if (err == 0)
        err = engines_start(g);
    return err == 0 ? services_start(g) : err;
}

static void gateway_finish(struct gateway *g)
{
    if (g->loop) {
        control_finish(g);
        services_stop(g);
    }
    pipeline_free(&g->pipeline);
    jobs_free(g);
    loop_free(&g->loop);
    int *const fds[] = {&g->state_dir, &g->checkpoint_dir, &g->outbound_dir, &g->work_dir, &g->run_dir};
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        scope_close(fds[i]);
    free(g->config);
}

static int configure(struct gateway *g, int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *path = DEFAULT_CONFIG;
    char complaint[256];
    int option;

    while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
        if (option != 'c') {
            (void)fprintf(option == 'h' ? stdout : stderr, "usage: sekimorid [-c CONF]\n\nRuns the gateway in the foreground "
                          "until SIGTERM. SIGHUP reads the virus signatures again.\n");
            return option == 'h' ? 1 : ERR_INVALID;
        }
        path = optarg;
    }
    int err = config_load(path, complaint, &g->config);
    if (err < 0) {
        log_error("%s", complaint[0] ? complaint : err_text(err));
        return err;
    }
    config_digest(g->config, g->policy_digest);
    log_init("sekimorid", (enum log_level)g->config->gateway.log_level);
    return 0;
}

int main(int argc, char **argv)
{
    static struct gateway g = {.state_dir = -1, .checkpoint_dir = -1, .outbound_dir = -1, .work_dir = -1, .run_dir = -1,
                               .listener = -1};

    (void)setlocale(LC_ALL, "C.UTF-8");
    (void)umask(022);
    log_init("sekimorid", LOG_LEVEL_INFO);
    g.jobs_last = &g.jobs;
    g.started_ms = fdio_now_ms();
    g.keeper = (struct service){.gateway = &g, .id = PROGRAM_KEEPER, .program = {.pidfd = -1}};
    g.releaser = (struct service){.gateway = &g, .id = PROGRAM_RELEASER, .program = {.pidfd = -1}};
    g.intake = (struct service){.gateway = &g, .id = PROGRAM_INTAKE, .program = {.pidfd = -1}};
    int code = sodium_init() < 0 ? ERR_FAULT : configure(&g, argc, argv);
    if (code == 0) {
        code = gateway_start(&g) < 0 ? 2 : loop_run(g.loop);
        gateway_finish(&g);
    } else {
        code = code > 0 ? 0 : 2;
    }
    return code < 0 ? 1 : code;
}
