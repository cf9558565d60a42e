/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a name: what is cleaned stays clean, folds, and keeps the extension it is given. */
#include <string.h>

#include "formats/list.h"
#include "formats/name.h"
#include "formats/name_type.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static int warm = ERR_FAULT;
    char decoded[CHILD_NAME_MAX], clean[CHILD_NAME_MAX], twice[CHILD_NAME_MAX], typed[CHILD_NAME_MAX];
    const struct name_hints hints = {.utf8 = n % 2, .dos_separators = n % 4 > 1};
    struct findings findings = {0};

    if (warm < 0 && (warm = name_warm()) < 0)
        abort();
    if (name_decode(bytes, n, &hints, decoded, sizeof decoded) < 0 ||
        name_clean(decoded, clean, sizeof clean, NULL) < 0)
        return 0;
    int err = name_clean(clean, twice, sizeof twice, &findings);
    FUZZ_REQUIRE(err == 0 && strcmp(clean, twice) == 0, "\"%s\" becomes \"%s\"", clean, twice);
    FUZZ_REQUIRE(findings.count == 0, "a clean name has findings");
    FUZZ_REQUIRE(clean[0] != '/' && clean[0] != '\0' && !strstr(clean, "../"), "\"%s\" climbs", clean);
    if (name_with_type(clean, registry_find("jpeg"), typed, sizeof typed) == 0) {
        char extension[NAME_EXTENSION_MAX];
        name_extension(typed, extension);
        FUZZ_REQUIRE(registry_has_extension(registry_find("jpeg"), extension), "\"%s\" is no picture", typed);
    }
    if (strlen(clean) < sizeof typed / 4)
        FUZZ_REQUIRE(name_fold(clean, typed, sizeof typed) == 0, "\"%s\" has no folded form", clean);
    return 0;
}
