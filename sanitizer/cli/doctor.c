/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `sekimori doctor`: what is active, what is waived, what is wrong. Every line
 * is tried, not read from a setting: layers in a child, engines by starting
 * them, the scanner by a file it must find, the pipeline by a file it must
 * release.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ask.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/json.h"
#include "base/sandbox.h"
#include "cli.h"
#include "supervisor/pipeline.h"
#include "supervisor/workfile.h"

#define TRIAL_MS 60000

struct doctor {
    const struct config *config;
    bool json, good;
    struct loop *loop;
    struct pipeline *pipeline;
    unsigned open;                    /* trials without an answer */
    enum reason answers[2];
    char details[2][256];
};

static void line(struct doctor *d, bool good, const char *what, const char *text)
{
    scoped_buf b = buf_new(4096);

    d->good = d->good && good;
    if (!d->json) {
        (void)printf("%-4s %-28s %s\n", good ? "ok" : "BAD", what, text);
        return;
    }
    json_open(&b, NULL, '{');
    json_str(&b, "check", what);
    json_bool(&b, "ok", good);
    json_str(&b, "text", text);
    json_close(&b, '}');
    (void)puts(buf_text(&b));
}

static void look_at_layers(struct doctor *d)
{
    uint32_t available = 0;
    int abi = 0;
    char text[160];

    if (sandbox_probe(&available, &abi) < 0) {
        line(d, false, "sandbox", "the layers could not be tried");
        return;
    }
    for (unsigned bit = 0; bit < SANDBOX_LAYERS; bit++) {
        bool there = available & 1u << bit, waived = d->config->waived & 1u << bit;
        (void)snprintf(text, sizeof text, "%s%s", sandbox_layer_text(bit),
                       waived ? " - WAIVED by the configuration" : there ? "" : " - MISSING: the gateway refuses to start");
        line(d, there && !waived, sandbox_layer_name(bit), text);
    }
    (void)snprintf(text, sizeof text, "ABI %d", abi);
    line(d, abi > 0 || d->config->waived & SANDBOX_LANDLOCK, "landlock version", text);
}

static void look_at_folder(struct doctor *d, const char *what, const char *path, unsigned forbidden)
{
    struct stat st;
    char text[700];

    if (stat(path, &st) < 0) {
        (void)snprintf(text, sizeof text, "%s is not there", path);
        line(d, false, what, text);
        return;
    }
    bool good = S_ISDIR(st.st_mode) && !(st.st_mode & forbidden);
    (void)snprintf(text, sizeof text, "%s, mode %04o%s", path, (unsigned)st.st_mode & 07777, good ? "" : " is too lax");
    line(d, good, what, text);
}

static void look_at_folders(struct doctor *d)
{
    const struct config *c = d->config;

    look_at_folder(d, "state folder", c->gateway.state, 077);
    look_at_folder(d, "checkpoint folder", c->gateway.checkpoints, 077);
    look_at_folder(d, "outbound spool", c->gateway.outbound, 022);
    for (unsigned i = 0; i < c->lane_count; i++) {
        look_at_folder(d, "inbound folder", c->lanes[i].inbound, 0);
        look_at_folder(d, "results folder", c->lanes[i].results, 0);
    }
}

/* ---- Trials through the pipeline -------------------------------------------------------- */

static void on_done(void *owner, void *arg, struct outcome *o)
{
    struct doctor *d = owner;
    size_t i = (size_t)(uintptr_t)arg;

    d->answers[i] = o->reason;
    (void)snprintf(d->details[i], sizeof d->details[i], "%s", o->detail);
    if (--d->open == 0)
        loop_stop(d->loop, 0);
}

static void on_failed(void *owner, enum program_id id, int status)
{
    char text[96];

    (void)snprintf(text, sizeof text, "does not start, status %d", status);
    line(owner, false, program_name(id), text);
    loop_stop(((struct doctor *)owner)->loop, 0);
}

static void on_late(void *arg)
{
    loop_stop(((struct doctor *)arg)->loop, 0);
}

static const struct pipeline_hooks hooks = {.done = on_done, .failed = on_failed};

