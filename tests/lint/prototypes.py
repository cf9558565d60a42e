#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Every prototype in a header is documented: by a comment directly above it, on
its line, or above the block of prototypes it stands in without a blank line.
"""
import re

import tree

SKIP = ("tests/",)  # the support headers of the tests document what is not plain
PROTOTYPE = re.compile(r"^(?!\s|#|typedef|struct \w+ \{|enum|union|extern const|static inline|})[\w\s*]+?\b(\w+)\s*\(")


def statements(code):
    """(first line, last line, text) of each top-level statement."""
    depth, start, out = 0, None, []
    for number, line in enumerate(code):
        if line.lstrip().startswith("#") or (number and code[number - 1].endswith("\\")):
            continue
        if start is None and line.strip():
            start = number
        depth += line.count("{") - line.count("}")
        if start is not None and depth == 0 and re.search(r"[;}]\s*$", line):
            out.append((start, number, " ".join(code[start:number + 1])))
            start = None
    return out


def is_documented(lines, first, last):
    if any("/*" in lines[n] or "//" in lines[n] for n in range(first, last + 1)):
        return True
    above = first - 1
    while above >= 0 and lines[above].strip():
        if lines[above].rstrip().endswith("*/"):
            return True
        above -= 1
    return False


headers = [h for h in tree.files(".h") if not h.startswith(SKIP)]
count = 0
for header in headers:
    text = tree.read(header)
    lines, code = text.split("\n"), tree.strip_comments(text).split("\n")
    for first, last, statement in statements(code):
        match = PROTOTYPE.match(statement)
        if not match or not statement.rstrip().endswith(";") or "{" in statement:
            continue
        count += 1
        if not is_documented(lines, first, last):
            tree.complain(header, first + 1, f"{match.group(1)} has no comment")
tree.finish(count)
