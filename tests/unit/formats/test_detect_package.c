/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detection: packages by their directories, files of two types, damaged directories. */
#include "detect_ask.h"
#include "formats/name.h"

/* ---- Fixtures ----------------------------------------------------------------- */

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
    {"[Content_Types].xml", "<!DOCTYPE x>" TYPES(OPENXML "spreadsheetml.sheet.main+xml"), "ooxml",
     REASON_UNSUPPORTED_TYPE},
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
    /* The picture is made again from its pixels: markup in its metadata goes with that. */
    EXPECT("\xFF\xD8\xFF\xFE\0\x20<script>alert(1)</script>.....\xFF\xD9", "a.jpg", "jpeg", OK);
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
        cmocka_unit_test(test_packages),
        cmocka_unit_test(test_zip_tricks),
        cmocka_unit_test(test_compound),
        cmocka_unit_test(test_polyglots),
        cmocka_unit_test(test_two_heads),
        cmocka_unit_test(test_damaged_directories),
    };

    if (name_warm() < 0)
        return 1;
    return cmocka_run_group_tests_name("detect_package", tests, NULL, NULL);
}
