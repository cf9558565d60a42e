#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints what became of each file of the quickstart's lane, and compares it with what is expected.

usage: quickstart_report.py SEKIMORI CONFIG FOLDER EXPECTED.tsv
       quickstart_report.py --follow SEKIMORI CONFIG
"""
import json
import os
import subprocess
import sys
import time
import unicodedata

WAIT_SECONDS = 120
DECIDED = {"held", "blocked", "released", "delivered", "collected"}
SETTLED = DECIDED - {"released"}  # a released file is under way to the outbound spool for a moment


def ask(sekimori, config, *words):
    run = subprocess.run([sekimori, words[0], "-c", config, "--json", *words[1:]], capture_output=True, text=True)
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def cell(text, columns):
    return text + " " * max(1, columns - width(text))


def removed(job):
    sums = {}
    for finding in job.get("report", {}).get("findings", []):
        sums[finding["kind"]] = sums.get(finding["kind"], 0) + finding["count"]
    return ", ".join(f"{kind} x{count}" for kind, count in sorted(sums.items()))


def place(job):
    if job["state"] in ("delivered", "collected"):
        return os.path.join("outbound/new", job["delivery"]["path"])
    return "quarantine"


def print_job(job):
    verdict = job.get("verdict", "held")
    what = removed(job) if verdict == "released" else job.get("reason", "")
    seconds = (job.get("decided_ms", 0) - job.get("received_ms", 0)) / 1000
    print(cell(job["path"], 20), cell(verdict, 9), cell(what or "-", 28), cell(f"{seconds:.2f}", 8),
          place(job), sep="", flush=True)


def head():
    print(cell("FILE", 20), cell("VERDICT", 9), cell("REMOVED / REASON", 28), cell("SECONDS", 8), "WHERE", sep="")


def jobs(sekimori, config):
    return {job["job"]: job for job in ask(sekimori, config, "jobs", "list", "--limit", "1000")}


def show(sekimori, config, job):
    rows = ask(sekimori, config, "jobs", "show", job)
    return rows[0] if rows else {}


def follow(sekimori, config):
    known = set(jobs(sekimori, config))
    while True:
        for number, job in jobs(sekimori, config).items():
            if number not in known and job["state"] in SETTLED:
                known.add(number)
                print_job(show(sekimori, config, number))
        time.sleep(1)


def compare(sekimori, config, folder, expected_file):
    with open(expected_file, encoding="utf-8") as f:
        expected = {line.split("\t")[0]: line.rstrip("\n").split("\t")[1:] for line in f}
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        settled = {job["path"]: number for number, job in jobs(sekimori, config).items() if job["state"] in SETTLED}
        if set(expected) <= set(settled):
            break
        time.sleep(0.1)
    head()
    good = True
    for name, (verdict, word) in expected.items():
        if name not in settled:
            print(cell(name, 20), f"no verdict after {WAIT_SECONDS} seconds", sep="")
            good = False
            continue
        job = show(sekimori, config, settled[name])
        print_job(job)
        told = removed(job) + " " + job.get("reason", "")
        lies = os.path.exists(os.path.join(folder, "outbound/new", job.get("delivery", {}).get("path", "nothing")))
        if job.get("verdict") != verdict or word not in told or lies != (verdict == "released"):
            print(f"  expected {verdict} {word}")
            good = False
    print("\nAll went as expected." if good else "\nNot all went as expected; see the log folder.")
    return 0 if good else 1


def main():
    words = sys.argv[1:]
    if words and words[0] == "--follow":
        try:
            follow(*words[1:3])
        except KeyboardInterrupt:
            pass
        return 0
    if len(words) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    return compare(*words)


if __name__ == "__main__":
    sys.exit(main())
