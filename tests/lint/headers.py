#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every header compiles alone: nobody has to know what to include before it."""
import subprocess
import sys

import tree

compiler = sys.argv[1:] or ["gcc"]
headers = [h for h in tree.files(".h") if h not in ("tests/fuzz/handled.h", "tests/lint/engine.h")]  # read by meson only
for header in headers:
    run = subprocess.run(compiler + ["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter",
                                     "-I.", "-Isanitizer", "-Itests", "-fsyntax-only", "-x", "c", "-include", header,
                                     "/dev/null"],
                         cwd=tree.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if run.returncode != 0:
        tree.complain(header, 0, "does not stand alone:\n" + run.stdout)
tree.finish(len(headers))
