-- SPDX-License-Identifier: GPL-2.0-or-later
-- The ledger. Each block after a "migration" line is run once, in order, in one transaction.
-- A block that was ever released is never changed: add another.

-- migration 1
CREATE TABLE job (
    num           INTEGER PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE,
    state         INTEGER NOT NULL CHECK (state BETWEEN 1 AND 8), -- state.h
    token         TEXT,                    -- of the intake: a second accept of it is the same job
    received_ms   INTEGER NOT NULL,
    lane          TEXT NOT NULL,
    destination   TEXT NOT NULL,
    label         TEXT NOT NULL,
    source        TEXT NOT NULL,
    submitter     TEXT NOT NULL,
    path          BLOB NOT NULL,           -- bytes as they came
    profile       TEXT NOT NULL,
    policy        TEXT NOT NULL,
    asked_mode    INTEGER NOT NULL,
    mtime         INTEGER NOT NULL,
    bytes         INTEGER NOT NULL,
    sha256        BLOB NOT NULL CHECK (length(sha256) = 32),
    original      INTEGER NOT NULL CHECK (original BETWEEN 0 AND 2),         -- 0 not in the store, 1 is, 2 leaving
    output        INTEGER NOT NULL DEFAULT 0 CHECK (output BETWEEN 0 AND 2),
    decided_ms    INTEGER NOT NULL DEFAULT 0,
    reason        TEXT NOT NULL DEFAULT '',
    detail        TEXT NOT NULL DEFAULT '',
    type          TEXT NOT NULL DEFAULT '',
    out_type      TEXT NOT NULL DEFAULT '',
    out_path      TEXT NOT NULL DEFAULT '',
    mode          TEXT NOT NULL DEFAULT '',
    out_bytes     INTEGER NOT NULL DEFAULT 0,
    out_sha256    BLOB,
    items         INTEGER NOT NULL DEFAULT 0,
    total_ms      INTEGER NOT NULL DEFAULT 0,
    told          INTEGER NOT NULL DEFAULT 0  -- the submitter knows the verdict, or needs no notice
) STRICT;
CREATE UNIQUE INDEX job_token ON job (token) WHERE token IS NOT NULL;
CREATE INDEX job_state ON job (state, num);
CREATE INDEX job_untold ON job (num) WHERE told = 0;
CREATE INDEX job_content ON job (received_ms) WHERE original <> 0 OR output <> 0;

CREATE TABLE report (
    num           INTEGER PRIMARY KEY REFERENCES job (num) ON DELETE CASCADE,
    stages        TEXT NOT NULL,
    report        TEXT NOT NULL
) STRICT;

CREATE TABLE delivery (
    seq           INTEGER PRIMARY KEY,
    num           INTEGER NOT NULL UNIQUE REFERENCES job (num) ON DELETE CASCADE,
    destination   TEXT NOT NULL,
    destination_seq INTEGER NOT NULL,
    path          TEXT NOT NULL,
    fold          TEXT NOT NULL,           -- the form in which two paths are one file
    state         INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4), -- 1 queued, 2 in outbound, 3 collected, 4 failed
    manifest      BLOB NOT NULL,
    delivered_ms  INTEGER NOT NULL DEFAULT 0,
    collected_ms  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX delivery_place ON delivery (fold) WHERE state < 3;
CREATE INDEX delivery_open ON delivery (state, seq) WHERE state < 3;

CREATE TABLE counter (
    name          TEXT PRIMARY KEY,
    last          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq           INTEGER PRIMARY KEY,
    time_ms       INTEGER NOT NULL,
    actor         TEXT NOT NULL,
    event         TEXT NOT NULL,
    job           TEXT NOT NULL,
    detail        TEXT NOT NULL,
    prev          BLOB NOT NULL CHECK (length(prev) = 32),
    hash          BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE checkpoint (
    count         INTEGER PRIMARY KEY,
    time_ms       INTEGER NOT NULL,
    line          TEXT NOT NULL            -- as in the checkpoint file, without newline
) STRICT;

CREATE TABLE setting (
    name          TEXT PRIMARY KEY,
    value         TEXT NOT NULL
) STRICT, WITHOUT ROWID;
