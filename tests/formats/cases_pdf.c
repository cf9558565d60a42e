/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cases of the pdf handler: what must be gone, what must stay, what is held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "make_jpeg.h"
#include "make_pdf.h"

/* A fixture made from a recipe. */
#define PROBE(name, ...)                                      \
    static void probe_##name(struct fixture *f)               \
    {                                                         \
        make_pdf(f, &(struct make_pdf){__VA_ARGS__});         \
    }

#define JS "<< /S /JavaScript /JS (app.alert\\('" MARK "'\\)) >>"
#define OBJECTS(...) .objects = {__VA_ARGS__}
#define ANNOT(subtype, entries) "<< /Type /Annot /Subtype /" subtype " /Rect [10 10 90 40] " entries " >>"

/* ---- What is drawn ---------------------------------------------------------------------- */

PROBE(plain, .trailer = "")
PROBE(japanese, .content = "BT /J 20 Tf 20 100 Td <93FA967B8CEA> Tj ET")
PROBE(japanese_vertical, .content = "BT /J 20 Tf 100 180 Td <93FA967B8CEA> Tj ET", .encoding = "/90ms-RKSJ-V")
PROBE(japanese_utf16, .content = "BT /J 20 Tf 20 100 Td <65E5672C8A9E> Tj ET", .encoding = "/UniJIS-UTF16-H")
PROBE(turned, .page = "/Rotate 90", .media = "0 0 200 300")
PROBE(cropped, .page = "/CropBox [50 60 150 160]", .content = "BT /F 24 Tf 60 100 Td (Visible) Tj ET")
PROBE(cropped_turned, .page = "/CropBox [0 60 150 160] /Rotate 270", .content = "BT /F 24 Tf 20 100 Td (Visible) Tj ET")
PROBE(user_unit, .page = "/UserUnit 5")
PROBE(huge, .media = "0 0 1000000 500000", .content = "BT /F 90000 Tf 20 100000 Td (Visible) Tj ET")
PROBE(tiny, .media = "0 0 0.01 0.01", .content = "0 0 1 1 re f")
PROBE(no_area, .media = "0 0 0 0")
PROBE(art, .content = "q 0.5 0 0 RG 3 w [4 2] 0 d 1 j 1 J 10 10 m 90 10 l 90 90 10 90 10 10 c h S Q\n"
                      "q 0 0 1 rg 20 20 30 30 re W n /P cs /T scn 0 0 100 100 re f Q q 0 0.4 0 rg 120 20 40 40 re f* "
                      "Q\n"
                      "/G gs 1 0 0 rg 100 100 40 40 re B q 10 120 60 60 re W* n /S sh Q /M gs 0 0 1 rg 150 150 40 40 "
                      "re f\n"
                      "BT /F 12 Tf 1 Tr 10 190 Td (Visible) Tj ET",
      .resources = "/ExtGState << /G << /ca 0.5 /BM /Multiply >> /M << /SMask << /S /Luminosity /G 12 0 R >> >> >>\n"
                   "/Shading << /S 11 0 R >> /ColorSpace << /P /Pattern >> /Pattern << /T 10 0 R >>",
      OBJECTS("<< /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 5 5] /XStep 5 /YStep 5 /Resources << >> "
      "/Length 21 >>\n"
              "stream\n1 0 0 rg 0 0 2 2 re f\nendstream",
              "<< /ShadingType 3 /ColorSpace /DeviceRGB /Coords [40 150 0 40 150 40] /Function << /FunctionType 2 /N "
              "1\n"
              "/Domain [0 1] /C0 [1 0 0] /C1 [0 0 1] >> /Extend [true true] >>",
              "<< /Type /XObject /Subtype /Form /BBox [0 0 200 200] /Group << /S /Transparency /CS /DeviceGray >>\n"
              "/Resources << >> /Length 25 >>\nstream\n0.7 g 150 150 30 30 re f  \nendstream"))
PROBE(type3, .fonts = "/T 10 0 R", .content = "BT /T 1 Tf 20 100 Td (aba) Tj ET BT /F 20 Tf 20 20 Td (Visible) Tj ET",
      OBJECTS("<< /Type /Font /Subtype /Type3 /FontBBox [0 0 20 20] /FontMatrix [1 0 0 1 0 0] /FirstChar 97 "
      "/LastChar 98\n"
              "/Widths [20 20] /Encoding << /Differences [97 /a /b] >> /CharProcs << /a 11 0 R /b 12 0 R >> "
              "/Resources << >> >>",
              "<< /Length 32 >>\nstream\n20 0 0 0 20 20 d1 0 0 20 20 re f\nendstream",
              "<< /Length 63 >>\nstream\n20 0 0 0 16 8 d1 16 0 0 8 0 0 cm BI /W 8 /H 2 /IM true ID \xA5\x5A "
              "EI\nendstream"))
