-- +goose Up

-- Sums over entries, written with them; they stay when the entries are deleted. grain is
-- the span of a row and time its beginning, in microseconds. kind says what value and
-- value2 are of: '' of nothing, "model" of the model and its provider, and so on. rest: 1
-- says that value stands for all for which there was no place, 2 that value2 does. id is
-- made of all these, and sorts by grain and time. numbers and sketches are lists of
-- integers of variable length; only one node writes rows at a time.
CREATE TABLE rollups (
    id        BYTEA PRIMARY KEY,
    grain     BIGINT,
    kind      TEXT,
    time      BIGINT,
    workspace TEXT,
    gateway   TEXT,
    value     TEXT,
    value2    TEXT,
    rest      SMALLINT,
    numbers   BYTEA,
    sketches  BYTEA
);
CREATE INDEX rollups_time ON rollups (kind, grain, time, workspace);
