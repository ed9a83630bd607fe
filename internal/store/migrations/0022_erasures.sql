-- +goose Up
-- Erasures of what was kept of users, and the receipts of those that are done. person is
-- cleared when one is done; person_hash tells whom it was about to who knows.
CREATE TABLE erasures (
    id           TEXT NOT NULL PRIMARY KEY,
    created      BIGINT NOT NULL,
    finished     BIGINT,
    workspace    TEXT NOT NULL,
    person       TEXT NOT NULL,
    person_hash  TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    state        TEXT NOT NULL,
    step         TEXT NOT NULL,
    counts       TEXT NOT NULL,
    error        TEXT NOT NULL,
    hash         TEXT NOT NULL,
    signature    TEXT NOT NULL,
    lease        BIGINT NOT NULL
);
CREATE INDEX erasures_waiting ON erasures (created) WHERE finished IS NULL;
CREATE INDEX ledger_user ON ledger ("user") WHERE "user" IS NOT NULL;
