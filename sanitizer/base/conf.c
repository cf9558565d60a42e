/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings by keyword tables over libconfig. Runs in the supervisor and the
 * CLI; the file is the administrator's, but a typing error must never loosen
 * anything, so everything unknown is refused.
 */
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "err.h"
#include "fdio.h"
#include "log.h"

struct conf_source {
    config_t config;
    const char *path;
    char *complaint; /* 256 bytes, the caller's */
};

static void *field(const struct conf_key *key, void *target)
{
    return (char *)target + key->offset;
}

static const void *const_field(const struct conf_key *key, const void *target)
{
    return (const char *)target + key->offset;
}

static int word_index(const struct conf_key *key, const char *text, uint32_t *out)
{
    for (uint32_t i = 0; key->words[i]; i++) {
        if (strcmp(key->words[i], text) == 0) {
            *out = i;
            return 0;
        }
    }
    return ERR_INVALID;
}

static int set_text(const struct conf_key *key, void *target, const char *text)
{
    size_t n = strlen(text);

    if (n >= key->size || n < key->min || (key->type == CONF_PATH && n > 0 && text[0] != '/'))
        return ERR_INVALID;
    memcpy(field(key, target), text, n + 1);
    return 0;
}

static int set_number(const struct conf_key *key, void *target, uint64_t value)
{
    if (value < key->min || value > key->max)
        return ERR_INVALID;
    memcpy(field(key, target), &value, sizeof value);
    return 0;
}

static int set_fallback(const struct conf_key *key, void *target)
{
    uint32_t word;
    bool truth;

    switch (key->type) {
    case CONF_U64:
        return set_number(key, target, strtoull(key->fallback, NULL, 10));
    case CONF_BOOL:
        truth = strcmp(key->fallback, "true") == 0;
        memcpy(field(key, target), &truth, sizeof truth);
        return 0;
    case CONF_TEXT:
    case CONF_PATH:
        return set_text(key, target, key->fallback);
    case CONF_WORD:
        if (word_index(key, key->fallback, &word) < 0)
            return ERR_INVALID;
        memcpy(field(key, target), &word, sizeof word);
        return 0;
    case CONF_CALL:
    case CONF_END:
        break;
    }
    return 0;
}

void conf_defaults(const struct conf_key *keys, void *target)
{
    for (const struct conf_key *key = keys; key->type != CONF_END; key++)
        if (key->type != CONF_CALL)
            sk_assert(set_fallback(key, target) == 0);
}

int conf_error(struct conf_source *source, void *node, const char *format, ...)
{
    char text[160];
    const config_setting_t *setting = node;
    va_list ap;

    if (source->complaint[0])
        return ERR_INVALID;
    va_start(ap, format);
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    (void)snprintf(source->complaint, 256, "%s:%d: %s", source->path,
                   setting ? (int)config_setting_source_line(setting) : 0, text);
    return ERR_INVALID;
}

#define CONF_FILE_MAX (1u << 20)

/* Reads the whole file as text; malloc'd. */
static int slurp(const char *path, char **text_out)
{
    scoped_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    scoped_free char *text = malloc(CONF_FILE_MAX + 1);
    uint64_t size;

    if (!text)
        return ERR_NOMEM;
    if (fd < 0)
        return errno == ENOENT ? ERR_NOTFOUND : ERR_IO;
    if (fdio_size(fd, &size) < 0 || size > CONF_FILE_MAX || fdio_read(fd, text, (size_t)size) < 0)
        return ERR_IO;
    text[size] = '\0';
    *text_out = steal(text);
    return 0;
}

int conf_open(const char *path, char complaint[256], struct conf_source **source_out)
{
    scoped_free char *text = NULL;
    complaint[0] = '\0';
    int err = slurp(path, &text);

    if (err < 0) {
        (void)snprintf(complaint, 256, "%s: %s", path, err == ERR_NOTFOUND ? "no such file" : "cannot be read as a small regular file");
        return err;
    }
    if (strstr(text, "@include")) { /* what is checked must be what lies in this one file */
        (void)snprintf(complaint, 256, "%s: @include is not allowed", path);
        return ERR_INVALID;
    }
    struct conf_source *source = calloc(1, sizeof *source);
    if (!source)
        return ERR_NOMEM;
    config_init(&source->config);
    source->path = path;
    source->complaint = complaint;
    if (!config_read_string(&source->config, text)) {
        (void)snprintf(complaint, 256, "%s:%d: %s", path, config_error_line(&source->config),
                       config_error_text(&source->config));
        conf_close(&source);
        return ERR_INVALID;
    }
    *source_out = source;
    return 0;
}

void conf_close(struct conf_source **source)
{
    struct conf_source *s = steal(*source);

    if (!s)
        return;
    config_destroy(&s->config);
    free(s);
}

int conf_only(struct conf_source *source, const char *const *groups)
{
    config_setting_t *root = config_root_setting(&source->config);

    for (int i = 0; i < config_setting_length(root); i++) {
        config_setting_t *node = config_setting_get_elem(root, (unsigned)i);
        bool known = false;
        for (const char *const *g = groups; *g; g++)
            known = known || strcmp(*g, config_setting_name(node)) == 0;
        if (!known)
            return conf_error(source, node, "unknown group '%s'", config_setting_name(node));
    }
    return 0;
}

