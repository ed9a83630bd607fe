-- +goose Up

-- Where calls of a workspace may be served: a JSON array; empty = as gateway and key say.
ALTER TABLE workspaces ADD COLUMN regions TEXT NOT NULL DEFAULT '[]';
