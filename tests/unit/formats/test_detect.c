/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detection: a minimal sample of each type, those that are blocked, encodings, names, the second opinion, noise. */
#include "detect_ask.h"
#include "formats/detect/probe.h"
#include "formats/detect/veto.h"
#include "formats/list.h"
#include "formats/name.h"

/* ---- A sample of each -------------------------------------------------------------- */

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
    S("<?xml version='1.0'?><office:document office:mimetype=\"application/vnd.oasis.opendocument.text\"/>",
      "a.fodt", "fodt", UNSUPPORTED_TYPE),
    S("<office:document office:mimetype=\"application/vnd.oasis.opendocument.spreadsheet\"></office:document>",
      "a.fods", "fods", UNSUPPORTED_TYPE),
    S("<?xml version='1.0'?><office:document office:mimetype=\"application/vnd.oasis.opendocument.presentation\"/>",
      "a.fodp", "fodp", UNSUPPORTED_TYPE),
    S("<?xml version='1.0'?><?mso-application progid='Word.Document'?><w:wordDocument>", "a.xml", "flatopc",
      UNSUPPORTED_TYPE),
    S("%FDF-1.2", "a.fdf", "fdf", UNSUPPORTED_TYPE),
    S("<?xml version='1.0'?><xfdf>", "a.xfdf", "xfdf", UNSUPPORTED_TYPE),
    S("<?xml version='1.0'?><xdp:xdp>", "a.xdp", "xdp", UNSUPPORTED_TYPE),
    S("  0\r\nSECTION\r\n  2\r\nHEADER\r\n", "a.dxf", "dxf", UNSUPPORTED_TYPE),
    S("999\nmade by hand\n0\nSECTION\n", "a.dxf", "dxf", UNSUPPORTED_TYPE),
    S("ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION(('SCADEC level2 AP202_mode'),'2;1');",
      "a.p21", "p21", UNSUPPORTED_TYPE),
    S("ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION(('SCADEC level2 feature_mode'),'2;1');",
      "a.sfc", "sfc", UNSUPPORTED_TYPE),
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
    S("<?xml version='1.0'?><asmv1:assembly xmlns='urn:schemas-microsoft-com:asm.v1'>",
      "a.xml", "clickonce", BLOCKED_TYPE),
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

/* A probe for a name that is not in the list would be passed over in silence. */
static void test_tables(void **state)
{
    static const struct probe *const families[] = {
        probes_image,  probes_archive, probes_package, probes_document, probes_program,
        probes_script, probes_markup,  probes_text,    probes_mail,     probes_media,
    };
    const struct format_identity *row;

    (void)state;
    for (size_t f = 0; f < ARRAY_LEN(families); f++)
        for (const struct probe *probe = families[f]; probe->type; probe++)
            if (!registry_find(probe->type))
                fail_msg("no row for %s", probe->type);
    for (unsigned i = 0; (row = registry_at(i)); i++) {
        if (registry_find(row->name) != row || strlen(row->name) > 15 || row->class == FORMAT_CLASS_NONE)
            fail_msg("bad row %s", row->name);
        assert_int_equal(row->class == FORMAT_CLASS_HANDLED, row->engine != NULL);
        for (const char *p = row->extensions; *p; p++)
            if ((*p >= 'A' && *p <= 'Z') || *p == '.')
                fail_msg("extension of %s", row->name);
    }
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
    (void)snprintf(text, sizeof text, "power%s.exe を起動します。\n", "shell");
    expect(text, strlen(text), "a.txt", "text", REASON_OK);
    (void)snprintf(text, sizeof text, "power%s.exe -c x \"日本語\"\n", "shell");
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
    EXPECT("a log of more than fifty characters, cut off here: \xE8", "a.log", "text", OK);
    EXPECT("a log of fewer, cut off here: \xE8", "a.log", "", UNKNOWN_TYPE);
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
    const struct format_identity *text = registry_find("text"), *jpeg = registry_find("jpeg");
    const struct format_identity *zip = registry_find("zip");

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_script_lines),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_every_never_extension),
        cmocka_unit_test(test_veto),
        cmocka_unit_test(test_magic),
        cmocka_unit_test(test_cut_samples),
        cmocka_unit_test(test_random),
    };

    if (name_warm() < 0)
        return 1;
    return cmocka_run_group_tests_name("detect", tests, NULL, NULL);
}
