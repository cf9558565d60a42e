/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two facts from the head of a JPEG. Runs in the pdf worker; takes any bytes, and a wrong answer only costs size. */
#include "jpeg_head.h"

#include "base/scope.h"

enum { MARKER_SOF0 = 0xC0, MARKER_SOF15 = 0xCF, MARKER_DHT = 0xC4, MARKER_JPG = 0xC8, MARKER_DAC = 0xCC };
enum { MARKER_EOI = 0xD9, MARKER_SOS = 0xDA, MARKER_DQT = 0xDB };

/* Sum of the luminance table of T.81 Annex K.1, at quality 50. */
#define BASE_SUM 3688u

/* The scale that a table of this sum comes from, as libjpeg makes tables: 5000 / q under 50, else 200 - 2 q. */
static unsigned quality_of(unsigned sum)
{
    unsigned percent = (sum * 100 + BASE_SUM / 2) / BASE_SUM;
    unsigned quality = percent <= 100 ? (200 - percent + 1) / 2 : 5000 / percent;

    return quality < 1 ? 1 : quality > 100 ? 100 : quality;
}

/* The first 8-bit table of a DQT segment is the one for brightness in every common file. */
static void read_dqt(const uint8_t *p, size_t n, struct jpeg_head *head)
{
    unsigned sum = 0;

    if (n < 65 || p[0] != 0 || head->quality)
        return;
    for (size_t i = 1; i < 65; i++)
        sum += p[i];
    head->quality = quality_of(sum);
}

static void read_sof(const uint8_t *p, size_t n, struct jpeg_head *head)
{
    if (n < 6 + 3 * 3 || p[5] < 3)
        return;
    head->subsampled = p[7] > p[10]; /* sampling factors of the first two components */
}

void jpeg_head_read(const uint8_t *bytes, size_t n, struct jpeg_head *head_out)
{
    struct jpeg_head head = {0};
    size_t at = 2;

    while (at < n && n - at >= 4 && bytes[at] == 0xFF) {
        unsigned marker = bytes[at + 1];
        size_t len = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        bool frame = marker >= MARKER_SOF0 && marker <= MARKER_SOF15 && marker != MARKER_DHT &&
                     marker != MARKER_JPG && marker != MARKER_DAC;
        if (marker == MARKER_SOS || marker == MARKER_EOI || len < 2 || len > n - at - 2)
            break;
        if (marker == MARKER_DQT)
            read_dqt(bytes + at + 4, len - 2, &head);
        if (frame)
            read_sof(bytes + at + 4, len - 2, &head);
        at += 2 + len;
    }
    *head_out = head;
}
