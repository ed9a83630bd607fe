-- +goose Up

-- Who did what. Rows are only added, each with the hash of the one before; retention alone
-- removes the oldest ones, and leaves a row that says so.
CREATE TABLE audit (
    seq         BIGINT PRIMARY KEY,
    time        BIGINT NOT NULL,
    count       BIGINT NOT NULL,
    actor_kind  TEXT NOT NULL,
    actor_id    TEXT NOT NULL,
    actor_name  TEXT NOT NULL,
    actor_role  TEXT NOT NULL,
    action      TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id   TEXT NOT NULL,
    object_name TEXT NOT NULL,
    workspace   TEXT NOT NULL,
    ip          TEXT NOT NULL,
    user_agent  TEXT NOT NULL,
    request_id  TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    code        TEXT NOT NULL,
    changes     TEXT NOT NULL,
    prev_hash   BYTEA NOT NULL,
    hash        BYTEA NOT NULL
);
CREATE INDEX audit_time ON audit (time);
CREATE INDEX audit_workspace ON audit (workspace, seq);
CREATE INDEX audit_actor ON audit (actor_id, seq);
CREATE INDEX audit_object ON audit (object_id, seq);
CREATE INDEX audit_action ON audit (action, seq);

-- The end of the chain, one row, whose lock lets one event at a time be added.
CREATE TABLE audit_head (
    id   BIGINT PRIMARY KEY,
    seq  BIGINT NOT NULL,
    hash BYTEA NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');
