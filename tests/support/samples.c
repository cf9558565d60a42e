/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Containers for tests, just right enough to be opened. Test code; input is the test's own. */
#include "samples.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const char *sample_eicar(void)
{
    static char text[69];

    (void)snprintf(text, sizeof text, "%s%s%s", "X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*");
    return text;
}

static void put16(struct buf *b, unsigned v)
{
    buf_u8(b, (uint8_t)v);
    buf_u8(b, (uint8_t)(v >> 8));
}

static uint32_t crc32_of(const uint8_t *p, size_t n)
{
    uint32_t crc = ~0u;

    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

/* What local header and directory entry have in common (APPNOTE 4.3.7, 4.3.12). */
static void put_zip_fields(struct buf *out, const struct sample_member *m)
{
    put16(out, 20);
    put16(out, m->flags);
    put16(out, 0); /* stored */
    put16(out, 0);
    put16(out, 0x5821);
    buf_u32(out, crc32_of(m->bytes, m->len));
    buf_u32(out, (uint32_t)m->len);
    buf_u32(out, (uint32_t)m->len);
    put16(out, (unsigned)strlen(m->name));
    put16(out, 0);
}

void sample_zip(struct buf *out, const struct sample_member *members, size_t count)
{
    scoped_buf directory = buf_new(SAMPLE_MAX);
    size_t start = out->len;

    for (size_t i = 0; i < count; i++) {
        const struct sample_member *m = &members[i];
        size_t at = out->len - start;
        buf_u32(out, 0x04034b50);
        put_zip_fields(out, m);
        buf_put(out, m->name, strlen(m->name));
        buf_put(out, m->bytes, m->len);
        buf_u32(&directory, 0x02014b50);
        put16(&directory, 20);
        put_zip_fields(&directory, m);
        put16(&directory, 0);
        put16(&directory, 0);
        put16(&directory, 0);
        buf_u32(&directory, 0);
        buf_u32(&directory, (uint32_t)at);
        buf_put(&directory, m->name, strlen(m->name));
    }
    size_t at = out->len - start;
    buf_put(out, directory.bytes, directory.len);
    buf_u32(out, 0x06054b50);
    buf_u32(out, 0);
    put16(out, (unsigned)count);
    put16(out, (unsigned)count);
    buf_u32(out, (uint32_t)directory.len);
    buf_u32(out, (uint32_t)at);
    put16(out, 0);
    assert(out->err == 0 && directory.err == 0);
}

void sample_tar(struct buf *out, const struct sample_member *members, size_t count)
{
    static const char zeros[1024];

    for (size_t i = 0; i < count; i++) {
        const struct sample_member *m = &members[i];
        char head[512] = {0};
        unsigned sum = 0;
        (void)snprintf(head, 100, "%s", m->name);
        memcpy(head + 100, "0000644\0" "0000000\0" "0000000\0", 24);
        (void)snprintf(head + 124, 12, "%011zo", m->len);
        memcpy(head + 136, "14600000000", 12);
        memset(head + 148, ' ', 8);
        head[156] = '0';
        memcpy(head + 257, "ustar\0" "00", 8);
        for (size_t k = 0; k < sizeof head; k++)
            sum += (unsigned char)head[k];
        (void)snprintf(head + 148, 8, "%06o", sum);
        buf_put(out, head, sizeof head);
        buf_put(out, m->bytes, m->len);
        buf_put(out, zeros, (512 - m->len % 512) % 512);
    }
    buf_put(out, zeros, sizeof zeros);
    assert(out->err == 0);
}

void sample_pdf(struct buf *out, const struct sample_member *attached)
{
    size_t offsets[6], start = out->len;
    const char *const objects[] = {
        "<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a)4 0 R]>>>>>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>",
        "<</Type/Filespec/F(a)/EF<</F 5 0 R>>>>",
    };

    buf_printf(out, "%%PDF-1.4\n");
    for (size_t i = 0; i < 4; i++) {
        offsets[i] = out->len - start;
        buf_printf(out, "%zu 0 obj\n%s\nendobj\n", i + 1, objects[i]);
    }
    offsets[4] = out->len - start;
    buf_printf(out, "5 0 obj\n<</Type/EmbeddedFile/Length %zu>>\nstream\n", attached->len);
    buf_put(out, attached->bytes, attached->len);
    buf_printf(out, "\nendstream\nendobj\n");
    size_t table = out->len - start;
    buf_printf(out, "xref\n0 6\n0000000000 65535 f \n");
    for (size_t i = 0; i < 5; i++)
        buf_printf(out, "%010zu 00000 n \n", offsets[i]);
    buf_printf(out, "trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", table);
    assert(out->err == 0);
}

static void put_base64(struct buf *out, const uint8_t *p, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t v = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0);
        buf_u8(out, (uint8_t)digits[v >> 18]);
        buf_u8(out, (uint8_t)digits[v >> 12 & 63]);
        buf_u8(out, (uint8_t)(left > 1 ? digits[v >> 6 & 63] : '='));
        buf_u8(out, (uint8_t)(left > 2 ? digits[v & 63] : '='));
        if (i % 57 == 54)
            buf_printf(out, "\r\n");
    }
    buf_printf(out, "\r\n");
}

void sample_mail(struct buf *out, const struct sample_member *attached)
{
    buf_printf(out, "From: a@example.jp\r\nTo: b@example.jp\r\nSubject: test\r\nDate: Tue, 24 Nov 2026 09:00:00 +0900\r\n"
                    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"part\"\r\n\r\n"
                    "--part\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
                    "--part\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
                    "Content-Disposition: attachment; filename=\"%s\"\r\n\r\n", attached->name);
    put_base64(out, attached->bytes, attached->len);
    buf_printf(out, "--part--\r\n");
    assert(out->err == 0);
}
