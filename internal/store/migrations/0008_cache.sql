-- +goose Up

-- What must not be served from the cache any more: answers that have all of what a row
-- says and were stored before "before". Empty means any. before lies older_ms before time,
-- when the row was made. There is one row for all purges of the same things: the one that
-- reaches furthest.
CREATE TABLE cache_purges (
    id        TEXT NOT NULL PRIMARY KEY,
    time      BIGINT NOT NULL,
    key       TEXT NOT NULL,
    tag       TEXT NOT NULL,
    gateway   TEXT NOT NULL,
    workspace TEXT NOT NULL,
    provider  TEXT NOT NULL,
    model     TEXT NOT NULL,
    route     TEXT NOT NULL,
    older_ms  BIGINT NOT NULL,
    purged_by TEXT NOT NULL,
    before    BIGINT NOT NULL
);
CREATE UNIQUE INDEX cache_purges_of ON cache_purges (key, tag, gateway, workspace, provider, model, route);

INSERT INTO versions (name, value) VALUES ('cache_purges', 1);

-- What the call would have cost without the cache.
ALTER TABLE entries ADD COLUMN saved_nusd BIGINT;
