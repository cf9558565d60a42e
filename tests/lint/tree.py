# SPDX-License-Identifier: GPL-2.0-or-later
"""What every lint script needs: the files of the tree, and one way to complain."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILT = re.compile(r"^(build[^/]*|\.git|core)$")

_complaints = []


def has_git():
    return os.path.exists(os.path.join(ROOT, ".git"))


def files(*suffixes):
    """Paths from the root, of what git knows, or of all that lies there where there is no git."""
    if has_git():
        out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True,
                             stdout=subprocess.PIPE).stdout.decode()
        found = [f for f in out.split("\0") if f and os.path.isfile(os.path.join(ROOT, f))]
    else:
        found = []
        for base, dirs, names in os.walk(ROOT):
            dirs[:] = [d for d in dirs if not BUILT.match(d)]
            found += [os.path.relpath(os.path.join(base, n), ROOT) for n in names]
    return sorted(f for f in found if not suffixes or f.endswith(suffixes))


def read(path):
    with open(os.path.join(ROOT, path), "rb") as f:
        return f.read().decode("utf-8", "surrogateescape")


def complain(path, line, text):
    _complaints.append(path)
    print(f"{path}:{line}: {text}" if line else f"{path}: {text}")


def finish(looked_at):
    """Ends the script. Having looked at nothing is a failure too."""
    print(f"{len(_complaints)} complaints about {looked_at} looked at")
    sys.exit(1 if _complaints or not looked_at else 0)


def strip_comments(text):
    """C without its comments and the contents of its strings, line for line."""
    def blank(match):
        piece = match.group(0)
        if piece.startswith("/"):
            return re.sub(r"[^\n]", " ", piece)
        return piece[0] + " " * (len(piece) - 2) + piece[-1]

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)
