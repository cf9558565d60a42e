#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What each file of the tree must be: text, with a licence and a head, without what an editor or a joker left."""
import os
import re
import subprocess

import tree

# Bidi controls, zero-width and tag characters, soft hyphen, byte order mark: shown nowhere, they hide things in review.
INVISIBLE = re.compile("[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff"
                       "\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
MARKER = re.compile(r"^(<<<<<<<|>>>>>>>) |^=======$")
LATER = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
EICAR = re.compile(r"X5O!P%@AP\[4\\{1,2}PZX54\(P\^\)7CC\)7\}\$" + "EICAR")
CODE = (".c", ".h", ".py", ".sed", ".sql", "meson.build", "meson_options.txt")
# Inputs of fuzz targets are what they are, but for what no text file may hold.
AS_IT_IS = ("tests/fuzz/corpus/", "packaging/signatures/")
COLUMNS = 160  # the house style is 120; beyond this a line cannot be read side by side


def check_head(path, text):
    if path.endswith((".c", ".h")) and not text.startswith("/* SPDX-License-Identifier: GPL-2.0-or-later */\n"):
        tree.complain(path, 1, "the first line is the licence")
    elif not path.endswith((".c", ".h")) and "SPDX-License-Identifier: " not in text[:400] and \
            (path.endswith((".py", ".sed", ".sql")) or text.startswith("#!")):
        tree.complain(path, 1, "no licence")
    if path.endswith(".c"):
        head = re.match(r"/\* SPDX[^\n]*\n/\*(.*?)\*/", text, re.S)
        if not head or len(head.group(1).split()) < 4:
            tree.complain(path, 2, "no head comment: what it is for, which process runs it, what it trusts")


def check_lines(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if line.endswith((" ", "\t")):
            tree.complain(path, number, "blanks at the end")
        if path.endswith(CODE) and "\t" in line:
            tree.complain(path, number, "a tab")
        if path.endswith((".c", ".h")) and len(line) > COLUMNS:
            tree.complain(path, number, f"{len(line)} columns")
        if MARKER.search(line):
            tree.complain(path, number, "left by a merge")
        if LATER.search(line):
            tree.complain(path, number, "unfinished work belongs into an issue")


def check_file(path):
    raw = open(os.path.join(tree.ROOT, path), "rb").read()
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        tree.complain(path, 0, "no text: fixtures are made by code or text-encoded")
        return
    if match := CONTROL.search(text) or INVISIBLE.search(text):
        tree.complain(path, text.count("\n", 0, match.start()) + 1, f"character U+{ord(match.group()):04X}")
    if EICAR.search(text):
        tree.complain(path, 0, "the test virus in one piece: scanners would take the tree away")
    if path.startswith(AS_IT_IS):
        return
    if raw and not raw.endswith(b"\n") or raw.endswith(b"\n\n"):
        tree.complain(path, 0, "ends without a newline, or with an empty line")
    if path != "LICENSE":
        check_lines(path, text)
    check_head(path, text)


def check_subjects():
    """The commits that are not yet older than this rule."""
    log = subprocess.run(["git", "log", "-n", "200", "--format=%h %s"], cwd=tree.ROOT, stdout=subprocess.PIPE, text=True)
    for line in log.stdout.splitlines():
        commit, _, subject = line.partition(" ")
        if not re.match(r"[a-z0-9_./-]+(, [a-z0-9_./-]+)*: \S.*[^.]$", subject):
            tree.complain(f"commit {commit}", 0, f'"{subject}" is not "module: What it does"')


everything = tree.files()
for name in everything:
    check_file(name)
if tree.has_git():
    check_subjects()
tree.finish(len(everything))