PROBE(inline_image, .content = "BT /F 24 Tf 20 100 Td (Visible) Tj ET q 50 0 0 50 20 20 cm BI /W 2 /H 2 /BPC 8 /CS "
      "/G ID \x10\x80\xC0\xF0 EI Q")
PROBE(many_pages, .pages = 4)
PROBE(labels, .pages = 3, .catalog = "/PageLabels << /Nums [0 << /S /r >> 2 << /S /D /P (A-) >>] >>")

static void jpeg_comment(struct fixture *bytes)
{
    make_jpeg(bytes, &(struct make_jpeg){.width = 64, .height = 48, .h = 2, .v = 2, .quality = 60});
    make_jpeg_segment(bytes, 0xFE, MARK, sizeof MARK - 1);
    fixture_puts(bytes, MARK);
}

static void jpeg_cmyk(struct fixture *bytes)
{
    make_jpeg(bytes, &(struct make_jpeg){.width = 64, .height = 48, .components = 4});
    make_jpeg_segment(bytes, 0xE1, MARK, sizeof MARK - 1);
}

static void grey_rows(struct fixture *bytes)
{
    for (unsigned i = 0; i < 40 * 30; i++)
        fixture_add(bytes, &(uint8_t){(uint8_t)(i * 7)}, 1);
    fixture_puts(bytes, MARK); /* behind the last sample */
}

#define PICTURE "q 150 0 0 100 20 50 cm /I Do Q"
#define IMAGE(w, h, colours, more)                                                                                  \
    "/Type /XObject /Subtype /Image /Width " w " /Height " h " /BitsPerComponent 8 /ColorSpace /" colours " " more

PROBE(jpeg, .content = PICTURE, .resources = "/XObject << /I 9 0 R >>", .stream = jpeg_comment,
      .stream_dict = IMAGE("64", "48", "DeviceRGB", "/Filter /DCTDecode"))
PROBE(jpeg_cmyk, .content = PICTURE, .resources = "/XObject << /I 9 0 R >>", .stream = jpeg_cmyk,
      .stream_dict = IMAGE("64", "48", "DeviceCMYK", "/Filter /DCTDecode"))
PROBE(jpeg_masked, .content = PICTURE, .resources = "/XObject << /I 9 0 R >>", .stream = jpeg_comment,
      .stream_dict = IMAGE("64", "48", "DeviceRGB", "/Filter /DCTDecode /SMask 10 0 R"),
      OBJECTS("<< /Type /XObject /Subtype /Image /Width 2 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray "
      "/Length 2 >>\n"
              "stream\n\x40\xF0\nendstream"))
PROBE(raw_image, .content = PICTURE, .resources = "/XObject << /I 9 0 R >>", .stream = grey_rows,
      .stream_dict = IMAGE("40", "30", "DeviceGray", ""))
PROBE(scan, .content = PICTURE " BT 3 Tr /F 24 Tf 30 100 Td (Recognised) Tj ET", .resources = "/XObject << /I 9 0 R >>",
      .stream = jpeg_comment, .stream_dict = IMAGE("64", "48", "DeviceRGB", "/Filter /DCTDecode"))
PROBE(embedded_font, .fonts = "/E 10 0 R", .content = "BT /E 40 Tf 20 100 Td (A) Tj ET BT /F 20 Tf 20 20 Td "
      "(Visible) Tj ET",
      .stream = make_pdf_font, .stream_dict = "",
      OBJECTS("<< /Type /Font /Subtype /TrueType /BaseFont /" MARK " /FirstChar 65 /LastChar 65 /Widths [1000] "
      "/FontDescriptor 11 0 R\n"
              "/Encoding /WinAnsiEncoding >>",
              "<< /Type /FontDescriptor /FontName /" MARK " /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 "
              "/Ascent 800\n"
              "/Descent -200 /CapHeight 700 /StemV 80 /FontFile2 9 0 R >>"))

/* ---- What must be gone --------------------------------------------------------------------- */

