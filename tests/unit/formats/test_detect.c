/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detection: a minimal sample of each type, the types that are blocked, files of two types, names, hostile bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "formats/detect/detect.h"
#include "formats/detect/veto.h"
#include "formats/name.h"

/* ---- Fixtures ----------------------------------------------------------------- */

struct bytes {
    uint8_t p[8192];
    size_t n;
};

static void add(struct bytes *b, const void *p, size_t n)
{
    assert_true(b->n + n <= sizeof b->p);
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

#define ADD(b, literal) add(b, literal, sizeof literal - 1)

static void add_le(struct bytes *b, uint64_t value, size_t n)
{
    for (; n > 0; n--, value >>= 8)
        add(b, &(uint8_t){(uint8_t)value}, 1);
}

static void put_le(struct bytes *b, size_t at, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++, value >>= 8)
        b->p[at + i] = (uint8_t)value;
}

static void fill(struct bytes *b, size_t to)
{
    while (b->n < to)
        add(b, "", 1);
}

/* A ZIP in the making: the directory is gathered beside the members. */
struct zip {
    struct bytes all, directory;
    unsigned count;
};

static void zip_add(struct zip *z, const char *name, const char *content, unsigned method)
{
    size_t n = strlen(content), packed = method == 8 ? n + 5 : n;
    uint64_t at = z->all.n;

    for (int central = 0; central < 2; central++) {
        struct bytes *b = central ? &z->directory : &z->all;
        add(b, central ? "PK\x01\x02\x14\0" : "PK\x03\x04", central ? 6 : 4);
        add_le(b, 20, 2);
        add_le(b, 0, 2);
        add_le(b, method, 2);
        add_le(b, 0, 8);
        add_le(b, packed, 4);
        add_le(b, n, 4);
        add_le(b, strlen(name), 2);
        add_le(b, 0, 2);
        if (central) {
            add_le(b, 0, 10);
            add_le(b, at, 4);
        }
        add(b, name, strlen(name));
    }
    if (method == 8) { /* deflate, one stored block */
        add_le(&z->all, 1, 1);
        add_le(&z->all, n, 2);
        add_le(&z->all, ~n & 0xFFFF, 2);
    }
    add(&z->all, content, n);
    z->count++;
}

static void zip_end(struct zip *z, size_t comment)
{
    uint64_t at = z->all.n;

    add(&z->all, z->directory.p, z->directory.n);
    ADD(&z->all, "PK\x05\x06\0\0\0\0");
    add_le(&z->all, z->count, 2);
    add_le(&z->all, z->count, 2);
    add_le(&z->all, z->directory.n, 4);
    add_le(&z->all, at, 4);
    add_le(&z->all, comment, 2);
}

