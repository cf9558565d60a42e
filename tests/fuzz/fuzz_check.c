/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes through a verifier (FUZZ_ID): it says yes or no, and the same both times. */
#include "fuzz.h"
#include "support/inproc.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct fmt_options options;
    char detail[256];

    fuzz_options(&options, n);
    for (options.mode = FMT_MODE_SANITIZE; options.mode < FMT_MODES; options.mode++) {
        enum reason first = inproc_verify(inproc_verifier(FUZZ_ID), bytes, n, &options, NULL, detail);
        enum reason second = inproc_verify(inproc_verifier(FUZZ_ID), bytes, n, &options, NULL, detail);
        FUZZ_REQUIRE(first == second, "%s, then %s", reason_code(first), reason_code(second));
        FUZZ_REQUIRE(n > 0 || first != REASON_OK, "nothing at all is accepted");
    }
    return 0;
}
