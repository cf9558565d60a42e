/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks the Huffman codes of a baseline scan (ITU-T T.81, annex F.2) without
 * making pixels. Runs in the checker: a scan that codes fewer or more blocks
 * than the picture has room for bytes that no viewer shows.
 */
#include <string.h>

#include "jpeg_stream.h"

/* Bits of the scan, most significant first, stuffing taken out. */
struct bits {
    const uint8_t *p, *end;
    uint64_t have; /* left-justified */
    unsigned count;
};

/* Takes bytes until at least 32 bits are there or a marker or the end comes. */
static void bits_fill(struct bits *b)
{
    if (b->end - b->p >= 4) {
        uint32_t four = (uint32_t)b->p[0] << 24 | (uint32_t)b->p[1] << 16 | (uint32_t)b->p[2] << 8 | b->p[3];
        if ((four & ~(four + 0x01010101u) & 0x80808080u) == 0) { /* surely no byte of ones */
            b->have |= (uint64_t)four << (32 - b->count);
            b->count += 32;
            b->p += 4;
            return;
        }
    }
    while (b->count <= 56 && b->p < b->end) {
        if (*b->p == 0xff && (b->end - b->p < 2 || b->p[1] != 0))
            return; /* a marker: for the caller to look at */
        b->have |= (uint64_t)*b->p << (56 - b->count);
        b->count += 8;
        b->p += *b->p == 0xff ? 2 : 1;
    }
}

/* Decodes one symbol; *length_out is what its code takes, 0 when there is no such code. */
static inline unsigned huffman_peek(const struct check_huffman *h, uint64_t have, unsigned *length_out)
{
    unsigned entry = h->fast[have >> 54];

    if (entry) {
        *length_out = entry >> 8;
        return entry & 0xff;
    }
    uint32_t code = (uint32_t)(have >> 48);
    for (unsigned length = 11; length <= 16; length++) {
        if (code < h->end[length]) {
            *length_out = length;
            return h->symbols[(int32_t)(code >> (16 - length)) + h->offset[length]];
        }
    }
    *length_out = 0;
    return 0;
}

/* Takes a code and `extra` bits behind it. False when they are not there. */
static inline bool bits_take(struct bits *b, unsigned n)
{
    if (n > b->count)
        return false;
    b->have <<= n;
    b->count -= n;
    return true;
}

/* One block. A dummy, outside the picture, must say nothing: no change of DC, no AC. */
static inline const char *block_walk(struct bits *b, const struct check_component *c, bool dummy)
{
    unsigned length, symbol;

    if (b->count < 32)
        bits_fill(b);
    symbol = huffman_peek(c->dc, b->have, &length);
    if (length == 0 || !bits_take(b, length + symbol))
        return "coded data ends early or has no such code (DC)";
    if (dummy && symbol != 0)
        return "a block outside the picture is not empty";
    for (unsigned k = 1; k < 64; k++) {
        if (b->count < 32)
            bits_fill(b);
        symbol = huffman_peek(c->ac, b->have, &length);
        unsigned run = symbol >> 4, size = symbol & 15;
        if (length == 0 || !bits_take(b, length + size))
            return "coded data ends early or has no such code (AC)";
        if (dummy && symbol != 0)
            return "a block outside the picture is not empty";
        if (symbol == 0)
            return NULL;
        k += run;
        if (k > 63)
            return "a block has more than 64 coefficients";
    }
    return NULL;
}

static const char *mcu_walk(struct bits *b, const struct check_jpeg *j, uint32_t x, uint32_t y)
{
    for (uint32_t i = 0; i < j->components; i++) {
        const struct check_component *c = &j->component[i];
        for (uint32_t v = 0; v < c->v; v++) {
            for (uint32_t h = 0; h < c->h; h++) {
                bool dummy = x * c->h + h >= c->across || y * c->v + v >= c->down;
                const char *why = block_walk(b, c, dummy);
                if (why)
                    return why;
            }
        }
    }
    return NULL;
}

/* Less than a byte of ones may be left (F.1.2.3), then the end marker, then nothing. */
static const char *end_check(struct bits *b)
{
    /* what was read ahead goes back, so that only the bits of the last byte used are left */
    unsigned ahead = b->count / 8;
    uint64_t have = b->have;

    if (ahead > 0)
        return "bytes behind the last block";
    if (b->count > 0 && have >> (64 - b->count) != (UINT64_C(1) << b->count) - 1)
        return "the last byte is not filled with ones";
    if (b->end - b->p != 2 || b->p[0] != 0xff || b->p[1] != 0xd9)
        return "no end marker, or bytes around it";
    return NULL;
}

int check_jpeg_coded(struct check_jpeg *head)
{
    struct bits b = {.p = head->coded.bytes, .end = head->coded.bytes + head->coded.len};

    for (uint32_t y = 0; y < head->mcus_down && !head->why; y++)
        for (uint32_t x = 0; x < head->mcus_across && !head->why; x++)
            head->why = mcu_walk(&b, head, x, y);
    if (!head->why)
        head->why = end_check(&b);
    return head->why ? ERR_REFUSED : 0;
}