/* A compound file: header, one sector of table, one of directory with up to three children, one of content. */
static void cfb_make(struct bytes *b, uint32_t class_id, const char *const *names, const void *content, size_t n)
{
    *b = (struct bytes){0};
    ADD(b, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    fill(b, 4 * 512);
    put_le(b, 24, 0x3E, 2);
    put_le(b, 26, 3, 2);
    put_le(b, 28, 0xFFFE, 2);
    put_le(b, 30, 9, 2);
    put_le(b, 32, 6, 2);
    put_le(b, 44, 1, 4);
    put_le(b, 48, 1, 4); /* directory in sector 1; every stream in whole sectors */
    put_le(b, 60, 0xFFFFFFFE, 4);
    put_le(b, 68, 0xFFFFFFFE, 4);
    memset(b->p + 76, 0xFF, 436);
    put_le(b, 76, 0, 4);
    memset(b->p + 512, 0xFF, 512);
    put_le(b, 512, 0xFFFFFFFD, 4);
    put_le(b, 516, 0xFFFFFFFE, 4);
    put_le(b, 520, 0xFFFFFFFE, 4);
    for (size_t i = 0; i < 4; i++) {
        size_t at = 1024 + 128 * i;
        const char *name = i == 0 ? "Root Entry" : names[i - 1];
        put_le(b, at + 68, 0xFFFFFFFF, 4);
        put_le(b, at + 72, 0xFFFFFFFF, 4);
        put_le(b, at + 76, 0xFFFFFFFF, 4);
        if (!name)
            break;
        for (size_t c = 0; c < strlen(name); c++)
            put_le(b, at + 2 * c, (uint8_t)name[c], 2);
        put_le(b, at + 64, 2 * strlen(name) + 2, 2);
        b->p[at + 66] = i == 0 ? 5 : 2;
        if (i > 0 && i < 3 && names[i])
            put_le(b, at + 72, i + 1, 4);
        put_le(b, at + 116, 2, 4);
        put_le(b, at + 120, 512, 4);
    }
    put_le(b, 1024 + 76, 1, 4);
    put_le(b, 1024 + 80, class_id, 4);
    memcpy(b->p + 3 * 512, content, n);
}

/* ---- Asking --------------------------------------------------------------------- */

static void ask(const void *p, size_t n, const char *name, struct detect_result *out)
{
    uint8_t *exact = malloc(n ? n : 1); /* so that a sanitizer sees a read past the end */
    struct fmt_in in = {exact, n};

    assert_non_null(exact);
    if (n)
        memcpy(exact, p, n);
    detect_run(&in, name, NULL, out);
    free(exact);
    if (out->reason == REASON_NONE || (out->reason == REASON_OK && out->type[0] == '\0'))
        fail_msg("%s: no verdict", name);
}

static void expect(const void *p, size_t n, const char *name, const char *type, enum reason reason)
{
    struct detect_result found;

    ask(p, n, name, &found);
    if (strcmp(found.type, type) != 0 || found.reason != reason)
        fail_msg("%s: \"%s\" %s (%s), expected \"%s\" %s", name, found.type, reason_code(found.reason), found.detail, type,
                 reason_code(reason));
    findings_clear(&found.findings);
}

#define EXPECT(literal, name, type, reason) expect(literal, sizeof literal - 1, name, type, REASON_##reason)

/* ---- A sample of each -------------------------------------------------------------- */

#define ZEROS8 "\0\0\0\0\0\0\0\0"
#define DIGITS40 "0000000000000000000000000000000000000000"
#define ZEROS32 ZEROS8 ZEROS8 ZEROS8 ZEROS8

static const struct sample {
    const char *bytes;
    size_t n;
    const char *name, *type;
    enum reason reason;
} samples[] = {
#define S(literal, name, type, reason) {literal, sizeof literal - 1, name, type, REASON_##reason}
    /* handled */
    S("plain\r\n", "a.txt", "text", OK),
    S("\xE8\xA1\xA8\n", "a.log", "text", OK),
    S("a,b\n1,2\n", "a.csv", "csv", OK),
    S("a\tb\n", "a.tsv", "csv", OK),
    S("\xFF\xD8\xFF\xE0\0\x10JFIF\0\xFF\xD9", "a.jpg", "jpeg", OK),
    S("\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR", "a.png", "png", OK),
    S("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n", "a.pdf", "pdf", OK),
    S("\xEF\xBB\xBF\r\n%PDF-1.4\n", "a.pdf", "pdf", OK),
    S("PK\x05\x06" ZEROS8 ZEROS8 "\0\0", "a.zip", "zip", OK),
    S("PK\x03\x04\x14\0\0\0\x08\0", "a.zip", "zip", OK), /* cut off: the handler says so */
    /* text formats */
    S("{\"a\": [1]}", "a.json", "json", UNSUPPORTED_TYPE),
    S("<?xml version=\"1.0\"?><data/>", "a.xml", "xml", UNSUPPORTED_TYPE),
    S("<data>\n<x/></data>\n", "a", "xml", UNSUPPORTED_TYPE),
    S("\n<!-- c --><!DOCTYPE HTML><html>", "a.html", "html", UNSUPPORTED_TYPE),
    S("<p>x", "a.txt", "html", UNSUPPORTED_TYPE),
    S("some <b>text", "a.htm", "html", UNSUPPORTED_TYPE),
    S("MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n", "a.mht", "mht", UNSUPPORTED_TYPE),
    S("<?xml version=\"1.0\"?>\n<!DOCTYPE svg [<!ENTITY a \"<b>\">]>\n<svg>", "a.svg", "svg", UNSUPPORTED_TYPE),
    S("<svg:svg xmlns:svg='x'/>", "a.xml", "svg", UNSUPPORTED_TYPE),
    S("{\\rt", "a.rtf", "rtf", UNSUPPORTED_TYPE),
    S("%!PS-Adobe-3.0", "a.eps", "postscript", UNSUPPORTED_TYPE),
    S("<?xml version='1.0'?><office:document office:mimetype=\"application/vnd.oasis.opendocument.text\"/>", "a.fodt", "fodt",
      UNSUPPORTED_TYPE),
    S("<office:document office:mimetype=\"application/vnd.oasis.opendocument.spreadsheet\"></office:document>", "a.fods",
      "fods", UNSUPPORTED_TYPE),
    S("<?xml version='1.0'?><office:document office:mimetype=\"application/vnd.oasis.opendocument.presentation\"/>",
      "a.fodp", "fodp", UNSUPPORTED_TYPE),
    S("<?xml version='1.0'?><?mso-application progid='Word.Document'?><w:wordDocument>", "a.xml", "flatopc",
      UNSUPPORTED_TYPE),
    S("%FDF-1.2", "a.fdf", "fdf", UNSUPPORTED_TYPE),
    S("<?xml version='1.0'?><xfdf>", "a.xfdf", "xfdf", UNSUPPORTED_TYPE),
    S("<?xml version='1.0'?><xdp:xdp>", "a.xdp", "xdp", UNSUPPORTED_TYPE),
    S("  0\r\nSECTION\r\n  2\r\nHEADER\r\n", "a.dxf", "dxf", UNSUPPORTED_TYPE),
    S("999\nmade by hand\n0\nSECTION\n", "a.dxf", "dxf", UNSUPPORTED_TYPE),
    S("ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION(('SCADEC level2 AP202_mode'),'2;1');", "a.p21", "p21", UNSUPPORTED_TYPE),
    S("ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION(('SCADEC level2 feature_mode'),'2;1');", "a.sfc", "sfc", UNSUPPORTED_TYPE),
    S("From: a@b\nTo: c@d\nSubject: e\nMIME-Version: 1.0\n\nhello", "a.eml", "eml", UNSUPPORTED_TYPE),
    S("Received: x\nFrom: a@b\nDate: e\n\nhello", "a", "eml", UNSUPPORTED_TYPE),
    S("From a@b Mon Jan  1 00:00:00 2024\nFrom: a@b\nTo: c\n\nhello", "a.mbox", "mbox", UNSUPPORTED_TYPE),
    S("BEGIN:VCARD\n", "a.vcf", "vcard", UNSUPPORTED_TYPE),
    S("BEGIN:VCALENDAR\n", "a.ics", "ical", UNSUPPORTED_TYPE),
    S("-----BEGIN PGP MESSAGE-----\n", "a.asc", "pgp", ENCRYPTED),
    /* pictures */
    S("GIF89a\x01\0\x01\0", "a.gif", "gif", UNSUPPORTED_TYPE),
    S("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0", "a.bmp", "bmp", UNSUPPORTED_TYPE),
    S("II\x2A\0\x08\0\0\0\x01\0", "a.tif", "tiff", UNSUPPORTED_TYPE),
    S("MM\0\x2A\0\0\0\x08\0\x01", "a.tif", "tiff", UNSUPPORTED_TYPE),
    S("RIFF\x10\0\0\0WEBPVP8 ", "a.webp", "webp", UNSUPPORTED_TYPE),
    S("\0\0\0\x18" "ftypmif1\0\0\0\0mif1heic", "a.heic", "heic", UNSUPPORTED_TYPE),
    S("\0\0\0\x1C" "ftypmif1\0\0\0\0mif1avifmiaf", "a.avif", "avif", UNSUPPORTED_TYPE),
    S("\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0\x04\0\0\0\x16\0\0\0zzzz", "a.ico", "ico", UNSUPPORTED_TYPE),
    S("\x01\0\0\0" ZEROS32 "\0\0\0\0 EMF", "a.emf", "emf", UNSUPPORTED_TYPE),
    S("\xD7\xCD\xC6\x9A\0\0\0\0", "a.wmf", "wmf", UNSUPPORTED_TYPE),
    S("8BPS\0\x01", "a.psd", "psd", UNSUPPORTED_TYPE),
    S("P6\n1 1 255\n\xFF\0\0", "a.ppm", "pnm", UNSUPPORTED_TYPE),
    /* archives */
    S("7z\xBC\xAF\x27\x1C\0\x04", "a.7z", "7z", UNSUPPORTED_TYPE),
    S("Rar!\x1A\x07\0", "a.rar", "rar", UNSUPPORTED_TYPE),
    S("Rar!\x1A\x07\x01\0", "a.rar", "rar", UNSUPPORTED_TYPE),
    S("\x1A\x33-lh5-" ZEROS8 "\0\0\0\0\x20\0\x05", "a.lzh", "lzh", UNSUPPORTED_TYPE),
    S("MSCF\0\0\0\0\x46\0\0\0", "a.cab", "cab", UNSUPPORTED_TYPE),
    S("\x1F\x8B\x08\0\0\0\0\0", "a.gz", "gz", UNSUPPORTED_TYPE),
    S("BZh91AY&SY\0\0", "a.bz2", "bz2", UNSUPPORTED_TYPE),
    S("\xFD" "7zXZ\0\0\x04", "a.xz", "xz", UNSUPPORTED_TYPE),
    S("\x28\xB5\x2F\xFD\0\0", "a.zst", "zst", UNSUPPORTED_TYPE),
    S("\x60\xEA\x29\0\x22\x0B\x01", "a.arj", "arj", UNSUPPORTED_TYPE),
    S("070701" DIGITS40 DIGITS40 "000000000000000B00000000", "a.cpio", "cpio", UNSUPPORTED_TYPE),
    S("!<arch>\nx.o/            ", "a.ar", "ar", UNSUPPORTED_TYPE),
    /* documents and data */
    S("DOC" ZEROS32 ZEROS8 "\x15\0", "a.jsw", "jtd", UNSUPPORTED_TYPE),
    S("\x60\x06\x80\x01\x01\x82\x01\x07\x61\x02\x64\0", "a.xdw", "xdw", UNSUPPORTED_TYPE),
    S("\x60\x06\x80\x01\x01\x82\x01\x07\x61\x02\x64\0", "a.xbd", "xbd", UNSUPPORTED_TYPE),
    S("AC1032\0\0\0", "a.dwg", "dwg", UNSUPPORTED_TYPE),
    S("JwwData.\x58\x02\0\0", "a.jww", "jww", UNSUPPORTED_TYPE),
    S("\x78\x9F\x3E\x22\x01\0", "winmail.dat", "tnef", UNSUPPORTED_TYPE),
    S("SQLite format 3\0\x10\0", "a.db", "sqlite", UNSUPPORTED_TYPE),
    S("ID3\x04\0\0\0\0\0\0", "a.mp3", "mp3", UNSUPPORTED_TYPE),
    S("\0\0\0\x18" "ftypmp42\0\0\0\0mp42isom", "a.mp4", "mp4", UNSUPPORTED_TYPE),
    S("RIFF\x10\0\0\0WAVEfmt ", "a.wav", "wav", UNSUPPORTED_TYPE),
    S("OggS\0\x02", "a.ogg", "ogg", UNSUPPORTED_TYPE),
    S("\x30\x82\x01\0\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03", "a.p7m", "pkcs7", UNSUPPORTED_TYPE),
    /* programs */
    S("MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF\0\0", "a.bin", "pe", BLOCKED_TYPE),
    S("\x7F" "ELF\x02\x01\x01\0", "a", "elf", BLOCKED_TYPE),
    S("\xCF\xFA\xED\xFE\x07\0\0\x01", "a", "macho", BLOCKED_TYPE),
    S("\xCA\xFE\xBA\xBE\0\0\0\x02\0\0", "a", "macho", BLOCKED_TYPE),
    S("\xCA\xFE\xBA\xBE\0\0\0\x34\0\0", "a", "java", BLOCKED_TYPE),
    S("\0asm\x01\0\0\0", "a", "wasm", BLOCKED_TYPE),
    S("dex\n035\0", "a", "dex", BLOCKED_TYPE),
    S("\xA7\x0D\r\n\0\0\0\0", "a", "pyc", BLOCKED_TYPE),
    S("CWS\x0A\0\0\0\0", "a", "swf", BLOCKED_TYPE),
    S("\x4C\0\0\0\x01\x14\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46\0", "a.txt", "lnk", BLOCKED_TYPE),
    S("ITSF\x03\0\0\0", "a", "chm", BLOCKED_TYPE),
    S("\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\xAE\xB1\x53\x78\xD0\x29\x96\xD3", "a", "one", BLOCKED_TYPE),
    S("vhdxfile\0\0", "a", "vhdx", BLOCKED_TYPE),
    S("conectix\0\0\0\x02", "a", "vhd", BLOCKED_TYPE),
    S("\xED\xAB\xEE\xDB\x03\0", "a", "rpm", BLOCKED_TYPE),
    S("!<arch>\ndebian-binary   ", "a", "deb", BLOCKED_TYPE),
    S("xar!\0\x1C", "a", "pkg", BLOCKED_TYPE),
    S("Cr24\x03\0\0\0", "a", "crx", BLOCKED_TYPE),
    /* scripts and settings */
    S("#!/bin/sh\necho\n", "a.txt", "script", BLOCKED_TYPE),
    S("\xEF\xBB\xBF#!/usr/bin/perl\n", "a.txt", "script", BLOCKED_TYPE),
    S("@Echo Off\r\ndel *.*\r\n", "a.txt", "script", BLOCKED_TYPE),
    S("<?php x();", "a.txt", "script", BLOCKED_TYPE),
    S("<%@ page %>", "a.txt", "script", BLOCKED_TYPE),
    S("#@~^AAAAAA==x", "a.txt", "script", BLOCKED_TYPE),
    S("Option Explicit\r\nDim a\r\n", "a.txt", "script", BLOCKED_TYPE),
    S("Attribute VB_Name = \"M\"\r\n", "a.txt", "script", BLOCKED_TYPE),
    S("<job><script language='x'>", "a.txt", "script", BLOCKED_TYPE),
    S("<html><HTA:APPLICATION id=x>", "a.html", "hta", BLOCKED_TYPE),
    S("[InternetShortcut]\r\nURL=https://example.org/\r\n", "a.txt", "url", BLOCKED_TYPE),
    S("\xFF\xFE[\0s\0h\0e\0l\0l\0]\0\n\0C\0o\0m\0m\0a\0n\0d\0=\0", "a.txt", "scf", BLOCKED_TYPE),
    S("; x\r\n[Version]\r\nSignature=\"$CHICAGO$\"\r\n", "a.txt", "inf", BLOCKED_TYPE),
    S("[autorun]\r\nopen=x\r\n", "a.txt", "inf", BLOCKED_TYPE),
    S("Windows Registry Editor Version 5.00\r\n", "a.txt", "reg", BLOCKED_TYPE),
    S("REGEDIT4\r\n", "a.txt", "reg", BLOCKED_TYPE),
    S("WEB\r\n1\r\nhttps://example.org\r\n", "a.txt", "iqy", BLOCKED_TYPE),
    S("ID;PWXL;N;E\r\nP;PGeneral\r\n", "a.csv", "slk", BLOCKED_TYPE),
    S("[Desktop Entry]\nExec=x\n", "a.txt", "desktop", BLOCKED_TYPE),
    S("full address:s:host\r\n", "a.txt", "rdp", BLOCKED_TYPE),
    S("<html xmlns:odc='x'><head><odc:OfficeDataConnection>", "a.html", "odc", BLOCKED_TYPE),
    S("<?xml version='1.0'?><jnlp>", "a.xml", "jnlp", BLOCKED_TYPE),
    S("<?xml version='1.0'?><asmv1:assembly xmlns='urn:schemas-microsoft-com:asm.v1'>", "a.xml", "clickonce", BLOCKED_TYPE),
    S("<?xml version='1.0'?><libraryDescription>", "a.xml", "libraryms", BLOCKED_TYPE),
    S("<?xml version='1.0'?><PCSettings>", "a.xml", "settings", BLOCKED_TYPE),
    S("<?xml version='1.0'?><MMC_ConsoleFile>", "a.xml", "msc", BLOCKED_TYPE),
    /* not what they begin like */
    S("MZ-80K\n", "a.txt", "text", OK),
    S("BM and GIF89 and PK and RIFF\n", "a.txt", "text", OK),
    S("WEB\r\nsite\r\n", "a.txt", "text", OK),
    S("ID;Price\r\n1;2\r\n", "a.csv", "csv", OK),
    S("070701 minutes\n", "a.txt", "text", OK),
    S("From now on\nit rains\n", "a.txt", "text", OK),
    S("Subject: x\nplain\n", "a.txt", "text", OK),
    S("{\"a\": 1}", "a.txt", "text", OK),
    S("<p align=center>x</p>\n", "readme.md", "text", OK),
    S("This is about <script> and %PDF-1.7.\n", "a.txt", "text", OK),
    S("On stage, WScript.Shell and CreateObject(\n", "a.txt", "text", OK),
    S("\x01\x02\x03\x04", "a.txt", "", UNKNOWN_TYPE),
    S("abc\0def", "a.txt", "", UNKNOWN_TYPE),
    S("\xFF\xFE\0\0a\0\0\0", "a.txt", "", UNKNOWN_TYPE), /* UTF-32 */
    S("", "a.txt", "", EMPTY),
#undef S
};

static void test_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        expect(samples[i].bytes, samples[i].n, samples[i].name, samples[i].type, samples[i].reason);
}

