/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIST_H
#define SEKIMORI_LIST_H

#include <stddef.h>

/*
 * The formats Sekimori handles, by the engine (worker program) that does it.
 * From these lines follow the engines' tables, the checker's table, the test
 * runner and the fuzz targets: a line without `fmt_<id>` and `chk_<id>` does
 * not link.
 */
#define ENGINE_text_LIST(X) \
    X(text)                 \
    X(csv)

#define ENGINE_image_LIST(X) \
    X(jpeg)              \
    X(png)

#define ENGINE_pdf_LIST(X) \
    X(pdf)

#define ENGINE_package_LIST(X) \
    X(zip)

#define HANDLED_LIST(X)   \
    ENGINE_text_LIST(X)   \
    ENGINE_image_LIST(X)  \
    ENGINE_pdf_LIST(X)    \
    ENGINE_package_LIST(X)

/* name of the engine's worker program: sekimori-worker-<engine> */
#define ENGINE_LIST(X) \
    X(text)            \
    X(image)           \
    X(pdf)             \
    X(package)

/* What may ever happen to a type. Zero is never permission. */
enum format_class {
    FORMAT_CLASS_NONE = 0,
    FORMAT_CLASS_HANDLED,     /* an engine rebuilds it */
    FORMAT_CLASS_UNSUPPORTED, /* identified and held */
    FORMAT_CLASS_NEVER,       /* executable or script: blocked */
};

/*
 * Every type the detector can name. A row is plain data, so that the
 * supervisor and the CLI may link it; the probes live in formats/detect.
 *
 * name (at most 15 bytes), family, engine (NULL: none), class, extensions (first: canonical), MIME type
 *
 * An extension of a NEVER row blocks a file whatever is in it: Windows runs
 * what the name says. Else an extension may stand in more than one row; the
 * first is the one registry_by_extension gives.
 */
