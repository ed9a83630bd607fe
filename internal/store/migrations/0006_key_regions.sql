-- +goose Up

-- Where calls of a key may be served: a JSON array; empty = as the gateway says.
ALTER TABLE keys ADD COLUMN regions TEXT NOT NULL DEFAULT '[]';