static void trial(struct doctor *d, size_t i, const char *text)
{
    uint64_t size = 0;
    int fd = workfile_new(-1, strlen(text));

    if (fd < 0 || fdio_write(fd, text, strlen(text)) < 0)
        return;
    fd = workfile_freeze(&fd, -1, false, &size);
    struct submission s = {.fd = fd, .bytes = size, .name = "doctor.txt", .arg = (void *)(uintptr_t)i,
                           .profile = config_profile_find(d->config, "standard")};
    if (fd >= 0 && pipeline_submit(d->pipeline, &s) == 0)
        d->open++;
}

static void tell_engines(struct doctor *d)
{
    char text[320];

    for (unsigned i = 0; i < PROGRAM_ZYGOTES; i++) {
        const struct engine_figures *f = engine_figures(pipeline_engines(d->pipeline), (enum program_id)i);
        scoped_buf layers = buf_new(1024);
        sandbox_layers_put(&layers, f->layers);
        (void)snprintf(text, sizeof text, "%.120s; %.180s", f->ready ? f->note[0] ? f->note : "ready" : "not ready", buf_text(&layers));
        line(d, f->ready, program_name((enum program_id)i), text);
    }
}

static void try_pipeline(struct doctor *d)
{
    char eicar[80];
    struct loop_timer *timer = NULL;

    /* Put together here, so that this program is no find itself. */
    (void)snprintf(eicar, sizeof eicar, "%s%s%s", "X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS", "-TEST-FILE!$H+H*");
    if (loop_new(&d->loop) < 0 || pipeline_new(d->loop, d->config, 2, -1, &hooks, d, &d->pipeline) < 0)
        return;
    for (unsigned i = 0; i < PROGRAM_ZYGOTES; i++)
        if (engine_start(pipeline_engines(d->pipeline), (enum program_id)i) < 0)
            line(d, false, program_name((enum program_id)i), "is not installed");
    trial(d, 0, eicar);
    trial(d, 1, "関守 doctor\n");
    if (loop_after(d->loop, TRIAL_MS, on_late, d, &timer) == 0 && d->open > 0)
        (void)loop_run(d->loop);
    /* The others had the time of two files to come up. */
    if (loop_after(d->loop, 500, on_late, d, NULL) == 0)
        (void)loop_run(d->loop);
    tell_engines(d);
    line(d, d->answers[0] == REASON_INFECTED, "EICAR round trip", d->answers[0] ? reason_code(d->answers[0]) : "no answer");
    line(d, d->answers[1] == REASON_OK, "clean file round trip",
         d->answers[1] == REASON_OK ? "released" : d->details[1][0] ? d->details[1] : d->answers[1] ? reason_code(d->answers[1]) : "no answer");
}

static void look_at_gateway(struct doctor *d)
{
    char text[512];
    int err = ask(d->config, "status", NULL, 0, -1, NULL, NULL, text);

    if (err == ERR_CLOSED) {
        line(d, true, "gateway", "is not running");
        return;
    }
    line(d, err == 0, "gateway", err == 0 ? "answers" : text);
    err = ask(d->config, "audit.verify", NULL, 0, -1, NULL, NULL, text);
    line(d, err == 0, "audit chain", text[0] ? text : err_text(err));
}

int cli_doctor(const struct cli_word *word, int argc, char **argv)
{
    scoped_free struct config *config = NULL;
    struct doctor d = {.good = true};
    const char *path = NULL;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return cli_help(word);
        if (strcmp(argv[i], "--json") == 0)
            d.json = true;
        else if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
            path = argv[++i];
        else
            return cli_usage(word, "unknown argument: %s", argv[i]);
    }
    int code = cli_load(path, &config);
    if (code != CLI_OK)
        return code;
    d.config = config;
    look_at_layers(&d);
    look_at_folders(&d);
    try_pipeline(&d);
    look_at_gateway(&d);
    pipeline_free(&d.pipeline);
    loop_free(&d.loop);
    return d.good ? CLI_OK : CLI_NOT_ALL;
}
