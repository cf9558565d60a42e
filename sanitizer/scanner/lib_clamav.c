/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virus engine: libclamav. Scanner program and its check of new
 * signatures; runs sandboxed, over hostile bytes. The library's word "clean"
 * is not trusted by itself: see lib_clamav.h for what must come with it.
 * Signature files are the administrator's; those of the maker are signed.
 */
#include "lib_clamav.h"

#include <clamav.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "codepage.h"
#include "sigset.h"

#define CANARY_NAME "Sekimori.Canary"
#define CANARY_BYTES 20
#define TINY_FILE 5     /* libclamav calls files up to this size clean without a look */
#define TINY_PADDED 16
#define CUT_MARGIN 65536 /* a member cut at the size limit ends at a multiple of some buffer below it */
#define LAYERS_BESIDE 8 /* layers the library makes itself: normalised text, streams, embedded scripts */
#define SPARE_INODES 64 /* some parsers skip a step in silence when they can make no file */
#define FILES_PER_MEMBER 16 /* the library counts each part of a document as a file */

struct clamav {
    struct cl_engine *engine;
    struct clamav_info info;
    char canary[CANARY_BYTES * 2 + 32];
    char scratch[256];
    uint64_t file_max; /* what the engine's limit is set to */
};

/* What was heard during one scan. */
struct hearing {
    const struct clamav *clamav;
    struct clamav_result *result;
    uint32_t inspected, found;
    bool infected, encrypted, cut, crowded;
    enum reason limit;
    char limit_name[CLAMAV_NAME_MAX];
};

/* The library's complaints since the last reset; it has one callback for the whole process. */
static struct {
    unsigned count;
    char first[160];
} complaints;

static bool in_use;

static const struct {
    const char *name;
    enum reason reason;
} limits_by_name[] = {
    {"MaxFileSize", REASON_LIMIT_RATIO}, {"MaxScanSize", REASON_LIMIT_RATIO}, {"MaxFiles", REASON_LIMIT_MEMBERS},
    {"MaxRecursion", REASON_LIMIT_DEPTH}, {"MaxScanTime", REASON_TIMEOUT},
};

static const struct {
    cl_error_t code;
    enum reason reason;
} reasons_by_code[] = {
    {CL_ETIMEOUT, REASON_TIMEOUT},
    {CL_EMAXREC, REASON_LIMIT_DEPTH},
    {CL_EMAXSIZE, REASON_LIMIT_RATIO},
    {CL_EMAXFILES, REASON_LIMIT_MEMBERS},
    {CL_EMEM, REASON_LIMIT_MEMORY},
};

/* ---- What the library calls back ------------------------------------------------- */

/* Copies text as printable ASCII, without line ends. */
static void plain_copy(char *dst, size_t room, const char *text)
{
    size_t n = 0;

    for (; text && *text && n + 1 < room; text++)
        if (*text != '\n')
            dst[n++] = *text >= ' ' && *text < 0x7f ? *text : '?';
    dst[n] = '\0';
}

