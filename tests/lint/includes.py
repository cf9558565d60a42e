#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may include whom. What is not in these tables is not allowed; add an edge only with its reason."""
import os
import re

import tree

CORE = {"formats/format.h", "formats/finding.h", "formats/list.h", "formats/name.h", "formats/name_type.h"}
# The plain data of the formats that a program without a parser may know.
DATA = {"formats/format.h", "formats/finding.h", "formats/list.h", "formats/name_type.h"}
BASE = "sanitizer/base/"

# The folder a file lies in (longest match) -> what it may include: folders (ending in /) and single headers.
# Its own folder is always among them.
ALLOWED = {
    "sanitizer/base/": {"formats/format.h"},  # task.h carries the options of a handler
    "formats/": {BASE},
    "formats/detect/": {BASE, *CORE},
    "formats/image/": {BASE, *CORE, "formats/icc_names.h",
                       "formats/imagepdf/imagepdf.h"},  # flatten.h
    "formats/imagepdf/": {BASE, *CORE, "formats/image/reencode.h"},
    "formats/pdf/": {BASE, *CORE, "formats/imagepdf/imagepdf.h", "formats/imagepdf/textlayer.h",
                     "formats/imagepdf/lib_zpack.h", "formats/image/reencode.h"},  # text layer, packing, JPEG streams
    "formats/zip/": {BASE, *CORE},
    "formats/check/": {BASE, *CORE, "formats/icc_names.h", "formats/zip/path_set.h",
                       "formats/zip/lib_sodium.h"},  # names and digests of members: no parser in either
    "sanitizer/worker/": {BASE, *CORE, "formats/job.h",
                          "formats/charset.h", "formats/image/lib_sodium.h", "formats/pdf/pdf.h",  # warm_*.c: what is made before the sandbox closes
                          "formats/detect/detect.h"},  # detect.c is the detector's program
    "sanitizer/checker/": {BASE, *CORE, "formats/job.h", "sanitizer/worker/",
                           "formats/check/lib_archive.h"},  # warm.c: its locale
    "sanitizer/scanner/": {BASE},
    "sanitizer/supervisor/": {BASE, *DATA, "formats/job.h",  # fmt_options_default
                              "quarantine/keeper_config.h", "sanitizer/releaser/releaser_config.h"},
    "sanitizer/cli/": {BASE, *DATA, "sanitizer/supervisor/",
                       "sanitizer/scanner/signatures.h"},  # importing sets of signatures: moves files, parses none
    "sanitizer/releaser/": {BASE},
    "sanitizer/intake/": {BASE, *DATA},
    "quarantine/": {BASE, "formats/name.h"},  # a delivered path is cleaned once more
    "quarantine/verify/": set(),              # links none of ours: an outsider's proof
}

# An outside library's header -> the files that may include it. `lib_*.c` may include any that is listed.
LIBRARIES = {
    "iconv.h": {"formats/charset.c", "formats/name.c", "sanitizer/scanner/codepage.c"},  # part of the C library
    "libconfig.h": {"sanitizer/base/conf.c"},
    "sodium.h": {"quarantine/verify/verify.c", "sanitizer/cli/clean.c", "sanitizer/scanner/main.c",
                 "sanitizer/supervisor/config.c", "sanitizer/supervisor/main.c"},  # hashes, random bits: no parser
    "jpeglib.h": {"formats/image/lib_jpeg_task.h"},  # what the lib_jpeg*.c share; LIB_ONLY keeps others out
    "jerror.h": {"formats/image/lib_jpeg_task.h"},
    "jansson.h": {"sanitizer/cli/table.c", "sanitizer/scanner/signatures.c"},
}
# Headers of ours that only a lib_*.c may include.
LIB_ONLY = {"formats/image/lib_jpeg_task.h"}
C_LIBRARY = re.compile(
    r"^(assert|ctype|dirent|dlfcn|endian|errno|fcntl|fts|ftw|getopt|glob|grp|inttypes|limits|locale|math|poll|pwd|sched|setjmp|"
    r"signal|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|string|strings|syslog|termios|time|unistd|wchar|"
    r"malloc|pthread|libgen|link|(sys|linux|asm|netinet|arpa|net)/.*)\.?h?$")


def allowed_for(path):
    folder = max((f for f in ALLOWED if path.startswith(f)), key=len, default=None)
    return folder, ALLOWED.get(folder)


def resolve(path, name):
    for base in (os.path.dirname(path), ".", "sanitizer"):
        found = os.path.normpath(os.path.join(base, name))
        if os.path.isfile(os.path.join(tree.ROOT, found)):
            return found
    return None


def own(folder, target):
    """In the folder itself, and not in one below it that has its own row."""
    return allowed_for(target)[0] == folder


def check_inside(path, line, name):
    folder, allowed = allowed_for(path)
    target = resolve(path, name)
    if folder is None:
        tree.complain(path, line, "this folder has no row in tests/lint/includes.py")
    elif target is None:
        if not name.endswith(".inc"):  # made at build time
            tree.complain(path, line, f'"{name}" is not in the tree')
    elif target in LIB_ONLY and not os.path.basename(path).startswith("lib_"):
        tree.complain(path, line, f"only a lib_*.c may include {target}")
    elif not own(folder, target) and target not in allowed and \
            not any(a.endswith("/") and target.startswith(a) for a in allowed):
        tree.complain(path, line, f"may not include {target}")


def check_outside(path, line, name):
    if C_LIBRARY.match(name):
        return
    if not os.path.basename(path).startswith("lib_") or not path.endswith(".c"):
        if path not in LIBRARIES.get(name, ()):
            tree.complain(path, line, f"<{name}>: only a lib_*.c includes an outside library's header")


sources = [f for f in tree.files(".c", ".h") if not f.startswith("tests/")]
for source in sources:
    for number, text in enumerate(tree.read(source).split("\n"), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', text)
        if match:
            (check_inside if match.group(1) == '"' else check_outside)(source, number, match.group(2))
tree.finish(len(sources))
