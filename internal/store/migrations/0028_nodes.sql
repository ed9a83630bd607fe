-- +goose Up
-- The processes that serve, as far as they reach the store: by them an erasure knows whom
-- it has to wait for. node is unlike that of every other process, also of the same machine.
CREATE TABLE nodes (
    node TEXT NOT NULL PRIMARY KEY,
    seen BIGINT NOT NULL
);
-- Which of them have done their part of an erasure's step.
CREATE TABLE erasure_answers (
    erasure TEXT NOT NULL,
    step    TEXT NOT NULL,
    node    TEXT NOT NULL,
    PRIMARY KEY (erasure, step, node)
);
