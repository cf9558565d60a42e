/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a configuration file: what is accepted prints as a file that means the same. */
#include <string.h>
#include <sys/mman.h>

#include "fuzz.h"
#include "supervisor/config.h"

/* libconfig forgets its string buffer when a file ends inside of a string: of no matter to a program that then ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

/* A configuration from bytes in memory, or NULL. */
static struct config *load(const void *bytes, size_t n)
{
    scoped_fd int fd = memfd_create("config", MFD_CLOEXEC);
    struct config *config = NULL;
    char path[32], complaint[256] = "";

    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
        abort();
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int err = config_load(path, complaint, &config);
    FUZZ_REQUIRE(err == 0 || complaint[0] != '\0', "refused without a word");
    return err == 0 ? config : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    scoped_free struct config *first = load(bytes, n);
    scoped_free char *text = NULL;
    size_t len = 0;
    char one[65], two[65];

    if (!first)
        return 0;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        abort();
    config_print(first, out);
    if (fclose(out) != 0)
        abort();
    scoped_free struct config *second = load(text, len);
    FUZZ_REQUIRE(second, "what it prints is refused");
    config_digest(first, one);
    config_digest(second, two);
    FUZZ_REQUIRE(strcmp(one, two) == 0, "the policy changed on its way");
    return 0;
}