PROBE(javascript, .catalog = "/Names << /JavaScript << /Names [(" MARK ") " JS "] >> >>")
PROBE(open_action, .catalog = "/OpenAction " JS)
PROBE(open_action_ref, .catalog = "/OpenAction 10 0 R", OBJECTS(JS))
PROBE(open_at_page, .catalog = "/OpenAction [3 0 R /XYZ null null 0]")
PROBE(open_at_page_ref, .catalog = "/OpenAction 10 0 R", OBJECTS("<< /S /GoTo /D [3 0 R /Fit] >>"))
PROBE(additional, .catalog = "/AA << /WC " JS " >>", .page = "/AA << /O " JS " >>")
PROBE(escaped_names, .catalog = "/Open#41ction << /S /J#61vaScript /J#53 (" MARK ") >>")
PROBE(launch, .page = "/Annots [10 0 R]", OBJECTS(ANNOT("Link", "/A << /S /Launch /F (" MARK ".exe) >>")))
PROBE(launch_next, .catalog = "/Outlines 10 0 R",
      OBJECTS("<< /Type /Outlines /First 11 0 R /Last 11 0 R /Count 1 >>",
              "<< /Title (One) /Parent 10 0 R /First 12 0 R /Last 12 0 R /Count 1 /Dest [3 0 R /Fit] >>",
              "<< /Title (Two) /Parent 11 0 R /A << /S /GoTo /D [3 0 R /Fit] /Next [<< /S /Launch /F (" MARK ") >> "
              "" JS "] >> >>"))
PROBE(uri_script, .page = "/Annots [10 0 R]", OBJECTS(ANNOT("Link", "/A << /S /URI /URI (javascript:" MARK ") >>")))
PROBE(uri_hidden_scheme, .page = "/Annots [10 0 R 11 0 R]",
      OBJECTS(ANNOT("Link", "/A << /S /URI /URI (java\\tscript:" MARK ") >>"),
              ANNOT("Link", "/A << /S /URI /URI (file:///" MARK ") >>")))
PROBE(remote, .page = "/Annots [10 0 R 11 0 R]",
      OBJECTS(ANNOT("Link", "/A << /S /GoToR /F (" MARK ".pdf) /D [0 /Fit] >>"),
              ANNOT("Link", "/A << /S /GoToE /F (" MARK ".pdf) /T << /R /C /N (a) >> >>")))
PROBE(submit, .catalog = "/AcroForm << /Fields [10 0 R] >>", .page = "/Annots [10 0 R]",
      OBJECTS(ANNOT("Widget", "/FT /Btn /Ff 65536 /T (b) /A << /S /SubmitForm /F (http://" MARK "/) >>")))
PROBE(reset_import, .catalog = "/AcroForm << /Fields [10 0 R 11 0 R] >>", .page = "/Annots [10 0 R 11 0 R]",
      OBJECTS(ANNOT("Widget", "/FT /Btn /Ff 65536 /T (b) /A << /S /ResetForm >>"),
              ANNOT("Widget", "/FT /Btn /Ff 65536 /T (c) /A << /S /ImportData /F (" MARK ") >>")))
PROBE(form, .catalog = "/AcroForm << /Fields [10 0 R] /DA (/F 12 Tf 0 g) /DR << /Font << /F 5 0 R >> >> "
      "/NeedAppearances true >>",
      .page = "/Annots [10 0 R]",
      OBJECTS(ANNOT("Widget", "/FT /Tx /T (" MARK ") /V (Filled) /DA (/F 12 Tf 0 g) /F 4")))
PROBE(xfa, .catalog = "/AcroForm << /Fields [] /XFA 10 0 R >>",
      OBJECTS("<< /Length 52 >>\nstream\n<xdp><script>" MARK "</script></xdp>                  \nendstream"))
PROBE(embedded, .catalog = "/Names << /EmbeddedFiles << /Names [(" MARK ".exe) 10 0 R] >> >>",
      OBJECTS("<< /Type /Filespec /F (" MARK ".exe) /EF << /F 11 0 R >> >>",
              "<< /Type /EmbeddedFile /Length 14 >>\nstream\nMZ " MARK "\nendstream"))
PROBE(attachment, .page = "/Annots [10 0 R]",
      OBJECTS(ANNOT("FileAttachment", "/FS 11 0 R /Contents (" MARK ")"),
      "<< /Type /Filespec /F (" MARK ".exe) /EF << /F 12 0 R >> >>",
              "<< /Type /EmbeddedFile /Length 14 >>\nstream\nMZ " MARK "\nendstream"))
