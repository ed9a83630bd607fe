-- +goose Up

-- How far canaries have come, by their places and what they were when they began: a
-- canary that says something else is another one. version counts the changes of a row.
CREATE TABLE canaries (
    place       TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    stage       BIGINT NOT NULL,
    since       BIGINT NOT NULL,
    rolled_back SMALLINT NOT NULL,
    why         TEXT NOT NULL,
    changed_by  TEXT NOT NULL,
    changed     BIGINT NOT NULL,
    version     BIGINT NOT NULL,
    PRIMARY KEY (place, fingerprint)
);

INSERT INTO versions (name, value) VALUES ('canaries', 1);
