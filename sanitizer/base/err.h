/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_ERR_H
#define SEKIMORI_ERR_H

/*
 * The one enum of error codes. Every function that can fail returns 0 or one
 * of these, leaves its outputs untouched on failure and does not log; the
 * program at the edge logs once.
 */
enum err {
    ERR_IO = -1,          /* a system call failed; errno says why */
    ERR_NOMEM = -2,       /* out of memory */
    ERR_INVALID = -3,     /* an argument or setting is wrong: our own or the administrator's data */
    ERR_MALFORMED = -4,   /* hostile data that does not follow its grammar */
    ERR_LIMIT = -5,       /* a budget was crossed */
    ERR_LOCKED = -6,      /* encrypted: a password is needed */
    ERR_UNSUPPORTED = -7, /* known, but nothing here handles it */
    ERR_REFUSED = -8,     /* policy or a verifier says no */
    ERR_FAULT = -9,       /* a worker, a library or we ourselves failed */
    ERR_TIMEOUT = -10,    /* the clock ran out */
    ERR_AGAIN = -11,      /* nothing to do yet; call again when the descriptor is ready */
    ERR_CLOSED = -12,     /* the other end is gone */
    ERR_PEER = -13,       /* a peer said what it may not say */
    ERR_EXISTS = -14,     /* the name is taken */
    ERR_NOTFOUND = -15,   /* no such thing */
    ERR_PERM = -16,       /* the caller's role does not allow it */
    ERR_SPACE = -17,      /* the disk is at its floor or full */
    ERR_STALE = -18,      /* too old: signatures, policy, ticket */
    ERR_CRYPTO = -19,     /* a signature, MAC or ciphertext does not verify */
};

/* A short English text for an ERR_* code (or 0). Never NULL; static storage. */
const char *err_text(int err);

#endif
