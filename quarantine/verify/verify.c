/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sekimori-verify: proves audit exports and deliveries, with a public key only.
 *
 * SYNOPSIS
 *   sekimori-verify chain EXPORT --key audit.pub [--checkpoints FILE] [--period]
 *   sekimori-verify manifest FILE MANIFEST --key release.pub
 *   sekimori-verify spool FOLDER --key release.pub
 *
 * DESCRIPTION
 * chain reads an audit export (JSON lines) and tells every record that was
 * changed, dropped, put in another place or written twice. Signed checkpoints
 * in the export, and those in FILE, which was kept where the gateway could not
 * rewrite it, show a cut end, a missing beginning, and a chain that was set
 * back or written anew. With --period the export is a part on purpose: records
 * before and after it are not missed.
 *
 * manifest proves that FILE is the one its manifest names, and that the
 * manifest is by the gateway's key. spool does so for every file beneath
 * FOLDER (outbound/new, or a copy), finds files nobody released, jobs
 * delivered twice, and lists the gaps in each destination's numbers: those are
 * deliveries that were collected before, or that are missing.
 *
 * SECURITY
 * It stands alone: the C library and libsodium, none of the gateway's code. It
 * interprets no content and follows no link. It takes the format from the
 * documentation, so a mistake in the gateway's own code is not repeated here.
 *
 * DIAGNOSTICS
 * Exit status 0: everything is proven. 1: something does not verify; each case
 * is a line on standard output. 2: wrong usage, or a file cannot be read. 3:
 * the chain is whole, but no signed checkpoint lies on it, so that it only
 * proves itself.
 *
 * BUGS
 * The hashes of all records of an export are kept in memory, 32 bytes for each.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASH crypto_hash_sha256_BYTES
#define HEX (2 * HASH)
#define SIGNATURE64 88 /* characters of 64 bytes in base64 */
#define LINE_MAX_BYTES ((size_t)1 << 20)
#define DEPTH_MAX 64

enum { EXIT_PROVEN = 0, EXIT_WRONG = 1, EXIT_USAGE = 2, EXIT_UNPROVEN = 3 };

static unsigned wrongs; /* found so far */

/* Says what does not verify. */
static void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void wrong(const char *format, ...)
{
    va_list ap;

    wrongs++;
    (void)fputs("WRONG: ", stdout);
    va_start(ap, format);
    (void)vprintf(format, ap);
    va_end(ap);
    (void)putchar('\n');
}

static void cannot(const char *what) __attribute__((noreturn));
static void cannot(const char *what)
{
    (void)fprintf(stderr, "sekimori-verify: %s: %s\n", what, strerror(errno));
    exit(EXIT_USAGE);
}

/* Text from files is shown without what could move a terminal. */
static const char *shown(const char *text)
{
    static char copy[2][512];
    static unsigned turn;
    char *out = copy[turn++ % 2];
    size_t n = 0;

    for (; *text && n + 1 < sizeof copy[0]; text++)
        out[n++] = (unsigned char)*text < ' ' || *text == 127 ? '?' : *text;
    out[n] = '\0';
    return out;
}

/* ---- small parsers --------------------------------------------------------------------------------------------- */

static bool hex_read(const char *text, uint8_t out[HASH])
{
    return sodium_hex2bin(out, HASH, text, HEX, NULL, NULL, NULL) == 0;
}

