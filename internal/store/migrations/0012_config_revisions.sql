-- +goose Up

-- Every state that the configuration document has had, the newest ones. encoding is that
-- of bodies; restored is the number of the revision that a rollback took again.
CREATE TABLE config_revisions (
    number      BIGINT PRIMARY KEY,
    time        BIGINT NOT NULL,
    author_kind TEXT NOT NULL,
    author_id   TEXT NOT NULL,
    author_name TEXT NOT NULL,
    source      TEXT NOT NULL,
    note        TEXT NOT NULL,
    size        BIGINT NOT NULL,
    restored    BIGINT,
    encoding    SMALLINT NOT NULL,
    document    BYTEA NOT NULL
);
CREATE INDEX config_revisions_time ON config_revisions (time);

INSERT INTO versions (name, value) VALUES ('config', 1);
