/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files as memory, read-only. Inside the sandbox; the bytes are hostile, their file is sealed or nobody else's. */
#include "input.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/fdio.h"

static const uint8_t nothing[1];

int input_map(int fd, struct fmt_in *in_out)
{
    uint64_t bytes;
    int err = fdio_size(fd, &bytes);

    if (err < 0)
        return err;
    if (bytes == 0) {
        *in_out = (struct fmt_in){nothing, 0};
        return 0;
    }
    if (bytes > SIZE_MAX / 2)
        return ERR_NOMEM;
    const void *at = mmap(NULL, (size_t)bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return errno == ENOMEM ? ERR_NOMEM : ERR_IO;
    *in_out = (struct fmt_in){at, bytes};
    return 0;
}

void input_unmap(struct fmt_in *in)
{
    union {
        const uint8_t *in;
        void *out;
    } at = {in->bytes};

    if (in->len > 0)
        (void)munmap(at.out, (size_t)in->len);
    *in = (struct fmt_in){0};
}
