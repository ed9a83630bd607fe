-- +goose Up

-- reached is a JSON array of the names of channels that have got the alert while others
-- have not.
ALTER TABLE alerts ADD COLUMN reached TEXT NOT NULL DEFAULT '[]';
