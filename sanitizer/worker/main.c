/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker program of one engine; compiled once per engine with WORKER_ENGINE
 * set to its name in list.h. The zygote trusts the supervisor's orders; what
 * the handlers see is hostile and is seen behind the sandbox only.
 */
#include <string.h>

#include "base/zygote.h"
#include "formats/list.h"
#include "run.h"
#include "warm.h"

#define PASTE_(a, b, c) a##b##c
#define PASTE(a, b, c) PASTE_(a, b, c)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)
#define ENGINE_HANDLERS PASTE(ENGINE_, WORKER_ENGINE, _LIST)

#define X(id) extern const struct format_handler fmt_##id;
ENGINE_HANDLERS(X)
#undef X

static const struct format_handler *const handlers[] = {
#define X(id) &fmt_##id,
    ENGINE_HANDLERS(X)
#undef X
    NULL};

static const struct format_handler *find_handler(const struct task_order *order)
{
    for (size_t i = 0; order->kind == TASK_HANDLE && handlers[i]; i++)
        if (strcmp(handlers[i]->name, order->type) == 0)
            return handlers[i];
    return NULL;
}

static int worker_open(const struct task_order *order, const struct task_fds *fds)
{
    (void)fds;
    return run_open(find_handler(order), order);
}

static int worker_run(const struct task_order *order, const struct task_fds *fds)
{
    return run_handler(find_handler(order), order, fds);
}

static struct zygote_ops ops = {
    .name = "sekimori-worker-" TEXT(WORKER_ENGINE),
    .profile = &sandbox_profiles[PASTE(SANDBOX_PROFILE_, WORKER_ENGINE, )],
    .spares = 2,
    .warm = worker_warm,
    .run = worker_run,
};

int main(int argc, char **argv)
{
    /* Only an engine with helpers may have the moment in which they are forked. */
    for (size_t i = 0; handlers[i]; i++)
        if (handlers[i]->helper)
            ops.open = worker_open;
    return zygote_main(argc, argv, &ops);
}