static void test_script_lines(void **state)
{
    char text[256];

    /* Put together here, so that no scanner takes this file for what it tests. */
    (void)state;
    (void)snprintf(text, sizeof text, "Set s = %sObject(\"%s.Shell\")\r\ns.Run \"calc\"\r\n", "Create", "WScript");
    expect(text, strlen(text), "a.txt", "script", REASON_BLOCKED_TYPE);
    (void)snprintf(text, sizeof text, "$c = New-%s Net.%s\n$c.Down%s('x','y')\n", "Object", "WebClient", "loadFile");
    expect(text, strlen(text), "a.txt", "script", REASON_BLOCKED_TYPE);
    (void)snprintf(text, sizeof text, "power%s -nop -w hidden\n", "shell");
    expect(text, strlen(text), "a.txt", "script", REASON_BLOCKED_TYPE);
    (void)snprintf(text, sizeof text, "手順書\n開く\npower%s -ExecutionPolicy を入力\nEnter\n閉じる\n", "shell");
    expect(text, strlen(text), "a.txt", "text", REASON_OK);
}

static void test_encodings(void **state)
{
    (void)state;
    EXPECT("\x95\xF1\x8D\x90\x8F\x91\x81\x42\xCA\xDF\r\n", "a.txt", "text", OK);             /* CP932 */
    EXPECT("\xCA\xF3\xB9\xF0\xBD\xF1\xA1\xA3\x8E\xCA\n", "a.txt", "text", OK);               /* EUC-JP */
    EXPECT("\x1B$BJs9p=q\x1B(B\n", "a.txt", "text", OK);                                     /* ISO-2022-JP */
    EXPECT("\xFF\xFE\x31\x58\x4A\x54\r\0\n\0", "a.txt", "text", OK);                         /* UTF-16LE */
    EXPECT("\xFE\xFF\x58\x31\x54\x4A\0\r\0\n", "a.txt", "text", OK);                         /* UTF-16BE */
    EXPECT("p\0l\0a\0i\0n\0 \0t\0e\0x\0t\0\n\0", "a.txt", "text", OK);                       /* without a mark */
    EXPECT("\x31\x58\x4A\x54\x31\x58\x4A\x54\x31\x58\x4A\x54\x31\x58\0\x54", "a.txt", "", UNKNOWN_TYPE);
    EXPECT("\xFF\xFE\x3D\xD8\0", "a.txt", "", UNKNOWN_TYPE); /* half a pair */
    EXPECT("\x85\x40\x1B[31mred\n", "a.txt", "", UNKNOWN_TYPE);
    EXPECT("\x1B[31mred\x07\n", "a.txt", "text", OK); /* the text engine takes the escapes out */
    EXPECT("old\r\n\x1A", "a.txt", "text", OK);
    EXPECT("\xE9\x20\xE9\x20", "a.txt", "", UNKNOWN_TYPE); /* Latin-1 */
}