static bool base64_read(const char *text, size_t n, uint8_t *out, size_t out_n)
{
    size_t got = 0;

    return sodium_base642bin(out, out_n, text, n, NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 && got == out_n;
}

/* The digits at *text, at least one; moves on behind them. */
static bool number_read(const char **text, uint64_t *out)
{
    const char *p = *text;
    uint64_t value = 0;

    while (*p >= '0' && *p <= '9' && p - *text < 19)
        value = value * 10 + (uint64_t)(*p++ - '0');
    if (p == *text)
        return false;
    *text = p;
    *out = value;
    return true;
}

static bool starts(const char *text, const char *head)
{
    return strncmp(text, head, strlen(head)) == 0;
}

/* A public key file: one line, "sekimori-<use> <base64>". */
static void key_read(const char *path, const char *use, uint8_t key[crypto_sign_PUBLICKEYBYTES])
{
    char line[256] = "", head[64];
    FILE *in = fopen(path, "re");

    if (!in || !fgets(line, sizeof line, in))
        cannot(path);
    (void)fclose(in);
    line[strcspn(line, "\n")] = '\0';
    (void)snprintf(head, sizeof head, "sekimori-%s ", use);
    if (!starts(line, head) || !base64_read(line + strlen(head), strlen(line) - strlen(head), key, crypto_sign_PUBLICKEYBYTES)) {
        (void)fprintf(stderr, "sekimori-verify: %s is not the public key \"%s\"\n", path, use);
        exit(EXIT_USAGE);
    }
}

/* ---- the chain --------------------------------------------------------------------------------------------------- */

struct checkpoint {
    uint64_t count, time_ms;
    uint8_t head[HASH], previous[HASH], line[HASH];
};

struct chain {
    uint8_t key[crypto_sign_PUBLICKEYBYTES];
    bool period;
    uint64_t first, last;       /* sequence numbers; 0: no record yet */
    uint8_t before[HASH];       /* what the first record says came before it */
    uint8_t (*hashes)[HASH];    /* of record first + i; zeros where one is missing */
    size_t count, room;
    uint64_t proven;            /* highest record on which a checkpoint lies */
    bool anchored;              /* a checkpoint proves where the first record begins */
    unsigned checkpoints;
};

static void chain_keep(struct chain *c, const uint8_t hash[HASH])
{
    if (c->count == c->room) {
        c->room = c->room ? c->room * 2 : 4096;
        c->hashes = reallocarray(c->hashes, c->room, HASH);
        if (!c->hashes)
            cannot("records");
    }
    memcpy(c->hashes[c->count++], hash, HASH);
}

/*
 * {"seq":N,...,"prev":"<hex>","hash":"<hex>"}: the hash is of the line without
 * its last member. All lengths are fixed from the end, so no JSON is parsed.
 */
static bool record_read(char *line, size_t n, uint64_t *seq, uint8_t prev[HASH], uint8_t hash[HASH], uint8_t computed[HASH])
{
    static const char hash_head[] = ",\"hash\":\"", prev_head[] = ",\"prev\":\"";
    const size_t tail = sizeof hash_head - 1 + HEX + 2, before = sizeof prev_head - 1 + HEX + 1;
    const char *p = line + strlen("{\"seq\":");

    if (n < tail + before + 16 || !number_read(&p, seq) || *p != ',')
        return false;
    char *at = line + n - tail;
    if (!starts(at, hash_head) || !hex_read(at + sizeof hash_head - 1, hash) || strcmp(line + n - 2, "\"}") != 0 ||
        !starts(at - before, prev_head) || at[-1] != '"' || !hex_read(at - before + sizeof prev_head - 1, prev))
        return false;
    *at = '}';
    (void)crypto_hash_sha256(computed, (const uint8_t *)line, (size_t)(at - line) + 1);
    *at = ',';
    return true;
}

/* A number that is not the next: what happened? Zeros stand for what is missing, so that the rest can be placed. */
static void chain_jump(struct chain *c, uint64_t seq)
{
    static const uint8_t none[HASH];

    if (seq <= c->last) {
        wrong("record %" PRIu64 " comes after record %" PRIu64 ": written twice or moved", seq, c->last);
        return;
    }
    wrong("records %" PRIu64 " to %" PRIu64 " are missing", c->last + 1, seq - 1);
    for (uint64_t i = c->last + 1; i < seq && i - c->last < 1000000; i++)
        chain_keep(c, none);
}

static void chain_record(struct chain *c, char *line, size_t n, uint64_t number)
{
    uint8_t prev[HASH], hash[HASH], computed[HASH];
    uint64_t seq;

    if (!record_read(line, n, &seq, prev, hash, computed)) {
        wrong("line %" PRIu64 " is not a record", number);
        return;
    }
    if (memcmp(hash, computed, HASH) != 0)
        wrong("record %" PRIu64 " was changed", seq);
    if (c->last == 0) {
        c->first = seq;
        memcpy(c->before, prev, HASH);
    } else if (seq != c->last + 1) {
        chain_jump(c, seq);
        if (seq <= c->last)
            return;
    } else if (memcmp(prev, c->hashes[c->count - 1], HASH) != 0) {
        wrong("record %" PRIu64 " does not follow record %" PRIu64, seq, seq - 1);
    }
    c->last = seq;
    chain_keep(c, computed);
}

/* {"checkpoint":1,"count":N,"head":"<hex>","time_ms":N,"gateway":"...","previous":"<hex>","signature":"<base64>"} */
static bool checkpoint_read(const struct chain *c, char *line, size_t n, struct checkpoint *out, bool *forged)
{
    static const char head[] = "{\"checkpoint\":1,\"count\":", sig[] = ",\"signature\":\"", prev[] = "\",\"previous\":\"";
    const size_t tail = sizeof sig - 1 + SIGNATURE64 + 2;
    uint8_t signature[crypto_sign_BYTES];
    const char *p = line + sizeof head - 1;

    *forged = false;
    if (n < tail + sizeof prev + HEX + 1 || !starts(line, head) || !number_read(&p, &out->count) || !starts(p, ",\"head\":\"") ||
        !hex_read(p + 9, out->head) || !starts(p + 9 + HEX, "\",\"time_ms\":"))
        return false;
    p += 9 + HEX + 12;
    char *at = line + n - tail;
    if (!number_read(&p, &out->time_ms) || !starts(at, sig) || strcmp(line + n - 2, "\"}") != 0 || at[-1] != '"' ||
        !starts(at - 1 - HEX - (sizeof prev - 1), prev) || !hex_read(at - 1 - HEX, out->previous) ||
        !base64_read(at + sizeof sig - 1, SIGNATURE64, signature, sizeof signature))
        return false;
    (void)crypto_hash_sha256(out->line, (const uint8_t *)line, n);
    *at = '}';
    *forged = crypto_sign_verify_detached(signature, (const uint8_t *)line, (size_t)(at - line) + 1, c->key) != 0;
    *at = ',';
    return !*forged;
}

/* Lays a checkpoint on the chain. All records must have been read. */
static void checkpoint_lay(struct chain *c, const struct checkpoint *k)
{
    c->checkpoints++;
    if (k->count > c->last) {
        if (!c->period)
            wrong("a checkpoint knows %" PRIu64 " records, the export ends at %" PRIu64 ": its end was cut or the chain set back", k->count,
                  c->last);
    } else if (c->first > 0 && k->count >= c->first) {
        if (memcmp(c->hashes[k->count - c->first], k->head, HASH) != 0)
            wrong("the checkpoint at record %" PRIu64 " is of another chain: records up to it were rewritten", k->count);
        else if (k->count > c->proven)
            c->proven = k->count;
    } else if (c->first > 0 && k->count == c->first - 1) {
        if (memcmp(c->before, k->head, HASH) != 0)
            wrong("record %" PRIu64 " does not follow the checkpoint before it", c->first);
        else
            c->anchored = true;
    }
}

/* Lines of a file: records at once, checkpoints collected to be laid when all records are known. */
struct reading {
    struct chain *chain;
    struct checkpoint *all;
    size_t count, room;
    bool records; /* the file is an export: other lines than records and checkpoints are wrong */
};

static void reading_checkpoint(struct reading *r, char *line, size_t n, uint64_t number)
{
    struct checkpoint k = {0};
    bool forged;

    if (!checkpoint_read(r->chain, line, n, &k, &forged)) {
        if (forged || r->records)
            wrong("line %" PRIu64 ": the checkpoint is not signed by this key", number);
        else
            (void)printf("note: line %" PRIu64 " is half a checkpoint, as a power cut leaves it\n", number);
        return;
    }
    if (r->count == r->room) {
        r->room = r->room ? r->room * 2 : 256;
        r->all = reallocarray(r->all, r->room, sizeof *r->all);
        if (!r->all)
            cannot("checkpoints");
    }
    r->all[r->count++] = k;
}

static void read_lines(struct reading *r, const char *path)
{
    FILE *in = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    uint64_t number = 0;
    ssize_t n;

    if (!in)
        cannot(path);
    while ((n = getline(&line, &room, in)) > 0) {
        number++;
        bool whole = line[n - 1] == '\n';
        if (whole)
            line[--n] = '\0';
        if ((size_t)n > LINE_MAX_BYTES || strlen(line) != (size_t)n)
            wrong("line %" PRIu64 " is no text", number);
        else if (r->records && starts(line, "{\"seq\":"))
            chain_record(r->chain, line, (size_t)n, number);
        else if (starts(line, "{\"checkpoint\":") || !r->records)
            reading_checkpoint(r, line, (size_t)n, number);
        else
            wrong("line %" PRIu64 " is neither a record nor a checkpoint", number);
    }
    if (ferror(in))
        cannot(path);
    free(line);
    (void)fclose(in);
}

/* Checkpoints of the kept file name one another: one taken out is missed. */
static void check_links(const struct reading *r)
{
    for (size_t i = 1; i < r->count; i++)
        if (memcmp(r->all[i].previous, r->all[i - 1].line, HASH) != 0)
            wrong("a checkpoint is missing between those of %" PRIu64 " and %" PRIu64 " records", r->all[i - 1].count, r->all[i].count);
}

static int chain_result(struct chain *c)
{
    static const uint8_t none[HASH];

    if (c->last == 0)
        wrong("the export has no record");
    else if (c->first == 1 && memcmp(c->before, none, HASH) != 0)
        wrong("the first record says that others came before it");
    else if (c->first != 1 && !c->anchored && !c->period)
        wrong("the export begins with record %" PRIu64 " and no checkpoint proves what came before", c->first);
    (void)printf("%zu records (%" PRIu64 " to %" PRIu64 "), %u checkpoints, signed up to record %" PRIu64 "\n", c->count, c->first, c->last,
                 c->checkpoints, c->proven);
    if (c->last > c->proven && wrongs == 0)
        (void)printf("note: the last %" PRIu64 " records have no checkpoint yet\n", c->last - (c->proven ? c->proven : c->first - 1));
    return wrongs ? EXIT_WRONG : c->proven == 0 ? EXIT_UNPROVEN : EXIT_PROVEN;
}

static int verify_chain(const char *export, const char *key, const char *checkpoints, bool period)
{
    struct chain c = {.period = period};
    struct reading records = {.chain = &c, .records = true}, kept = {.chain = &c};

    key_read(key, "audit", c.key);
    read_lines(&records, export);
    if (checkpoints) {
        read_lines(&kept, checkpoints);
        check_links(&kept);
        if (kept.count == 0)
            wrong("%s holds no checkpoint", shown(checkpoints));
    }
    for (size_t i = 0; i < records.count; i++)
        checkpoint_lay(&c, &records.all[i]);
    for (size_t i = 0; i < kept.count; i++)
        checkpoint_lay(&c, &kept.all[i]);
    int status = chain_result(&c);
    free(records.all);
    free(kept.all);
    free(c.hashes);
    return status;
}

/* ---- deliveries ------------------------------------------------------------------------------------------------------ */

#define MANIFEST_MAX_BYTES 8192
static const char manifest_suffix[] = ".manifest";

struct manifest {
    char text[MANIFEST_MAX_BYTES + 1]; /* cut into lines */
    const char *job, *destination, *path, *bytes, *sha256, *stages, *verdict;
    uint64_t sequence, destination_sequence;
};

static const char *manifest_value(struct manifest *m, char *line, const char *key)
{
    size_t n = strlen(key);

    (void)m;
    return strncmp(line, key, n) == 0 && line[n] == ':' && line[n + 1] == ' ' ? line + n + 2 : NULL;
}

static void manifest_line(struct manifest *m, char *line)
{
    const struct {
        const char *key;
        const char **text;
        uint64_t *number;
    } wanted[] = {{"job", &m->job, NULL},           {"destination", &m->destination, NULL}, {"path", &m->path, NULL},
                  {"bytes", &m->bytes, NULL},       {"sha256", &m->sha256, NULL},           {"stages", &m->stages, NULL},
                  {"verdict", &m->verdict, NULL},   {"sequence", NULL, &m->sequence},
                  {"destination-sequence", NULL, &m->destination_sequence}};

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        const char *value = manifest_value(m, line, wanted[i].key);
        if (value && wanted[i].text && !*wanted[i].text)
            *wanted[i].text = value;
        else if (value && wanted[i].number)
            (void)number_read(&value, wanted[i].number);
    }
}

