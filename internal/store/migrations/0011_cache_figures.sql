-- +goose Up

-- The tags of the answer that the cache gave, or would keep, as a JSON array; NULL = none.
ALTER TABLE entries ADD COLUMN cache_tags TEXT;
-- How old the answer was that the cache had, served or past its time; NULL = it had none.
ALTER TABLE entries ADD COLUMN cache_age_ms BIGINT;

-- The number of a purge: it rises from one to the next, and answers carry the one that was
-- known when their vendor was asked. So no two clocks are compared.
ALTER TABLE cache_purges ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
UPDATE cache_purges SET seq = time;
-- There is one row for all purges of the same things of the same age: the latest.
DROP INDEX cache_purges_of;
CREATE UNIQUE INDEX cache_purges_of ON cache_purges (key, tag, gateway, workspace, provider, model, route, older_ms);
