/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket of the command line. The kernel tells who asks; a table
 * says which role each verb needs; what concerns ledger and store is passed to
 * the keeper with that name and those roles, and the keeper judges again.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/json.h"
#include "base/log.h"
#include "base/proto.h"
#include "gateway.h"

#define CLIENTS_MAX 64
#define ARGUMENTS_MAX 16
#define ARGUMENT_MAX 4096
#define ROLE_ANY (ROLE_SUBMITTER | ROLE_APPROVER | ROLE_OPERATOR | ROLE_AUDITOR | ROLE_POLICY)

struct control {
    struct control *next;
    struct gateway *gateway;
    struct peer *peer;
    uid_t uid;
    char name[JOB_WORD_MAX];
    uint32_t roles;
    uint64_t keeper_call; /* the open question, 0: none */
    bool submitting;
};

struct question {
    char verb[64];
    char (*arguments)[ARGUMENT_MAX];
    uint32_t count;
    int fd; /* -1: none; owned by the message */
};

static void control_end(struct control *c, int err, const char *text)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);

    buf_u32(&b, (uint32_t)-err);
    buf_str(&b, text);
    (void)peer_send(c->peer, MSG_CONTROL_END, 0, &b, NULL, 0);
}

/* ---- Who asks ---------------------------------------------------------------------- */

/* The account the gateway runs under, and root, own it; everybody else has the roles the configuration gives. */
static uint32_t roles_of(const struct gateway *g, uid_t uid, const char *name)
{
    if (uid == 0 || uid == geteuid())
        return ROLE_ANY;
    for (unsigned i = 0; i < g->config->user_count; i++)
        if (strcmp(g->config->users[i].name, name) == 0)
            return g->config->users[i].roles;
    return 0;
}

static void name_of(uid_t uid, char name[JOB_WORD_MAX])
{
    const struct passwd *user = getpwuid(uid);

    if (user && strlen(user->pw_name) < JOB_WORD_MAX)
        (void)snprintf(name, JOB_WORD_MAX, "%s", user->pw_name);
    else
        (void)snprintf(name, JOB_WORD_MAX, "uid:%u", (unsigned)uid);
}

/* ---- Verbs the supervisor answers itself ------------------------------------------------ */

static void row_send(struct control *c, const struct buf *b)
{
    (void)peer_send(c->peer, MSG_CONTROL_ROW, 0, b, NULL, 0);
}

static void put_engines(struct buf *b, struct gateway *g)
{
    json_open(b, "engines", '[');
    for (unsigned i = 0; i < PROGRAM_ZYGOTES; i++) {
        const struct engine_figures *f = engine_figures(pipeline_engines(g->pipeline), (enum program_id)i);
        json_open(b, NULL, '{');
        json_str(b, "program", program_name((enum program_id)i));
        json_bool(b, "ready", f->ready);
        json_str(b, "note", f->note);
        json_u64(b, "layers", f->layers);
        json_u64(b, "landlock_abi", f->landlock_abi);
        json_u64(b, "running", f->running);
        json_u64(b, "tasks", f->tasks);
        json_u64(b, "crashes", f->crashes);
        json_u64(b, "restarts", f->restarts);
        json_u64(b, "peak_kb", f->peak_kb);
        json_close(b, '}');
    }
    json_close(b, ']');
}

static void verb_status(struct control *c, const struct question *q)
{
    struct gateway *g = c->gateway;
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
    unsigned waiting = 0, active = 0;

    (void)q;
    for (const struct job *job = g->jobs; job; job = job->next)
        *(job->state == JOB_OFFERED ? &waiting : &active) += 1;
    json_open(&b, NULL, '{');
    json_u64(&b, "uptime_ms", fdio_now_ms() - g->started_ms);
    json_bool(&b, "keeper", g->keeper.ready);
    json_bool(&b, "releaser", g->releaser.ready);
    json_bool(&b, "intake", g->intake.ready);
    json_str(&b, "ledger", g->keeper_note);
    json_bool(&b, "paused", g->paused);
    json_str(&b, "paused_why", g->pause_why);
    json_bool(&b, "releases_stopped", g->releases_stopped);
    json_bool(&b, "audit_fault", g->audit_fault);
    json_u64(&b, "waiting", waiting);
    json_u64(&b, "active", active);
    json_u64(&b, "received", g->received);
    json_u64(&b, "released", g->counts[VERDICT_RELEASED]);
    json_u64(&b, "held", g->counts[VERDICT_HELD]);
    json_u64(&b, "blocked", g->counts[VERDICT_BLOCKED]);
    json_str(&b, "policy", g->policy_digest);
    json_u64(&b, "waived_layers", g->config->waived);
    put_engines(&b, g);
    json_close(&b, '}');
    row_send(c, &b);
    control_end(c, 0, "");
}