PROBE(rich_media, .page = "/Annots [10 0 R]",
      OBJECTS(ANNOT("RichMedia", "/RichMediaContent << /Assets << /Names [(" MARK ".swf) 11 0 R] >> >>"),
              "<< /Type /Filespec /F (" MARK ".swf) /EF << /F 12 0 R >> >>",
              "<< /Length 11 >>\nstream\n" MARK "\nendstream"))
PROBE(rendition, .page = "/Annots [10 0 R]",
      OBJECTS(ANNOT("Screen", "/P 3 0 R /A << /S /Rendition /OP 1 /JS (" MARK ") /AN 10 0 R >>")))
PROBE(media, .page = "/Annots [10 0 R 11 0 R 12 0 R]",
      OBJECTS(ANNOT("Movie", "/Movie << /F (" MARK ".avi) >>"), ANNOT("Sound", "/Sound 13 0 R"), ANNOT("3D",
      "/3DD 13 0 R"),
              "<< /R 8000 /Length 11 >>\nstream\n" MARK "\nendstream"))
PROBE(stream_file, .resources = "/XObject << /X 10 0 R >>",
      OBJECTS("<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /F (http://" MARK "/) /Length 0 "
      ">>\nstream\n\nendstream"))
PROBE(postscript, .content = "/X Do BT /F 24 Tf 20 100 Td (Visible) Tj ET", .resources = "/XObject << /X 10 0 R >>",
      OBJECTS("<< /Type /XObject /Subtype /PS /Length 11 >>\nstream\n" MARK "\nendstream"))
PROBE(metadata, .trailer = "/Info << /Author (" MARK ") >>", .catalog = "/Metadata 10 0 R",
      .page = "/PieceInfo << /X << /Private (" MARK ") >> >>",
      OBJECTS("<< /Type /Metadata /Subtype /XML /Length 18 >>\nstream\n<a>" MARK "</a>\nendstream"))
PROBE(thumbnail, .page = "/Thumb 10 0 R",
      OBJECTS("<< /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray /Length 11 "
      ">>\nstream\n" MARK "\nendstream"))
PROBE(hidden_layer, .catalog = "/OCProperties << /OCGs [10 0 R] /D << /OFF [10 0 R] >> >>",
      .resources = "/Properties << /L 10 0 R >>",
      .content = "/OC /L BDC BT /F 24 Tf 20 20 Td (" MARK ") Tj ET EMC BT /F 24 Tf 20 100 Td (Visible) Tj ET",
      OBJECTS("<< /Type /OCG /Name (Layer) >>"))
PROBE(comments, .page = "/Annots [10 0 R 11 0 R 12 0 R]",
      OBJECTS(ANNOT("Text", "/Contents (" MARK ") /T (" MARK ") /Popup 11 0 R"), ANNOT("Popup", "/Parent 10 0 R"),
              ANNOT("Highlight", "/QuadPoints [10 40 90 40 10 10 90 10] /C [1 1 0] /Contents (" MARK ")")))
PROBE(hidden_annotation, .page = "/Annots [10 0 R 11 0 R]",
      OBJECTS(ANNOT("FreeText", "/F 2 /DA (/F 12 Tf) /Contents (" MARK ")"),
              ANNOT("FreeText", "/F 36 /DA (/F 12 Tf) /Contents (" MARK ")")))
PROBE(signature, .catalog = "/AcroForm << /Fields [10 0 R] /SigFlags 3 >>", .page = "/Annots [10 0 R]",
      OBJECTS(ANNOT("Widget", "/FT /Sig /T (s) /F 132 /V << /Type /Sig /Filter /Adobe.PPKLite /SubFilter "
      "/adbe.pkcs7.detached\n"
                    "/ByteRange [0 10 20 30] /Contents <00> /Name (" MARK ") >>")))
PROBE(unused, OBJECTS("<< /Length 11 >>\nstream\n" MARK "\nendstream", "(" MARK ")"))
PROBE(before, .before = "GIF89a" MARK "\n")
PROBE(after, .after = "PK\003\004" MARK)
PROBE(broken_table, .broken_table = true)

static void probe_packed(struct fixture *f)
{
    probe_open_action_ref(f);
    make_pdf_rewrite(f, MAKE_PDF_PACKED, "");
}

static void probe_rc4(struct fixture *f)
{
    probe_open_action(f);
    make_pdf_rewrite(f, MAKE_PDF_RC4, "");
}

static void probe_aes(struct fixture *f)
{
    probe_open_action(f);
    make_pdf_rewrite(f, MAKE_PDF_AES256, "");
}

