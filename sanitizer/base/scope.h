/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_SCOPE_H
#define SEKIMORI_SCOPE_H

/*
 * Scoped cleanup: a variable marked so is released when its block ends.
 *   scoped_fd int fd = -1;          closed unless -1
 *   scoped_free char *text = NULL;  freed
 * steal() hands the value out and disarms the variable, so ownership moves in
 * one visible word. Write every constructor as: build into scoped locals,
 * return steal(local).
 */
#include <stdlib.h>
#include <unistd.h>

static inline void scope_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static inline void scope_free(void *pointer)
{
    void **p = pointer;
    free(*p);
    *p = NULL;
}

#define scoped(fn) __attribute__((cleanup(fn)))
#define scoped_fd scoped(scope_close)
#define scoped_free scoped(scope_free)

/* Takes a pointer out of a scoped variable, leaving NULL behind. */
#define steal(p)              \
    ({                        \
        __typeof__(p) p_ = (p); \
        (p) = NULL;           \
        p_;                   \
    })

/* Takes a descriptor out of a scoped variable, leaving -1 behind. */
static inline int steal_fd(int *fd)
{
    int out = *fd;
    *fd = -1;
    return out;
}

#define ARRAY_LEN(a) (sizeof(a) / sizeof *(a))
#define must_check __attribute__((warn_unused_result))
#define printf_like(f, a) __attribute__((format(printf, f, a)))

#endif
