-- +goose Up
-- How often entries were deleted or changed since there are exports: what a process keeps
-- of entries that it stored itself counts only as long as this number stays.
ALTER TABLE arrival_head ADD COLUMN changed BIGINT NOT NULL DEFAULT 0;