static void probe_rc4_password(struct fixture *f)
{
    probe_plain(f);
    make_pdf_rewrite(f, MAKE_PDF_RC4, "secret");
}

static void probe_aes_password(struct fixture *f)
{
    probe_plain(f);
    make_pdf_rewrite(f, MAKE_PDF_AES256, "secret");
}

static void probe_revision(struct fixture *f)
{
    make_pdf(f, &(struct make_pdf){.content = "BT /F 24 Tf 20 100 Td (" MARK ") Tj ET"});
    make_pdf_update(f, 4, "<< /Length 37 >>\nstream\nBT /F 24 Tf 20 100 Td (Visible) Tj ET\nendstream");
}

/* ---- What stays ------------------------------------------------------------------------------- */

PROBE(links, .page = "/Annots [10 0 R 11 0 R 12 0 R 13 0 R 14 0 R]", .catalog = "/Dests << /here [3 0 R /XYZ 10 150 "
      "0] >>",
      OBJECTS(ANNOT("Link", "/A << /S /URI /URI (https://example.jp/a\\(1\\)?q=1#x) >>"),
              ANNOT("Link", "/A << /S /URI /URI (mailto:info@example.jp) >>"), ANNOT("Link",
              "/Dest [3 0 R /XYZ 20 180 0]"),
              ANNOT("Link", "/Dest /here"), ANNOT("Link", "/A << /S /GoTo /D [99 0 R /Fit] >>")))
PROBE(link_turned, .page = "/Rotate 90 /Annots [10 0 R]", .media = "0 0 200 300",
      OBJECTS(ANNOT("Link", "/A << /S /URI /URI (http://example.jp/) >>")))
PROBE(bookmarks, .catalog = "/Outlines 10 0 R", .pages = 2,
      OBJECTS("<< /Type /Outlines /First 11 0 R /Last 13 0 R /Count 2 >>",
              "<< /Title <FEFF7B2C00317AE0> /Parent 10 0 R /Next 13 0 R /First 12 0 R /Last 12 0 R /Count 1 /Dest [3 "
              "0 R /XYZ 0 200 0] >>",
              "<< /Title (Inner) /Parent 11 0 R /A << /S /URI /URI (https://example.jp/) >> >>",
              "<< /Title (Last) /Parent 10 0 R /Prev 11 0 R /A << /S /URI /URI (data:" MARK ") >> >>"))
PROBE(bookmark_loop, .catalog = "/Outlines 10 0 R",
      OBJECTS("<< /Type /Outlines /First 11 0 R /Last 11 0 R /Count 1 >>",
              "<< /Title (Again) /Parent 10 0 R /First 11 0 R /Last 11 0 R /Next 11 0 R >>"))

/* ---- What is held ------------------------------------------------------------------------------- */

PROBE(no_pages, .pages = MAKE_PDF_NO_PAGES)
PROBE(text_hidden_only, .content = "BT 3 Tr /F 24 Tf 20 100 Td (Visible) Tj ET")
PROBE(white_on_white, .content = "1 g BT /F 24 Tf 20 100 Td (Visible) Tj ET")
#define EMPTY_FONT(procs) \
    "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1 1] /FontMatrix [1 0 0 1 0 0] /FirstChar 128 /LastChar 128\n" \
    "/Widths [1] /Encoding << /Differences [128 /eacute] >> /CharProcs << " procs " >> >>"
PROBE(no_glyphs, .fonts = "/E 10 0 R", .content = "BT /E 40 Tf 20 100 Td <80> Tj ET", OBJECTS(EMPTY_FONT("")))
PROBE(empty_glyphs, .fonts = "/E 10 0 R", .content = "BT /E 40 Tf 20 100 Td <80> Tj ET",
      OBJECTS(EMPTY_FONT("/eacute 11 0 R"), "<< /Length 6 >>\nstream\n1 0 d0\nendstream"))
PROBE(tree_loop, OBJECTS("<< /Type /Pages /Kids [2 0 R 10 0 R] /Count 9 >>"), .catalog = "/Pages 10 0 R")

static void probe_no_pdf(struct fixture *f)
{
    fixture_puts(f, "%PDF-1.7\nnothing but words\n%%EOF\n");
}

static void script_disallowed(struct fmt_options *options)
{
    options->switches[FINDING_SCRIPT] = FMT_SWITCH_DISALLOW;
}

static void three_pages(struct fmt_options *options)
{
    options->limits.pages = 3;
}

