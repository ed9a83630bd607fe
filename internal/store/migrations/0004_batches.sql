-- +goose Up

-- What is held for a batch, or of which batch a file holds the results: a text of the
-- data plane. settled: what the batch took stands in the ledger.
ALTER TABLE objects ADD COLUMN hold TEXT NOT NULL DEFAULT '';
ALTER TABLE objects ADD COLUMN settled SMALLINT NOT NULL DEFAULT 0;
