/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a record that one program sends another; the first byte chooses
 * which. What is read must read the same after it was written again.
 */
#include <string.h>

#include "base/record.h"
#include "base/task.h"
#include "fuzz.h"

/* Reads a record and writes it again. */
static int reread(unsigned which, struct view *v, struct buf *out)
{
    static char report[JOB_REPORT_MAX + 1];
    static struct job_decision decision;
    struct task_order order;
    struct job_origin origin;
    int err = which == 0 ? task_get(v, &order) : which == 1 ? origin_get(v, &origin) : decision_get(v, &decision, report);

    if (err == 0)
        which == 0 ? task_put(out, &order) : which == 1 ? origin_put(out, &origin) : decision_put(out, &decision);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    scoped_buf first = buf_new(1 << 20);
    scoped_buf second = buf_new(1 << 20);
    struct view v = view_of(bytes + (n > 0), n - (n > 0));

    if (n < 1 || reread(bytes[0] % 3, &v, &first) < 0)
        return 0;
    v = view_of(first.bytes, first.len);
    FUZZ_REQUIRE(first.err == 0, "it cannot be written again");
    FUZZ_REQUIRE(reread(bytes[0] % 3, &v, &second) == 0, "its own words are refused");
    FUZZ_REQUIRE(second.len == first.len && memcmp(second.bytes, first.bytes, first.len) == 0, "it changed");
    return 0;
}
