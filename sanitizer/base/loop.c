/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event loop of the long-running programs. Trusts its callers; sees no content. */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "err.h"
#include "fdio.h"

struct watch {
    int fd;
    uint32_t generation; /* tells a late event for a closed descriptor from one for its successor */
    void (*fn)(void *arg, unsigned events);
    void *arg;
};

struct loop_timer {
    struct loop_timer *next;
    uint64_t due_ms;
    void (*fn)(void *arg);
    void *arg;
};

struct signal_watch {
    void (*fn)(void *arg, int signo);
    void *arg;
};

struct loop {
    int epoll_fd, signal_fd;
    struct watch *watches; /* indexed by descriptor */
    size_t watch_room;
    uint32_t generation;
    struct loop_timer *timers; /* earliest first */
    struct signal_watch signals[_NSIG];
    sigset_t signal_set;
    void (*idle)(void *arg);
    void *idle_arg;
    bool stopped;
    int code;
};

int loop_new(struct loop **loop_out)
{
    struct loop *loop = calloc(1, sizeof *loop);

    if (!loop)
        return ERR_NOMEM;
    loop->signal_fd = -1;
    sigemptyset(&loop->signal_set);
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0) {
        free(loop);
        return ERR_IO;
    }
    *loop_out = loop;
    return 0;
}

void loop_free(struct loop **loop)
{
    struct loop *l = steal(*loop);

    if (!l)
        return;
    while (l->timers) {
        struct loop_timer *next = l->timers->next;
        free(l->timers);
        l->timers = next;
    }
    scope_close(&l->signal_fd);
    scope_close(&l->epoll_fd);
    free(l->watches);
    free(l);
}

static uint32_t epoll_bits(unsigned events)
{
    return (events & LOOP_READ ? EPOLLIN | EPOLLRDHUP : 0u) | (events & LOOP_WRITE ? EPOLLOUT : 0u);
}

static int watch_room(struct loop *loop, int fd)
{
    size_t need = (size_t)fd + 1;

    if (need <= loop->watch_room)
        return 0;
    size_t room = need * 2;
    struct watch *watches = reallocarray(loop->watches, room, sizeof *watches);
    if (!watches)
        return ERR_NOMEM;
    memset(watches + loop->watch_room, 0, (room - loop->watch_room) * sizeof *watches);
    loop->watches = watches;
    loop->watch_room = room;
    return 0;
}

int loop_add(struct loop *loop, int fd, unsigned events, void (*fn)(void *arg, unsigned events), void *arg)
{
    struct epoll_event event = {.events = epoll_bits(events)};

    if (fd < 0 || watch_room(loop, fd) < 0)
        return ERR_NOMEM;
    uint32_t generation = ++loop->generation;
    event.data.u64 = (uint64_t)generation << 32 | (uint32_t)fd;
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
        return ERR_IO;
    loop->watches[fd] = (struct watch){fd, generation, fn, arg};
    return 0;
}

int loop_change(struct loop *loop, int fd, unsigned events)
{
    struct epoll_event event = {.events = epoll_bits(events)};

    if (fd < 0 || (size_t)fd >= loop->watch_room || !loop->watches[fd].fn)
        return ERR_INVALID;
    event.data.u64 = (uint64_t)loop->watches[fd].generation << 32 | (uint32_t)fd;
    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0 ? 0 : ERR_IO;
}

void loop_remove(struct loop *loop, int fd)
{
    if (fd < 0 || (size_t)fd >= loop->watch_room || !loop->watches[fd].fn)
        return;
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    loop->watches[fd] = (struct watch){0};
}

int loop_after(struct loop *loop, uint64_t ms, void (*fn)(void *arg), void *arg, struct loop_timer **timer_out)
{
    struct loop_timer *timer = malloc(sizeof *timer), **at = &loop->timers;

    if (!timer)
        return ERR_NOMEM;
    *timer = (struct loop_timer){.due_ms = fdio_now_ms() + ms, .fn = fn, .arg = arg};
    while (*at && (*at)->due_ms <= timer->due_ms)
        at = &(*at)->next;
    timer->next = *at;
    *at = timer;
    if (timer_out)
        *timer_out = timer;
    return 0;
}

void loop_cancel(struct loop *loop, struct loop_timer **timer)
{
    if (!*timer)
        return;
    for (struct loop_timer **at = &loop->timers; *at; at = &(*at)->next) {
        if (*at == *timer) {
            *at = (*timer)->next;
            free(*timer);
            break;
        }
    }
    *timer = NULL;
}

static void on_signal(void *arg, unsigned events)
{
    struct loop *loop = arg;
    struct signalfd_siginfo info;

    (void)events;
    while (read(loop->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        struct signal_watch *watch = info.ssi_signo < _NSIG ? &loop->signals[info.ssi_signo] : NULL;
        if (watch && watch->fn)
            watch->fn(watch->arg, (int)info.ssi_signo);
    }
}

int loop_signal(struct loop *loop, int signo, void (*fn)(void *arg, int signo), void *arg)
{
    if (signo <= 0 || signo >= _NSIG)
        return ERR_INVALID;
    sigaddset(&loop->signal_set, signo);
    if (sigprocmask(SIG_BLOCK, &loop->signal_set, NULL) < 0)
        return ERR_IO;
    loop->signals[signo] = (struct signal_watch){fn, arg};
    int fd = signalfd(loop->signal_fd, &loop->signal_set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    if (loop->signal_fd >= 0)
        return 0;
    loop->signal_fd = fd;
    return loop_add(loop, fd, LOOP_READ, on_signal, loop);
}

void loop_idle(struct loop *loop, void (*fn)(void *arg), void *arg)
{
    loop->idle = fn;
    loop->idle_arg = arg;
}

static void run_timers(struct loop *loop)
{
    uint64_t now = fdio_now_ms();

    while (loop->timers && loop->timers->due_ms <= now && !loop->stopped) {
        struct loop_timer *timer = loop->timers;
        loop->timers = timer->next;
        void (*fn)(void *) = timer->fn;
        void *arg = timer->arg;
        free(timer);
        fn(arg);
    }
}

static int wait_ms(const struct loop *loop)
{
    if (!loop->timers)
        return -1;
    uint64_t now = fdio_now_ms(), due = loop->timers->due_ms;
    return due <= now ? 0 : due - now > 60000 ? 60000 : (int)(due - now);
}

static void dispatch(struct loop *loop, const struct epoll_event *event)
{
    uint32_t fd = (uint32_t)event->data.u64, generation = (uint32_t)(event->data.u64 >> 32);
    unsigned events = 0;

    if (fd >= loop->watch_room || !loop->watches[fd].fn || loop->watches[fd].generation != generation)
        return;
    if (event->events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        events |= LOOP_READ;
    if (event->events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        events |= LOOP_WRITE;
    loop->watches[fd].fn(loop->watches[fd].arg, events);
}

int loop_run(struct loop *loop)
{
    struct epoll_event events[64];

    loop->stopped = false;
    while (!loop->stopped) {
        run_timers(loop);
        if (loop->idle && !loop->stopped)
            loop->idle(loop->idle_arg);
        if (loop->stopped)
            break;
        int n = epoll_wait(loop->epoll_fd, events, ARRAY_LEN(events), wait_ms(loop));
        if (n < 0 && errno != EINTR)
            return ERR_IO;
        for (int i = 0; i < n && !loop->stopped; i++)
            dispatch(loop, &events[i]);
    }
    return loop->code;
}

void loop_stop(struct loop *loop, int code)
{
    loop->stopped = true;
    loop->code = code;
}
