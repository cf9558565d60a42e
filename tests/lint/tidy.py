#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
clang-tidy over the product's sources, with the commands of a build tree:
tidy.py BUILD [SOURCE...]. What was clean is remembered in the build tree and
looked at again when the source, any header, or the rules change. Complaints
of a check about a file that tests/lint/tidy.accepted names are left out.
"""
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys

import tree

build = os.path.abspath(sys.argv[1])
stamps = os.path.join(build, "tidy")
os.makedirs(stamps, exist_ok=True)
with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
    commands = {os.path.relpath(os.path.normpath(os.path.join(c["directory"], c["file"])), tree.ROOT): c["command"]
                for c in json.load(f)}
wanted = sys.argv[2:] or [p for p in sorted(commands) if p.startswith(("sanitizer/", "formats/", "quarantine/"))]
common = hashlib.sha256()
accepted = {tuple(row.split()[:2]) for row in tree.read("tests/lint/tidy.accepted").splitlines()
            if row and not row.startswith("#")}
for path in tree.files(".h") + [".clang-tidy", "tests/lint/tidy.accepted"]:
    common.update(tree.read(path).encode("utf-8", "surrogateescape"))


def is_accepted(block):
    match = re.match(r"(\S+?):\d+:\d+: (?:error|warning): .*\[([^\],]+)", block)
    if not match:
        return not block.strip()
    place = os.path.normpath(os.path.join(build, match.group(1)))  # ninja's paths are relative to it
    return (os.path.relpath(place, tree.ROOT), match.group(2)) in accepted


def look(path):
    """The complaints about one source, "" for none."""
    digest = common.copy()
    digest.update((commands[path] + tree.read(path)).encode("utf-8", "surrogateescape"))
    stamp = os.path.join(stamps, digest.hexdigest())
    if os.path.exists(stamp):
        return ""
    run = subprocess.run(["clang-tidy", "--quiet", "-p", build, "--extra-arg=-Wno-unknown-warning-option", path],
                         cwd=tree.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said = "\n".join(block for block in re.split(r"\n(?=\S+:\d+:\d+: (?:error|warning): )", run.stdout)
                     if not is_accepted(block)) if run.returncode else ""
    if not said and (run.returncode == 0 or run.stdout):
        with open(stamp, "w", encoding="utf-8"):
            pass
        return ""
    return said or run.stderr


with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for source, said in zip(wanted, pool.map(look, wanted)):
        if said:
            tree.complain(source, 0, "\n" + said)
tree.finish(len(wanted))
