/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only file that includes libarchive. Runs in the checker on the output of
 * a worker that may have been taken over; any warning counts as a refusal.
 */
#include "lib_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <time.h>

enum { STEP = 65536 };

static locale_t utf8_locale;

int lib_archive_warm(void)
{
    if (utf8_locale)
        return 0;
    /* libarchive turns DOS times into local ones, for which glibc looks at /etc/localtime each time when TZ is not set. */
    if (setenv("TZ", "UTC0", 1) != 0)
        return ERR_FAULT;
    tzset();
    utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return utf8_locale ? 0 : ERR_FAULT;
}

static void reader_free(struct archive **a)
{
    if (*a)
        (void)archive_read_free(*a);
}

static void locale_back(locale_t *was)
{
    (void)uselocale(*was);
}

static int data_read(struct archive *a, const struct archive_visitor *visitor, void *ctx)
{
    scoped_free uint8_t *piece = malloc(STEP);

    if (!piece)
        return ERR_NOMEM;
    for (;;) {
        la_ssize_t n = archive_read_data(a, piece, STEP);
        if (n == 0)
            return visitor->end(ctx);
        if (n < 0)
            return ERR_MALFORMED;
        int err = visitor->data(ctx, piece, (size_t)n);
        if (err < 0)
            return err;
    }
}

static int member_read(struct archive *a, struct archive_entry *entry, const struct archive_visitor *visitor, void *ctx)
{
    struct archive_member member = {
        .path = archive_entry_pathname_utf8(entry),
        .regular = archive_entry_filetype(entry) == AE_IFREG,
        .folder = archive_entry_filetype(entry) == AE_IFDIR,
        .link = archive_entry_symlink_utf8(entry) || archive_entry_hardlink_utf8(entry),
        .encrypted = archive_entry_is_encrypted(entry) != 0,
        .bytes = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : -1,
    };

    if (!member.path)
        return ERR_MALFORMED;
    int err = visitor->member(ctx, &member);
    return err < 0 ? err : data_read(a, visitor, ctx);
}

static int members_read(struct archive *a, const struct archive_visitor *visitor, void *ctx)
{
    for (;;) {
        struct archive_entry *entry;
        int r = archive_read_next_header(a, &entry);
        if (r == ARCHIVE_EOF)
            return 0;
        if (r != ARCHIVE_OK)
            return ERR_MALFORMED;
        int err = member_read(a, entry, visitor, ctx);
        if (err < 0)
            return err;
    }
}

int lib_archive_read_zip(const struct fmt_in *in, const struct archive_visitor *visitor, void *ctx)
{
    scoped(reader_free) struct archive *a = archive_read_new();
    int err = lib_archive_warm();

    if (err < 0 || !a)
        return err < 0 ? err : ERR_NOMEM;
    scoped(locale_back) locale_t was = uselocale(utf8_locale); /* in "C" names beyond ASCII are NULL */
    (void)was;
    if (archive_read_support_format_zip_seekable(a) != ARCHIVE_OK ||
        archive_read_open_memory(a, in->bytes, (size_t)in_len(in)) != ARCHIVE_OK)
        return ERR_MALFORMED;
    return members_read(a, visitor, ctx);
}