static void verb_submit(struct control *c, const struct question *q)
{
    struct gateway *g = c->gateway;
    struct job_origin origin = {.mtime = (int64_t)(fdio_wall_ms() / 1000)};
    const struct config_lane *lane = NULL;
    uint8_t token[16];
    struct stat st;

    for (unsigned i = 0; i < g->config->lane_count && q->count == 2; i++)
        if (strcmp(g->config->lanes[i].name, q->arguments[0]) == 0)
            lane = &g->config->lanes[i];
    if (!lane || q->fd < 0 || q->arguments[1][0] == '\0' || strlen(q->arguments[1]) >= sizeof origin.path) {
        control_end(c, ERR_INVALID, "submit wants a lane of the configuration, a name and a file");
        return;
    }
    if (fstat(q->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        control_end(c, ERR_REFUSED, "only regular files can be submitted");
        return;
    }
    if (g->paused) {
        control_end(c, ERR_SPACE, "the gateway takes nothing at the moment; try again later");
        return;
    }
    fdio_random(token, sizeof token);
    for (size_t i = 0; i < sizeof token; i++)
        (void)snprintf(origin.token + 2 * i, 3, "%02x", token[i]);
    (void)snprintf(origin.lane, sizeof origin.lane, "%s", lane->name);
    (void)snprintf(origin.destination, sizeof origin.destination, "%s", lane->destination);
    (void)snprintf(origin.label, sizeof origin.label, "%s", config_label(lane));
    (void)snprintf(origin.profile, sizeof origin.profile, "%s", lane->profile);
    (void)snprintf(origin.source, sizeof origin.source, "cli");
    (void)snprintf(origin.submitter, sizeof origin.submitter, "%s", c->name);
    (void)snprintf(origin.path, sizeof origin.path, "%s", q->arguments[1]);
    memcpy(origin.policy_digest, g->policy_digest, sizeof origin.policy_digest);
    c->submitting = true;
    job_offer(g, &origin, fcntl(q->fd, F_DUPFD_CLOEXEC, 3), 0, c);
}

static void verb_reload(struct control *c, const struct question *q)
{
    int err = engine_reload(pipeline_engines(c->gateway->pipeline), PROGRAM_SCANNER);

    (void)q;
    control_end(c, err, err < 0 ? "the new scanner cannot be started; the old one stays" : "loading; the old signatures serve until then");
}

void control_submitted(struct control *c, int err, const char *job, const char *text)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);

    c->submitting = false;
    if (err == 0) {
        json_open(&b, NULL, '{');
        json_str(&b, "job", job);
        json_close(&b, '}');
        row_send(c, &b);
    }
    control_end(c, err, text);
}

/* ---- Verbs the keeper answers -------------------------------------------------------------- */

static void verb_keeper(struct control *c, const struct question *q)
{
    struct gateway *g = c->gateway;
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);

    if (!g->keeper.ready || c->keeper_call) {
        control_end(c, ERR_AGAIN, "the keeper is not ready; try again");
        return;
    }
    buf_str(&b, q->verb);
    buf_u32(&b, c->uid);
    buf_str(&b, c->name);
    buf_u32(&b, c->roles);
    buf_u32(&b, q->count);
    for (uint32_t i = 0; i < q->count; i++)
        buf_str(&b, q->arguments[i]);
    c->keeper_call = ++g->next_call;
    if (peer_send(g->keeper.peer, MSG_KEEPER_ASK, c->keeper_call, &b, &q->fd, q->fd >= 0 ? 1 : 0) < 0) {
        c->keeper_call = 0;
        control_end(c, ERR_AGAIN, "the keeper does not listen; try again");
    }
}

bool control_on_keeper(struct gateway *g, const struct msg *m)
{
    struct control *c = g->controls;

    while (c && c->keeper_call != m->id)
        c = c->next;
    if (!c)
        return false;
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
    buf_put(&b, m->payload, m->len);
    if (m->type == MSG_KEEPER_END) {
        c->keeper_call = 0;
        struct view v = msg_view(m);
        char verb_state[256];
        uint32_t err = view_u32(&v);
        view_str(&v, verb_state, sizeof verb_state);
        if (err == 0 && strcmp(verb_state, "releases stopped") == 0)
            g->releases_stopped = true;
        else if (err == 0 && strcmp(verb_state, "releases started") == 0)
            g->releases_stopped = false;
    }
    (void)peer_send(c->peer, m->type == MSG_KEEPER_ROW ? MSG_CONTROL_ROW : MSG_CONTROL_END, 0, &b, NULL, 0);
    return true;
}

void control_keeper_lost(struct gateway *g)
{
    for (struct control *c = g->controls; c; c = c->next) {
        if (c->keeper_call) {
            c->keeper_call = 0;
            control_end(c, ERR_AGAIN, "the keeper ended in the middle of it; try again");
        }
    }
}

/* ---- The table -------------------------------------------------------------------------------- */

