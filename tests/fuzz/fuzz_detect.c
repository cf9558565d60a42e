/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A name, a NUL, a file: through detection without and with libmagic, which
 * may take away what the structural detector said and never add to it.
 */
#include <string.h>

#include "formats/detect/detect.h"
#include "formats/name.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct detect_magic *magic;
    struct detect_result alone, both;
    const uint8_t *nul = n ? memchr(bytes, '\0', n) : NULL;
    char name[CHILD_NAME_MAX + 64] = "";

    if (!magic && (name_warm() < 0 || detect_magic_new(&magic) < 0))
        abort();
    if (!nul || (size_t)(nul - bytes) >= sizeof name)
        return 0;
    memcpy(name, bytes, (size_t)(nul - bytes));
    struct fmt_in in = {nul + 1, n - (size_t)(nul - bytes) - 1};
    detect_run(&in, name, NULL, &alone);
    detect_run(&in, name, magic, &both);
    FUZZ_REQUIRE(alone.reason != REASON_NONE && both.reason != REASON_NONE, "undecided");
    FUZZ_REQUIRE(both.reason != REASON_OK || alone.reason == REASON_OK, "libmagic lets %s through", both.type);
    FUZZ_REQUIRE(both.reason != REASON_OK || strcmp(alone.type, both.type) == 0, "%s, then %s", alone.type, both.type);
    FUZZ_REQUIRE(strcmp(alone.name, both.name) == 0, "names differ");
    findings_clear(&alone.findings);
    findings_clear(&both.findings);
    return 0;
}
