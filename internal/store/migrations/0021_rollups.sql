-- +goose Up

-- Sums over entries, written with them; they stay when the entries are deleted. kind says
-- what value and value2 are of: '' of nothing, "model" of the model and its provider, and
-- so on. id is made of the span of the row, its beginning and a digest of the texts, so
-- that those of a kind and span lie together in the order of time: a question reads one
-- stretch of the table. time is the beginning, in microseconds. rest: 1 says that value
-- stands for all for which there was no place, 2 that value2 does. numbers and sketches
-- are lists of integers of variable length; only one node writes rows at a time.
CREATE TABLE rollups_by_kind (
    kind      TEXT NOT NULL,
    id        BYTEA NOT NULL,
    time      BIGINT,
    workspace TEXT,
    gateway   TEXT,
    value     TEXT,
    value2    TEXT,
    rest      SMALLINT,
    numbers   BYTEA,
    sketches  BYTEA,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
INSERT INTO rollups_by_kind (kind, id, time, workspace, gateway, value, value2, rest, numbers, sketches)
SELECT kind, id, time, workspace, gateway, value, value2, rest, numbers, sketches FROM rollups ORDER BY kind, id;
DROP TABLE rollups;
ALTER TABLE rollups_by_kind RENAME TO rollups;

-- Up to when days of a kind have rows, in microseconds: those of all days that end by then
-- are made, and what comes later is counted in them too.
CREATE TABLE rollup_days (
    kind  TEXT PRIMARY KEY,
    until BIGINT NOT NULL
);