/* Proves the signature first and reads the lines afterwards. False and the reason when it is not good. */
static bool manifest_open(int fd, const uint8_t *key, struct manifest *m, const char **why)
{
    static const char head[] = "sekimori-manifest: 1\n", sig[] = "signature: ";
    const size_t tail = sizeof sig - 1 + SIGNATURE64 + 1;
    uint8_t signature[crypto_sign_BYTES];
    ssize_t n = pread(fd, m->text, sizeof m->text, 0);

    *why = "the manifest is not one";
    if (n <= (ssize_t)(sizeof head + tail) || n > MANIFEST_MAX_BYTES || memchr(m->text, '\0', (size_t)n))
        return false;
    m->text[n] = '\0';
    char *at = m->text + (size_t)n - tail;
    if (!starts(m->text, head) || at[-1] != '\n' || !starts(at, sig) || m->text[n - 1] != '\n' ||
        !base64_read(at + sizeof sig - 1, SIGNATURE64, signature, sizeof signature))
        return false;
    *why = "the manifest is not signed by this key";
    if (crypto_sign_verify_detached(signature, (const uint8_t *)m->text, (size_t)(at - m->text), key) != 0)
        return false;
    *at = '\0';
    char *save = NULL;
    for (char *line = strtok_r(m->text + sizeof head - 1, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        manifest_line(m, line);
    *why = "the manifest does not name every stage";
    return m->job && m->destination && m->path && m->bytes && m->sha256 && m->sequence && m->destination_sequence && m->stages &&
           m->verdict && strcmp(m->stages, "detect,scan-input,rebuild,scan-output,check") == 0 && strcmp(m->verdict, "released") == 0;
}

static bool file_is_named(int fd, const struct manifest *m, const char **why)
{
    crypto_hash_sha256_state state;
    uint8_t chunk[65536], got[HASH], want[HASH];
    uint64_t total = 0, bytes = 0;
    const char *digits = m->bytes;
    ssize_t n;

    *why = "the file is not the one its manifest names";
    if (strlen(m->sha256) != HEX || !hex_read(m->sha256, want) || !number_read(&digits, &bytes))
        return false;
    (void)crypto_hash_sha256_init(&state);
    while ((n = pread(fd, chunk, sizeof chunk, (off_t)total)) > 0) {
        (void)crypto_hash_sha256_update(&state, chunk, (size_t)n);
        total += (uint64_t)n;
    }
    (void)crypto_hash_sha256_final(&state, got);
    return n == 0 && total == bytes && memcmp(got, want, HASH) == 0;
}

static int verify_manifest(const char *file, const char *manifest, const char *key_path)
{
    static struct manifest m;
    uint8_t key[crypto_sign_PUBLICKEYBYTES];
    const char *why;
    int file_fd = open(file, O_RDONLY | O_CLOEXEC), manifest_fd = open(manifest, O_RDONLY | O_CLOEXEC);

    if (file_fd < 0 || manifest_fd < 0)
        cannot(file_fd < 0 ? file : manifest);
    key_read(key_path, "release", key);
    if (!manifest_open(manifest_fd, key, &m, &why) || !file_is_named(file_fd, &m, &why)) {
        wrong("%s", why);
        return EXIT_WRONG;
    }
    (void)printf("job %s, delivery %" PRIu64 " (%" PRIu64 " to %s), %s bytes: proven\n", shown(m.job), m.sequence, m.destination_sequence,
                 shown(m.destination), m.bytes);
    return EXIT_PROVEN;
}

/* ---- a whole spool ------------------------------------------------------------------------------------------------------- */

struct delivery {
    char destination[64], job[64];
    uint64_t number;
};

struct spool {
    uint8_t key[crypto_sign_PUBLICKEYBYTES];
    struct delivery *all;
    size_t count, room;
    char path[4096]; /* beneath the folder */
};

static void spool_folder(struct spool *s, int fd, unsigned depth);

static void spool_keep(struct spool *s, const struct manifest *m)
{
    if (s->count == s->room) {
        s->room = s->room ? s->room * 2 : 256;
        s->all = reallocarray(s->all, s->room, sizeof *s->all);
        if (!s->all)
            cannot("deliveries");
    }
    struct delivery *d = &s->all[s->count++];
    (void)snprintf(d->destination, sizeof d->destination, "%s", m->destination);
    (void)snprintf(d->job, sizeof d->job, "%s", m->job);
    d->number = m->destination_sequence;
}

static void spool_file(struct spool *s, int folder, const char *name)
{
    static struct manifest m;
    char beside[300];
    const char *why;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), manifest;

    memset(&m, 0, sizeof m);
    if (fd < 0) {
        if (errno != ENOENT) /* else it was collected just now */
            wrong("%s cannot be read", shown(s->path));
        return;
    }
    (void)snprintf(beside, sizeof beside, "%s%s", name, manifest_suffix);
    manifest = openat(folder, beside, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (manifest < 0)
        wrong("%s has no manifest: nobody released it", shown(s->path));
    else if (!manifest_open(manifest, s->key, &m, &why) || !file_is_named(fd, &m, &why))
        wrong("%s: %s", shown(s->path), why);
    else if (strcmp(m.path, s->path) != 0)
        wrong("%s lies in the place of %s", shown(m.path), shown(s->path));
    else
        spool_keep(s, &m);
    (void)close(fd);
    if (manifest >= 0)
        (void)close(manifest);
}

static void spool_entry(struct spool *s, int folder, const char *name, unsigned depth)
{
    size_t n = strlen(name), suffix = sizeof manifest_suffix - 1;
    struct stat st;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    if (S_ISDIR(st.st_mode)) {
        int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd >= 0)
            spool_folder(s, fd, depth + 1);
        else
            wrong("%s cannot be read", shown(s->path));
    } else if (!S_ISREG(st.st_mode)) {
        wrong("%s is neither a file nor a folder", shown(s->path));
    } else if (n <= suffix || strcmp(name + n - suffix, manifest_suffix) != 0) {
        spool_file(s, folder, name);
    }
}

/* Takes over fd. */
static void spool_folder(struct spool *s, int fd, unsigned depth)
{
    size_t n = strlen(s->path);
    DIR *dir = depth > DEPTH_MAX ? NULL : fdopendir(fd);

    if (!dir) {
        wrong("%s cannot be read", shown(s->path));
        (void)close(fd);
        return;
    }
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (snprintf(s->path + n, sizeof s->path - n, "%s%s", n ? "/" : "", e->d_name) >= (int)(sizeof s->path - n))
            wrong("%s is too deep", shown(s->path));
        else
            spool_entry(s, fd, e->d_name, depth);
        s->path[n] = '\0';
    }
    (void)closedir(dir);
}