/* ---- Packages ------------------------------------------------------------------------- */

#define TYPES(type) "<Types><Override PartName=\"/x\" ContentType=\"application/vnd." type "\"/></Types>"
#define OPENXML "openxmlformats-officedocument."

static const struct {
    const char *name, *content, *type;
    enum reason reason;
} packages[] = {
    {"[Content_Types].xml", TYPES(OPENXML "wordprocessingml.document.main+xml"), "docx", REASON_UNSUPPORTED_TYPE},
    {"[CONTENT_TYPES].XML", TYPES("ms-word.document.macroEnabled.main+xml"), "docm", REASON_UNSUPPORTED_TYPE},
    {"/[Content_Types].xml", TYPES("ms-word.document.&#x6D;acro&#69;nabled.main+xml"), "docm", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml", TYPES(OPENXML "wordprocessingml.template.main+xml"), "dotx", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml", TYPES("ms-word.template.macroEnabledTemplate.main+xml"), "dotm", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml", TYPES(OPENXML "spreadsheetml.sheet.main+xml"), "xlsx", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml", TYPES("ms-excel.sheet.macroEnabled.main+xml"), "xlsm", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml", TYPES(OPENXML "spreadsheetml.template.main+xml"), "xltx", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml", TYPES("ms-excel.template.macroEnabled.main+xml"), "xltm", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml", TYPES("ms-excel.sheet.binary.macroEnabled.main"), "xlsb", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml", TYPES("ms-excel.addin.macroEnabled.main+xml"), "xlam", REASON_BLOCKED_TYPE},
    {"[Content_Types].xml", TYPES(OPENXML "presentationml.presentation.main+xml"), "pptx", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml", TYPES("ms-powerpoint.presentation.macroEnabled.main+xml"), "pptm", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml", TYPES(OPENXML "presentationml.template.main+xml"), "potx", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml", TYPES("ms-powerpoint.template.macroEnabled.main+xml"), "potm", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml", TYPES(OPENXML "presentationml.slideshow.main+xml"), "ppsx", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml", TYPES("ms-powerpoint.slideshow.macroEnabled.main+xml"), "ppsm", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml", TYPES("ms-powerpoint.addin.macroEnabled.main+xml"), "ppam", REASON_BLOCKED_TYPE},
    {"[Content_Types].xml", "<!DOCTYPE x>" TYPES(OPENXML "spreadsheetml.sheet.main+xml"), "ooxml", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml", "nothing known", "ooxml", REASON_UNSUPPORTED_TYPE},
    {"[Content_Types].xml/[0].piece", "", "ooxml", REASON_UNSUPPORTED_TYPE},
    {"mimetype", "application/vnd.oasis.opendocument.text", "odt", REASON_UNSUPPORTED_TYPE},
    {"mimetype", "application/vnd.oasis.opendocument.text-template", "ott", REASON_UNSUPPORTED_TYPE},
    {"mimetype", "application/vnd.oasis.opendocument.spreadsheet\n", "ods", REASON_UNSUPPORTED_TYPE},
    {"mimetype", "application/vnd.oasis.opendocument.spreadsheet-template", "ots", REASON_UNSUPPORTED_TYPE},
    {"mimetype", "application/vnd.oasis.opendocument.presentation", "odp", REASON_UNSUPPORTED_TYPE},
    {"mimetype", "application/vnd.oasis.opendocument.presentation-template", "otp", REASON_UNSUPPORTED_TYPE},
    {"mimetype", "application/vnd.oasis.opendocument.graphics", "odg", REASON_UNSUPPORTED_TYPE},
    {"mimetype", "application/vnd.oasis.opendocument.chart", "odf", REASON_UNSUPPORTED_TYPE},
    {"META-INF/manifest.xml", "", "odf", REASON_UNSUPPORTED_TYPE},
    {"mimetype", "application/epub+zip", "epub", REASON_UNSUPPORTED_TYPE},
    {"META-INF\\container.xml", "", "epub", REASON_UNSUPPORTED_TYPE},
    {"META-INF/MANIFEST.MF", "Main-Class: x", "jar", REASON_BLOCKED_TYPE},
    {"AndroidManifest.xml", "", "apk", REASON_BLOCKED_TYPE},
    {"extension.vsixmanifest", "", "vsix", REASON_BLOCKED_TYPE},
    {"x.nuspec", "", "vsix", REASON_BLOCKED_TYPE},
    {"Payload/x.app/Info.plist", "", "ipa", REASON_BLOCKED_TYPE},
    {"AppxManifest.xml", "", "appx", REASON_BLOCKED_TYPE},
    {"install.rdf", "", "xpi", REASON_BLOCKED_TYPE},
    {"mimetype", "something else", "zip", REASON_OK},
    {"src/x.nuspec", "", "zip", REASON_OK},
    {"docs/[Content_Types].xml", "", "zip", REASON_OK},
};

static void test_packages(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(packages); i++) {
        for (unsigned last = 0; last < 2; last++) {
            struct zip z = {0};
            if (last)
                zip_add(&z, "a.jpg", "\xFF\xD8\xFF", 0); /* the first member is not the one that decides */
            zip_add(&z, packages[i].name, packages[i].content, last ? 8 : 0);
            zip_end(&z, 0);
            expect(z.all.p, z.all.n, "a", packages[i].type, packages[i].reason);
        }
    }
}

