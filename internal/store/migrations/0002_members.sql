-- +goose Up

-- Who a key belongs to and what it may do. limits is a JSON array of rules. A subject is
-- that of a client certificate and means one key; old_hash is the secret before the last
-- rotation, valid until old_until.
ALTER TABLE keys ADD COLUMN disabled BIGINT;
ALTER TABLE keys ADD COLUMN owner_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE keys ADD COLUMN networks TEXT NOT NULL DEFAULT '[]';
ALTER TABLE keys ADD COLUMN limits TEXT NOT NULL DEFAULT '[]';
ALTER TABLE keys ADD COLUMN max_output BIGINT NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN subject TEXT;
ALTER TABLE keys ADD COLUMN old_hash BYTEA;
ALTER TABLE keys ADD COLUMN old_until BIGINT;
CREATE UNIQUE INDEX keys_subject ON keys (subject) WHERE subject IS NOT NULL AND revoked IS NULL;
CREATE INDEX keys_owner ON keys (owner) WHERE owner <> '';
CREATE INDEX keys_old_hash ON keys (old_hash) WHERE old_hash IS NOT NULL;

-- metadata.team of the call.
ALTER TABLE entries ADD COLUMN team TEXT;

-- email_key is the address as it is compared; the first spelling stays in email.
CREATE TABLE users (
    id        TEXT NOT NULL PRIMARY KEY,
    email     TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name      TEXT NOT NULL,
    admin     SMALLINT NOT NULL,
    created   BIGINT NOT NULL,
    disabled  BIGINT,
    password  TEXT NOT NULL,
    subject   TEXT UNIQUE
);

CREATE TABLE members (
    workspace TEXT NOT NULL REFERENCES workspaces (id),
    user_id   TEXT NOT NULL REFERENCES users (id),
    role      TEXT NOT NULL,
    created   BIGINT NOT NULL,
    PRIMARY KEY (workspace, user_id)
);
CREATE INDEX members_user ON members (user_id);

-- What opens the admin API: tokens of programs and sessions of browsers.
CREATE TABLE tokens (
    id        TEXT NOT NULL PRIMARY KEY,
    name      TEXT NOT NULL,
    user_id   TEXT REFERENCES users (id),
    workspace TEXT REFERENCES workspaces (id),
    role      TEXT NOT NULL,
    admin     SMALLINT NOT NULL,
    session   SMALLINT NOT NULL,
    hash      BYTEA NOT NULL UNIQUE,
    created   BIGINT NOT NULL,
    expires   BIGINT,
    revoked   BIGINT
);
CREATE INDEX tokens_user ON tokens (user_id);
CREATE INDEX tokens_workspace ON tokens (workspace);

-- workspace is empty where all share the credential.
CREATE TABLE credentials (
    id        TEXT NOT NULL PRIMARY KEY,
    workspace TEXT NOT NULL,
    provider  TEXT NOT NULL,
    name      TEXT NOT NULL,
    weight    BIGINT NOT NULL,
    hint      TEXT NOT NULL,
    created   BIGINT NOT NULL,
    changed   BIGINT NOT NULL,
    sealed    BYTEA NOT NULL,
    UNIQUE (provider, workspace, name)
);

-- One row a settlement: what one call took from one counter. It outlives the entry, so
-- that nobody gets a budget back by deleting what was said. time is in whose period it
-- counts. As in entries, what says nothing is NULL and nothing is checked.
CREATE TABLE ledger (
    entry_id    TEXT,
    counter     TEXT,
    rule        TEXT,
    rule_values TEXT,
    amount_nusd BIGINT,
    time        BIGINT,
    workspace   TEXT,
    key_id      TEXT,
    gateway     TEXT,
    provider    TEXT,
    model       TEXT,
    "user"      TEXT,
    team        TEXT,
    PRIMARY KEY (entry_id, counter)
);
-- It holds all that a counter's sum needs.
CREATE INDEX ledger_counter ON ledger (counter, time, entry_id, amount_nusd);

-- Alerts on their way: one a counter, period and threshold, delivered at least once.
CREATE TABLE alerts (
    id          TEXT NOT NULL PRIMARY KEY,
    rule        TEXT NOT NULL,
    counter     TEXT NOT NULL,
    rule_values TEXT NOT NULL,
    workspace   TEXT NOT NULL,
    period      TEXT NOT NULL,
    threshold   BIGINT NOT NULL,
    payload     TEXT NOT NULL,
    created     BIGINT NOT NULL,
    next_try    BIGINT NOT NULL,
    tries       BIGINT NOT NULL,
    delivered   BIGINT,
    last_error  TEXT NOT NULL,
    UNIQUE (counter, period, threshold)
);
CREATE INDEX alerts_waiting ON alerts (next_try) WHERE delivered IS NULL;

-- Budgets that somebody made larger for a while. counter is empty where the whole rule
-- is meant.
CREATE TABLE raises (
    id          TEXT NOT NULL PRIMARY KEY,
    rule        TEXT NOT NULL,
    counter     TEXT NOT NULL,
    rule_values TEXT NOT NULL,
    workspace   TEXT NOT NULL,
    amount_nusd BIGINT NOT NULL,
    raised_by   TEXT NOT NULL,
    reason      TEXT NOT NULL,
    created     BIGINT NOT NULL,
    until       BIGINT NOT NULL
);
CREATE INDEX raises_until ON raises (until);

INSERT INTO versions (name, value) VALUES ('credentials', 1), ('raises', 1);