/* Oddities of the content that leave nothing unread. */
static bool is_harmless(const char *text)
{
    static const char *const starts[] = {
        /* A macro's text is not in the encoding it says. It is not looked at; no macro passes the rebuild either. */
        "cli_codepage_to_utf8: iconv error",
        "ole2_convert_utf: could not locate codepage",
        "scan_mso_stream: declared prefix",
        "JPEG: Already observed",
    };

    for (size_t i = 0; i < ARRAY_LEN(starts); i++)
        if (strncmp(text, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/* A warning counts as well: that a member could not be unpacked is said as one. */
static void on_message(enum cl_msg severity, const char *full, const char *text, void *context)
{
    (void)full;
    (void)context;
    if (severity < CL_MSG_WARN || (severity == CL_MSG_WARN && is_harmless(text)))
        return;
    if (complaints.count++ == 0)
        plain_copy(complaints.first, sizeof complaints.first, text);
}

static bool is_crowded(const char *scratch)
{
    struct statvfs fs;

    return statvfs(scratch, &fs) < 0 || (fs.f_files > 0 && fs.f_ffree < SPARE_INODES);
}

static cl_error_t on_inspect(int fd, const char *type, const char **ancestors, size_t parent_size, const char *name,
                             size_t size, const char *bytes, uint32_t depth, uint32_t attributes, void *context)
{
    struct hearing *h = context;

    (void)fd, (void)type, (void)ancestors, (void)parent_size, (void)name, (void)bytes, (void)attributes;
    if (!h)
        return CL_VIRUS; /* a scan that nobody listens to is none of ours */
    h->inspected++;
    if (is_crowded(h->clamav->scratch))
        h->crowded = true;
    /* Members above the size limit are cut there and looked at in part, without a word. */
    if (depth > 0 && size + CUT_MARGIN >= h->clamav->file_max)
        h->cut = true;
    return CL_CLEAN;
}

static void hear_limit(struct hearing *h, const char *what)
{
    if (h->limit != REASON_NONE)
        return;
    h->limit = REASON_LIMIT_OBJECTS;
    for (size_t i = 0; i < ARRAY_LEN(limits_by_name); i++)
        if (strncmp(what, limits_by_name[i].name, strlen(limits_by_name[i].name)) == 0)
            h->limit = limits_by_name[i].reason;
    plain_copy(h->limit_name, sizeof h->limit_name, what);
}

/* Called for each match; the name may be absent. */
static void on_found(int fd, const char *name, void *context)
{
    static const char limits[] = "Heuristics.Limits.Exceeded.", encrypted[] = "Heuristics.Encrypted.";
    struct hearing *h = context;

    (void)fd;
    if (!h)
        return;
    h->found++;
    if (name && strncmp(name, limits, sizeof limits - 1) == 0) {
        hear_limit(h, name + sizeof limits - 1);
        return;
    }
    if (name && strncmp(name, encrypted, sizeof encrypted - 1) == 0) {
        h->encrypted = true;
        return;
    }
    if (!h->infected)
        plain_copy(h->result->name, sizeof h->result->name, name && *name ? name : "unnamed");
    h->infected = true;
}

/* ---- Loading ------------------------------------------------------------------------ */

static void engine_free(struct cl_engine **engine)
{
    if (*engine)
        (void)cl_engine_free(*engine);
    *engine = NULL;
}

static int engine_new(struct cl_engine **engine_out)
{
    static const struct {
        enum cl_engine_field field;
        long long value;
    } settings[] = {
        {CL_ENGINE_DISABLE_CACHE, 1},    /* one scan per process: nothing to remember */
        {CL_ENGINE_DISABLE_PE_STATS, 1},
        {CL_ENGINE_DISABLE_PE_CERTS, 1}, /* a signer's good name makes nothing clean */
        {CL_ENGINE_PCRE_MAX_FILESIZE, CLAMAV_FILE_MAX},
    };
    scoped(engine_free) struct cl_engine *engine = cl_engine_new();

    if (!engine)
        return ERR_NOMEM;
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (cl_engine_set_num(engine, settings[i].field, settings[i].value) != CL_SUCCESS)
            return ERR_FAULT;
    cl_engine_set_clcb_file_inspection(engine, on_inspect);
    cl_engine_set_clcb_virus_found(engine, on_found);
    *engine_out = steal(engine);
    return 0;
}

/* Signatures named as phishing belong to it; judging links in mail does not: the mail handler makes all links inert. */
#define LOAD_OPTIONS (CL_DB_PHISHING | CL_DB_YARA_EXCLUDE)

static int load_file(struct cl_engine *engine, const char *dir, struct sigset_file *file, char problem[256])
{
    char path[4096];
    unsigned count = 0;

    int n = snprintf(path, sizeof path, "%s/%s", dir, file->name);
    if (n < 0 || (size_t)n >= sizeof path)
        return ERR_INVALID;
    complaints.count = 0;
    cl_error_t err = cl_load(path, engine, &count, LOAD_OPTIONS);
    if (err != CL_SUCCESS) {
        (void)snprintf(problem, 256, "%.100s: %.60s (%.80s)", file->name, cl_strerror(err),
                       complaints.count > 0 ? complaints.first : "no detail");
        return ERR_MALFORMED;
    }
    file->signatures = file->form == SIGFILE_EXCEPTION ? 0 : count;
    return 0;
}

static int read_head(const char *dir, struct sigset_file *file)
{
    char path[4096];

    int n = snprintf(path, sizeof path, "%s/%s", dir, file->name);
    if (n < 0 || (size_t)n >= sizeof path)
        return ERR_INVALID;
    struct cl_cvd *head = cl_cvdhead(path);
    if (!head)
        return ERR_MALFORMED;
    file->version = head->version;
    file->built = head->stime;
    cl_cvdfree(head);
    return 0;
}

static int read_heads(const char *dir, struct sigset *set, char problem[256])
{
    for (size_t i = 0; i < set->count; i++) {
        struct sigset_file *file = &set->files[i];
        if (file->form != SIGFILE_SIGNED && file->form != SIGFILE_CONTAINER)
            continue;
        int err = read_head(dir, file);
        if (err < 0) {
            (void)snprintf(problem, 256, "%.100s: no header of a signature container", file->name);
            return err;
        }
    }
    sigset_drop_older(set);
    return 0;
}

/* Loads the site's set into an engine. Problem text on failure. */
static int load_site(struct cl_engine *engine, const char *dir, struct sigset *set, struct clamav_info *info)
{
    int err = sigset_read(dir, set);

    if (err < 0) {
        (void)snprintf(info->problem, sizeof info->problem, "signature folder: %s", err_text(err));
        return err;
    }
    err = read_heads(dir, set, info->problem);
    for (size_t i = 0; i < set->count && err == 0; i++)
        err = load_file(engine, dir, &set->files[i], info->problem);
    if (err < 0)
        return err;
    info->newest = sigset_newest(set);
    for (size_t i = 0; i < set->count; i++)
        info->signatures += set->files[i].signatures;
    info->files = (uint32_t)set->count;
    if (info->signatures == 0) {
        (void)snprintf(info->problem, sizeof info->problem, "no signatures");
        return ERR_NOTFOUND;
    }
    return 0;
}

/* The canary's own signature goes in last, so that a list of exceptions that names it shows as a canary not found. */
static int load_canary(struct clamav *c, struct cl_engine *engine, const char *scratch)
{
    uint8_t random[CANARY_BYTES];
    char path[4096];
    scoped_buf line = buf_new(512);
    unsigned count = 0;

    fdio_random(random, sizeof random);
    size_t at = (size_t)snprintf(c->canary, sizeof c->canary, "BM sekimori canary ");
    for (size_t i = 0; i < sizeof random; i++)
        at += (size_t)snprintf(c->canary + at, sizeof c->canary - at, "%02x", random[i]);
    buf_printf(&line, "%s:0:*:", CANARY_NAME);
    for (size_t i = 0; i < at; i++)
        buf_printf(&line, "%02x", (unsigned char)c->canary[i]);
    buf_printf(&line, "\n");
    if (line.err < 0)
        return line.err;
    int n = snprintf(path, sizeof path, "%s/canary.ndb", scratch);
    if (n < 0 || (size_t)n >= sizeof path)
        return ERR_INVALID;
    scoped_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return ERR_IO;
    int err = fdio_write(fd, line.bytes, line.len);
    if (err == 0 && cl_load(path, engine, &count, LOAD_OPTIONS) != CL_SUCCESS)
        err = ERR_FAULT;
    (void)unlink(path);
    return err;
}

static int load_all(struct clamav *c, const char *dir, const char *scratch, struct sigset *set)
{
    scoped(engine_free) struct cl_engine *engine = NULL;
    int err = engine_new(&engine);

    if (err < 0)
        return err;
    if (dir && load_site(engine, dir, set, &c->info) < 0) {
        c->info.signatures = 0;
        set->count = 0;
        engine_free(&engine); /* half a set is none */
        err = engine_new(&engine);
    }
    if (err == 0)
        err = load_canary(c, engine, scratch);
    if (err < 0)
        return err;
    if (cl_engine_compile(engine) != CL_SUCCESS)
        return ERR_FAULT;
    c->engine = steal(engine);
    return 0;
}

static void tell_files(const struct sigset *set, void (*each)(void *arg, const struct clamav_file *file), void *arg)
{
    for (size_t i = 0; i < set->count && each; i++) {
        const struct sigset_file *f = &set->files[i];
        struct clamav_file told = {f->name, f->version, f->signatures, f->built};
        each(arg, &told);
    }
}

int clamav_new(const char *dir, const char *scratch, void (*each)(void *arg, const struct clamav_file *file), void *arg,
               struct clamav **clamav_out)
{
    scoped(clamav_free) struct clamav *c = calloc(1, sizeof *c);
    scoped(sigset_free) struct sigset set = {0};

    if (!c)
        return ERR_NOMEM;
    if (in_use)
        return ERR_FAULT;
    cl_set_clcb_msg(on_message);
    if (cl_init(CL_INIT_DEFAULT) != CL_SUCCESS)
        return ERR_FAULT;
    plain_copy(c->info.version, sizeof c->info.version, cl_retver());
    int err = load_all(c, dir, scratch, &set);
    if (err < 0)
        return err;
    in_use = true;
    tell_files(&set, each, arg);
    codepage_warm();
    err = clamav_scratch(c, scratch);
    if (err < 0)
        return err;
    /* Warms digests, time zone and matcher. The answer is not used: each process asks for itself. */
    if (clamav_self_test(c) < 0)
        complaints.count = 0;
    *clamav_out = steal(c);
    return 0;
}

void clamav_free(struct clamav **clamav)
{
    struct clamav *c = steal(*clamav);

    if (!c)
        return;
    if (c->engine)
        in_use = false;
    engine_free(&c->engine);
    free(c);
}

const struct clamav_info *clamav_info(const struct clamav *clamav)
{
    return &clamav->info;
}

int clamav_scratch(struct clamav *clamav, const char *scratch)
{
    if (strlen(scratch) >= sizeof clamav->scratch)
        return ERR_INVALID;
    if (cl_engine_set_str(clamav->engine, CL_ENGINE_TMPDIR, scratch) != CL_SUCCESS)
        return ERR_NOMEM;
    (void)snprintf(clamav->scratch, sizeof clamav->scratch, "%s", scratch);
    return 0;
}

/* ---- Scanning --------------------------------------------------------------------------- */

static int set_limits(struct clamav *c, const struct clamav_limits *limits)
{
    uint64_t file = limits->total_bytes > limits->file_bytes ? limits->total_bytes : limits->file_bytes;
    uint64_t files = (uint64_t)limits->members * FILES_PER_MEMBER;
    uint32_t depth = limits->depth > 92 ? 100 : limits->depth + LAYERS_BESIDE; /* 100 is the library's own most */

    c->file_max = file < CLAMAV_FILE_MAX ? file : CLAMAV_FILE_MAX;
    const struct {
        enum cl_engine_field field;
        uint64_t value;
    } settings[] = {
        {CL_ENGINE_MAX_FILESIZE, c->file_max},
        {CL_ENGINE_MAX_SCANSIZE, limits->total_bytes},
        {CL_ENGINE_MAX_RECURSION, depth},
        {CL_ENGINE_MAX_FILES, files < UINT32_MAX ? files : UINT32_MAX},
        {CL_ENGINE_MAX_SCANTIME, limits->ms},
    };
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        /* The library reads zero as "unlimited". */
        if (settings[i].value == 0)
            return ERR_LIMIT;
        if (cl_engine_set_num(c->engine, settings[i].field, (long long)settings[i].value) != CL_SUCCESS)
            return ERR_FAULT;
    }
    return 0;
}

static cl_error_t run_engine(struct clamav *c, const void *bytes, size_t n, struct hearing *hearing)
{
    /* Matching goes on after the first hit: else "encrypted" would hide "limit crossed". */
    struct cl_scan_options options = {
        .general = CL_SCAN_GENERAL_HEURISTICS | CL_SCAN_GENERAL_ALLMATCHES | CL_SCAN_GENERAL_UNPRIVILEGED,
        .parse = ~(uint32_t)CL_SCAN_PARSE_IMAGE_FUZZY_HASH,
        .heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE | CL_SCAN_HEURISTIC_ENCRYPTED_DOC,
    };
    const char *name = NULL;
    unsigned long scanned = 0;
    char padded[TINY_PADDED] = {0};

    if (n <= TINY_FILE) {
        memcpy(padded, bytes, n);
        bytes = padded;
        n = sizeof padded;
    }
    cl_fmap_t *map = cl_fmap_open_memory(bytes, n);
    if (!map)
        return CL_EMEM;
    complaints.count = 0;
    cl_error_t code = cl_scanmap_callback(map, NULL, &name, &scanned, c->engine, &options, hearing);
    cl_fmap_close(map);
    return code;
}

static void conclude(enum reason reason, const char *detail, struct clamav_result *result)
{
    result->reason = reason;
    plain_copy(result->detail, sizeof result->detail, detail);
}

static enum reason reason_of_code(cl_error_t code)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons_by_code); i++)
        if (reasons_by_code[i].code == code)
            return reasons_by_code[i].reason;
    return REASON_SCAN_FAILED;
}

