/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sekimori-intake: the drop folders. Claims complete files, offers them to the
 * supervisor by descriptor, removes them once they are safely stored, and
 * writes the notices for staff.
 *
 * SECURITY: works in folders that staff, and through them anybody, write to.
 * Opens beneath its folders only, follows no link, reads no content, decides
 * no verdict. Holds no key and no socket but the supervisor's.
 *
 * DIAGNOSTICS: exit 0 when the supervisor is gone; 64 started by hand; 70 the
 * sandbox could not be closed; 71 out of memory or descriptors; 76 the
 * supervisor said what it may not.
 *
 * BUGS: on file systems without leases, and for writers on other machines, a
 * file counts as complete when its size and time stand still.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/log.h"
#include "base/peer.h"
#include "base/proto.h"
#include "base/sandbox.h"
#include "lane.h"
#include "notice_file.h"
#include "watch.h"

#define LANES_MAX 256
#define OFFERS_MAX 128      /* claims without an answer */
#define LOOK_CLAIMS_MAX 64  /* claims of one look, so that every lane has its turn */
#define ROOM_WANTED 32      /* a look for a few claims costs as much as one for many */
#define LOOK_PAUSE_MS 20    /* events of one moment are one look */
#define LOOK_SHARE 5        /* large trees: at least so many times a look's duration between two */
#define UNFINISHED_MS (60u * 60 * 1000)
#define EMPTY_MS (2u * 60 * 1000)

enum { EXIT_USAGE = 64, EXIT_SANDBOX = 70, EXIT_MEMORY = 71, EXIT_PEER = 76 };

struct offer {
    uint64_t id;
    struct lane *lane;
    char path[LANE_PATH_MAX], claimed[LANE_PATH_MAX];
};

/* When a lane is looked at. */
struct schedule {
    struct loop_timer *timer;
    uint64_t due_ms, took_ms;
    bool hungry, denied;
};

static struct intake {
    struct loop *loop;
    struct peer *supervisor;
    uint32_t waived;
    struct lane lanes[LANES_MAX];
    struct schedule schedules[LANES_MAX];
    uint32_t lanes_expected, lane_count;
    unsigned next_hungry;
    struct offer offers[OFFERS_MAX];
    unsigned offer_count;
    uint64_t next_offer;
    struct watch *watch;
    bool paused, watches_used_up;
} intake;

static void on_look(void *arg);

static size_t lane_index(const struct lane *lane)
{
    return (size_t)(lane - intake.lanes);
}

static void look_in(struct lane *lane, uint64_t ms)
{
    struct schedule *schedule = &intake.schedules[lane_index(lane)];
    uint64_t due = fdio_now_ms() + ms;

    if (schedule->timer && schedule->due_ms <= due)
        return;
    loop_cancel(intake.loop, &schedule->timer);
    schedule->due_ms = due;
    if (loop_after(intake.loop, ms, on_look, lane, &schedule->timer) < 0)
        loop_stop(intake.loop, EXIT_MEMORY);
}

/* ---- Offers ---------------------------------------------------------------------------- */

static unsigned room(void *owner, const struct lane *lane)
{
    unsigned free_offers = OFFERS_MAX - intake.offer_count;

    (void)owner;
    (void)lane;
    if (intake.paused)
        return 0;
    return free_offers < LOOK_CLAIMS_MAX ? free_offers : LOOK_CLAIMS_MAX;
}

static bool is_offered(void *owner, const struct lane *lane, const char *claimed)
{
    (void)owner;
    for (unsigned i = 0; i < intake.offer_count; i++)
        if (intake.offers[i].lane == lane && strcmp(intake.offers[i].claimed, claimed) == 0)
            return true;
    return false;
}

