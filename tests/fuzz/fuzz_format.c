/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes through a handler (FUZZ_ID), in every mode it has. What comes out
 * as good must please the verifier, and when it was sanitized a second pass must
 * find nothing left.
 */
#include <string.h>

#include "fuzz.h"
#include "support/inproc.h"

/* In a text, what was taken out may be what told the encoding: the rest may be held, but never read in another way. */
static bool lost_encoding(const struct inproc_result *first, const struct inproc_result *second)
{
    return first->findings.count > 0 && second->reason == REASON_MALFORMED && strstr(second->detail, "encoding");
}

static void again(const struct inproc_result *first, const struct fmt_options *options)
{
    struct fmt_options wide = *options;
    struct inproc_result r;

    fuzz_limits(&wide.limits, 8); /* an output may be larger than its input */
    inproc_run(inproc_handler(FUZZ_ID), first->out, first->out_len, "a." FUZZ_ID, &wide, &r);
    FUZZ_REQUIRE(r.reason == REASON_OK || lost_encoding(first, &r), "a second pass gives %s: %s",
                 reason_code(r.reason), r.detail);
    FUZZ_REQUIRE(r.findings.count == 0, "a second pass finds %s", finding_word(r.findings.rows[0].kind));
    inproc_finish(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct fmt_options options;
    struct inproc_result r;
    char detail[256];

    fuzz_options(&options, n);
    for (options.mode = FMT_MODE_SANITIZE; options.mode < FMT_MODES; options.mode++) {
        inproc_run(inproc_handler(FUZZ_ID), bytes, n, "a." FUZZ_ID, &options, &r);
        const struct format_verifier *verifier = inproc_verifier(r.out_type);
        if (r.reason == REASON_OK && verifier) { /* a type nobody can verify is held by the checker */
            enum reason checked = inproc_verify(verifier, r.out, r.out_len, &options, &r, detail);
            FUZZ_REQUIRE(checked == REASON_OK, "the verifier refuses our output: %s", detail);
            if (options.mode == FMT_MODE_SANITIZE && strcmp(r.out_type, FUZZ_ID) == 0)
                again(&r, &options);
        }
        inproc_finish(&r);
    }
    return 0;
}