static void test_zip_tricks(void **state)
{
    struct zip z = {0}, inner = {0};
    struct bytes b = {0};

    (void)state;
    zip_add(&z, "[Content_Types].xml", TYPES(OPENXML "wordprocessingml.document.main+xml"), 0);
    zip_add(&z, "mimetype", "application/vnd.oasis.opendocument.text", 0);
    zip_end(&z, 0);
    expect(z.all.p, z.all.n, "a", "docx", REASON_AMBIGUOUS_TYPE);

    z = (struct zip){0};
    zip_add(&z, "[Content_Types].xml", TYPES(OPENXML "wordprocessingml.document.main+xml"), 0);
    zip_add(&z, "[content_types].xml", TYPES(OPENXML "wordprocessingml.document.main+xml"), 0);
    zip_end(&z, 0);
    expect(z.all.p, z.all.n, "a", "docx", REASON_AMBIGUOUS_TYPE);

    z = (struct zip){0};
    zip_add(&z, "[Content_Types].xml",
            TYPES(OPENXML "wordprocessingml.document.main+xml") TYPES(OPENXML "spreadsheetml.sheet.main+xml"), 0);
    zip_end(&z, 0);
    expect(z.all.p, z.all.n, "a", "xlsx", REASON_AMBIGUOUS_TYPE);

    /* Bytes before the archive: a self-extractor's stub, or anything. */
    z = (struct zip){0};
    zip_add(&z, "a.txt", "x", 0);
    zip_end(&z, 0);
    expect(z.all.p, z.all.n, "a.zip", "zip", REASON_OK);
    ADD(&b, "\x02\x01\0stub");
    add(&b, z.all.p, z.all.n);
    expect(b.p, b.n, "a.zip", "", REASON_AMBIGUOUS_TYPE);
    memcpy(b.p, "MZ\x01\0", 4);
    expect(b.p, b.n, "a.zip", "pe", REASON_BLOCKED_TYPE);
    memcpy(b.p, "PK\x03\x04", 4);
    expect(b.p, b.n, "a.zip", "zip", REASON_AMBIGUOUS_TYPE);

    /* One archive in the comment of another. */
    zip_add(&inner, "b.txt", "y", 0);
    zip_end(&inner, 0);
    z = (struct zip){0};
    zip_add(&z, "a.txt", "x", 0);
    zip_end(&z, inner.all.n);
    add(&z.all, inner.all.p, inner.all.n);
    expect(z.all.p, z.all.n, "a.zip", "zip", REASON_AMBIGUOUS_TYPE);
}