static void small_output(struct fmt_options *options)
{
    options->limits.output_bytes = 3000;
}

/* ---- Looking at outputs -------------------------------------------------------------------------- */

static void visible(const uint8_t *out, size_t n)
{
    make_pdf_no_mark(out, n);
    make_pdf_says(out, n, "Visible");
}

static void says_japanese(const uint8_t *out, size_t n)
{
    make_pdf_no_mark(out, n);
    make_pdf_says(out, n, "日本語");
}

/* A font that stands in for Helvetica may be narrower, which reads as a gap behind the "F". */
static void says_upright(const uint8_t *out, size_t n)
{
    make_pdf_no_mark(out, n);
    make_pdf_says(out, n, "日");
    make_pdf_says(out, n, "語");
}

static void says_filled(const uint8_t *out, size_t n)
{
    make_pdf_no_mark(out, n);
    make_pdf_says(out, n, "illed");
}

static void says_recognised(const uint8_t *out, size_t n)
{
    make_pdf_no_mark(out, n);
    make_pdf_says(out, n, "Recognised");
}

static void holds(const uint8_t *out, size_t n, const char *text)
{
    make_pdf_no_mark(out, n);
    if (!make_pdf_holds(out, n, text))
        fail_msg("the output has no \"%s\"", text);
}

#define HOLDS(name, text)                                          \
    static void holds_##name(const uint8_t *out, size_t n)         \
    {                                                              \
        holds(out, n, text);                                       \
    }
HOLDS(turned, "0\n    0\n    300\n    200")
HOLDS(cropped, "0\n    0\n    100\n    100")
HOLDS(cropped_turned, "0\n    0\n    100\n    150")
HOLDS(user_size, "0\n    0\n    200\n    200")
HOLDS(huge, "0\n    0\n    14400\n    7200")
HOLDS(flat_turned, "0\n    0\n    300.000\n    200.000")
HOLDS(flat_cropped_turned, "0\n    0\n    100.000\n    150.000")
HOLDS(flat_huge, "0\n    0\n    14400.000\n    7200.000")
HOLDS(jpeg, "/DCTDecode")
HOLDS(flate_image, "/Width 40")
HOLDS(link_turned, "/Rect [\n    10\n    110\n    40\n    190\n  ]")

static void font_is_made_anew(const uint8_t *out, size_t n)
{
    visible(out, n);
    holds(out, n, "CairoFont-");
    assert_false(make_pdf_holds(out, n, "/FontFile2"));
}

static void holds_links(const uint8_t *out, size_t n)
{
    holds(out, n, "/URI (https://example.jp/a%281%29?q=1#x)");
    holds(out, n, "/URI (mailto:info@example.jp)");
    holds(out, n, "/XYZ\n    20\n    180\n");
    holds(out, n, "/XYZ\n    10\n    150\n");
}

static void holds_bookmarks(const uint8_t *out, size_t n)
{
    holds(out, n, "/Title <feff7b2c00317ae0>");
    holds(out, n, "/Title <feff0049006e006e00650072>");
    holds(out, n, "/URI (https://example.jp/)");
}

static void holds_labels(const uint8_t *out, size_t n)
{
    holds(out, n, "/P <feff00690069>");
    holds(out, n, "/P <feff0041002d0031>");
}

/* The one date cairo would write is not there. */
static void no_dates(const uint8_t *out, size_t n)
{
    visible(out, n);
    assert_false(make_pdf_holds(out, n, "/CreationDate"));
    assert_false(make_pdf_holds(out, n, "/Producer"));
}

static void flat_jpeg(const uint8_t *out, size_t n)
{
    holds(out, n, "/Subtype /Image");
    assert_false(make_pdf_holds(out, n, "/Font"));
}

static void flat_text(const uint8_t *out, size_t n)
{
    visible(out, n);
    holds(out, n, "3 Tr");
    holds(out, n, "/Indexed");
}

static void text_is_visible(const uint8_t *out, size_t n)
{
    assert_int_equal(n, 8);
    assert_memory_equal(out, "Visible\n", 8);
}

static void text_is_japanese(const uint8_t *out, size_t n)
{
    assert_int_equal(n, 10);
    assert_memory_equal(out, "日本語\n", 10);
}

static void text_of_pages(const uint8_t *out, size_t n)
{
    assert_int_equal(n, 4 * 8 + 3);
    assert_memory_equal(out, "Visible\n\nVisible\n\n", 18);
}

/* ---- The table -------------------------------------------------------------------------------------- */