static void on_claimed(void *owner, const struct claim *claim)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
    scoped_fd int fd = claim->fd;
    char who[32];

    (void)owner;
    sk_assert(intake.offer_count < OFFERS_MAX);
    struct offer *offer = &intake.offers[intake.offer_count++];
    *offer = (struct offer){.id = ++intake.next_offer, .lane = claim->lane};
    memcpy(offer->path, claim->path, sizeof offer->path);
    memcpy(offer->claimed, claim->claimed, sizeof offer->claimed);
    (void)snprintf(who, sizeof who, "uid:%u", (unsigned)claim->st.st_uid);
    buf_str(&b, claim->lane->name);
    buf_str(&b, claim->path);
    buf_str(&b, claim->token);
    buf_str(&b, who);
    buf_u64(&b, (uint64_t)claim->st.st_mtim.tv_sec);
    buf_u64(&b, (uint64_t)claim->st.st_size);
    if (peer_send(intake.supervisor, MSG_INTAKE_OFFER, offer->id, &b, &fd, 1) < 0)
        log_warn("an offer could not be sent");
}

static const struct {
    const char *ja, *en;
} left_texts[] = {
    [LANE_LEFT_ASIDE] = {"このファイルは受け取られず、名前の末尾に「受取不可」を付けてそのまま残してあります。",
                         "It was not taken; it lies where it was, with a mark at the end of its name."},
    [LANE_LEFT_REMOVED] = {"これはファイルの実体ではない（リンクなど）ため、受取フォルダーから取り除きました。",
                           "It has no content of its own (a link, for example) and was removed from the folder."},
    [LANE_LEFT_AS_IT_WAS] = {"受け取ることも名前を変えることもできず、そのまま残っています。情報システム担当へご連絡ください。",
                             "It could be neither taken nor marked and lies as it was. Please tell your IT staff."},
};

/* Not taken: nobody may be left without a word, so the notice says what became of it. */
static void on_refused(void *owner, struct lane *lane, const char *path, enum reason reason, enum lane_left left)
{
    char name[LANE_PATH_MAX];
    scoped_buf b = buf_new(16384);

    (void)owner;
    notice_file_clean(path, name, sizeof name);
    buf_printf(&b, "ファイル: %s\r\n%s\r\n%s\r\n\r\n----------------------------------------\r\n\r\n", name,
               reason_text_ja(reason), left_texts[left].ja);
    buf_printf(&b, "File: %s\r\n%s\r\n%s\r\n", name, reason_text_en(reason), left_texts[left].en);
    if (b.err < 0 || notice_file_put(lane->results, path, reason_verdict(reason), buf_text(&b)) < 0)
        log_error("lane %s: a notice could not be written", lane->name);
    bool *denied = &intake.schedules[lane_index(lane)].denied;
    if (left == LANE_LEFT_AS_IT_WAS && !*denied)
        log_error("lane %s: files cannot be claimed; the gateway's account needs write access to the inbound folder", lane->name);
    *denied |= left == LANE_LEFT_AS_IT_WAS;
}

static void on_folder(void *owner, struct lane *lane, int dir)
{
    (void)owner;
    if (lane->poll_only || !intake.watch || watch_add(intake.watch, dir, (unsigned)lane_index(lane)) == 0)
        return;
    if (!intake.watches_used_up)
        log_warn("lane %s: not every folder can be watched (fs.inotify.max_user_watches); they are looked at every %u ms",
                 lane->name, (unsigned)lane->poll_ms);
    intake.watches_used_up = true;
}

static const struct lane_hooks hooks = {
    .room = room, .is_offered = is_offered, .claimed = on_claimed, .refused = on_refused, .folder = on_folder};

/* Room came free: the next lane in turn that wanted more. */
static void feed_hungry(void)
{
    if (intake.paused || (OFFERS_MAX - intake.offer_count < ROOM_WANTED))
        return;
    for (unsigned i = 0; i < intake.lane_count; i++) {
        unsigned at = (intake.next_hungry + i) % intake.lane_count;
        if (!intake.schedules[at].hungry)
            continue;
        intake.schedules[at].hungry = false;
        intake.next_hungry = at + 1;
        look_in(&intake.lanes[at], 0);
        return;
    }
}

static void on_look(void *arg)
{
    struct lane *lane = arg;
    struct schedule *schedule = &intake.schedules[lane_index(lane)];
    uint64_t from = fdio_now_ms();

    schedule->timer = NULL;
    struct lane_outcome outcome = lane_look(lane, &hooks, NULL);
    schedule->took_ms = fdio_now_ms() - from;
    schedule->hungry = outcome.hungry;
    look_in(lane, outcome.next_ms);
    feed_hungry();
}

