/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a signature database as large as the official one, for measuring what
 * its size does to loading, memory and forks. Every signature is random and
 * matches nothing; the kinds stand in about the same proportions. The same
 * count always gives the same bytes. A tool of the benches, run by hand.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"

#define DEFAULT_COUNT 8000000u

static uint64_t state = 0x9e3779b97f4a7c15u;

/* xorshift64*: fast, and the same everywhere. */
static uint64_t next_random(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint64_t)((__uint128_t)state * 0x2545f4914f6cdd1du);
}

static void put_hex(FILE *out, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    char text[128];

    for (size_t i = 0; i < n * 2; i += 16) {
        uint64_t r = next_random();
        for (size_t k = i; k < n * 2 && k < i + 16; k++, r >>= 4)
            text[k] = digits[r & 15];
    }
    (void)fwrite(text, 1, n * 2, out);
}

static void put_name(FILE *out, unsigned i)
{
    static const char *const families[] = {
        "Win.Trojan.Agent", "Win.Malware.Generic", "Doc.Dropper.Agent", "Html.Exploit.Kit", "Win.Worm.Autorun",
        "Js.Downloader.Nemo", "Win.Ransomware.Vault", "Pdf.Exploit.Font", "Xls.Downloader.Sheet", "Unix.Botnet.Mira",
    };

    (void)fprintf(out, "%s-%u-0", families[next_random() % ARRAY_LEN(families)], 1000000 + i);
}

/* MD5:size:name */
static void put_hdb(FILE *out, unsigned i)
{
    put_hex(out, 16);
    (void)fprintf(out, ":%u:", (unsigned)(next_random() % 4000000) + 64);
    put_name(out, i);
}

/* SHA-256:size:name */
static void put_hsb(FILE *out, unsigned i)
{
    put_hex(out, 32);
    (void)fprintf(out, ":%u:", (unsigned)(next_random() % 4000000) + 64);
    put_name(out, i);
}

/* size:MD5 of a program section:name */
static void put_mdb(FILE *out, unsigned i)
{
    (void)fprintf(out, "%u:", ((unsigned)(next_random() % 4000) + 1) * 512);
    put_hex(out, 16);
    (void)fputc(':', out);
    put_name(out, i);
}

/* name:type:offset:pattern, every fourth with a gap */
static void put_ndb(FILE *out, unsigned i)
{
    static const unsigned types[] = {0, 1, 1, 1, 2, 3, 4, 6};

    put_name(out, i);
    (void)fprintf(out, ":%u:*:", types[next_random() % ARRAY_LEN(types)]);
    put_hex(out, 16 + next_random() % 24);
    if (i % 4 == 0) {
        (void)fprintf(out, "{%u-%u}", 4u, 40u);
        put_hex(out, 10 + next_random() % 10);
    }
}

/*
 * name;target;expression;patterns. Most are for Windows programs (target 1);
 * the few for any file (target 0) cost every scan, so their share counts.
 */
static void put_ldb(FILE *out, unsigned i)
{
    static const struct {
        unsigned target, upto; /* per mille, running total */
    } shares[] = {{1, 881}, {2, 944}, {0, 969}, {3, 977}, {7, 985}, {9, 992}, {6, 995}, {10, 998}, {11, 1000}};
    unsigned parts = 2 + (unsigned)(next_random() % 6), pick = (unsigned)(next_random() % 1000), s = 0;

    while (pick >= shares[s].upto)
        s++;
    put_name(out, i);
    (void)fprintf(out, ";Engine:51-255,Target:%u;", shares[s].target);
    for (unsigned k = 0; k < parts; k++)
        (void)fprintf(out, "%s%u", k ? "&" : "", k);
    for (unsigned k = 0; k < parts; k++) {
        (void)fputc(';', out);
        put_hex(out, 8 + next_random() % 24);
    }
}

struct kind {
    const char *file;
    unsigned per_mille;
    void (*put)(FILE *out, unsigned i);
};

static const struct kind kinds[] = {
    {"generated.mdb", 430, put_mdb}, {"generated.hdb", 250, put_hdb}, {"generated.hsb", 300, put_hsb},
    {"generated.ndb", 13, put_ndb},  {"generated.ldb", 7, put_ldb},
};

static bool make_file(const char *dir, const struct kind *kind, unsigned count)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s", dir, kind->file);
    FILE *out = fopen(path, "we");
    if (!out)
        return false;
    for (unsigned i = 0; i < count; i++) {
        kind->put(out, i);
        (void)fputc('\n', out);
    }
    bool ok = !ferror(out);
    return fclose(out) == 0 && ok;
}

int main(int argc, char **argv)
{
    unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : DEFAULT_COUNT;

    if (argc < 2 || count == 0) {
        (void)fprintf(stderr, "usage: make_signatures DIR [COUNT]\n");
        return 64;
    }
    (void)mkdir(argv[1], 0700);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        unsigned n = (unsigned)((uint64_t)count * kinds[i].per_mille / 1000);
        if (!make_file(argv[1], &kinds[i], n)) {
            perror(kinds[i].file);
            return 1;
        }
    }
    return 0;
}
