/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frames a task says. Inside the sandbox, after hostile bytes were read: the receiver believes none of it unchecked. */
#include "report.h"

#include "base/msg.h"
#include "base/proto.h"
#include "base/task.h"

#define REPORT_MAX 8192 /* the longest: names of 1 KB and words */

void report_say(int fd, uint16_t type, uint64_t id, const struct buf *payload)
{
    if (payload && payload->err == ERR_NOMEM)
        _exit(TASK_EXIT_MEMORY);
    if (msg_send(fd, type, id, payload, NULL, 0) < 0)
        _exit(TASK_EXIT_PEER);
}

void report_findings(int fd, const struct findings *list)
{
    scoped_buf b = buf_new(REPORT_MAX);

    for (size_t i = 0; i < list->count; i++) {
        buf_reset(&b);
        buf_u32(&b, (uint32_t)list->rows[i].kind);
        buf_u32(&b, list->rows[i].count);
        buf_str(&b, list->rows[i].place);
        buf_str(&b, list->rows[i].note);
        report_say(fd, MSG_TASK_FINDING, 0, &b);
    }
}

void report_kept(int fd, const struct findings *list)
{
    scoped_buf b = buf_new(REPORT_MAX);

    for (size_t i = 0; i < list->kept_count; i++) {
        buf_reset(&b);
        buf_str(&b, list->kept[i].what);
        buf_u64(&b, list->kept[i].count);
        report_say(fd, MSG_TASK_KEPT, 0, &b);
    }
}

void report_detected(int fd, const char *type, const char *mime, const char *name, bool mismatch)
{
    scoped_buf b = buf_new(REPORT_MAX);

    buf_str(&b, type);
    buf_str(&b, mime);
    buf_str(&b, name);
    buf_u8(&b, mismatch);
    report_say(fd, MSG_TASK_DETECTED, 0, &b);
}

void report_result(int fd, enum reason reason, const char *detail, const char *out_type, uint64_t out_bytes,
                   const uint8_t *sha256)
{
    scoped_buf b = buf_new(REPORT_MAX);

    buf_u32(&b, (uint32_t)reason);
    buf_str(&b, detail);
    buf_str(&b, out_type);
    buf_u64(&b, out_bytes);
    buf_blob(&b, sha256, sha256 ? 32 : 0);
    report_say(fd, MSG_TASK_RESULT, 0, &b);
}
