-- +goose Up

-- Entries whose bodies the search index has still to take up, or, with gone, to forget.
-- queued is when that came about, in microseconds.
CREATE TABLE search_queue (
    entry_id TEXT PRIMARY KEY,
    queued   BIGINT NOT NULL,
    gone     SMALLINT NOT NULL
);
