/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_ICC_NAMES_H
#define SEKIMORI_ICC_NAMES_H

/*
 * Names of colour profiles that people choose by; a rebuilt profile keeps one
 * of these and nothing else of its texts. Plain data, shared by the handler
 * and the verifier. The first three stand for any other name.
 */
#define ICC_NAME_LIST(X)                    \
    X("Gray")                               \
    X("RGB")                                \
    X("CMYK")                               \
    X("sRGB")                               \
    X("sRGB IEC61966-2.1")                  \
    X("sRGB built-in")                      \
    X("Adobe RGB (1998)")                   \
    X("Apple RGB")                          \
    X("ColorMatch RGB")                     \
    X("Display P3")                         \
    X("ProPhoto RGB")                       \
    X("Wide Gamut RGB")                     \
    X("Generic RGB Profile")                \
    X("Dot Gain 10%")                       \
    X("Dot Gain 15%")                       \
    X("Dot Gain 20%")                       \
    X("Dot Gain 25%")                       \
    X("Dot Gain 30%")                       \
    X("Gray Gamma 1.8")                     \
    X("Gray Gamma 2.2")                     \
    X("Generic Gray Profile")               \
    X("Generic Gray Gamma 2.2 Profile")     \
    X("Generic CMYK Profile")               \
    X("Japan Color 2001 Coated")            \
    X("Japan Color 2001 Uncoated")          \
    X("Japan Color 2002 Newspaper")         \
    X("Japan Color 2003 Web Coated")        \
    X("Japan Color 2011 Coated")            \
    X("Japan Web Coated (Ad)")              \
    X("Japan Standard v2")                  \
    X("U.S. Web Coated (SWOP) v2")          \
    X("U.S. Sheetfed Coated v2")            \
    X("Coated FOGRA27 (ISO 12647-2:2004)")  \
    X("Coated FOGRA39 (ISO 12647-2:2004)")  \
    X("ISO Coated v2 300% (ECI)")           \
    X("Euroscale Coated v2")

#define ICC_NAME_MAX 63 /* bytes without NUL */

#endif
