/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the sender's font programs out of redrawn PDFs. Runs in the pdf worker.
 *
 * cairo's PDF surface subsets an embedded font by copying its tables, with
 * hinting programs and whatever else they hold. When it cannot get at the
 * tables it writes a font of its own from the outlines of the glyphs instead.
 * So the calls by which it reaches tables and raw font files are answered with
 * "no such thing" while a page is redrawn: the definitions here stand before
 * the library's. fontconfig, the other caller, is answered as ever when no
 * redraw is on.
 */
#include "lib_freetype.h"

#include <dlfcn.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_FONT_FORMATS_H
#include FT_TRUETYPE_TABLES_H

static bool outlines_only;

void freetype_outlines_only(bool on)
{
    outlines_only = on;
}

/* The library's own function behind ours. POSIX says that an object pointer holds a function. */
static void *behind(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    if (!function)
        abort(); /* a build that cannot have this library behind it: fail closed */
    return function;
}

__attribute__((visibility("default"))) FT_Error FT_Load_Sfnt_Table(FT_Face face, FT_ULong tag, FT_Long offset,
                                                                   FT_Byte *buffer, FT_ULong *length)
{
    static FT_Error (*library)(FT_Face, FT_ULong, FT_Long, FT_Byte *, FT_ULong *);

    /* the character map is only looked up, to tell the text of glyphs, and a subset needs more tables than that */
    if (outlines_only && tag != FT_MAKE_TAG('c', 'm', 'a', 'p'))
        return FT_Err_Table_Missing;
    if (!library)
        *(void **)&library = behind("FT_Load_Sfnt_Table");
    return library(face, tag, offset, buffer, length);
}

/* cairo asks by this name whether it may read the raw file of a Type 1 or CFF font. */
__attribute__((visibility("default"))) const char *FT_Get_X11_Font_Format(FT_Face face)
{
    static const char *(*library)(FT_Face);

    if (outlines_only)
        return NULL;
    if (!library)
        *(void **)&library = behind("FT_Get_X11_Font_Format");
    return library(face);
}