#define ROW(name_, make_, ...) {.name = name_, .make = probe_##make_, .file = "a.pdf", __VA_ARGS__}
#define DRAWN(name_, make_, inspect_, ...)                                                                         \
    ROW(name_, make_, .expect = REASON_OK, .inspect = inspect_, .flags = CASE_LOSSY | CASE_NO_TRUNCATE, __VA_ARGS__)
#define GONE(name_, make_, findings_) DRAWN(name_, make_, visible, .findings = findings_, .kept = "pages=1")
#define KEPT(name_, make_, ...) DRAWN(name_, make_, __VA_ARGS__)
#define FLAT(name_, make_, ...) DRAWN(name_, make_, __VA_ARGS__, .mode = FMT_MODE_FLATTEN)
#define HELD(name_, make_, reason_, ...)                                                                           \
    ROW(name_, make_, .expect = REASON_##reason_, .flags = CASE_NO_TRUNCATE, __VA_ARGS__)
#define TEXT(name_, make_, inspect_)                                                                               \
    ROW(name_, make_, .mode = FMT_MODE_TEXT, .expect = REASON_OK, .out_type = "text", .inspect = inspect_,         \
        .flags = CASE_NO_TRUNCATE | CASE_CLEAN_INPUT)

const struct fmt_case cases_pdf[] = {
    {.name = "a page of text", .make = probe_plain, .file = "a.pdf", .expect = REASON_OK, .kept = "pages=1",
    .inspect = no_dates,
     .flags = CASE_LOSSY},
    KEPT("Japanese, not embedded", japanese, says_japanese),
    KEPT("Japanese, vertical", japanese_vertical, says_upright),
    KEPT("Japanese, UTF-16 character map", japanese_utf16, says_japanese),
    KEPT("turned page", turned, holds_turned),
    KEPT("cropped page", cropped, holds_cropped),
    KEPT("cropped and turned page", cropped_turned, holds_cropped_turned),
    KEPT("user unit", user_unit, holds_user_size),
    KEPT("huge page is scaled", huge, holds_huge),
    KEPT("tiny page", tiny, NULL),
    KEPT("page without area", no_area, NULL),
    KEPT("lines, patterns, shadings, masks", art, visible),
    KEPT("Type 3 font", type3, visible),
    KEPT("inline image", inline_image, visible),
    KEPT("page shown four times", many_pages, visible, .kept = "pages=4"),
    KEPT("page labels", labels, holds_labels),
    KEPT("JPEG with a comment and a tail", jpeg, holds_jpeg),
    KEPT("JPEG in CMYK", jpeg_cmyk, holds_jpeg),
    KEPT("JPEG with a soft mask", jpeg_masked, holds_jpeg),
    KEPT("raw picture with bytes behind its samples", raw_image, holds_flate_image),
    KEPT("scan with recognised text", scan, says_recognised),
    KEPT("embedded font with hidden bytes", embedded_font, font_is_made_anew),
    KEPT("links", links, holds_links, .findings = "hyperlink=1", .kept = "links=4"),
    KEPT("link on a turned page", link_turned, holds_link_turned, .kept = "links=1"),
    KEPT("bookmarks", bookmarks, holds_bookmarks, .findings = "hyperlink=1", .kept = "bookmarks=3"),
    KEPT("bookmarks in a loop", bookmark_loop, visible),

    GONE("JavaScript in the names tree", javascript, "script=1"),
    GONE("OpenAction with JavaScript", open_action, "script=1 auto-action=1"),
    GONE("OpenAction by reference", open_action_ref, "script=1 auto-action=1"),
    GONE("OpenAction that is a page", open_at_page, NULL),
    GONE("OpenAction that goes to a page", open_at_page_ref, NULL),
    GONE("additional actions", additional, "script=2 auto-action=2"),
    GONE("names in hexadecimal", escaped_names, "script=1 auto-action=1"),
    GONE("Launch", launch, "auto-action=1"),
    GONE("Launch behind a nested bookmark", launch_next, "script=1 auto-action=1"),
    GONE("link to a script", uri_script, "hyperlink=1"),
    GONE("link with a tab in its scheme", uri_hidden_scheme, "hyperlink=2"),
    GONE("links into other files", remote, "external-link=2"),
    GONE("SubmitForm", submit, "external-link=1 form=1"),
    GONE("ResetForm and ImportData", reset_import, "external-link=1 form=3"),
    GONE("XFA", xfa, "form=1"),
    KEPT("form field with a value", form, says_filled, .findings = "form=1"),
    GONE("embedded file", embedded, "embedded-file=1"),
    GONE("file attachment", attachment, "embedded-file=1"),
    GONE("RichMedia", rich_media, "embedded-file=1 unknown-object=1"),
    GONE("Rendition with JavaScript", rendition, "script=1 auto-action=1 unknown-object=1"),
    GONE("film, sound, 3D", media, "unknown-object=3"),
    GONE("stream in another file", stream_file, "external-link=1"),
    GONE("PostScript XObject", postscript, "unknown-object=1"),
    GONE("metadata", metadata, "metadata=3"),
    GONE("thumbnail", thumbnail, "thumbnail=1"),
    GONE("hidden layer", hidden_layer, "hidden-content=1"),
    GONE("comments", comments, "comment=2"),
    GONE("hidden annotations", hidden_annotation, "comment=2 hidden-content=2"),
    GONE("signature", signature, "signature=1 form=1"),
    GONE("objects nothing refers to", unused, NULL),
    GONE("earlier revision", revision, "revision=1"),
    GONE("another format before it", before, "trailing-data=1"),
    GONE("another format behind it", after, "trailing-data=1"),
    GONE("JavaScript in an object stream", packed, "script=1 auto-action=1"),
    GONE("encrypted with RC4, no password", rc4, "script=1 auto-action=1 converted=1"),
    GONE("encrypted with AES, no password", aes, "script=1 auto-action=1 converted=1"),
    KEPT("broken table", broken_table, visible, .findings = "damage=1"),

    HELD("encrypted with RC4 and a password", rc4_password, ENCRYPTED),
    HELD("encrypted with AES and a password", aes_password, ENCRYPTED),
    HELD("no pages", no_pages, MALFORMED),
    HELD("no document", no_pdf, MALFORMED),
    HELD("page tree in a loop", tree_loop, MALFORMED),
    HELD("text that is only hidden", text_hidden_only, NO_INK),
    KEPT("white on white stays what it is", white_on_white, visible),
    HELD("glyphs that do not exist", no_glyphs, MALFORMED),
    HELD("glyphs without ink", empty_glyphs, NO_INK),
    HELD("too many pages", many_pages, LIMIT_PAGES, .tune = three_pages),
    HELD("too large an output", art, LIMIT_OUTPUT, .tune = small_output),
    HELD("script, disallowed", javascript, POLICY, .tune = script_disallowed),

    {.name = "flatten: a page of text", .make = probe_plain, .file = "a.pdf", .mode = FMT_MODE_FLATTEN,
    .expect = REASON_OK,
     .kept = "pages=1", .inspect = flat_text, .flags = CASE_LOSSY},
    FLAT("flatten: Japanese", japanese, says_japanese),
    FLAT("flatten: Japanese, vertical", japanese_vertical, says_upright),
    FLAT("flatten: turned page", turned, holds_flat_turned),
    FLAT("flatten: cropped and turned page", cropped_turned, holds_flat_cropped_turned),
    FLAT("flatten: art", art, visible),
    FLAT("flatten: huge page", huge, holds_flat_huge),
    FLAT("flatten: picture", jpeg, flat_jpeg),
    FLAT("flatten: scan with recognised text", scan, says_recognised),
    FLAT("flatten: four pages", many_pages, visible, .kept = "pages=4"),
    FLAT("flatten: form", form, says_filled, .findings = "form=1"),
    FLAT("flatten: JavaScript and an attachment", embedded, visible, .findings = "embedded-file=1"),
    FLAT("flatten: embedded font", embedded_font, visible),
    HELD("flatten: text that is only hidden", text_hidden_only, NO_INK, .mode = FMT_MODE_FLATTEN),
    HELD("flatten: white on white", white_on_white, NO_INK, .mode = FMT_MODE_FLATTEN),
    HELD("flatten: password", aes_password, ENCRYPTED, .mode = FMT_MODE_FLATTEN),

    {.name = "text: a page", .make = probe_plain, .file = "a.pdf", .mode = FMT_MODE_TEXT, .expect = REASON_OK,
    .out_type = "text",
     .inspect = text_is_visible, .flags = CASE_CLEAN_INPUT},
    TEXT("text: Japanese", japanese, text_is_japanese),
    TEXT("text: pages are parted", many_pages, text_of_pages),
    HELD("text: none", jpeg, MODE_UNAVAILABLE, .mode = FMT_MODE_TEXT),
    {.name = NULL},
};