/* Worst first; what is left at the end is clean. */
static void judge(const struct hearing *h, cl_error_t code, struct clamav_result *result)
{
    if (h->infected || (code == CL_VIRUS && h->found == 0))
        conclude(REASON_INFECTED, result->name, result);
    else if (code != CL_CLEAN && code != CL_VIRUS)
        conclude(reason_of_code(code), cl_strerror(code), result);
    else if (h->limit != REASON_NONE)
        conclude(h->limit, h->limit_name, result);
    else if (h->cut)
        conclude(REASON_LIMIT_RATIO, "a member was cut at the size limit", result);
    else if (h->crowded)
        conclude(REASON_SCAN_FAILED, "the scratch folder was full", result);
    else if (complaints.count > 0)
        conclude(REASON_SCAN_FAILED, complaints.first, result);
    else if (h->inspected == 0)
        conclude(REASON_SCAN_FAILED, "nothing was inspected", result);
    else if (h->encrypted)
        conclude(REASON_ENCRYPTED, "encrypted content", result);
    else if (code == CL_CLEAN && h->found == 0)
        conclude(REASON_OK, "", result);
    else
        conclude(REASON_SCAN_FAILED, "contradictory result", result);
}

static void scan(struct clamav *c, const void *bytes, size_t n, const struct clamav_limits *limits,
                 struct clamav_result *result)
{
    struct hearing hearing = {.clamav = c, .result = result};

