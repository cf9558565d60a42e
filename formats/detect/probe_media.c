/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sound and video, and RIFF pictures. Runs in the detect worker on hostile bytes. */
#include <string.h>

#include "probe.h"

static int probe_riff(const struct probe_view *view, const struct probe *self)
{
    static const struct {
        const char *form, *type;
    } forms[] = {{"WEBP", "webp"}, {"WAVE", "wav"}, {"AVI ", "avi"}};
    const char *type = "riff";

    if ((!in_equals(view->in, 0, "RIFF", 4) && !in_equals(view->in, 0, "RIFX", 4)) || view->text.encoding != TEXT_NONE)
        return PROBE_NO;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        if (in_equals(view->in, 8, forms[i].form, 4))
            type = forms[i].type;
    return strcmp(type, self->type) == 0 ? 95 : PROBE_NO;
}

/* Length of the MPEG audio frame at an offset by ISO/IEC 11172-3 2.4.1.3, or 0: layers, bit rate and sampling rate. */
static uint32_t mpeg_frame(const struct fmt_in *in, uint64_t at)
{
    static const uint16_t kbits[2][3][15] = {
        {{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
         {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
         {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}},
        {{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
         {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
         {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}}};
    static const uint32_t rates[] = {44100, 48000, 32000};
    uint32_t h = get_be32(in, at);
    unsigned version = h >> 19 & 3, layer = 4 - (h >> 17 & 3), rate = h >> 10 & 3, index = h >> 12 & 15;

    if (h >> 21 != 0x7FF || version == 1 || layer == 4 || rate == 3 || index == 0 || index == 15)
        return 0;
    uint32_t hertz = rates[rate] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
    uint32_t bits = kbits[version == 3 ? 0 : 1][layer - 1][index] * 1000u;
    uint32_t padding = h >> 9 & 1;
    if (layer == 1)
        return (12 * bits / hertz + padding) * 4;
    return (layer == 3 && version != 3 ? 72 : 144) * bits / hertz + padding;
}

static int probe_mp3(const struct probe_view *view, const struct probe *self)
{
    uint32_t frame = mpeg_frame(view->in, 0);

    (void)self;
    if (in_equals(view->in, 0, "ID3", 3) && get_byte(view->in, 3) < 5 && view->text.encoding == TEXT_NONE)
        return 90;
    return frame > 0 && mpeg_frame(view->in, frame) > 0 ? 85 : PROBE_NO;
}

/* QuickTime without a file type box. */
static int probe_mov(const struct probe_view *view, const struct probe *self)
{
    static const char *const boxes[] = {"moov", "mdat", "wide", "free", "skip", "pnot"};

    (void)self;
    for (size_t i = 0; i < ARRAY_LEN(boxes); i++)
        if (in_equals(view->in, 4, boxes[i], 4) && view->text.encoding == TEXT_NONE)
            return get_be32(view->in, 0) >= 8 ? 70 : PROBE_NO;
    return PROBE_NO;
}

static int probe_transport(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    for (uint64_t i = 0; i < 4; i++)
        if (get_byte(view->in, i * 188) != 0x47)
            return PROBE_NO;
    return view->text.encoding == TEXT_NONE ? 70 : PROBE_NO;
}

const struct probe probes_media[] = {
    {"webp", probe_riff},
    {"wav", probe_riff},
    {"avi", probe_riff},
    {"riff", probe_riff},
    {"mp3", probe_mp3},
    {"mp4", probe_mov},
    MAGIC("aac", probe_magic, "\xFF\xF1", 0, PROBE_WEAK),
    MAGIC("aac", probe_magic, "\xFF\xF9", 0, PROBE_WEAK),
    MAGIC("flac", probe_binary, "fLaC\0", 0, 95),
    MAGIC("ogg", probe_binary, "OggS\0", 0, 95),
    MAGIC("midi", probe_binary, "MThd\0\0\0\x06", 0, 95),
    MAGIC("asf", probe_magic, "\x30\x26\xB2\x75\x8E\x66\xCF\x11", 0, PROBE_CERTAIN),
    MAGIC("mkv", probe_magic, "\x1A\x45\xDF\xA3", 0, 95),
    MAGIC("mpeg", probe_magic, "\0\0\x01\xBA", 0, 85),
    MAGIC("mpeg", probe_magic, "\0\0\x01\xB3", 0, 85),
    {"mpeg", probe_transport},
    MAGIC("flv", probe_binary, "FLV\x01", 0, 90),
    MAGIC("aiff", probe_binary, "AIFF", 8, 85),
    MAGIC("aiff", probe_binary, "AIFC", 8, 85),
    MAGIC("amr", probe_magic, "#!AMR", 0, 95),
    MAGIC("realmedia", probe_binary, ".RMF", 0, 90),
    MAGIC("m3u", probe_magic, "#EXTM3U", 0, 90),
    {NULL},
};
