/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_JPEG_TABLES_H
#define SEKIMORI_IMAGE_JPEG_TABLES_H

/*
 * Quantisation and Huffman tables are the parts of a JPEG a sender could use
 * to get bytes of his choice through a decoder and an encoder; here they are
 * made harmless without a visible change.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Makes a quantisation table (natural order) fit to be written. A table of the
 * IJG family (ITU-T T.81 Annex K scaled to a quality of 1 to 100) stays as it
 * is; in any other, values over 255 become 255 and those from 8 up are made
 * even: no vowel and no script or markup opener can be spelled with the rest.
 * False, and nothing changed, when a value is 0 (no such table may exist).
 */
bool jpeg_quant_clean(uint16_t table[64]);

/* How often each of 256 symbols is expected; weights, not counts. */
struct jpeg_weights {
    uint32_t of[256];
};

/*
 * Makes a Huffman code for all symbols of weight over 0 (at least 2, T.81
 * Annex K.2): counts[l] codes of length l, 1 to 16, and their symbols in order
 * of length, then value. The code of ones alone stays free (C.2). The total
 * weight must stay under 2^31.
 */
void jpeg_huffman_make(const struct jpeg_weights *weights, uint8_t counts_out[17], uint8_t symbols_out[256]);

/*
 * Guesses weights from another table's code lengths and gives each symbol that
 * may occur in a baseline scan (DC: 0 to 11, AC: run/size, F.1.2) at least a
 * small one, so that the new code can say whatever the new coefficients need.
 */
void jpeg_huffman_weigh(const uint8_t counts[17], const uint8_t symbols[256], bool ac,
                        struct jpeg_weights *weights_out);

/*
 * Counts the symbols that would code a block (natural order) after one whose
 * DC value was `before`; jpeg_huffman_weigh of an empty table makes the start.
 */
void jpeg_huffman_count(const int16_t block[64], int before, struct jpeg_weights *dc, struct jpeg_weights *ac);

/*
 * Orders the symbols of each code length anew, by `random` bytes (at least n
 * of them). Lengths stay, so the coded size does too; but which bits stand for
 * a symbol can then not be planned by who drew the picture, and no text
 * survives inside the coded data.
 */
void jpeg_huffman_shuffle(const uint8_t counts[17], uint8_t *symbols, const uint8_t *random);

#endif