static void test_compound(void **state)
{
    static const struct {
        const char *names[3];
        uint32_t id;
        const char *content; /* 16 bytes */
        const char *type;
        enum reason reason;
    } files[] = {
        {{"WordDocument"}, 0, "\xEC\xA5\xC1\0\0\0\0\0\0\0\0\0\0\0\0\0", "doc", REASON_UNSUPPORTED_TYPE},
        {{"WordDocument"}, 0, "\xEC\xA5\xC1\0\0\0\0\0\0\0\0\x01\0\0\0\0", "doc", REASON_ENCRYPTED},
        {{"x", "Workbook"}, 0, "\x09\x08\x04\0\0\x06\x05\0\x85\0\0\0\0\0\0\0", "xls", REASON_UNSUPPORTED_TYPE},
        {{"x", "y", "Book"}, 0, "\x09\x08\x04\0\0\x06\x05\0\x2F\0\x04\0\0\0\0\0", "xls", REASON_ENCRYPTED},
        {{"PowerPoint Document", "Current User"}, 0, ZEROS8 "\0\0\0\0\x5F\xC0\x91\xE3", "ppt", REASON_UNSUPPORTED_TYPE},
        {{"PowerPoint Document", "Current User"}, 0, ZEROS8 "\0\0\0\0\xDF\xC4\xD1\xF3", "ppt", REASON_ENCRYPTED},
        {{"EncryptionInfo", "EncryptedPackage"}, 0, ZEROS8 ZEROS8, "ooxml-enc", REASON_ENCRYPTED},
        {{"WordDocument", "EncryptedPackage"}, 0, ZEROS8 ZEROS8, "ooxml-enc", REASON_ENCRYPTED},
        {{"__properties_version1.0"}, 0, ZEROS8 ZEROS8, "msg", REASON_UNSUPPORTED_TYPE},
        {{"\x04JSRV_SegmentInformation"}, 0, ZEROS8 ZEROS8, "jtd", REASON_UNSUPPORTED_TYPE},
        {{"x"}, 0x000C1084, ZEROS8 ZEROS8, "msi", REASON_BLOCKED_TYPE},
        {{"WordDocument"}, 0x000C1084, ZEROS8 ZEROS8, "msi", REASON_BLOCKED_TYPE},
        {{"WordDocument", "Workbook"}, 0, ZEROS8 ZEROS8, "doc", REASON_AMBIGUOUS_TYPE},
        {{"x"}, 0, ZEROS8 ZEROS8, "cfb", REASON_UNSUPPORTED_TYPE},
    };
    struct bytes b;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        cfb_make(&b, files[i].id, files[i].names, files[i].content, 16);
        expect(b.p, b.n, "a", files[i].type, files[i].reason);
    }
    cfb_make(&b, 0, files[9].names, files[9].content, 16);
    expect(b.p, b.n, "a.jhd", "jhd", REASON_UNSUPPORTED_TYPE);
    put_le(&b, 1024 + 128 + 72, 1, 4); /* a sibling that is its own sibling */
    put_le(&b, 516, 1, 4);             /* a directory chain that runs in a circle */
    expect(b.p, b.n, "a.jtd", "jtd", REASON_UNSUPPORTED_TYPE);
}

/* ---- Two types at once -------------------------------------------------------------------- */

#define JPEG "\xFF\xD8\xFF\xE0\0\x04zz\xFF\xDA\0\x02\x12\xFF\0\x34\xFF\xD9"
#define PNG "\x89PNG\r\n\x1A\n\0\0\0\x01IHDRx\0\0\0\0\0\0\0\0IEND\0\0\0\0"
#define GIF "GIF89a\x01\0\x01\0\0\0\0\x21\xFE\x01x\0\x3B"
#define PDF "%PDF-1.4\n1 0 obj\nendobj\ntrailer <</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"