static const struct {
    const char *verb;
    uint32_t roles; /* any of these */
    void (*fn)(struct control *c, const struct question *q);
} verbs[] = {
    {"status", ROLE_ANY, verb_status},
    {"submit", ROLE_SUBMITTER, verb_submit},
    {"signatures.reload", ROLE_OPERATOR, verb_reload},
    {"jobs.list", ROLE_OPERATOR | ROLE_APPROVER | ROLE_AUDITOR, verb_keeper},
    {"jobs.show", ROLE_OPERATOR | ROLE_APPROVER | ROLE_AUDITOR, verb_keeper},
    {"quarantine.list", ROLE_OPERATOR | ROLE_APPROVER | ROLE_AUDITOR, verb_keeper},
    {"quarantine.show", ROLE_OPERATOR | ROLE_APPROVER | ROLE_AUDITOR, verb_keeper},
    {"quarantine.export", ROLE_OPERATOR | ROLE_APPROVER, verb_keeper},
    {"quarantine.release", ROLE_APPROVER, verb_keeper},
    {"quarantine.delete", ROLE_OPERATOR | ROLE_APPROVER, verb_keeper},
    {"audit.export", ROLE_AUDITOR, verb_keeper},
    {"audit.verify", ROLE_AUDITOR | ROLE_OPERATOR, verb_keeper},
    {"releases.stop", ROLE_OPERATOR | ROLE_APPROVER, verb_keeper},
    {"releases.start", ROLE_APPROVER, verb_keeper},
    {"releases.status", ROLE_ANY, verb_keeper},
    {"stats", ROLE_ANY, verb_keeper},
};

static int on_ask(void *owner, struct peer *peer, struct msg *m)
{
    struct control *c = owner;
    struct view v = msg_view(m);
    struct question q = {.fd = m->fd_count ? m->fds[0] : -1};
    static char arguments[ARGUMENTS_MAX][ARGUMENT_MAX];

    (void)peer;
    view_str(&v, q.verb, sizeof q.verb);
    q.count = view_u32(&v);
    if (q.count > ARGUMENTS_MAX || c->submitting)
        return ERR_PEER;
    for (uint32_t i = 0; i < q.count; i++)
        view_str(&v, arguments[i], sizeof arguments[i]);
    if (view_end(&v) < 0)
        return ERR_PEER;
    q.arguments = arguments;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (strcmp(verbs[i].verb, q.verb) != 0)
            continue;
        if (c->roles & verbs[i].roles)
            verbs[i].fn(c, &q);
        else
            control_end(c, ERR_PERM, "your account has no role that allows this");
        return 0;
    }
    control_end(c, ERR_INVALID, "unknown verb");
    return 0;
}

static const struct msg_rule control_rules[] = {{MSG_CONTROL_ASK, 0, 1, false, on_ask}, {0}};

/* ---- Connections ----------------------------------------------------------------------------------- */

static void control_free(struct control *c)
{
    for (struct control **at = &c->gateway->controls; *at; at = &(*at)->next) {
        if (*at == c) {
            *at = c->next;
            break;
        }
    }
    jobs_forget_client(c->gateway, c);
    peer_free(&c->peer);
    free(c);
}

static void on_closed(void *owner, struct peer *peer, int err)
{
    (void)peer;
    (void)err;
    control_free(owner);
}

static unsigned clients(const struct gateway *g)
{
    unsigned n = 0;

    for (const struct control *c = g->controls; c; c = c->next)
        n++;
    return n;
}

static void on_connect(void *arg, unsigned events)
{
    struct gateway *g = arg;
    scoped_fd int fd = accept4(g->listener, NULL, NULL, SOCK_CLOEXEC);
    struct ucred who;
    socklen_t len = sizeof who;

    (void)events;
    if (fd < 0 || clients(g) >= CLIENTS_MAX || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
        return;
    struct control *c = calloc(1, sizeof *c);
    if (!c)
        return;
    c->gateway = g;
    c->uid = who.uid;
    name_of(who.uid, c->name);
    c->roles = roles_of(g, who.uid, c->name);
    if (peer_new(g->loop, fd, control_rules, c, on_closed, &c->peer) < 0) {
        free(c);
        return;
    }
    (void)steal_fd(&fd);
    c->next = g->controls;
    g->controls = c;
}

static int socket_at(struct gateway *g, struct sockaddr_un *address)
{
    int n = snprintf(address->sun_path, sizeof address->sun_path, "%s/control.sock", g->config->gateway.run);

    address->sun_family = AF_UNIX;
    return n > 0 && (size_t)n < sizeof address->sun_path ? 0 : ERR_LIMIT;
}

int control_listen(struct gateway *g)
{
    struct sockaddr_un address = {0};
    scoped_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || socket_at(g, &address) < 0)
        return ERR_IO;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return ERR_EXISTS;
    (void)close(steal_fd(&fd));
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    (void)unlink(address.sun_path); /* left behind by a crash: nobody answered there */
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(address.sun_path, 0666) < 0 || listen(fd, 16) < 0)
        return ERR_IO;
    int err = loop_add(g->loop, fd, LOOP_READ, on_connect, g);
    if (err == 0)
        g->listener = steal_fd(&fd);
    return err;
}

void control_finish(struct gateway *g)
{
    struct sockaddr_un address = {0};

    while (g->controls)
        control_free(g->controls);
    if (g->listener < 0)
        return;
    loop_remove(g->loop, g->listener);
    scope_close(&g->listener);
    if (socket_at(g, &address) == 0)
        (void)unlink(address.sun_path);
}
