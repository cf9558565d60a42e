/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_SIGNATURES_H
#define SEKIMORI_SIGNATURES_H

/*
 * Importing virus signatures from files, for gateways that reach no update
 * server. A signature folder holds one folder per imported set and two links:
 *
 *   current -> set-20261124T020000-1f2e3d4c     what scanners load
 *   previous -> set-...                         for going back
 *
 * A set is complete before `current` names it, and is never changed after.
 * A folder without `current` is used as it lies. Links no parser: the scanner
 * program judges a set before it is used.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"

struct signatures_source {
    const char *name; /* as the administrator gave it; only its last component counts */
    int fd;           /* a regular file, read from its start; stays the caller's */
};

struct signatures_import {
    const char *base;         /* the signature folder, absolute; must exist */
    const char *scanner;      /* absolute path of sekimori-scanner */
    uint32_t max_age_days;
    uint32_t waived;          /* sandbox layers, as in the configuration */
    const struct signatures_source *sources;
    size_t count;
    bool replace;             /* the new set has these files only; else they are added to the active set */
    bool older;               /* take a set that is older than the active one */
};

#define SIGNATURES_SET_MAX 64

struct signatures_result {
    char set[SIGNATURES_SET_MAX]; /* folder of the new set */
    int check;                    /* enum sigcheck_exit of the set, -1: not reached */
    bool stale;                   /* taken, but too old: files will be held until a newer one comes */
    char problem[256];            /* for people, on failure */
    struct buf json;              /* the check's report, one object; the caller frees it, on failure too */
};

/*
 * Imports files: copies, has the result checked, and switches over. Nothing
 * changes on failure. Tell the gateway to reload its scanner afterwards.
 * ERR_INVALID: a name or extension that is not taken, or one name twice;
 * ERR_REFUSED: the check says no (result.check and result.problem say why);
 * ERR_STALE: older than the active set; ERR_AGAIN: another import is under
 * way; ERR_NOTFOUND: no such folder or no scanner program; ERR_SPACE, ERR_IO,
 * ERR_NOMEM, ERR_FAULT (the check could not run).
 */
int signatures_import(const struct signatures_import *import, struct signatures_result *result_out) must_check;

/* Makes the previous set current again, and the other way round. ERR_NOTFOUND when there is none; ERR_AGAIN, ERR_IO. */
int signatures_go_back(const char *base) must_check;

/*
 * Appends one JSON object: {"set", "previous", "fresh", "age_days",
 * "max_age_days", "check": {...}}. The check's report is the one kept from
 * the import, or, for a folder used as it lies, made now. ERR_NOTFOUND,
 * ERR_IO, ERR_FAULT.
 */
int signatures_status(const char *base, const char *scanner, uint32_t max_age_days, uint32_t waived,
                      struct buf *json_out) must_check;

#endif
