/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pure functions over JPEG tables. Runs in workers; the quantisation table comes from a hostile file. */
#include "jpeg_tables.h"

#include <string.h>

/* ITU-T T.81, tables K.1 and K.2, natural order. */
static const uint8_t annex_k[2][64] = {
    {16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,  14, 13, 16, 24, 40,  57,
     69, 56, 14, 17, 22,  29,  51,  87,  80, 62, 18, 22, 37,  56,  68,  109, 103, 77, 24, 35, 55, 64,
     81, 104, 113, 92, 49, 64, 78,  87,  103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99},
    {17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99,
     99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
     99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99},
};

/* The IJG rule: a percentage of the base table, at least 1, at most 255. */
static uint16_t scaled(uint8_t base, unsigned percent)
{
    unsigned v = (base * percent + 50) / 100;

    return (uint16_t)(v < 1 ? 1 : v > 255 ? 255 : v);
}

static bool quant_is_ijg(const uint16_t table[64])
{
    for (unsigned base = 0; base < 2; base++) {
        for (unsigned quality = 1; quality <= 100; quality++) {
            unsigned percent = quality < 50 ? 5000 / quality : 200 - quality * 2, i = 0;
            while (i < 64 && table[i] == scaled(annex_k[base][i], percent))
                i++;
            if (i == 64)
                return true;
        }
    }
    return false;
}

bool jpeg_quant_clean(uint16_t table[64])
{
    for (unsigned i = 0; i < 64; i++)
        if (table[i] == 0)
            return false;
    if (quant_is_ijg(table))
        return true;
    for (unsigned i = 0; i < 64; i++) {
        uint16_t v = table[i] > 255 ? 255 : table[i];
        table[i] = v < 8 ? v : v & 0xfffe;
    }
    return true;
}

void jpeg_huffman_shuffle(const uint8_t counts[17], uint8_t *symbols, const uint8_t *random)
{
    size_t at = 0;

    for (unsigned length = 1; length <= 16; length++) {
        for (size_t left = counts[length]; left > 1; left--) { /* Fisher-Yates; the slight bias does not matter */
            size_t pick = at + random[at + left - 1] % left;
            uint8_t symbol = symbols[pick];
            symbols[pick] = symbols[at + left - 1];
            symbols[at + left - 1] = symbol;
        }
        at += counts[length];
    }
}

static bool huffman_is_legal(unsigned symbol, bool ac)
{
    unsigned size = symbol & 15;

    if (!ac)
        return symbol <= 11;
    return (size >= 1 && size <= 10) || symbol == 0x00 || symbol == 0xf0;
}

void jpeg_huffman_weigh(const uint8_t counts[17], const uint8_t symbols[256], bool ac,
                        struct jpeg_weights *weights_out)
{
    unsigned at = 0;

    for (unsigned s = 0; s < 256; s++)
        weights_out->of[s] = huffman_is_legal(s, ac) ? 1 : 0;
    for (unsigned length = 1; length <= 16; length++)
        for (unsigned i = 0; i < counts[length] && at < 256; i++, at++)
            if (weights_out->of[symbols[at]])
                weights_out->of[symbols[at]] = 1u << (17 - length);
}

/* Place in natural order of coefficient k of the zigzag, figure A.6. */
static const uint8_t zigzag[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};

/* Number of bits of a magnitude, F.1.2.1. */
static unsigned magnitude_bits(int value)
{
    unsigned v = value < 0 ? 0u - (unsigned)value : (unsigned)value;
    unsigned bits = v ? 32u - (unsigned)__builtin_clz(v) : 0;

    return bits < 15 ? bits : 15; /* hostile data; no legal symbol is that large */
}

static void weights_add(struct jpeg_weights *weights, unsigned symbol)
{
    if (symbol < 256 && weights->of[symbol]) /* what is not legal is never written */
        weights->of[symbol] += 16;
}

void jpeg_huffman_count(const int16_t block[64], int before, struct jpeg_weights *dc, struct jpeg_weights *ac)
{
    unsigned run = 0;

    weights_add(dc, magnitude_bits(block[0] - before));
    for (unsigned k = 1; k < 64; k++) {
        if (block[zigzag[k]] == 0) {
            run++;
            continue;
        }
        for (; run >= 16; run -= 16)
            weights_add(ac, 0xf0);
        weights_add(ac, run << 4 | magnitude_bits(block[zigzag[k]]));
        run = 0;
    }
    if (run > 0)
        weights_add(ac, 0x00);
}

/* Two trees of the forest become one; every leaf of both gets one bit longer. */
struct forest {
    uint32_t weight[257]; /* 0: no such tree */
    uint8_t length[257];  /* of the leaf's code, up to 256 for a chain */
    int next[257];        /* leaf that follows in the same tree, -1: none */
};

/* The lightest tree but `other`, the last one among equals; -1 when there is none. */
static int forest_lightest(const struct forest *f, int other)
{
    int best = -1;

    for (int i = 0; i < 257; i++)
        if (i != other && f->weight[i] && (best < 0 || f->weight[i] <= f->weight[best]))
            best = i;
    return best;
}

static void forest_join(struct forest *f, int a, int b)
{
    int last = a;

    f->weight[a] += f->weight[b];
    f->weight[b] = 0;
    for (int i = a; i >= 0; i = f->next[i]) {
        f->length[i]++;
        last = i;
    }
    f->next[last] = b;
    for (int i = b; i >= 0; i = f->next[i])
        f->length[i]++;
}

/* Annex K.3, figure K.3: no code longer than 16 bits. */
static void lengths_cap(uint16_t count[258])
{
    for (unsigned i = 257; i > 16; i--) {
        while (count[i] > 0) {
            unsigned j = i - 2;
            while (count[j] == 0)
                j--;
            count[i] -= 2;
            count[i - 1]++;
            count[j + 1] += 2;
            count[j]--;
        }
    }
}

void jpeg_huffman_make(const struct jpeg_weights *weights, uint8_t counts_out[17], uint8_t symbols_out[256])
{
    struct forest f = {.weight[256] = 1}; /* a leaf that gets the longest code, all ones, and is then taken away */
    uint16_t count[258] = {0};
    unsigned longest = 16, at = 0;

    memcpy(f.weight, weights->of, sizeof weights->of);
    memset(f.next, 0xff, sizeof f.next);
    for (int a = forest_lightest(&f, -1), b = forest_lightest(&f, a); b >= 0;
         a = forest_lightest(&f, -1), b = forest_lightest(&f, a))
        forest_join(&f, a, b);
    for (unsigned i = 0; i < 257; i++)
        count[f.length[i]]++;
    lengths_cap(count);
    while (count[longest] == 0)
        longest--;
    count[longest]--;
    counts_out[0] = 0;
    for (unsigned l = 1; l <= 16; l++)
        counts_out[l] = (uint8_t)count[l];
    for (unsigned l = 1; l < 257; l++) /* the capped lengths go to the symbols in the order of the uncapped ones */
        for (unsigned s = 0; s < 256; s++)
            if (f.length[s] == l)
                symbols_out[at++] = (uint8_t)s;
}
