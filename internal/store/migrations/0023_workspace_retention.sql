-- +goose Up
-- How long the calls of a workspace are kept, in seconds; 0 = as the gateway says.
ALTER TABLE workspaces ADD COLUMN retain_s BIGINT NOT NULL DEFAULT 0;
