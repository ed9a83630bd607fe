-- +goose Up

-- What settlements add up to by counter and quarter of an hour, so that nobody reads a
-- ledger of millions to learn how a budget burns. time is when the quarter begins.
CREATE TABLE ledger_sums (
    counter     TEXT NOT NULL,
    time        BIGINT NOT NULL,
    amount_nusd BIGINT NOT NULL,
    PRIMARY KEY (counter, time)
);
CREATE INDEX ledger_sums_time ON ledger_sums (time);
INSERT INTO ledger_sums (counter, time, amount_nusd)
    SELECT counter, time / 900000000 * 900000000, CAST(SUM(amount_nusd) AS BIGINT) FROM ledger
    WHERE counter IS NOT NULL AND time IS NOT NULL GROUP BY 1, 2;

-- Which node does what only one may do at a time, until when.
CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  BIGINT NOT NULL
);