#define FORMAT_LIST(X)                                                                                                 \
    /* handled */                                                                                                      \
    X("text", "text", "text", HANDLED, "txt log md text", "text/plain")                                                \
    X("csv", "text", "text", HANDLED, "csv tsv", "text/csv")                                                           \
    X("jpeg", "image", "image", HANDLED, "jpg jpeg jpe jfif", "image/jpeg")                                            \
    X("png", "image", "image", HANDLED, "png apng", "image/png")                                                       \
    X("pdf", "pdf", "pdf", HANDLED, "pdf", "application/pdf")                                                          \
    X("zip", "archive", "package", HANDLED, "zip", "application/zip")                                                  \
    /* text and markup */                                                                                              \
    X("json", "text", NULL, UNSUPPORTED, "json geojson", "application/json")                                           \
    X("xml", "text", NULL, UNSUPPORTED, "xml xsd xsl xslt kml gml gpx rss", "application/xml")                         \
    X("html", "html", NULL, UNSUPPORTED, "html htm xhtml shtml", "text/html")                                          \
    X("mht", "html", NULL, UNSUPPORTED, "mht mhtml", "multipart/related")                                              \
    X("svg", "svg", NULL, UNSUPPORTED, "svg", "image/svg+xml")                                                         \
    X("rtf", "rtf", NULL, UNSUPPORTED, "rtf", "application/rtf")                                                       \
    X("postscript", "document", NULL, UNSUPPORTED, "ps eps", "application/postscript")                                 \
    /* images */                                                                                                       \
    X("gif", "image", NULL, UNSUPPORTED, "gif", "image/gif")                                                           \
    X("bmp", "image", NULL, UNSUPPORTED, "bmp dib", "image/bmp")                                                       \
    X("tiff", "image", NULL, UNSUPPORTED, "tif tiff", "image/tiff")                                                    \
    X("webp", "image", NULL, UNSUPPORTED, "webp", "image/webp")                                                        \
    X("heic", "image", NULL, UNSUPPORTED, "heic heif hif", "image/heic")                                               \
    X("avif", "image", NULL, UNSUPPORTED, "avif", "image/avif")                                                        \
    X("ico", "image", NULL, UNSUPPORTED, "ico cur", "image/vnd.microsoft.icon")                                        \
    X("emf", "image", NULL, UNSUPPORTED, "emf", "image/emf")                                                           \
    X("wmf", "image", NULL, UNSUPPORTED, "wmf", "image/wmf")                                                           \
    X("jp2", "image", NULL, UNSUPPORTED, "jp2 j2k jpf jpx", "image/jp2")                                               \
    X("jxl", "image", NULL, UNSUPPORTED, "jxl", "image/jxl")                                                           \
    X("jxr", "image", NULL, UNSUPPORTED, "jxr wdp hdp", "image/jxr")                                                   \
    X("psd", "image", NULL, UNSUPPORTED, "psd psb", "image/vnd.adobe.photoshop")                                       \
    X("xcf", "image", NULL, UNSUPPORTED, "xcf", "image/x-xcf")                                                         \
    X("tga", "image", NULL, UNSUPPORTED, "tga", "image/x-tga")                                                         \
    X("pcx", "image", NULL, UNSUPPORTED, "pcx", "image/x-pcx")                                                         \
    X("pnm", "image", NULL, UNSUPPORTED, "ppm pgm pbm pnm pam pfm", "image/x-portable-anymap")                         \
    X("dds", "image", NULL, UNSUPPORTED, "dds", "image/x-dds")                                                         \
    X("exr", "image", NULL, UNSUPPORTED, "exr", "image/x-exr")                                                         \
    X("icns", "image", NULL, UNSUPPORTED, "icns", "image/x-icns")                                                      \
    X("dicom", "image", NULL, UNSUPPORTED, "dcm", "application/dicom")                                                 \
    X("fli", "image", NULL, UNSUPPORTED, "fli flc", "video/x-fli")                                                     \
    /* Office Open XML */                                                                                              \
    X("docx", "ooxml", NULL, UNSUPPORTED, "docx",                                                                      \
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document")                                       \
    X("docm", "ooxml", NULL, UNSUPPORTED, "docm", "application/vnd.ms-word.document.macroenabled.12")                  \
    X("dotx", "ooxml", NULL, UNSUPPORTED, "dotx",                                                                      \
      "application/vnd.openxmlformats-officedocument.wordprocessingml.template")                                       \
    X("dotm", "ooxml", NULL, UNSUPPORTED, "dotm", "application/vnd.ms-word.template.macroenabled.12")                  \
    X("xlsx", "ooxml", NULL, UNSUPPORTED, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet") \
    X("xlsm", "ooxml", NULL, UNSUPPORTED, "xlsm", "application/vnd.ms-excel.sheet.macroenabled.12")                    \
    X("xltx", "ooxml", NULL, UNSUPPORTED, "xltx",                                                                      \
      "application/vnd.openxmlformats-officedocument.spreadsheetml.template")                                          \
    X("xltm", "ooxml", NULL, UNSUPPORTED, "xltm", "application/vnd.ms-excel.template.macroenabled.12")                 \
    X("xlsb", "ooxml", NULL, UNSUPPORTED, "xlsb", "application/vnd.ms-excel.sheet.binary.macroenabled.12")             \
    X("pptx", "ooxml", NULL, UNSUPPORTED, "pptx",                                                                      \
      "application/vnd.openxmlformats-officedocument.presentationml.presentation")                                     \
    X("pptm", "ooxml", NULL, UNSUPPORTED, "pptm", "application/vnd.ms-powerpoint.presentation.macroenabled.12")        \
    X("potx", "ooxml", NULL, UNSUPPORTED, "potx",                                                                      \
      "application/vnd.openxmlformats-officedocument.presentationml.template")                                         \
    X("potm", "ooxml", NULL, UNSUPPORTED, "potm", "application/vnd.ms-powerpoint.template.macroenabled.12")            \
    X("ppsx", "ooxml", NULL, UNSUPPORTED, "ppsx",                                                                      \
      "application/vnd.openxmlformats-officedocument.presentationml.slideshow")                                        \
    X("ppsm", "ooxml", NULL, UNSUPPORTED, "ppsm", "application/vnd.ms-powerpoint.slideshow.macroenabled.12")           \
    X("vsdx", "ooxml", NULL, UNSUPPORTED, "vsdx vsdm vstx vstm vssx vssm", "application/vnd.ms-visio.drawing")         \
    X("xps", "ooxml", NULL, UNSUPPORTED, "xps oxps dwfx", "application/oxps")                                          \
    X("ooxml", "ooxml", NULL, UNSUPPORTED, "3mf thmx", "application/octet-stream")                                     \
    X("ooxml-enc", "ooxml", NULL, UNSUPPORTED,                                                                         \
      "docx docm dotx dotm xlsx xlsm xltx xltm xlsb pptx pptm potx potm ppsx ppsm",                                    \
      "application/encrypted")                                                                                         \
    X("flatopc", "ooxml", NULL, UNSUPPORTED, "xml doc", "application/xml")                                             \
    /* OpenDocument */                                                                                                 \
    X("odt", "odf", NULL, UNSUPPORTED, "odt", "application/vnd.oasis.opendocument.text")                               \
    X("ott", "odf", NULL, UNSUPPORTED, "ott", "application/vnd.oasis.opendocument.text-template")                      \
    X("ods", "odf", NULL, UNSUPPORTED, "ods", "application/vnd.oasis.opendocument.spreadsheet")                        \
    X("ots", "odf", NULL, UNSUPPORTED, "ots", "application/vnd.oasis.opendocument.spreadsheet-template")               \
    X("odp", "odf", NULL, UNSUPPORTED, "odp", "application/vnd.oasis.opendocument.presentation")                       \
    X("otp", "odf", NULL, UNSUPPORTED, "otp", "application/vnd.oasis.opendocument.presentation-template")              \
    X("odg", "odf", NULL, UNSUPPORTED, "odg", "application/vnd.oasis.opendocument.graphics")                           \
    X("otg", "odf", NULL, UNSUPPORTED, "otg", "application/vnd.oasis.opendocument.graphics-template")                  \
    X("fodt", "odf", NULL, UNSUPPORTED, "fodt", "application/vnd.oasis.opendocument.text-flat-xml")                    \
    X("fods", "odf", NULL, UNSUPPORTED, "fods", "application/vnd.oasis.opendocument.spreadsheet-flat-xml")             \
    X("fodp", "odf", NULL, UNSUPPORTED, "fodp", "application/vnd.oasis.opendocument.presentation-flat-xml")            \
    X("odf", "odf", NULL, UNSUPPORTED, "odf odb odm odi sxw sxc sxi sxd oxt fodg",                                     \
      "application/vnd.oasis.opendocument")                                                                            \
    /* compound files and older office formats */                                                                      \
    X("doc", "legacy", NULL, UNSUPPORTED, "doc dot wiz", "application/msword")                                         \
    X("xls", "legacy", NULL, UNSUPPORTED, "xls xlt", "application/vnd.ms-excel")                                       \
    X("ppt", "legacy", NULL, UNSUPPORTED, "ppt pps pot", "application/vnd.ms-powerpoint")                              \
    X("vsd", "legacy", NULL, UNSUPPORTED, "vsd vst vss", "application/vnd.visio")                                      \
    X("pub", "legacy", NULL, UNSUPPORTED, "pub", "application/vnd.ms-publisher")                                       \
    X("mpp", "legacy", NULL, UNSUPPORTED, "mpp mpt", "application/vnd.ms-project")                                     \
    X("works", "legacy", NULL, UNSUPPORTED, "wps wdb xlr", "application/vnd.ms-works")                                 \
    X("cfb", "legacy", NULL, UNSUPPORTED, "ole db", "application/x-ole-storage")                                       \
    X("biff", "legacy", NULL, UNSUPPORTED, "xls xlt xlm xlc", "application/vnd.ms-excel")                              \
    X("winword2", "legacy", NULL, UNSUPPORTED, "doc", "application/msword")                                            \
    X("write", "legacy", NULL, UNSUPPORTED, "wri", "application/x-mswrite")                                            \
    X("wordperfect", "legacy", NULL, UNSUPPORTED, "wpd wp wp5 wp6", "application/vnd.wordperfect")                     \
    X("lotus", "legacy", NULL, UNSUPPORTED, "wk1 wk3 wk4 wks 123 wq1 wq2 wb1 wb2 wb3", "application/vnd.lotus-1-2-3")  \
    X("hwp", "legacy", NULL, UNSUPPORTED, "hwp hwpx", "application/x-hwp")                                             \
    X("iwork", "legacy", NULL, UNSUPPORTED, "pages numbers key", "application/vnd.apple.pages")                        \
    /* Japanese documents */                                                                                           \
    X("jtd", "japanese", NULL, UNSUPPORTED, "jtd jtt jtdc jttc jsw jaw jbw juw jfw", "application/x-js-taro")          \
    X("jhd", "japanese", NULL, UNSUPPORTED, "jhd jht", "application/x-js-hanako")                                      \
    X("xdw", "japanese", NULL, UNSUPPORTED, "xdw", "application/vnd.fujixerox.docuworks")                              \
    X("xbd", "japanese", NULL, UNSUPPORTED, "xbd", "application/vnd.fujixerox.docuworks.binder")                       \
    /* PDF's neighbours */                                                                                             \
    X("fdf", "pdf", NULL, UNSUPPORTED, "fdf", "application/vnd.fdf")                                                   \
    X("xfdf", "pdf", NULL, UNSUPPORTED, "xfdf", "application/vnd.adobe.xfdf")                                          \
    X("xdp", "pdf", NULL, UNSUPPORTED, "xdp", "application/vnd.adobe.xdp+xml")                                         \
    /* books */                                                                                                        \
    X("epub", "book", NULL, UNSUPPORTED, "epub", "application/epub+zip")                                               \
    X("mobi", "book", NULL, UNSUPPORTED, "mobi azw azw3 prc", "application/x-mobipocket-ebook")                        \
    X("djvu", "book", NULL, UNSUPPORTED, "djvu djv", "image/vnd.djvu")                                                 \
    X("kmz", "gis", NULL, UNSUPPORTED, "kmz", "application/vnd.google-earth.kmz")                                      \
    /* archives */                                                                                                     \
    X("7z", "archive", NULL, UNSUPPORTED, "7z", "application/x-7z-compressed")                                         \
    X("rar", "archive", NULL, UNSUPPORTED, "rar", "application/vnd.rar")                                               \
    X("lzh", "archive", NULL, UNSUPPORTED, "lzh lha", "application/x-lzh-compressed")                                  \
    X("cab", "archive", NULL, UNSUPPORTED, "cab", "application/vnd.ms-cab-compressed")                                 \
    X("tar", "archive", NULL, UNSUPPORTED, "tar", "application/x-tar")                                                 \
    X("gz", "archive", NULL, UNSUPPORTED, "gz tgz svgz emz wmz", "application/gzip")                                   \
    X("bz2", "archive", NULL, UNSUPPORTED, "bz2 tbz tbz2", "application/x-bzip2")                                      \
    X("xz", "archive", NULL, UNSUPPORTED, "xz txz", "application/x-xz")                                                \
    X("lzma", "archive", NULL, UNSUPPORTED, "lzma tlz", "application/x-lzma")                                          \
    X("zst", "archive", NULL, UNSUPPORTED, "zst tzst", "application/zstd")                                             \
    X("lz4", "archive", NULL, UNSUPPORTED, "lz4", "application/x-lz4")                                                 \
    X("lzip", "archive", NULL, UNSUPPORTED, "lz tlz", "application/x-lzip")                                            \
    X("lzop", "archive", NULL, UNSUPPORTED, "lzo", "application/x-lzop")                                               \
    X("compress", "archive", NULL, UNSUPPORTED, "z", "application/x-compress")                                         \
    X("iso", "archive", NULL, UNSUPPORTED, "iso udf", "application/x-iso9660-image")                                   \
    X("arj", "archive", NULL, UNSUPPORTED, "arj", "application/x-arj")                                                 \
    X("cpio", "archive", NULL, UNSUPPORTED, "cpio", "application/x-cpio")                                              \
    X("ar", "archive", NULL, UNSUPPORTED, "a ar", "application/x-archive")                                             \
    X("zoo", "archive", NULL, UNSUPPORTED, "zoo", "application/x-zoo")                                                 \
    X("ace", "archive", NULL, UNSUPPORTED, "ace", "application/x-ace-compressed")                                      \
    X("alz", "archive", NULL, UNSUPPORTED, "alz egg", "application/x-alz-compressed")                                  \
    X("stuffit", "archive", NULL, UNSUPPORTED, "sit sitx", "application/x-stuffit")                                    \
    X("wim", "archive", NULL, UNSUPPORTED, "wim esd swm", "application/x-ms-wim")                                      \
    X("dmg", "archive", NULL, UNSUPPORTED, "dmg", "application/x-apple-diskimage")                                     \
    X("squashfs", "archive", NULL, UNSUPPORTED, "sqfs squashfs", "application/vnd.squashfs")                           \
    X("vmdisk", "archive", NULL, UNSUPPORTED, "vmdk vdi qcow2", "application/x-vmdk")                                  \
    /* mail and groupware */                                                                                           \
    X("eml", "mail", NULL, UNSUPPORTED, "eml", "message/rfc822")                                                       \
    X("msg", "mail", NULL, UNSUPPORTED, "msg oft", "application/vnd.ms-outlook")                                       \
    X("mbox", "mail", NULL, UNSUPPORTED, "mbox mbx", "application/mbox")                                               \
    X("tnef", "mail", NULL, UNSUPPORTED, "tnef", "application/vnd.ms-tnef")                                            \
    X("pst", "mail", NULL, UNSUPPORTED, "pst ost", "application/vnd.ms-outlook-pst")                                   \
    X("vcard", "mail", NULL, UNSUPPORTED, "vcf", "text/vcard")                                                         \
    X("ical", "mail", NULL, UNSUPPORTED, "ics vcs", "text/calendar")                                                   \
    X("pgp", "mail", NULL, UNSUPPORTED, "pgp gpg asc", "application/pgp-encrypted")                                    \
    X("pkcs7", "mail", NULL, UNSUPPORTED, "p7m p7s p7c", "application/pkcs7-mime")                                     \
    /* CAD and GIS */                                                                                                  \
    X("dxf", "cad", NULL, UNSUPPORTED, "dxf", "image/vnd.dxf")                                                         \
    X("p21", "cad", NULL, UNSUPPORTED, "p21 stp step", "model/step")                                                   \
    X("sfc", "cad", NULL, UNSUPPORTED, "sfc", "application/x-sxf-sfc")                                                 \
    X("dwg", "cad", NULL, UNSUPPORTED, "dwg", "image/vnd.dwg")                                                         \
    X("jww", "cad", NULL, UNSUPPORTED, "jww jws", "application/x-jww")                                                 \
    X("dwf", "cad", NULL, UNSUPPORTED, "dwf", "model/vnd.dwf")                                                         \
    X("dgn", "cad", NULL, UNSUPPORTED, "dgn", "image/vnd.dgn")                                                         \
    X("shapefile", "gis", NULL, UNSUPPORTED, "shp shx", "application/vnd.shp")                                         \
    X("dbf", "gis", NULL, UNSUPPORTED, "dbf", "application/x-dbf")                                                     \
    /* sound and video */                                                                                              \
    X("mp3", "media", NULL, UNSUPPORTED, "mp3", "audio/mpeg")                                                          \
    X("mp4", "media", NULL, UNSUPPORTED, "mp4 m4a m4v mov 3gp 3g2 qt", "video/mp4")                                    \
    X("wav", "media", NULL, UNSUPPORTED, "wav", "audio/wav")                                                           \
    X("avi", "media", NULL, UNSUPPORTED, "avi", "video/x-msvideo")                                                     \
    X("riff", "media", NULL, UNSUPPORTED, "ani cdr rmi", "application/octet-stream")                                   \
    X("aac", "media", NULL, UNSUPPORTED, "aac", "audio/aac")                                                           \
    X("flac", "media", NULL, UNSUPPORTED, "flac", "audio/flac")                                                        \
    X("ogg", "media", NULL, UNSUPPORTED, "ogg oga ogv opus", "application/ogg")                                        \
    X("midi", "media", NULL, UNSUPPORTED, "mid midi", "audio/midi")                                                    \
    X("asf", "media", NULL, UNSUPPORTED, "wmv wma asf", "video/x-ms-asf")                                              \
    X("mkv", "media", NULL, UNSUPPORTED, "mkv webm mka", "video/x-matroska")                                           \
    X("mpeg", "media", NULL, UNSUPPORTED, "mpg mpeg vob ts m2ts", "video/mpeg")                                        \
    X("flv", "media", NULL, UNSUPPORTED, "flv", "video/x-flv")                                                         \
    X("aiff", "media", NULL, UNSUPPORTED, "aiff aif aifc", "audio/aiff")                                               \
    X("amr", "media", NULL, UNSUPPORTED, "amr", "audio/amr")                                                           \
    X("realmedia", "media", NULL, UNSUPPORTED, "rm rmvb ra", "application/vnd.rn-realmedia")                           \
    X("m3u", "media", NULL, UNSUPPORTED, "m3u m3u8 pls", "application/vnd.apple.mpegurl")                              \
    /* data and fonts */                                                                                               \
    X("sqlite", "data", NULL, UNSUPPORTED, "sqlite sqlite3 db3 gpkg", "application/vnd.sqlite3")                       \
    X("access", "data", NULL, UNSUPPORTED, "mdb accdb mde accde", "application/vnd.ms-access")                         \
    X("hdf5", "data", NULL, UNSUPPORTED, "h5 hdf5", "application/x-hdf5")                                              \
    X("parquet", "data", NULL, UNSUPPORTED, "parquet", "application/vnd.apache.parquet")                               \
    X("font", "data", NULL, UNSUPPORTED, "ttf otf ttc woff woff2 pfb", "font/sfnt")                                    \
    X("pcap", "data", NULL, UNSUPPORTED, "pcap pcapng cap", "application/vnd.tcpdump.pcap")                            \
    X("filemeta", "data", NULL, UNSUPPORTED, "ds_store", "application/x-apple-metadata")                               \
    /* never: programs */                                                                                              \
    X("pe", "program", NULL, NEVER, "exe dll scr cpl ocx sys drv efi acm ax pif xll wll com mui",                      \
      "application/vnd.microsoft.portable-executable")                                                                 \
    X("elf", "program", NULL, NEVER, "elf so ko o axf", "application/x-elf")                                           \
    X("macho", "program", NULL, NEVER, "dylib bundle", "application/x-mach-binary")                                    \
    X("java", "program", NULL, NEVER, "class", "application/java-vm")                                                  \
    X("wasm", "program", NULL, NEVER, "wasm", "application/wasm")                                                      \
    X("dex", "program", NULL, NEVER, "dex odex", "application/x-dex")                                                  \
    X("llvm", "program", NULL, NEVER, "bc", "application/x-llvm")                                                      \
    X("pyc", "program", NULL, NEVER, "pyc pyo pyd", "application/x-python-code")                                       \
    X("swf", "program", NULL, NEVER, "swf", "application/vnd.adobe.flash.movie")                                       \
    /* never: scripts */                                                                                               \
    X("script", "script", NULL, NEVER,                                                                                 \
      "bat cmd btm ps1 ps1xml ps2 ps2xml psc1 psc2 psm1 psd1 pssc cdxml msh msh1 msh2 mshxml vbs vbe vb js jse "       \
      "mjs cjs wsf wsh wsc ws sct sh bash zsh ksh csh fish command tool py pyw pyz pyzw pl pm rb php php3 php4 "       \
      "php5 phtml phar asp aspx asax ashx asmx jsp jspx lua tcl ahk au3 awk applescript scpt scptd vba bas kix",       \
      "text/x-script")                                                                                                 \
    X("hta", "script", NULL, NEVER, "hta htc", "application/hta")                                                      \
    /* never: what Windows follows, loads or installs */                                                               \
    X("lnk", "shell", NULL, NEVER, "lnk", "application/x-ms-shortcut")                                                 \
    X("url", "shell", NULL, NEVER, "url website webloc", "application/x-mswinurl")                                     \
    X("chm", "shell", NULL, NEVER, "chm chi hlp cnt", "application/vnd.ms-htmlhelp")                                   \
    X("reg", "shell", NULL, NEVER, "reg", "text/x-ms-regedit")                                                         \
    X("scf", "shell", NULL, NEVER, "scf", "application/x-ms-scf")                                                      \
    X("inf", "shell", NULL, NEVER, "inf", "application/x-setupscript")                                                 \
    X("iqy", "shell", NULL, NEVER, "iqy oqy dqy rqy", "text/x-ms-iqy")                                                 \
    X("odc", "shell", NULL, NEVER, "odc", "text/x-ms-odc")                                                             \
    X("slk", "shell", NULL, NEVER, "slk sylk", "application/x-sylk")                                                   \
    X("one", "shell", NULL, NEVER, "one onetoc2 onepkg", "application/onenote")                                        \
    X("rdp", "shell", NULL, NEVER, "rdp", "application/x-rdp")                                                         \
    X("desktop", "shell", NULL, NEVER, "desktop", "application/x-desktop")                                             \
    X("libraryms", "shell", NULL, NEVER, "library-ms search-ms searchconnector-ms", "application/windows-library+xml") \
    X("settings", "shell", NULL, NEVER, "settingcontent-ms theme themepack deskthemepack msstyles",                    \
      "application/windows-settings+xml")                                                                              \
    X("clickonce", "shell", NULL, NEVER, "application appref-ms manifest deploy vsto xbap",                            \
      "application/x-ms-application")                                                                                  \
    X("jnlp", "shell", NULL, NEVER, "jnlp", "application/x-java-jnlp-file")                                            \
    X("msc", "shell", NULL, NEVER, "msc wsb", "application/x-ms-msc")                                                  \
    X("shs", "shell", NULL, NEVER, "shs shb", "application/x-ms-shs")                                                  \
    /* never: containers of code */                                                                                    \
    X("msi", "package", NULL, NEVER, "msi msp mst msm", "application/x-msi")                                           \
    X("msu", "package", NULL, NEVER, "msu diagcab diagcfg diagpkg gadget air", "application/x-ms-update")              \
    X("jar", "package", NULL, NEVER, "jar war ear", "application/java-archive")                                        \
    X("apk", "package", NULL, NEVER, "apk aab xapk", "application/vnd.android.package-archive")                        \
    X("ipa", "package", NULL, NEVER, "ipa", "application/x-ios-app")                                                   \
    X("appx", "package", NULL, NEVER, "appx msix appxbundle msixbundle appinstaller", "application/appx")              \
    X("vsix", "package", NULL, NEVER, "vsix nupkg", "application/vsix")                                                \
    X("xpi", "package", NULL, NEVER, "xpi", "application/x-xpinstall")                                                 \
    X("crx", "package", NULL, NEVER, "crx", "application/x-chrome-extension")                                          \
    X("rpm", "package", NULL, NEVER, "rpm", "application/x-rpm")                                                       \
    X("deb", "package", NULL, NEVER, "deb udeb", "application/vnd.debian.binary-package")                              \
    X("pkg", "package", NULL, NEVER, "pkg mpkg xar", "application/x-xar")                                              \
    X("vhd", "package", NULL, NEVER, "vhd avhd", "application/x-vhd")                                                  \
    X("vhdx", "package", NULL, NEVER, "vhdx avhdx", "application/x-vhdx")                                              \
    X("xlam", "package", NULL, NEVER, "xlam", "application/vnd.ms-excel.addin.macroenabled.12")                        \
    X("ppam", "package", NULL, NEVER, "ppam", "application/vnd.ms-powerpoint.addin.macroenabled.12")                   \
    X("addin", "package", NULL, NEVER, "xla ppa", "application/vnd.ms-excel")

/* One identified type. */
struct format_identity {
    const char *name, *family, *engine;
    enum format_class class;
    const char *extensions; /* separated by one blank */
    const char *mime;
};

/* The row of a name, or NULL. Static storage. */
const struct format_identity *registry_find(const char *name);

/* True when a lower- or upper-case extension (without dot) belongs to the type. */
int registry_has_extension(const struct format_identity *identity, const char *extension);

/* The canonical extension of a type into buf (room >= 8). Returns buf. */
const char *registry_extension(const struct format_identity *identity, char *buf, unsigned room);

/* The type a (case-insensitive) extension belongs to, or NULL when none names it. */
const struct format_identity *registry_by_extension(const char *extension);

/* Row i of the table, or NULL past its end. */
const struct format_identity *registry_at(unsigned i);

#endif
