-- +goose Up

-- Rows that tell the model second tell the provider with it from now on, as PROVIDER/MODEL.
-- Those that are there do not know the provider.
UPDATE rollups SET value2 = '/' || value2
    WHERE value2 <> '' AND (kind IN ('operation', 'cache', 'route', 'key') OR kind LIKE 'metadata.%');

-- From when on all rows know it, in microseconds: one row. Questions about earlier times
-- that need the provider are answered from the entries.
CREATE TABLE rollup_targets (since BIGINT NOT NULL);
INSERT INTO rollup_targets (since) SELECT COALESCE(MAX(time) + 3600000000, 0) FROM rollups;
