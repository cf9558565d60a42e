/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of all settings, their defaults and bounds, and the check of the
 * whole. Runs in the supervisor and the CLI, over the administrator's file.
 */
#include "config.h"

#include <sodium.h>
#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/sandbox.h"
#include "formats/job.h"
#include "formats/list.h"

static const char *const log_levels[] = {"debug", "info", "warning", "error", NULL};
/* 自治体機密性: strictest first, so that a missing label is the strictest (index 0). */
static const char *const labels[] = {"3A", "3B", "3C", "2", "1", NULL};
static const char *const mode_words[FMT_MODES + 1] = {"none", "sanitize", "flatten", "text", NULL};
static const char *const switch_words[] = {"unset", "allow", "sanitize", "disallow", NULL};
static const char *const role_words[] = {"submitter", "approver", "operator", "auditor", "policy", NULL};

#define U64(owner, member, fallback_, low, high, unit_, help_)                                                      \
    {.name = #member, .type = CONF_U64, .offset = offsetof(struct owner, member), .size = sizeof(uint64_t),        \
     .fallback = #fallback_, .min = low, .max = high, .unit = unit_, .help = help_}
#define PATH(owner, member, fallback_, help_)                                                                      \
    {.name = #member, .type = CONF_PATH, .offset = offsetof(struct owner, member), .size = CONFIG_PATH_MAX,        \
     .fallback = fallback_, .min = 1, .help = help_}
#define TEXT(owner, member, fallback_, low, help_)                                                                 \
    {.name = #member, .type = CONF_TEXT, .offset = offsetof(struct owner, member), .size = JOB_WORD_MAX,           \
     .fallback = fallback_, .min = low, .help = help_}

static const struct conf_key gateway_keys[] = {
    PATH(config_gateway, state, "/var/lib/sekimori", "Ledger, encrypted store and keys."),
    PATH(config_gateway, checkpoints, "/var/lib/sekimori/checkpoints",
         "Signed checkpoints of the audit chain; best on a volume the gateway cannot rewrite."),
    PATH(config_gateway, run, "/run/sekimori", "Folder of the control socket."),
    PATH(config_gateway, outbound, "/var/spool/sekimori/outbound", "The spool the LGWAN side pulls from."),
    U64(config_gateway, workers, 0, 0, 256, NULL, "Items treated at the same time; 0: one for each core."),
    U64(config_gateway, disk_floor_mb, 512, 1, 1048576, "MB", "Below this free space nothing new is accepted."),
    U64(config_gateway, retain_days, 14, 1, 3650, "days", "How long originals and held files are kept, encrypted."),
    {.name = "log_level", .type = CONF_WORD, .offset = offsetof(struct config_gateway, log_level), .fallback = "info",
     .words = log_levels, .help = "debug, info, warning or error."},
    {0}};

static const struct conf_key scanner_keys[] = {
    PATH(config_scanner, signatures, "/var/lib/sekimori/signatures", "Folder that holds the virus signatures."),
    U64(config_scanner, max_age_days, 7, 1, 3650, "days", "Signatures older than this hold every file."),
    {0}};

static const struct conf_key limit_keys[] = {
    U64(config_limits, file_mb, 200, 1, 2048, "MB", "Largest file."),
    U64(config_limits, output_mb, 400, 1, 4096, "MB", "Largest result of one item."),
    U64(config_limits, total_mb, 4096, 1, 65536, "MB", "All that comes out of one archive, at all depths."),
    U64(config_limits, ratio, 100, 2, 10000, "times", "Expansion of one member above ratio_floor_mb."),
    U64(config_limits, ratio_floor_mb, 10, 1, 1024, "MB", "Members up to this size may expand freely."),
    U64(config_limits, members, 10000, 1, 1000000, NULL, "Files inside one submitted file, at all depths."),
    U64(config_limits, depth, 10, 1, 30, NULL, "Nesting of archives."),
    U64(config_limits, pages, 5000, 1, 100000, NULL, "Pages of a document."),
    U64(config_limits, megapixels, 250, 1, 4000, "million pixels", "Pixels of one image or page."),
    U64(config_limits, objects, 10000000, 1000, 1000000000, NULL, "Inner objects of one item (cells, chunks, entries)."),
    U64(config_limits, item_seconds, 60, 1, 600, "seconds", "Wall clock for one item."),
    U64(config_limits, item_cpu_seconds, 60, 1, 600, "seconds", "Processor time for one item."),
    U64(config_limits, job_seconds, 600, 1, 7200, "seconds", "Wall clock for a submitted file with all its members."),
    U64(config_limits, memory_mb, 1024, 128, 65536, "MB", "Address space of one worker."),
    {0}};

static const struct conf_key lane_keys[] = {
    TEXT(config_lane, name, "", 0, "Name of the lane."),
    PATH(config_lane, inbound, "/nonexistent", "Folder staff drop files into."),
    PATH(config_lane, results, "/nonexistent", "Folder for the notices to staff."),
    TEXT(config_lane, destination, "", 0, "Folder below outbound/new for the lane's files."),
    TEXT(config_lane, profile, "standard", 1, "Policy profile."),
    {.name = "label", .type = CONF_WORD, .offset = offsetof(struct config_lane, label), .fallback = "3A", .words = labels,
     .help = "Confidentiality: 3A, 3B, 3C, 2 or 1."},
    {.name = "poll", .type = CONF_BOOL, .offset = offsetof(struct config_lane, poll), .fallback = "false",
     .help = "Look by polling only: for folders mounted from another machine."},
    U64(config_lane, settle_ms, 1000, 0, 600000, "ms", "Size and time must stand still for so long."),
    U64(config_lane, poll_ms, 5000, 100, 600000, "ms", "Interval between looks."),
    {0}};

static int read_modes(struct conf_source *source, void *node, void *target);
static int read_switches(struct conf_source *source, void *node, void *target);
static int read_mode(struct conf_source *source, void *node, void *target);
static void print_modes(const void *target, FILE *out);
static void print_switches(const void *target, FILE *out);
static void print_mode(const void *target, FILE *out);

static const struct conf_key profile_keys[] = {
    TEXT(config_profile, name, "", 0, "Name of the profile."),
    {.name = "mode", .type = CONF_CALL, .fn = read_mode, .print = print_mode, .help = "sanitize, flatten or text."},
    {.name = "types", .type = CONF_CALL, .fn = read_modes, .print = print_modes, .help = "Types treated in another way."},
    {.name = "switches", .type = CONF_CALL, .fn = read_switches, .print = print_switches,
     .help = "allow, sanitize or disallow (hold the file), for each feature."},
    U64(config_profile, dpi, 150, 72, 600, "dots per inch", "Resolution of flattened pages."),
    U64(config_profile, jpeg_quality, 85, 30, 100, NULL, "Quality of newly made JPEG images."),
    {0}};

enum fmt_mode config_mode(const char *word)
{
    for (unsigned i = FMT_MODE_SANITIZE; i < FMT_MODES; i++)
        if (strcmp(mode_words[i], word) == 0)
            return (enum fmt_mode)i;
    return FMT_MODE_NONE;
}

const char *config_mode_word(enum fmt_mode mode)
{
    return mode_words[(unsigned)mode < FMT_MODES ? mode : FMT_MODE_NONE];
}

const char *config_label(const struct config_lane *lane)
{
    return labels[lane->label];
}

uint32_t config_role(const char *word)
{
    for (unsigned i = 0; role_words[i]; i++)
        if (strcmp(role_words[i], word) == 0)
            return 1u << i;
    return 0;
}

static int mode_of(struct conf_source *source, void *node, enum fmt_mode *mode_out)
{
    const char *word = conf_text(node);
    enum fmt_mode mode = word ? config_mode(word) : FMT_MODE_NONE;

    if (mode == FMT_MODE_NONE)
        return conf_error(source, node, "'%s' must be \"sanitize\", \"flatten\" or \"text\"", conf_name(node));
    *mode_out = mode;
    return 0;
}

static int read_mode(struct conf_source *source, void *node, void *target)
{
    return mode_of(source, node, &((struct config_profile *)target)->mode);
}

static int profile_set_type(struct config_profile *profile, const char *type, enum fmt_mode mode)
{
    struct config_type_mode *at = profile->types;

    while (at < profile->types + profile->type_count && strcmp(at->type, type) != 0)
        at++;
    if (at == profile->types + CONFIG_TYPES_MAX)
        return ERR_LIMIT;
    if (at == profile->types + profile->type_count)
        profile->type_count++;
    (void)snprintf(at->type, sizeof at->type, "%s", type);
    at->mode = mode;
    return 0;
}

static int read_modes(struct conf_source *source, void *node, void *target)
{
    for (unsigned i = 0; i < conf_count(node); i++) {
        void *row = conf_at(node, i);
        const struct format_identity *identity = registry_find(conf_name(row));
        enum fmt_mode mode = FMT_MODE_NONE;
        if (!identity || identity->class != FORMAT_CLASS_HANDLED)
            return conf_error(source, row, "'%s' is no type that can be made harmless", conf_name(row));
        if (mode_of(source, row, &mode) < 0)
            return ERR_INVALID;
        if (profile_set_type(target, identity->name, mode) < 0)
            return conf_error(source, row, "too many types");
    }
    return 0;
}

/* Keywords of libconfig are words: '-' in a feature's name is written as '_' or '-'. */
static enum finding_kind feature_find(const char *name)
{
    char word[64];
    size_t i;

    for (i = 0; i < sizeof word - 1 && name[i]; i++)
        word[i] = name[i] == '_' ? '-' : name[i];
    word[i] = '\0';
    return finding_find(word);
}

static int read_switches(struct conf_source *source, void *node, void *target)
{
    struct config_profile *profile = target;

    for (unsigned i = 0; i < conf_count(node); i++) {
        void *row = conf_at(node, i);
        enum finding_kind kind = feature_find(conf_name(row));
        const char *word = conf_text(row);
        unsigned set = FMT_SWITCH_ALLOW;
        if (kind == FINDING_NONE || kind == FINDING_MORE)
            return conf_error(source, row, "unknown feature '%s'", conf_name(row));
        while (set <= FMT_SWITCH_DISALLOW && (!word || strcmp(word, switch_words[set]) != 0))
            set++;
        if (set > FMT_SWITCH_DISALLOW)
            return conf_error(source, row, "'%s' must be \"allow\", \"sanitize\" or \"disallow\"", conf_name(row));
        profile->switches[kind] = (enum fmt_switch)set;
    }
    return 0;
}

static void print_mode(const void *target, FILE *out)
{
    (void)fprintf(out, "\"%s\"", config_mode_word(((const struct config_profile *)target)->mode));
}

static void print_modes(const void *target, FILE *out)
{
    const struct config_profile *profile = target;

    (void)fputs("{", out);
    for (unsigned i = 0; i < profile->type_count; i++)
        (void)fprintf(out, " %s = \"%s\";", profile->types[i].type, config_mode_word(profile->types[i].mode));
    (void)fputs(" }", out);
}

static void print_switches(const void *target, FILE *out)
{
    const struct config_profile *profile = target;

    (void)fputs("{\n", out);
    for (unsigned kind = 1; kind < FINDING_KINDS; kind++)
        if (kind != FINDING_MORE)
            (void)fprintf(out, "    %s = \"%s\";\n", finding_word((enum finding_kind)kind),
                          switch_words[profile->switches[kind]]);
    (void)fputs("  }", out);
}

/* ---- Profiles, lanes, users, waived layers ------------------------------------ */

static void profile_defaults(struct config_profile *profile, const char *name, enum fmt_mode mode)
{
    struct fmt_options options;

    *profile = (struct config_profile){0};
    conf_defaults(profile_keys, profile);
    fmt_options_default(&options);
    (void)snprintf(profile->name, sizeof profile->name, "%s", name);
    profile->mode = mode;
    memcpy(profile->switches, options.switches, sizeof profile->switches);
}

/* The three profiles that are always there. */
static void profiles_builtin(struct config *config)
{
    profile_defaults(&config->profiles[0], "standard", FMT_MODE_SANITIZE);
    profile_defaults(&config->profiles[1], "strict", FMT_MODE_FLATTEN);
    profile_defaults(&config->profiles[2], "text", FMT_MODE_TEXT);
    config->profile_count = 3;
}

static struct config_profile *profile_by_name(struct config *config, const char *name)
{
    for (unsigned i = 0; i < config->profile_count; i++)
        if (strcmp(config->profiles[i].name, name) == 0)
            return &config->profiles[i];
    return NULL;
}

const struct config_profile *config_profile_find(const struct config *config, const char *name)
{
    for (unsigned i = 0; i < config->profile_count; i++)
        if (strcmp(config->profiles[i].name, name) == 0)
            return &config->profiles[i];
    return NULL;
}

static bool is_word(const char *name)
{
    return name[0] && name[0] != '.' && !strpbrk(name, "/\\\n\r\t");
}

static int read_profile(struct conf_source *source, void *node, struct config *config)
{
    struct config_profile profile;

    profile_defaults(&profile, "", FMT_MODE_SANITIZE);
    if (conf_read(source, node, profile_keys, &profile) < 0)
        return ERR_INVALID;
    if (!is_word(profile.name))
        return conf_error(source, node, "a profile needs a name");
    struct config_profile *old = profile_by_name(config, profile.name);
    if (old) { /* a built-in one: read again over its own defaults */
        unsigned at = (unsigned)(old - config->profiles);
        if (at >= 3)
            return conf_error(source, node, "profile '%s' is there twice", profile.name);
        return conf_read(source, node, profile_keys, old);
    }
    if (config->profile_count == CONFIG_PROFILES_MAX)
        return conf_error(source, node, "too many profiles");
    config->profiles[config->profile_count++] = profile;
    return 0;
}

/* Clause 2 of the policy knows three segments; this gateway serves one crossing only. */
static bool is_forbidden_destination(const char *name)
{
    static const char *const forbidden[] = {"マイナンバー", "個人番号", "mynumber", "my-number", "my_number"};

    for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
        if (strcasestr(name, forbidden[i]))
            return true;
    return false;
}

static int read_lane(struct conf_source *source, void *node, struct config *config)
{
    struct config_lane *lane = &config->lanes[config->lane_count];

    if (config->lane_count == CONFIG_LANES_MAX)
        return conf_error(source, node, "too many lanes");
    conf_defaults(lane_keys, lane);
    if (conf_read(source, node, lane_keys, lane) < 0)
        return ERR_INVALID;
    if (lane->destination[0] == '\0')
        memcpy(lane->destination, lane->name, sizeof lane->destination);
    if (!is_word(lane->name) || !is_word(lane->destination))
        return conf_error(source, node, "a lane needs a name, and a destination that is one folder name");
    if (is_forbidden_destination(lane->destination) || is_forbidden_destination(lane->name))
        return conf_error(source, node, "this gateway does not reach マイナンバー利用事務系");
    if (strcmp(lane->inbound, "/nonexistent") == 0 || strcmp(lane->results, "/nonexistent") == 0 ||
        strcmp(lane->inbound, lane->results) == 0)
        return conf_error(source, node, "lane '%s' needs an inbound and another results folder", lane->name);
    if (!config_profile_find(config, lane->profile))
        return conf_error(source, node, "lane '%s' names the unknown profile '%s'", lane->name, lane->profile);
    for (unsigned i = 0; i < config->lane_count; i++)
        if (strcmp(config->lanes[i].name, lane->name) == 0 || strcmp(config->lanes[i].inbound, lane->inbound) == 0)
            return conf_error(source, node, "name or inbound folder of lane '%s' is there twice", lane->name);
    config->lane_count++;
    return 0;
}

static int read_user_key(struct conf_source *source, void *node, struct config_user *user)
{
    const char *key = conf_name(node), *text = conf_text(node);

    if (strcmp(key, "name") == 0 && text && text[0] && strlen(text) < sizeof user->name) {
        memcpy(user->name, text, strlen(text) + 1);
        return 0;
    }
    if (strcmp(key, "roles") != 0)
        return conf_error(source, node, "unknown or wrong keyword '%s'", key);
    for (unsigned i = 0; i < conf_count(node); i++) {
        const char *word = conf_text(conf_at(node, i));
        uint32_t role = word ? config_role(word) : 0;
        if (role == 0)
            return conf_error(source, node, "unknown role '%s'", word ? word : "");
        user->roles |= role;
    }
    return 0;
}

static int read_user(struct conf_source *source, void *node, struct config *config)
{
    struct config_user *user = &config->users[config->user_count];

    if (config->user_count == CONFIG_USERS_MAX)
        return conf_error(source, node, "too many users");
    for (unsigned i = 0; i < conf_count(node); i++)
        if (read_user_key(source, conf_at(node, i), user) < 0)
            return ERR_INVALID;
    if (user->name[0] == '\0')
        return conf_error(source, node, "a user needs a name");
    for (unsigned i = 0; i < config->user_count; i++)
        if (strcmp(config->users[i].name, user->name) == 0)
            return conf_error(source, node, "user '%s' is there twice", user->name);
    config->user_count++;
    return 0;
}

static int read_waived(struct conf_source *source, void *node, struct config *config)
{
    for (unsigned i = 0; i < conf_count(node); i++) {
        void *row = conf_at(node, i);
        const char *word = conf_text(row);
        uint32_t layer;
        if (!word || sandbox_layers_parse(word, &layer) < 0)
            return conf_error(source, row, "unknown sandbox layer '%s'", word ? word : "");
        config->waived |= layer;
    }
    return 0;
}

static int read_each(struct conf_source *source, const char *list, struct config *config,
                     int (*fn)(struct conf_source *, void *, struct config *))
{
    void *node = conf_node(source, list);

    for (unsigned i = 0; i < conf_count(node); i++)
        if (fn(source, conf_at(node, i), config) < 0)
            return ERR_INVALID;
    return 0;
}

static int read_file(struct conf_source *source, struct config *config)
{
    static const char *const groups[] = {"gateway", "scanner", "limits", "waived_layers", "profiles", "lanes", "users", NULL};
    void *waived = conf_node(source, "waived_layers");

    if (conf_only(source, groups) < 0 ||
        conf_read(source, conf_node(source, "gateway"), gateway_keys, &config->gateway) < 0 ||
        conf_read(source, conf_node(source, "scanner"), scanner_keys, &config->scanner) < 0 ||
        conf_read(source, conf_node(source, "limits"), limit_keys, &config->limits) < 0 ||
        (waived && read_waived(source, waived, config) < 0) || read_each(source, "profiles", config, read_profile) < 0 ||
        read_each(source, "lanes", config, read_lane) < 0 || read_each(source, "users", config, read_user) < 0)
        return ERR_INVALID;
    return 0;
}

int config_load(const char *path, char complaint[256], struct config **config_out)
{
    scoped_free struct config *config = calloc(1, sizeof *config);
    struct conf_source *source;

    complaint[0] = '\0';
    if (!config)
        return ERR_NOMEM;
    conf_defaults(gateway_keys, &config->gateway);
    conf_defaults(scanner_keys, &config->scanner);
    conf_defaults(limit_keys, &config->limits);
    profiles_builtin(config);
    if (path) {
        int err = conf_open(path, complaint, &source);
        if (err < 0)
            return err;
        err = read_file(source, config);
        conf_close(&source);
        if (err < 0)
            return err;
    }
    *config_out = steal(config);
    return 0;
}

static void print_list(FILE *out, const char *name, const struct conf_key *keys, const void *rows, size_t size, unsigned n)
{
    (void)fprintf(out, "%s = (\n", name);
    for (unsigned i = 0; i < n; i++) {
        conf_print(keys, (const char *)rows + i * size, "", out);
        (void)fputs(i + 1 < n ? ",\n" : "", out);
    }
    (void)fputs(");\n", out);
}

static void print_users(const struct config *config, FILE *out)
{
    (void)fputs("users = (\n", out);
    for (unsigned i = 0; i < config->user_count; i++) {
        const char *comma = "";
        (void)fprintf(out, "  { name = \"%s\"; roles = [", config->users[i].name);
        for (unsigned r = 0; role_words[r]; r++) {
            if (config->users[i].roles & 1u << r) {
                (void)fprintf(out, "%s \"%s\"", comma, role_words[r]);
                comma = ",";
            }
        }
        (void)fprintf(out, " ]; }%s\n", i + 1 < config->user_count ? "," : "");
    }
    (void)fputs(");\n", out);
}

static void print_policy(const struct config *config, FILE *out)
{
    conf_print(limit_keys, &config->limits, "limits", out);
    print_list(out, "profiles", profile_keys, config->profiles, sizeof *config->profiles, config->profile_count);
}

void config_print(const struct config *config, FILE *out)
{
    const char *comma = "";

    conf_print(gateway_keys, &config->gateway, "gateway", out);
    conf_print(scanner_keys, &config->scanner, "scanner", out);
    print_policy(config, out);
    print_list(out, "lanes", lane_keys, config->lanes, sizeof *config->lanes, config->lane_count);
    print_users(config, out);
    (void)fputs("waived_layers = [", out);
    for (unsigned bit = 0; bit < SANDBOX_LAYERS; bit++) {
        if (config->waived & 1u << bit) {
            (void)fprintf(out, "%s \"%s\"", comma, sandbox_layer_name(bit));
            comma = ",";
        }
    }
    (void)fputs(" ];\n", out);
}

void config_digest(const struct config *config, char hex[65])
{
    uint8_t digest[crypto_hash_sha256_BYTES];
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    (void)snprintf(hex, 65, "%064d", 0);
    if (!out)
        return;
    print_policy(config, out);
    (void)fclose(out);
    crypto_hash_sha256(digest, (const unsigned char *)text, n);
    (void)sodium_bin2hex(hex, 65, digest, sizeof digest);
    free(text);
}
