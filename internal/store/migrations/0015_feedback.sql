-- +goose Up

-- What people and applications think of calls. A row may be there before its entry is:
-- entries wait in the spool. applied is 0 until the entry has it.
CREATE TABLE feedback (
    entry_id  TEXT PRIMARY KEY,
    workspace TEXT,
    feedback  TEXT,
    score     DOUBLE PRECISION,
    comment   TEXT,
    "by"      TEXT,
    at        BIGINT,
    applied   SMALLINT
);
CREATE INDEX feedback_waiting ON feedback (entry_id) WHERE applied = 0;
CREATE INDEX entries_feedback ON entries (feedback, id) WHERE feedback IS NOT NULL;
