#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What each built program holds: no parser in a privileged one, no handler in
another engine's worker, no verifier but in the checker, and no library that
both makes an output and judges it.

    linkmap.py NAME=FILE...    programs, and handled:ENGINE=ID,ID for each engine
"""
import os
import re
import subprocess
import sys

import tree

PARSERS = re.compile(r"^lib(poppler|poppler-glib|qpdf|jpeg|turbojpeg|png16|spng|zip|archive|clamav|magic|xml2|expat|cairo|"
                     r"tiff|webp|gif|heif|rsvg|gmime|gumbo|deflate|z|bz2|lzma|zstd)[-.]")
# Symbols that would be there if such a library were linked statically.
STATIC = re.compile(r"^(jpeg_(read|start)|png_(read|create)|spng_|archive_read|cl_(init|engine|scan)|magic_(open|load|file)|"
                    r"xmlParse|qpdf_|poppler_|zip_open|inflate(Init|$)|libdeflate_)")
FORMAT = re.compile(r"^(fmt|chk)_(\w+)$")
# What no privileged program may reach.
PRIVILEGED = {"sekimorid", "sekimori", "sekimori-keeper", "sekimori-releaser", "sekimori-intake"}
# Libraries a producer and the checker may both have: they compress, hash or read names, and judge no format.
SHARED = re.compile(r"^(libc|libm|ld-linux.*|libgcc_s|libsodium|libseccomp|libunistring)[-.]")
# The same library on both sides, each with its reason.
BOTH = {
    # PNG: the producer uses libpng, the checker libspng and its own walk over zlib's bare inflate.
    ("sekimori-worker-image", "libz"),
    # ZIP: the producer reads raw members and inflates with libdeflate; zlib only packs. The checker uses libarchive.
    ("sekimori-worker-package", "libz"),
}


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def needed(path):
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", path))


def symbols(path):
    """(data, functions): names that are defined in the file itself."""
    data, functions = set(), set()
    for line in output("nm", "--defined-only", path).splitlines():
        kind, name = line.split()[-2:]
        (functions if kind in "tT" else data).add(name)
    return data, functions


def check_privileged(name, path):
    data, functions = symbols(path)
    for symbol in sorted(data):
        if FORMAT.match(symbol):
            tree.complain(name, 0, f"holds {symbol}")
    for symbol in sorted(functions):
        if STATIC.match(symbol):
            tree.complain(name, 0, f"holds {symbol} of a parser library")
    for library in needed(path):
        if PARSERS.match(library):
            tree.complain(name, 0, f"links {library}")


def check_formats(name, path, own, prefix):
    found = {FORMAT.match(s).groups() for s in symbols(path)[0] if FORMAT.match(s)}
    for kind, format_id in sorted(found):
        if kind != prefix or format_id not in own:
            tree.complain(name, 0, f"holds {kind}_{format_id}")
    for format_id in own:
        if (prefix, format_id) not in found:
            tree.complain(name, 0, f"lacks {prefix}_{format_id}")


def stem(library):
    return re.match(r"[\w+-]*?(?=[-.]\d|\.so)", library).group(0)


programs, handled = {}, {}
for argument in sys.argv[1:]:
    key, _, value = argument.partition("=")
    if key.startswith("handled:"):
        handled[key[8:]] = [v for v in value.split(",") if v]
    else:
        programs[key] = value
for name in sorted(PRIVILEGED & programs.keys()):
    check_privileged(name, programs[name])
judge = {stem(l) for l in needed(programs["sekimori-checker"]) if not SHARED.match(l)}
check_formats("sekimori-checker", programs["sekimori-checker"], sum(handled.values(), []), "chk")
for engine, ids in handled.items():
    name = "sekimori-worker-" + engine
    check_formats(name, programs[name], ids, "fmt")
    for library in needed(programs[name]):
        if stem(library) in judge and (name, stem(library)) not in BOTH:
            tree.complain(name, 0, f"makes with {library} what the checker reads with it")
for name in ("sekimori-worker-detect", "sekimori-scanner"):
    check_formats(name, programs[name], [], "fmt")
for name in PRIVILEGED - programs.keys():
    print(f"note: no {name} is built")
tree.finish(len(programs))
