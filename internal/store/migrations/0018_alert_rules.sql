-- +goose Up

-- state is "firing" or "resolved" for alerts of rules, '' for those of budgets; severity
-- is the rule's. preceding is the alert of the same rule that channels must have first;
-- muted says that nobody was told.
ALTER TABLE alerts ADD COLUMN state TEXT NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN severity TEXT NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN preceding TEXT NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN muted SMALLINT NOT NULL DEFAULT 0;
-- channels is a JSON array of the names of those that get the alert, none = all.
ALTER TABLE alerts ADD COLUMN channels TEXT NOT NULL DEFAULT '[]';
CREATE INDEX alerts_created ON alerts (created);

-- How each alert rule stood when it was looked at last. state is JSON.
CREATE TABLE alert_states (
    rule    TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    state   TEXT NOT NULL
);

-- Until when nobody is told of a rule, or of one value of it.
CREATE TABLE alert_mutes (
    id        TEXT NOT NULL PRIMARY KEY,
    rule      TEXT NOT NULL,
    value     TEXT NOT NULL,
    workspace TEXT NOT NULL,
    author    TEXT NOT NULL,
    reason    TEXT NOT NULL,
    created   BIGINT NOT NULL,
    until     BIGINT NOT NULL
);

-- Who looks at the rules: one row.
CREATE TABLE alert_lease (
    id     TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    until  BIGINT NOT NULL
);

-- Networks that keys were used from.
CREATE TABLE key_networks (
    key_id     TEXT NOT NULL,
    network    TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    PRIMARY KEY (key_id, network)
);