void *conf_node(struct conf_source *source, const char *name)
{
    return config_setting_get_member(config_root_setting(&source->config), name);
}

unsigned conf_count(void *node)
{
    return node ? (unsigned)config_setting_length(node) : 0;
}

void *conf_at(void *node, unsigned i)
{
    return config_setting_get_elem(node, i);
}

const char *conf_name(void *node)
{
    const config_setting_t *setting = node;
    const char *name = config_setting_name(setting);

    return name ? name : "";
}

const char *conf_text(void *node)
{
    const config_setting_t *setting = node;

    return config_setting_type(setting) == CONFIG_TYPE_STRING ? config_setting_get_string(setting) : NULL;
}

static int read_number(struct conf_source *source, config_setting_t *node, const struct conf_key *key, void *target)
{
    int type = config_setting_type(node);
    long long value = config_setting_get_int64(node);

    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
        return conf_error(source, node, "'%s' must be a whole number", key->name);
    if (value < 0 || set_number(key, target, (uint64_t)value) < 0)
        return conf_error(source, node, "'%s' must be between %llu and %llu%s%s", key->name,
                          (unsigned long long)key->min, (unsigned long long)key->max, key->unit ? " " : "",
                          key->unit ? key->unit : "");
    return 0;
}

static int read_bool(struct conf_source *source, config_setting_t *node, const struct conf_key *key, void *target)
{
    if (config_setting_type(node) != CONFIG_TYPE_BOOL)
        return conf_error(source, node, "'%s' must be true or false", key->name);
    bool truth = config_setting_get_bool(node) != 0;
    memcpy(field(key, target), &truth, sizeof truth);
    return 0;
}

static int read_text(struct conf_source *source, config_setting_t *node, const struct conf_key *key, void *target)
{
    const char *text = conf_text(node);
    uint32_t word;

    if (!text)
        return conf_error(source, node, "'%s' must be text in quotes", key->name);
    if (key->type != CONF_WORD) {
        if (set_text(key, target, text) < 0)
            return conf_error(source, node, "'%s' is too long, too short or no absolute path", key->name);
        return 0;
    }
    if (word_index(key, text, &word) < 0)
        return conf_error(source, node, "'%s' cannot be \"%s\"", key->name, text);
    memcpy(field(key, target), &word, sizeof word);
    return 0;
}

static int read_one(struct conf_source *source, config_setting_t *node, const struct conf_key *key, void *target)
{
    switch (key->type) {
    case CONF_U64:
        return read_number(source, node, key, target);
    case CONF_BOOL:
        return read_bool(source, node, key, target);
    case CONF_TEXT:
    case CONF_PATH:
    case CONF_WORD:
        return read_text(source, node, key, target);
    case CONF_CALL:
        return key->fn(source, node, target);
    case CONF_END:
        break;
    }
    return ERR_INVALID;
}

int conf_read(struct conf_source *source, void *node, const struct conf_key *keys, void *target)
{
    if (!node)
        return 0;
    const config_setting_t *group = node;
    if (!config_setting_is_group(group))
        return conf_error(source, node, "a group in braces is expected here");
    for (unsigned i = 0; i < conf_count(node); i++) {
        config_setting_t *child = conf_at(node, i);
        const struct conf_key *key = keys;
        while (key->type != CONF_END && strcmp(key->name, config_setting_name(child)) != 0)
            key++;
        if (key->type == CONF_END)
            return conf_error(source, child, "unknown keyword '%s'", config_setting_name(child));
        int err = read_one(source, child, key, target);
        if (err < 0)
            return err;
    }
    return 0;
}

static void print_quoted(const char *text, FILE *out)
{
    (void)fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            (void)fputc('\\', out);
        (void)fputc(*text, out);
    }
    (void)fputc('"', out);
}

static void print_value(const struct conf_key *key, const void *target, FILE *out)
{
    uint64_t number;
    uint32_t word;
    bool truth;

    switch (key->type) {
    case CONF_U64:
        memcpy(&number, const_field(key, target), sizeof number);
        (void)fprintf(out, "%llu%s", (unsigned long long)number, number > INT32_MAX ? "L" : "");
        break;
    case CONF_BOOL:
        memcpy(&truth, const_field(key, target), sizeof truth);
        (void)fputs(truth ? "true" : "false", out);
        break;
    case CONF_TEXT:
    case CONF_PATH:
        print_quoted(const_field(key, target), out);
        break;
    case CONF_WORD:
        memcpy(&word, const_field(key, target), sizeof word);
        print_quoted(key->words[word], out);
        break;
    case CONF_CALL:
        key->print(target, out);
        break;
    case CONF_END:
        break;
    }
}

void conf_print(const struct conf_key *keys, const void *target, const char *group, FILE *out)
{
    (void)fprintf(out, "%s%s{\n", group, group[0] ? " = " : "");
    for (const struct conf_key *key = keys; key->type != CONF_END; key++) {
        if (key->help)
            (void)fprintf(out, "  # %s%s%s%s\n", key->help, key->unit ? " (" : "", key->unit ? key->unit : "",
                          key->unit ? ")" : "");
        (void)fprintf(out, "  %s = ", key->name);
        print_value(key, target, out);
        (void)fputs(";\n", out);
    }
    (void)fprintf(out, "}%s\n", group[0] ? ";" : "");
}