static int by_destination(const void *a, const void *b)
{
    const struct delivery *x = a, *y = b;
    int order = strcmp(x->destination, y->destination);

    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static int by_job(const void *a, const void *b)
{
    const struct delivery *x = a, *y = b;

    return strcmp(x->job, y->job);
}

static void spool_numbers(struct spool *s)
{
    qsort(s->all, s->count, sizeof *s->all, by_destination);
    for (size_t i = 1; i < s->count; i++) {
        const struct delivery *a = &s->all[i - 1], *b = &s->all[i];
        if (strcmp(a->destination, b->destination) != 0)
            continue;
        if (a->number == b->number)
            wrong("%s: two deliveries have the number %" PRIu64, shown(a->destination), a->number);
        else if (b->number > a->number + 1)
            (void)printf("gap: %s: %" PRIu64 " to %" PRIu64 " are not here\n", shown(a->destination), a->number + 1, b->number - 1);
    }
    qsort(s->all, s->count, sizeof *s->all, by_job);
    for (size_t i = 1; i < s->count; i++)
        if (strcmp(s->all[i - 1].job, s->all[i].job) == 0)
            wrong("job %s was delivered twice", shown(s->all[i].job));
}

static int verify_spool(const char *folder, const char *key_path)
{
    static struct spool s;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        cannot(folder);
    key_read(key_path, "release", s.key);
    spool_folder(&s, fd, 0);
    if (s.count > 0)
        spool_numbers(&s);
    (void)printf("%zu deliveries proven\n", s.count);
    free(s.all);
    return wrongs ? EXIT_WRONG : EXIT_PROVEN;
}

/* ---- command line ------------------------------------------------------------------------------------------------------------ */

struct arguments {
    const char *words[3], *key, *checkpoints;
    int count;
    bool period;
};

static bool arguments_read(int argc, char **argv, struct arguments *a)
{
    for (int i = 1; i < argc; i++) {
        bool value = i + 1 < argc;
        if (strcmp(argv[i], "--key") == 0 && value)
            a->key = argv[++i];
        else if (strcmp(argv[i], "--checkpoints") == 0 && value)
            a->checkpoints = argv[++i];
        else if (strcmp(argv[i], "--period") == 0)
            a->period = true;
        else if (argv[i][0] == '-' || a->count == 3)
            return false;
        else
            a->words[a->count++] = argv[i];
    }
    return a->count > 0 && a->key;
}

int main(int argc, char **argv)
{
    struct arguments a = {0};

    if (sodium_init() >= 0 && arguments_read(argc, argv, &a)) {
        if (strcmp(a.words[0], "chain") == 0 && a.count == 2)
            return verify_chain(a.words[1], a.key, a.checkpoints, a.period);
        if (strcmp(a.words[0], "manifest") == 0 && a.count == 3)
            return verify_manifest(a.words[1], a.words[2], a.key);
        if (strcmp(a.words[0], "spool") == 0 && a.count == 2)
            return verify_spool(a.words[1], a.key);
    }
    (void)fputs("usage: sekimori-verify chain EXPORT --key audit.pub [--checkpoints FILE] [--period]\n"
                "       sekimori-verify manifest FILE MANIFEST --key release.pub\n"
                "       sekimori-verify spool FOLDER --key release.pub\n",
                stderr);
    return EXIT_USAGE;
}