static void test_polyglots(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *type;
    } heads[] = {{JPEG, sizeof JPEG - 1, "jpeg"}, {PNG, sizeof PNG - 1, "png"}, {PDF, sizeof PDF - 1, "pdf"}};
    struct zip z = {0};
    struct bytes b;

    (void)state;
    zip_add(&z, "a.txt", "x", 0);
    zip_end(&z, 0);
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        static const struct {
            const char *bytes;
            size_t n;
        } tails[] = {
            {"Rar!\x1A\x07\0", 7}, {"padding 7z\xBC\xAF\x27\x1C", 14}, {"<HTML>", 6}, {"\n<?php x", 8}, {"%PDF-1.4", 8},
            {"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0x", 31},
        };
        b = (struct bytes){0};
        add(&b, heads[i].bytes, heads[i].n);
        expect(b.p, b.n, "a", heads[i].type, REASON_OK);
        ADD(&b, "bytes of no type");
        expect(b.p, b.n, "a", heads[i].type, REASON_OK); /* the handler drops and reports them */
        add(&b, z.all.p, z.all.n);
        expect(b.p, b.n, "a", heads[i].type, REASON_AMBIGUOUS_TYPE);
        for (size_t t = 0; t < ARRAY_LEN(tails); t++) {
            b.n = heads[i].n;
            add(&b, tails[t].bytes, tails[t].n);
            expect(b.p, b.n, "a", heads[i].type, REASON_AMBIGUOUS_TYPE);
        }
    }
    EXPECT(GIF "%PDF-1.4\n", "a.gif", "gif", AMBIGUOUS_TYPE);
    EXPECT(JPEG JPEG, "a.mpo", "jpeg", OK);
    EXPECT(JPEG "\0\0\0\x18" "ftypmp42\0\0\0\0mp42isom", "a.jpg", "jpeg", OK); /* the film of a phone's photo */
    EXPECT("\xFF\xD8\xFF\xFE\0\x20<script>alert(1)</script>.....\xFF\xD9", "a.jpg", "jpeg", AMBIGUOUS_TYPE);
    EXPECT("\xFF\xD8\xFF\xFE\0\x20.%PDF-1.4\n1 0 obj ............\xFF\xD9", "a.jpg", "jpeg", AMBIGUOUS_TYPE);
    EXPECT("%PDF-1.4\n<html>\n1 0 obj\n", "a.pdf", "pdf", AMBIGUOUS_TYPE);
    EXPECT("%PDF-1.4\n1 0 obj\n(<script>)", "a.pdf", "pdf", OK); /* data, which the handler judges */
    EXPECT("\x01\x02" PDF, "a.pdf", "", AMBIGUOUS_TYPE);
    EXPECT("words before\n" PDF, "a.txt", "text", AMBIGUOUS_TYPE);
    EXPECT("\n1 0 obj\nendobj\ntrailer <</Root 1 0 R>>\nstartxref\n0\n%%EOF\n", "a.txt", "text", AMBIGUOUS_TYPE);
    b = (struct bytes){0};
    ADD(&b, "hello ");
    add(&b, z.all.p, z.all.n);
    expect(b.p, b.n, "a.txt", "", REASON_AMBIGUOUS_TYPE);

    /* A member stored as it is makes no polyglot, unless the name claims it. */
    z = (struct zip){0};
    zip_add(&z, "a.pdf", PDF, 0);
    zip_end(&z, 0);
    expect(z.all.p, z.all.n, "a.zip", "zip", REASON_OK);
    expect(z.all.p, z.all.n, "a.pdf", "zip", REASON_AMBIGUOUS_TYPE);
}

static void test_two_heads(void **state)
{
    struct bytes b = {0};

    /* A tar header whose name is the head of a picture. */
    (void)state;
    ADD(&b, "\xFF\xD8\xFFx");
    fill(&b, 512);
    memcpy(b.p + 148, "0003076", 8);
    uint32_t sum = 8 * ' ';
    for (size_t i = 0; i < 512; i++)
        sum += i >= 148 && i < 156 ? 0 : b.p[i];
    (void)snprintf((char *)b.p + 148, 8, "%06o", sum);
    expect(b.p, b.n, "a.jpg", "jpeg", REASON_AMBIGUOUS_TYPE);
    b.p[0] = 'a';
    put_le(&b, 148, 0, 8);
    expect(b.p, b.n, "a.tar", "", REASON_UNKNOWN_TYPE);
    sum -= 0xFF - 'a';
    (void)snprintf((char *)b.p + 148, 8, "%06o", sum);
    expect(b.p, b.n, "a.tar", "tar", REASON_UNSUPPORTED_TYPE);

    /* The footer of a disk image behind a picture. */
    b = (struct bytes){0};
    ADD(&b, PNG);
    fill(&b, 1024);
    ADD(&b, "conectix\0\0\0\x02");
    fill(&b, 1536);
    expect(b.p, b.n, "a.png", "vhd", REASON_BLOCKED_TYPE);
}

/* ---- Names ----------------------------------------------------------------------------------- */

static void named(const char *raw, const char *want, enum reason reason, bool mismatch)
{
    struct detect_result found;

    ask("plain\n", 6, raw, &found);
    if (found.reason != reason || strcmp(found.name, want) != 0 || found.mismatch != mismatch)
        fail_msg("%s: \"%s\" %s%s, expected \"%s\" %s", raw, found.name, reason_code(found.reason),
                 found.mismatch ? " mismatch" : "", want, reason_code(reason));
    bool reported = false;
    for (size_t i = 0; i < found.findings.count; i++)
        reported |= found.findings.rows[i].kind == FINDING_TYPE_MISMATCH;
    assert_int_equal(reported, mismatch);
    findings_clear(&found.findings);
}

static void test_names(void **state)
{
    (void)state;
    named("a/報告書.txt", "a/報告書.txt", REASON_OK, false);
    named("\x95\xF1\x8D\x90.txt", "報告.txt", REASON_OK, false);
    named("main.c", "main.c", REASON_OK, false);
    named("", "unnamed", REASON_OK, false);
    named("README", "README", REASON_OK, false);
    named("a.pdf", "a.pdf", REASON_OK, true);
    named("a.JPG", "a.JPG", REASON_OK, true);
    named("setup.exe のインストール手順.txt", "setup.exe のインストール手順.txt", REASON_OK, false);
    named("報告書.pdf.exe", "報告書.pdf.exe", REASON_BLOCKED_TYPE, true);
    named("a.SCR", "a.SCR", REASON_BLOCKED_TYPE, true);
    named("a.exe. .", "a.exe", REASON_BLOCKED_TYPE, true);
    named("a.exe:stream", "a.exe：stream", REASON_BLOCKED_TYPE, false);
    named("a.e\u200Bxe", "a.exe", REASON_BLOCKED_TYPE, true);
    named("annex\u202Efdp.exe", "annexfdp.exe", REASON_BLOCKED_TYPE, true);
    named("a.js", "a.js", REASON_BLOCKED_TYPE, true);
    named("a.lnk", "a.lnk", REASON_BLOCKED_TYPE, true);
    named("../a.txt", "", REASON_UNSAFE_NAME, false);
    named("/etc/a.txt", "", REASON_UNSAFE_NAME, false);
    named("../a.exe", "", REASON_BLOCKED_TYPE, true);
    named("\xFF\xFF.exe", "", REASON_BLOCKED_TYPE, true);
    named("\xFF\xFF.txt", "", REASON_UNSAFE_NAME, false);
    expect("", 0, "a.exe", "pe", REASON_BLOCKED_TYPE);
    expect("", 0, "../a", "", REASON_UNSAFE_NAME);
}