    *result = (struct clamav_result){.reason = REASON_SCAN_FAILED};
    if (n == 0) {
        conclude(REASON_EMPTY, "", result);
        return;
    }
    if (n > limits->file_bytes || n > CLAMAV_FILE_MAX) {
        conclude(REASON_LIMIT_BYTES, "larger than can be scanned", result);
        return;
    }
    int err = set_limits(c, limits);
    if (err < 0) {
        conclude(err == ERR_LIMIT ? REASON_LIMIT_BYTES : REASON_SCAN_FAILED, "limits", result);
        return;
    }
    cl_error_t code = run_engine(c, bytes, n, &hearing);
    judge(&hearing, code, result);
    result->inspected = hearing.inspected;
}

void clamav_scan(struct clamav *clamav, const void *bytes, size_t n, const struct clamav_limits *limits,
                 struct clamav_result *result_out)
{
    scan(clamav, bytes, n, limits, result_out);
    /* Without signatures of the site no answer but a refusal has any worth. */
    if (clamav->info.signatures == 0)
        conclude(REASON_SCAN_UNAVAILABLE, clamav->info.problem, result_out);
}

int clamav_self_test(struct clamav *clamav)
{
    static const struct clamav_limits limits = {4096, 1 << 20, 4, 16, 60000};
    struct clamav_result result;

    scan(clamav, clamav->canary, strlen(clamav->canary), &limits, &result);
    bool found = result.reason == REASON_INFECTED && strncmp(result.name, CANARY_NAME, strlen(CANARY_NAME)) == 0;
    return found && result.inspected > 0 ? 0 : ERR_FAULT;
}

int clamav_verify(const char *path, char complaint[128])
{
    cl_error_t err = cl_cvdverify(path);

    if (err == CL_SUCCESS)
        return 0;
    plain_copy(complaint, 128, cl_strerror(err));
    return ERR_CRYPTO;
}
