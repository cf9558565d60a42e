/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of the error codes. Linked by every program; trusts nothing, reads nothing. */
#include "err.h"

#include <stddef.h>

static const char *const texts[] = {
    [0] = "success",
    [-ERR_IO] = "input/output error",
    [-ERR_NOMEM] = "out of memory",
    [-ERR_INVALID] = "invalid argument or setting",
    [-ERR_MALFORMED] = "malformed data",
    [-ERR_LIMIT] = "limit exceeded",
    [-ERR_LOCKED] = "password needed",
    [-ERR_UNSUPPORTED] = "not supported",
    [-ERR_REFUSED] = "refused",
    [-ERR_FAULT] = "internal fault",
    [-ERR_TIMEOUT] = "timed out",
    [-ERR_AGAIN] = "try again",
    [-ERR_CLOSED] = "closed by the other end",
    [-ERR_PEER] = "message not permitted",
    [-ERR_EXISTS] = "already exists",
    [-ERR_NOTFOUND] = "not found",
    [-ERR_PERM] = "not permitted",
    [-ERR_SPACE] = "no space",
    [-ERR_STALE] = "too old",
    [-ERR_CRYPTO] = "does not verify",
};

const char *err_text(int err)
{
    size_t i = err < 0 ? (size_t)-(long)err : 0;
    return i < sizeof texts / sizeof *texts && texts[i] ? texts[i] : "unknown error";
}
