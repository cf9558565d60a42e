/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents inside a ZIP or a compound file, whose directories are read already. Runs in the detect worker. */
#include <string.h>

#include "probe.h"

static int probe_package(const struct probe_view *view, const struct probe *self)
{
    if (!view->zip.head || !view->zip.package || strcmp(view->zip.package, self->type) != 0)
        return PROBE_NO;
    return PROBE_CERTAIN;
}

static int probe_cfb(const struct probe_view *view, const struct probe *self)
{
    const char *type = view->cfb.type;

    if (!type)
        return PROBE_NO;
    /* Ichitaro and Hanako share their maker's streams; both are held alike. */
    if (strcmp(type, "jtd") == 0 && is_named(view, "jhd"))
        type = "jhd";
    return strcmp(type, self->type) == 0 ? PROBE_CERTAIN : PROBE_NO;
}

const struct probe probes_package[] = {
#define P(type) {type, probe_package}
    P("docx"), P("docm"), P("dotx"), P("dotm"), P("xlsx"),  P("xlsm"), P("xltx"), P("xltm"), P("xlsb"),
    P("pptx"), P("pptm"), P("potx"), P("potm"), P("ppsx"),  P("ppsm"), P("xlam"), P("ppam"), P("vsdx"),
    P("xps"),  P("ooxml"), P("odt"), P("ott"),  P("ods"),   P("ots"),  P("odp"),  P("otp"),  P("odg"),
    P("otg"),  P("odf"),  P("epub"), P("hwp"),  P("iwork"), P("kmz"),  P("jar"),  P("apk"),  P("ipa"),
    P("appx"), P("vsix"), P("xpi"),
#undef P
#define C(type) {type, probe_cfb}
    C("doc"),  C("xls"),  C("ppt"),  C("msg"),  C("vsd"),   C("pub"),  C("mpp"),  C("works"), C("jtd"),
    C("jhd"),  C("hwp"),  C("msi"),  C("cfb"),  C("ooxml-enc"),
#undef C
    {NULL},
};
