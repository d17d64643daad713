-- The tables of the versions view; what they mean is said in versions_tables.py.

CREATE TABLE entities (
    id integer PRIMARY KEY,
    branch text NOT NULL COLLATE "C",
    entity text NOT NULL COLLATE "C"
);
CREATE INDEX entities_by_name ON entities (branch, left(entity, 256));  -- a name can be longer than an index takes

CREATE TABLE slices (
    entity integer NOT NULL,
    since bigint NOT NULL,
    until bigint NOT NULL,
    PRIMARY KEY (entity, since)
) WITH (fillfactor = 80);  -- `until` is set again in the same page

CREATE TABLE versions (
    since bigint PRIMARY KEY,
    entity integer NOT NULL,
    time bigint NOT NULL,  -- µs since the epoch
    effective bigint NOT NULL,
    change text NOT NULL,
    author text NOT NULL,
    on_behalf_of text,
    first bigint NOT NULL,  -- of its commit
    state text NOT NULL,  -- JSON, as it was made
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    updated_by text NOT NULL,
    updated_at bigint NOT NULL,
    deleted_by text,
    deleted_at bigint
);

CREATE TABLE commits (
    first bigint PRIMARY KEY,
    last bigint NOT NULL,
    time bigint NOT NULL,  -- of its first event; 1 µs later with each
    id bytea NOT NULL  -- 32 bytes
);
CREATE INDEX commits_by_time ON commits (time);
CREATE INDEX commits_by_id ON commits ((first >> 10), substr(id, 1, 8));

CREATE TABLE messages (
    first bigint PRIMARY KEY,
    message text NOT NULL  -- as the event carries it: PostgreSQL holds no text with a NUL in it
);
