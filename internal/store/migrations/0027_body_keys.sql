-- +goose Up
-- Keys under which bodies are kept, several of a workspace: the newest that is not destroyed
-- seals. sealed is the key under the data keys of the vault, empty once it is destroyed.
CREATE TABLE body_keys (
    id        TEXT NOT NULL PRIMARY KEY,
    workspace TEXT NOT NULL,
    version   BIGINT NOT NULL,
    created   BIGINT NOT NULL,
    destroyed BIGINT,
    sealed    BYTEA NOT NULL,
    UNIQUE (workspace, version)
);
INSERT INTO versions (name, value) VALUES ('body_keys', 1);

-- An erasure is of a user (kind is empty) or of the keys of a workspace.
ALTER TABLE erasures ADD COLUMN kind TEXT NOT NULL DEFAULT '';

-- What a key lets be kept of its calls, empty and NULL = as the gateway says.
ALTER TABLE keys ADD COLUMN log_bodies TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN log_sample DOUBLE PRECISION;
