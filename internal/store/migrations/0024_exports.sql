-- +goose Up

-- Entries in the order in which they were committed, a row for those of one transaction.
-- Entries are numbered from 1; last is the number of the row's last one. ids are theirs,
-- one a line. An entry that is counted up stands here once more.
CREATE TABLE arrivals (
    last  BIGINT PRIMARY KEY,
    count BIGINT NOT NULL,
    time  BIGINT NOT NULL,
    ids   TEXT NOT NULL
);

-- The number of the last entry that arrived, one row. Its lock keeps numbers in the order
-- of commits. wanted is 0 while there is no export: then nothing is numbered.
CREATE TABLE arrival_head (
    id     BIGINT PRIMARY KEY,
    last   BIGINT NOT NULL,
    wanted SMALLINT NOT NULL
);
INSERT INTO arrival_head (id, last, wanted) VALUES (1, 0, 0);

-- How far each export has come: it has passed the entries up to number passed. holder is
-- the node that works for it until a time. seen is when a node had it configured.
CREATE TABLE exports (
    name       TEXT PRIMARY KEY,
    created    BIGINT NOT NULL,
    seen       BIGINT NOT NULL,
    passed     BIGINT NOT NULL,
    holder     TEXT NOT NULL,
    until      BIGINT NOT NULL,
    paused     SMALLINT NOT NULL,
    paused_by  TEXT NOT NULL,
    sent       BIGINT NOT NULL,
    filtered   BIGINT NOT NULL,
    deleted    BIGINT NOT NULL,
    set_aside  BIGINT NOT NULL,
    failures   BIGINT NOT NULL,
    last_sent  BIGINT NOT NULL,
    failing    SMALLINT NOT NULL,
    error      TEXT NOT NULL,
    error_time BIGINT NOT NULL
);

-- Entries that a sink refused for good, without their contents.
CREATE TABLE export_set_aside (
    export   TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    time     BIGINT NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (export, entry_id)
);
CREATE INDEX export_set_aside_entry ON export_set_aside (entry_id);
