-- +goose Up

-- What people have taken out of use. An empty model or credential means every one.
CREATE TABLE drains (
    provider   TEXT NOT NULL,
    model      TEXT NOT NULL,
    credential TEXT NOT NULL,
    reason     TEXT NOT NULL,
    drained_by TEXT NOT NULL,
    time       BIGINT NOT NULL,
    PRIMARY KEY (provider, model, credential)
);

INSERT INTO versions (name, value) VALUES ('drains', 1);
