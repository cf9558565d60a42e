#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Functions over 60 lines are told, over 100 refused unless a comment in or right
above them says "long:" and why. Files over 700 lines likewise, in their first
lines; a table of test cases may be as long as there are cases.
"""
import json
import subprocess

import tree

FUNCTION_TOLD, FUNCTION_MOST, FILE_MOST = 60, 100, 700

sources = tree.files(".c", ".h")
tags = subprocess.run(["ctags", "--languages=C", "--kinds-C=f", "--fields=+ne", "--output-format=json", "-f", "-", "-L", "-"],
                      cwd=tree.ROOT, input="\n".join(sources), check=True, stdout=subprocess.PIPE, text=True).stdout
functions = 0
lines_of = {source: tree.read(source).split("\n") for source in sources}
for row in tags.splitlines():
    tag = json.loads(row)
    if "end" not in tag or tag["name"].isupper():  # a macro that stands for a function
        continue
    functions += 1
    length = tag["end"] - tag["line"] + 1
    lines = lines_of[tag["path"]]
    above = tag["line"] - 1
    while above > 0 and lines[above - 1].strip():
        above -= 1
    excused = any("long:" in line for line in lines[above:tag["end"]])
    if length > FUNCTION_MOST and not excused:
        tree.complain(tag["path"], tag["line"], f"{tag['name']} has {length} lines")
    elif length > FUNCTION_TOLD:
        print(f"{tag['path']}:{tag['line']}: note: {tag['name']} has {length} lines")
for source, lines in lines_of.items():
    if len(lines) > FILE_MOST and not source.startswith("tests/formats/cases_") and not any("long:" in line for line in lines[:20]):
        tree.complain(source, 0, f"{len(lines)} lines")
tree.finish(functions)
