/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_SIGSET_H
#define SEKIMORI_SIGSET_H

/* The signature files of one folder, in loading order. Plain file system work: linked without the engine too. */
#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "sigfile.h"

struct sigset_file {
    char name[256];
    enum sigfile_form form;
    int rank;
    int64_t built;       /* file time; for containers replaced by the header's, by whoever can read it */
    uint64_t bytes;
    uint32_t version;    /* of a container, likewise */
    uint32_t signatures; /* likewise */
};

struct sigset {
    struct sigset_file *files;
    size_t count, room;
};

/* Links in a signature folder that name a set. */
#define SIGSET_CURRENT "current"
#define SIGSET_PREVIOUS "previous"
#define SIGSET_PREFIX "set-" /* of the folders they name */

/*
 * The name of the set a link of the signature folder names. ERR_NOTFOUND: no
 * such link; ERR_REFUSED: it names something that is no set beside it.
 */
int sigset_link(int base_fd, const char *link, char *set_out, size_t room) must_check;

/*
 * The folder whose files count, for a signature folder: the set that `current`
 * names, or the folder itself when there is no such link. ERR_NOTFOUND,
 * ERR_REFUSED (as above), ERR_INVALID (path too long), ERR_IO.
 */
int sigset_folder(const char *base, char *path_out, size_t room) must_check;

/*
 * Reads the folder `dir` (absolute path, links in it allowed) into a zeroed
 * set: regular files of known extensions, sorted by rank and name. The caller
 * frees it. ERR_NOTFOUND: no such folder; ERR_LIMIT: more than 1,024 files;
 * ERR_REFUSED: something of a known extension is no regular file; ERR_IO,
 * ERR_NOMEM.
 */
int sigset_read(const char *dir, struct sigset *set_out) must_check;
void sigset_free(struct sigset *set);

/* Of containers that differ in extension only (daily.cvd, daily.cld) leaves the one of the highest version. */
void sigset_drop_older(struct sigset *set);

/*
 * The time the set speaks for: the newest container's, or the newest plain
 * file's when there is no container, so that a small list of one's own does
 * not make an old official set look new. Exceptions do not count. 0: none.
 */
int64_t sigset_newest(const struct sigset *set);

/*
 * True when signatures of that time may be used now: not older than max_age,
 * not dated more than two days ahead (a wrong clock must not keep an old set
 * alive). All in seconds.
 */
bool sigset_is_fresh(int64_t newest, int64_t now, int64_t max_age);

#endif
