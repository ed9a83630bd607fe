-- +goose Up

-- What redaction took out of what is kept of a call: counts by kind as a JSON object, NULL
-- when nothing was found, which is the rule.
ALTER TABLE entries ADD COLUMN redacted TEXT;
CREATE INDEX entries_redacted ON entries (time) WHERE redacted IS NOT NULL;