static void test_every_never_extension(void **state)
{
    const struct format_identity *row;
    unsigned extensions = 0;

    (void)state;
    for (unsigned i = 0; (row = registry_at(i)); i++) {
        char list[512], *save = NULL;
        if (row->class != FORMAT_CLASS_NEVER)
            continue;
        assert_true(snprintf(list, sizeof list, "%s", row->extensions) < (int)sizeof list);
        for (char *word = strtok_r(list, " ", &save); word; word = strtok_r(NULL, " ", &save), extensions++) {
            struct detect_result found;
            char name[64];
            (void)snprintf(name, sizeof name, "報告.pdf.%s", word);
            ask("plain\n", 6, name, &found);
            if (found.reason != REASON_BLOCKED_TYPE)
                fail_msg("%s: %s", name, reason_code(found.reason));
            findings_clear(&found.findings);
        }
    }
    assert_true(extensions > 100);
}

/* ---- The second opinion ------------------------------------------------------------------------- */

static void test_veto(void **state)
{
    const struct format_identity *text = registry_find("text"), *jpeg = registry_find("jpeg"), *zip = registry_find("zip");

    (void)state;
    assert_false(veto_of(text, ""));
    assert_false(veto_of(text, "text/csv"));
    assert_false(veto_of(text, "application/octet-stream"));
    assert_false(veto_of(text, "application/json"));
    assert_true(veto_of(text, "application/x-dosexec"));
    assert_true(veto_of(text, "image/gif"));
    assert_false(veto_of(jpeg, "image/jpeg"));
    assert_false(veto_of(jpeg, "application/octet-stream"));
    assert_true(veto_of(jpeg, "application/pdf"));
    assert_true(veto_of(jpeg, "application/x-dosexec"));
    assert_false(veto_of(zip, "application/zip"));
    assert_true(veto_of(zip, "application/java-archive"));
    assert_false(veto_of(registry_find("gif"), "application/x-dosexec")); /* held anyway */
}

static void test_magic(void **state)
{
    struct detect_magic *magic = NULL;
    struct detect_result found;
    static const char png[] = "\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xDE";
    struct fmt_in in = {(const uint8_t *)png, sizeof png - 1};

    (void)state;
    assert_int_equal(detect_magic_new(&magic), 0);
    detect_run(&in, "a.png", magic, &found);
    assert_int_equal(found.reason, REASON_OK);
    assert_string_equal(found.mime, "image/png");
    /* A text that begins as a picture does: we say text, libmagic says picture. */
    in = (struct fmt_in){(const uint8_t *)"GIF89a=1;", 9};
    detect_run(&in, "a.txt", magic, &found);
    assert_int_equal(found.reason, REASON_AMBIGUOUS_TYPE);
    findings_clear(&found.findings);
    detect_magic_free(&magic);
    assert_null(magic);
}

/* ---- Hostile bytes --------------------------------------------------------------------------------- */

static uint32_t next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static void test_cut_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        for (size_t n = 0; n < samples[i].n; n++) {
            struct detect_result found;
            ask(samples[i].bytes, n, "a", &found);
            findings_clear(&found.findings);
        }
    }
}

static void test_random(void **state)
{
    struct bytes b;
    uint32_t seed = 20240401;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        const struct sample *sample = &samples[next(&seed) % ARRAY_LEN(samples)];
        struct detect_result found;
        b = (struct bytes){0};
        for (size_t n = 64 + next(&seed) % 1024; b.n < n;)
            add(&b, &(uint8_t){(uint8_t)next(&seed)}, 1);
        ask(b.p, b.n, "a.txt", &found);
        if (found.reason == REASON_OK)
            fail_msg("round %d: random bytes are %s", round, found.type);
        findings_clear(&found.findings);
        memcpy(b.p, sample->bytes, sample->n < b.n ? sample->n : b.n); /* a good beginning, then noise */
        ask(b.p, b.n, sample->name, &found);
        findings_clear(&found.findings);
    }
}

static void test_damaged_directories(void **state)
{
    static const char *const names[3] = {"WordDocument", "Current User", "Book"};
    struct zip z = {0};
    struct bytes cfb;
    uint32_t seed = 7;

    (void)state;
    zip_add(&z, "[Content_Types].xml", TYPES("ms-word.document.macroEnabled.main+xml"), 8);
    zip_add(&z, "mimetype", "application/vnd.oasis.opendocument.text", 0);
    zip_end(&z, 4);
    ADD(&z.all, "PK\x05\x06");
    cfb_make(&cfb, 0, names, ZEROS8, 8);
    for (int round = 0; round < 6000; round++) {
        struct bytes b = round % 2 ? z.all : cfb;
        struct detect_result found;
        for (uint32_t hits = 1 + next(&seed) % 4; hits > 0; hits--)
            b.p[next(&seed) % b.n] = next(&seed) % 3 ? (uint8_t)next(&seed) : 0xFF;
        ask(b.p, next(&seed) % 4 ? b.n : next(&seed) % b.n, "a", &found);
        findings_clear(&found.findings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),         cmocka_unit_test(test_script_lines),
        cmocka_unit_test(test_encodings),       cmocka_unit_test(test_packages),
        cmocka_unit_test(test_zip_tricks),      cmocka_unit_test(test_compound),
        cmocka_unit_test(test_polyglots),       cmocka_unit_test(test_two_heads),
        cmocka_unit_test(test_names),           cmocka_unit_test(test_every_never_extension),
        cmocka_unit_test(test_veto),            cmocka_unit_test(test_magic),
        cmocka_unit_test(test_cut_samples),     cmocka_unit_test(test_random),
        cmocka_unit_test(test_damaged_directories),
    };

    if (name_warm() < 0)
        return 1;
    return cmocka_run_group_tests_name("detect", tests, NULL, NULL);
}
