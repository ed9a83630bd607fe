-- +goose Up

-- One row a call. doc is the entry as the admin API shows it; the columns before it are
-- what lists filter and sums add up, NULL where unknown or empty. Times are microseconds
-- since 1970, money is billionths of a dollar. Ids are UUIDv7, so their order is time's.
-- No column says NOT NULL: an insert that cannot fail on a row spares SQLite the journal
-- that would undo a statement half done, a good part of its cost.
CREATE TABLE entries (
    id               TEXT PRIMARY KEY,
    time             BIGINT,
    gateway          TEXT,
    workspace        TEXT,
    key_id           TEXT,
    operation        TEXT,
    client_dialect   TEXT,
    provider_dialect TEXT,
    route            TEXT,
    model_requested  TEXT,
    provider         TEXT,
    model            TEXT,
    credential       TEXT,
    region           TEXT,
    status           BIGINT,
    error_code       TEXT,
    finish_reason    TEXT,
    stream           SMALLINT,
    cache            TEXT,
    session          TEXT,
    "user"           TEXT,
    client_ip        TEXT,
    trace_id         TEXT,
    input_tokens     BIGINT,
    output_tokens    BIGINT,
    cost_nusd        BIGINT,
    first_byte_ms    BIGINT,
    latency_ms       BIGINT,
    count            BIGINT,
    feedback         TEXT,
    score            DOUBLE PRECISION,
    doc              TEXT
);

-- Only what is rare or owned is indexed, and only the rows that have it, because every
-- index is paid for by every call. Everything else is found by walking the newest first.
CREATE INDEX entries_key ON entries (key_id, id) WHERE key_id IS NOT NULL;
CREATE INDEX entries_gateway ON entries (gateway, id) WHERE gateway <> 'default';
CREATE INDEX entries_workspace ON entries (workspace, id) WHERE workspace <> 'default';
CREATE INDEX entries_error ON entries (error_code, id) WHERE error_code IS NOT NULL;
CREATE INDEX entries_session ON entries (session, id) WHERE session IS NOT NULL;
CREATE INDEX entries_user ON entries ("user", id) WHERE "user" IS NOT NULL;
CREATE INDEX entries_trace ON entries (trace_id, id) WHERE trace_id IS NOT NULL;

-- part is request, answer, or N.request, N.answer, N.note for attempt N.
-- encoding is 0 for plain bytes, 1 for zstd.
CREATE TABLE bodies (
    entry_id     TEXT NOT NULL,
    part         TEXT NOT NULL,
    gateway      TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size         BIGINT NOT NULL,
    truncated    SMALLINT NOT NULL,
    encoding     SMALLINT NOT NULL,
    bytes        BYTEA NOT NULL,
    PRIMARY KEY (entry_id, part)
);
CREATE INDEX bodies_gateway ON bodies (gateway, entry_id);

CREATE TABLE workspaces (
    id      TEXT NOT NULL PRIMARY KEY,
    name    TEXT NOT NULL,
    created BIGINT NOT NULL
);
INSERT INTO workspaces (id, name, created) VALUES ('default', 'default', 0);

-- The lists are JSON arrays of globs.
CREATE TABLE keys (
    id         TEXT NOT NULL PRIMARY KEY,
    workspace  TEXT NOT NULL REFERENCES workspaces (id),
    name       TEXT NOT NULL,
    hint       TEXT NOT NULL,
    hash       BYTEA NOT NULL UNIQUE,
    created    BIGINT NOT NULL,
    expires    BIGINT,
    revoked    BIGINT,
    gateways   TEXT NOT NULL,
    models     TEXT NOT NULL,
    operations TEXT NOT NULL,
    metadata   TEXT
);

-- Ids that vendors gave, and whose they are. changed is when the row's last event
-- happened, so that events may arrive late and twice.
CREATE TABLE objects (
    id         TEXT NOT NULL,
    provider   TEXT NOT NULL,
    kind       TEXT NOT NULL,
    credential TEXT NOT NULL,
    gateway    TEXT NOT NULL,
    workspace  TEXT NOT NULL,
    key_id     TEXT NOT NULL,
    created    BIGINT NOT NULL,
    changed    BIGINT NOT NULL,
    deleted    SMALLINT NOT NULL,
    PRIMARY KEY (id, provider)
);

CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

-- Numbers that rise with every change of what they name; serving nodes poll them.
CREATE TABLE versions (
    name  TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO versions (name, value) VALUES ('keys', 1);
