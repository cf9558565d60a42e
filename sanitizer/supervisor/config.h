/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CONFIG_H
#define SEKIMORI_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/record.h"
#include "formats/format.h"

/*
 * The whole configuration of a gateway (man sekimori.conf). The supervisor
 * and the CLI parse it; every other program gets only its own part by message.
 */
#define CONFIG_PATH_MAX 512
#define CONFIG_LANES_MAX 256
#define CONFIG_USERS_MAX 256
#define CONFIG_PROFILES_MAX 16
#define CONFIG_TYPES_MAX 128 /* types a profile can name a mode for */

struct config_gateway {
    char state[CONFIG_PATH_MAX];       /* ledger, store, keys */
    char checkpoints[CONFIG_PATH_MAX]; /* signed checkpoints; best on another volume */
    char run[CONFIG_PATH_MAX];         /* control socket */
    char outbound[CONFIG_PATH_MAX];    /* spool the LGWAN side pulls from */
    uint64_t workers;                  /* items at once; 0: one for each core */
    uint64_t disk_floor_mb;
    uint64_t retain_days;
    uint32_t log_level;
};

struct config_scanner {
    char signatures[CONFIG_PATH_MAX];
    uint64_t max_age_days;
};

struct config_limits {
    uint64_t file_mb, output_mb, total_mb, ratio, ratio_floor_mb, members, depth, pages, megapixels, objects;
    uint64_t item_seconds, item_cpu_seconds, job_seconds, memory_mb;
};

/* A policy profile: how each type is treated and what each feature may do. */
struct config_profile {
    char name[JOB_WORD_MAX];
    enum fmt_mode mode; /* default */
    struct config_type_mode {
        char type[16];
        enum fmt_mode mode;
    } types[CONFIG_TYPES_MAX];
    unsigned type_count;
    enum fmt_switch switches[FINDING_KINDS];
    uint64_t dpi, jpeg_quality;
};

struct config_lane {
    char name[JOB_WORD_MAX], inbound[CONFIG_PATH_MAX], results[CONFIG_PATH_MAX];
    char destination[JOB_WORD_MAX], profile[JOB_WORD_MAX];
    uint32_t label; /* index into the confidentiality words */
    bool poll;
    uint64_t settle_ms, poll_ms;
};

struct config_user {
    char name[JOB_WORD_MAX];
    uint32_t roles; /* bits of enum role */
};

struct config {
    struct config_gateway gateway;
    struct config_scanner scanner;
    struct config_limits limits;
    uint32_t waived; /* bits of enum sandbox_layer */
    struct config_profile profiles[CONFIG_PROFILES_MAX];
    unsigned profile_count;
    struct config_lane lanes[CONFIG_LANES_MAX];
    unsigned lane_count;
    struct config_user users[CONFIG_USERS_MAX];
    unsigned user_count;
};

/*
 * Reads a file, or the built-in defaults when path is NULL. Checks the whole:
 * profiles that lanes name exist, names are unique, no lane leads to the
 * マイナンバー利用事務系. On ERR_INVALID, ERR_NOTFOUND or ERR_IO the complaint
 * says file, line and why. *config_out is heap memory: free() it.
 */
int config_load(const char *path, char complaint[256], struct config **config_out) must_check;

/* Prints the effective values as a file that config_load accepts. */
void config_print(const struct config *config, FILE *out);

/* The profile of a name, or NULL. Lives as long as the configuration. */
const struct config_profile *config_profile_find(const struct config *config, const char *name);

/* SHA-256 of the effective policy as hex: what a job's record names as the policy version. */
void config_digest(const struct config *config, char hex[65]);

/* The mode of a word ("sanitize", "flatten", "text"), FMT_MODE_NONE for another. */
enum fmt_mode config_mode(const char *word);
/* The word of a mode; "none" for FMT_MODE_NONE. Static storage. */
const char *config_mode_word(enum fmt_mode mode);

/* The bit of a role word ("submitter", "approver", "operator", "auditor", "policy"), 0 for another. */
uint32_t config_role(const char *word);

/* The confidentiality label of a lane ("3A" ... "1"). Static storage. */
const char *config_label(const struct config_lane *lane);

#endif