static void on_touched(void *arg, unsigned lane)
{
    (void)arg;
    for (unsigned i = 0; i < intake.lane_count; i++) {
        uint64_t pause = intake.schedules[i].took_ms * LOOK_SHARE;
        if (lane == WATCH_ALL || lane == i)
            look_in(&intake.lanes[i], pause > LOOK_PAUSE_MS ? pause : LOOK_PAUSE_MS);
    }
}

static void on_inotify(void *arg, unsigned events)
{
    (void)arg;
    (void)events;
    watch_read(intake.watch, on_touched, NULL);
}

/* ---- What the supervisor may say ------------------------------------------------------------ */

static int on_taken(void *owner, struct peer *peer, struct msg *m)
{
    struct view v = msg_view(m);
    char job[64];
    uint32_t err = view_u32(&v);

    (void)owner;
    (void)peer;
    view_str(&v, job, sizeof job);
    if (view_end(&v) < 0)
        return ERR_PEER;
    for (unsigned i = 0; i < intake.offer_count; i++) {
        struct offer *offer = &intake.offers[i];
        if (offer->id != m->id)
            continue;
        int done = err == 0 ? lane_done(offer->lane, offer->claimed) : lane_return(offer->lane, offer->claimed, offer->path);
        if (done < 0)
            log_warn("lane %s: a claimed file could not be %s: %s", offer->lane->name, err == 0 ? "removed" : "given back",
                     err_text(done));
        struct lane *lane = offer->lane;
        *offer = intake.offers[--intake.offer_count];
        if (err != 0) /* it is taken again later */
            look_in(lane, lane->poll_ms);
        feed_hungry();
        return 0;
    }
    return 0;
}

static struct lane *lane_find(const char *name)
{
    for (uint32_t i = 0; i < intake.lane_count; i++)
        if (strcmp(intake.lanes[i].name, name) == 0)
            return &intake.lanes[i];
    return NULL;
}

static int on_result(void *owner, struct peer *peer, struct msg *m)
{
    static char text[MSG_PAYLOAD_MAX];
    struct view v = msg_view(m);
    char name[LANE_NAME_MAX], path[LANE_PATH_MAX], job[64];

    (void)owner;
    view_str(&v, name, sizeof name);
    view_str(&v, path, sizeof path);
    view_str(&v, job, sizeof job);
    uint32_t verdict = view_u32(&v);
    (void)view_u32(&v);
    view_str(&v, text, sizeof text);
    struct lane *lane = lane_find(name);
    if (view_end(&v) < 0 || verdict > VERDICT_BLOCKED)
        return ERR_PEER;
    if (lane && notice_file_put(lane->results, path, (enum verdict)verdict, text) < 0) {
        log_error("lane %s: the notice for job %s could not be written", name, job);
        return 0; /* not confirmed: it is told again after the next start */
    }
    return peer_send(peer, MSG_INTAKE_TOLD, m->id, NULL, NULL, 0) == ERR_PEER ? ERR_PEER : 0;
}

static int on_pause(void *owner, struct peer *peer, struct msg *m)
{
    struct view v = msg_view(m);
    char why[128];
    uint8_t pause = view_u8(&v);

    (void)owner;
    (void)peer;
    view_str(&v, why, sizeof why);
    if (view_end(&v) < 0)
        return ERR_PEER;
    intake.paused = pause != 0;
    log_warn("%s %s", intake.paused ? "nothing new is taken:" : "files are taken again", why);
    for (uint32_t i = 0; i < intake.lane_count && !intake.paused; i++)
        look_in(&intake.lanes[i], LOOK_PAUSE_MS);
    return 0;
}

/* ---- Start ------------------------------------------------------------------------------------- */

