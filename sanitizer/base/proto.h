/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PROTO_H
#define SEKIMORI_PROTO_H

/*
 * Every message between programs: who may say it to whom, its payload field by
 * field, its descriptors. docs/protocol.md is the prose. Change anything here
 * and MSG_VERSION in msg.h goes up.
 *
 * Notation: u8 u32 u64; str = text with length; blob = bytes with length;
 * [fd: ...] = descriptors in order. S supervisor, Z zygote, W worker, checker
 * or scan child, K keeper, R releaser, I intake, C command line.
 */
#include <stdint.h>

enum msg_type {
    MSG_NONE = 0,

    /* ---- S <-> Z, on the zygote's channel --------------------------------- */
    MSG_ZYGOTE_READY = 1,  /* Z->S once: u32 layers active (enum sandbox_layer), u32 Landlock ABI, str engine note */
    MSG_ZYGOTE_START,      /* S->Z id=task: blob order (task.h) [fd: input, output or report again, report, extra (optional)] */
    MSG_ZYGOTE_KILL,       /* S->Z id=task: nothing; the wall clock ran out */
    MSG_ZYGOTE_EXIT,       /* Z->S id=task: u32 wait status, u64 cpu µs, u64 peak memory KB */

    /* ---- W -> S, on the task's own report socket --------------------------- */
    MSG_TASK_FINDING = 20, /* u32 kind, u32 count, str place, str note */
    MSG_TASK_KEPT,         /* str what, u64 count */
    MSG_TASK_RESULT,       /* once, last: u32 reason, str detail, str out_type, u64 out_bytes, blob sha256 (32 or 0 bytes) */
    MSG_TASK_DETECTED,     /* detect, before its result: str type, str mime, str clean name, u8 mismatch */
    MSG_TASK_SCANNED,      /* scanner, before its result: str signature name ("" clean), u64 signature time (s since 1970), u32 signature count */
    MSG_TASK_CHILD,        /* id=child number: str name, u64 packed, u64 size hint, u64 mtime; asks for a file */
    MSG_TASK_CHILD_SUBMIT, /* id=child number: nothing; the file is complete */
    MSG_TASK_SCRATCH,      /* asks for scratch space, at most once */
    /* ---- S -> W -------------------------------------------------------------- */
    MSG_TASK_FILE = 30,    /* id as asked (child number; scratch: 0) [fd: file to write] */
    MSG_TASK_CHILD_DONE,   /* id=child number: u32 verdict, u32 reason, str name, str type, u64 mtime [fd: bytes, when released] */

    /* ---- S <-> K --------------------------------------------------------------- */
    MSG_KEEPER_READY = 40, /* K->S once, after recovery: str ledger note, u64 jobs undecided, u8 releases stopped, blob release public key (32) */
    MSG_KEEPER_ACCEPT,     /* S->K id=call: struct job_origin (record.h) [fd: source file] */
    MSG_KEEPER_ACCEPTED,   /* K->S: u32 err (0 or -ERR_*), str job id, blob sha256 (32 or 0), u64 bytes, u8 known already, u32 verdict, u32 reason,
                              str delivered path, str report [fd: sealed plaintext, absent when known or on error]. Known and decided (the answer
                              was lost in a crash): verdict, reason, path and report are as recorded, else 0, 0, "", "" */
    MSG_KEEPER_OPEN,       /* S->K: str job id; plaintext of an original, for resuming */
    MSG_KEEPER_OPENED,     /* K->S: u32 err [fd: sealed plaintext, unless err] */
    MSG_KEEPER_PENDING,    /* S->K: jobs received and undecided, or decided and not TOLD, oldest first; answered by RESUME* END, all id 0 */
    MSG_KEEPER_DECIDE,     /* S->K id=call: struct job_decision (record.h) [fd: output, when released] */
    MSG_KEEPER_DECIDED,    /* K->S: u32 err, u32 verdict and u32 reason that were recorded, str delivered path, u64 sequence number (0: none).
                              err ERR_IO, ERR_SPACE: nothing is recorded yet, the job is still undecided: ask again. A second decision
                              on a job changes nothing and is answered with what was recorded first */
    MSG_KEEPER_ASK,        /* S->K id=call: str verb, u32 uid, str actor, u32 roles, u32 n, n x str argument [fd: for export, optional] */
    MSG_KEEPER_ROW,        /* K->S: one JSON object as raw payload */
    MSG_KEEPER_END,        /* K->S: u32 err, str text for people */
    MSG_KEEPER_EVENT,      /* K->S: str kind ("disk-low", "disk-ok", "audit-fault", "audit-ok", "collected", "delivered", "delivery-failed",
                              "store-fault", "clock-step"), str job id or "", str text */
    MSG_KEEPER_NOTE,       /* S->K: str event, str detail JSON: an audit record of something that happened */
    MSG_KEEPER_RESUME,     /* K->S: str job id, blob sha256 (32), u64 bytes, u32 reason (0: undecided), str delivered path, struct job_origin */
    MSG_KEEPER_TOLD,       /* S->K: str job id; its submitter knows the verdict (or needs no notice): PENDING leaves it out from now on */

    /* ---- K <-> R, on their own pair --------------------------------------------- */
    MSG_RELEASE_TICKET = 70, /* K->R id=sequence: blob signed manifest [fd: output, decrypted and sealed] */
    MSG_RELEASE_DONE,        /* R->K id=sequence: u32 err, str detail */
    MSG_RELEASE_WATCH,       /* K->R id=sequence: str path; tell when it is gone from outbound/new */
    MSG_RELEASE_GONE,        /* R->K id=sequence */
    MSG_RELEASE_READY,       /* R->S once, on the supervisor's channel: nothing */

    /* ---- I <-> S ------------------------------------------------------------------- */
    MSG_INTAKE_READY = 80, /* I->S once */
    MSG_INTAKE_OFFER,      /* I->S id=claim: str lane, str path inside the lane, str token, str owner, u64 mtime s, u64 bytes [fd: file] */
    MSG_INTAKE_TAKEN,      /* S->I id=claim: u32 err (0: durable; ERR_AGAIN, ERR_SPACE: give the file back and wait), str job id */
    MSG_INTAKE_RESULT,     /* S->I id=call: str lane, str path, str job id, u32 verdict, u32 reason, str notice (UTF-8 text); lies in results */
    MSG_INTAKE_TOLD,       /* I->S id as in RESULT: nothing; the notice is durable */
    MSG_INTAKE_PAUSE,      /* S->I: u8 pause or go on, str why */
    MSG_INTAKE_SETUP,      /* S->I first: u32 number of lanes, which follow as MSG_INTAKE_LANE */
    MSG_INTAKE_LANE,       /* S->I: str lane name, u8 poll only, u32 settle ms, u32 poll ms, u64 file bytes limit [fd: inbound, results] */

    /* ---- C <-> S, on the control socket ----------------------------------------------- */
    MSG_CONTROL_ASK = 100, /* C->S: str verb, u32 n, n x str argument [fd: input or output of the verb, optional] */
    MSG_CONTROL_ROW,       /* S->C: one JSON object as raw payload */
    MSG_CONTROL_END,       /* S->C: u32 err, str text for people */

    /* ---- S -> any service, first message ------------------------------------------------ */
    MSG_CONFIG = 110, /* the part of the configuration that the program needs; payload per program */
};

#endif
