#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A second reader of audit exports, written from the description of the format alone: hashes and order, no signatures."""
import hashlib
import json
import sys

previous, number, records = None, None, 0
for line in open(sys.argv[1], encoding="utf-8"):
    line = line.rstrip("\n")
    record = json.loads(line)
    if "checkpoint" in record:
        if record["count"] == number and record["head"] != previous:
            sys.exit(f"checkpoint {record['count']} is of another chain")
        continue
    digest = hashlib.sha256((line[: line.rindex(',"hash":"')] + "}").encode()).hexdigest()
    if digest != record["hash"]:
        sys.exit(f"record {record['seq']} was changed")
    if number is not None and (record["seq"] != number + 1 or record["prev"] != previous):
        sys.exit(f"record {record['seq']} does not follow {number}")
    previous, number, records = digest, record["seq"], records + 1
print(records, "records follow each other")