static int enclose(void)
{
    static struct sandbox_dir dirs[LANES_MAX * 2];
    uint32_t active, missing = 0;

    for (uint32_t i = 0; i < intake.lane_count; i++) {
        dirs[2 * i] = (struct sandbox_dir){intake.lanes[i].inbound, SANDBOX_ACCESS_READ | SANDBOX_ACCESS_WRITE};
        dirs[2 * i + 1] = (struct sandbox_dir){intake.lanes[i].results, SANDBOX_ACCESS_READ | SANDBOX_ACCESS_WRITE};
    }
    int err = sandbox_enter_service(&sandbox_profiles[SANDBOX_PROFILE_intake], intake.waived, dirs, intake.lane_count * 2,
                                    &active, &missing);
    if (err < 0)
        log_error("the sandbox cannot be closed (missing layers %x): %s", (unsigned)missing, err_text(err));
    return err;
}

/* All lanes are there: behind the walls first, then the first look. */
static int begin(void)
{
    if (watch_new(&intake.watch) < 0)
        log_warn("folders cannot be watched; they are looked at from time to time");
    else if (loop_add(intake.loop, watch_fd(intake.watch), LOOP_READ, on_inotify, NULL) < 0)
        return ERR_NOMEM;
    if (enclose() < 0) {
        loop_stop(intake.loop, EXIT_SANDBOX);
        return 0;
    }
    for (uint32_t i = 0; i < intake.lane_count; i++)
        look_in(&intake.lanes[i], 0);
    return peer_send(intake.supervisor, MSG_INTAKE_READY, 0, NULL, NULL, 0);
}

static int on_setup(void *owner, struct peer *peer, struct msg *m)
{
    struct view v = msg_view(m);

    (void)owner;
    (void)peer;
    intake.lanes_expected = view_u32(&v);
    return view_end(&v) < 0 || intake.lanes_expected == 0 || intake.lanes_expected > LANES_MAX ? ERR_PEER : 0;
}

static int on_lane(void *owner, struct peer *peer, struct msg *m)
{
    struct view v = msg_view(m);
    struct lane lane = {.empty_ms = EMPTY_MS, .rules = {.unfinished_ms = UNFINISHED_MS}};

    (void)owner;
    (void)peer;
    view_str(&v, lane.name, sizeof lane.name);
    lane.poll_only = view_u8(&v) != 0;
    lane.rules.own_clock = !lane.poll_only;
    lane.rules.settle_ms = view_u32(&v);
    lane.poll_ms = view_u32(&v);
    lane.rules.limit_bytes = view_u64(&v);
    if (view_end(&v) < 0 || intake.lane_count >= intake.lanes_expected || lane_find(lane.name) || lane.poll_ms == 0)
        return ERR_PEER;
    lane.inbound = msg_take_fd(m, 0);
    lane.results = msg_take_fd(m, 1);
    intake.lanes[intake.lane_count++] = lane;
    return intake.lane_count == intake.lanes_expected ? begin() : 0;
}

static const struct msg_rule rules[] = {
    {MSG_INTAKE_SETUP, 0, 0, true, on_setup},
    {MSG_INTAKE_LANE, 2, 2, false, on_lane},
    {MSG_INTAKE_TAKEN, 0, 0, false, on_taken},
    {MSG_INTAKE_RESULT, 0, 0, false, on_result},
    {MSG_INTAKE_PAUSE, 0, 0, false, on_pause},
    {0}};

static void on_closed(void *owner, struct peer *peer, int err)
{
    (void)owner;
    (void)peer;
    loop_stop(intake.loop, err == ERR_PEER ? EXIT_PEER : 0);
}

int main(int argc, char **argv)
{
    char *end = NULL;

    log_init("sekimori-intake", LOG_LEVEL_INFO);
    intake.waived = argc > 1 ? (uint32_t)strtoul(argv[1], &end, 16) : 0;
    if ((end && *end) || fcntl(3, F_GETFD) < 0) {
        (void)fputs("sekimori-intake is started by sekimorid\n", stderr);
        return EXIT_USAGE;
    }
    /* A writer that comes while a lease is asked for makes the kernel send this; unhandled it would end us. */
    (void)signal(SIGIO, SIG_IGN);
    if (loop_new(&intake.loop) < 0 || peer_new(intake.loop, 3, rules, NULL, on_closed, &intake.supervisor) < 0)
        return EXIT_MEMORY;
    int code = loop_run(intake.loop);
    return code < 0 ? EXIT_MEMORY : code;
}
