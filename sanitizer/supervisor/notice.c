/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notices for staff. Supervisor; names come from hostile files and are escaped. */
#include <string.h>
#include <time.h>

#include "base/fdio.h"
#include "gateway.h"

bool notice_is_due(enum reason reason, const struct findings *findings)
{
    return reason != REASON_OK || findings->count > 0;
}

static void put_findings(struct buf *b, const struct findings *findings, const char *(*text)(enum finding_kind kind))
{
    uint64_t sums[FINDING_KINDS] = {0};

    for (size_t i = 0; i < findings->count; i++)
        sums[findings->rows[i].kind] += findings->rows[i].count;
    for (unsigned kind = 1; kind < FINDING_KINDS; kind++)
        if (sums[kind] > 0)
            buf_printf(b, "  - %s: %llu\r\n", text((enum finding_kind)kind), (unsigned long long)sums[kind]);
}

void notice_put(struct buf *b, const char *path, const char *job, enum reason reason, const struct findings *findings,
                const char *out_path)
{
    enum verdict verdict = reason_verdict(reason);
    char name[JOB_PATH_MAX * 2], out[JOB_PATH_MAX * 2], when[64];
    time_t now = (time_t)(fdio_wall_ms() / 1000);
    struct tm tm;

    finding_escape(name, sizeof name, path);
    finding_escape(out, sizeof out, out_path);
    (void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S %z", localtime_r(&now, &tm));
    buf_printf(b, "ファイル: %s\r\n結果: %s\r\n%s\r\n", name, verdict_text_ja(verdict), reason_text_ja(reason));
    if (verdict == VERDICT_RELEASED)
        buf_printf(b, "受け渡し後の名前: %s\r\n", out);
    if (findings->count > 0) {
        buf_printf(b, "取り除いた、または変更したもの:\r\n");
        put_findings(b, findings, finding_text_ja);
    }
    if (verdict != VERDICT_RELEASED)
        buf_printf(b, "元のファイルは一定の期間、暗号化して保管しています。お困りの場合は、次の受付番号を添えて情報システム担当へご連絡ください。\r\n");
    buf_printf(b, "受付番号: %s\r\n日時: %s\r\n", job, when);
    buf_printf(b, "\r\n----------------------------------------\r\n\r\n");
    buf_printf(b, "File: %s\r\nResult: %s\r\n%s\r\n", name, verdict_text(verdict), reason_text_en(reason));
    if (verdict == VERDICT_RELEASED)
        buf_printf(b, "Delivered as: %s\r\n", out);
    if (findings->count > 0) {
        buf_printf(b, "Removed or changed:\r\n");
        put_findings(b, findings, finding_text_en);
    }
    if (verdict != VERDICT_RELEASED)
        buf_printf(b, "The original is kept, encrypted, for a time. If you need it, give this number to your IT staff.\r\n");
    buf_printf(b, "Number: %s\r\nTime: %s\r\n", job, when);
}
