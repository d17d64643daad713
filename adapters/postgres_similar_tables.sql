-- The tables of the similar view; what they mean is said in similar_tables.py.
-- A key can be longer than an index of PostgreSQL takes, so none is indexed whole.

CREATE TABLE slices (
    since bigint PRIMARY KEY,
    until bigint NOT NULL,
    branch text NOT NULL COLLATE "C",
    entity text NOT NULL COLLATE "C",
    slug text NOT NULL COLLATE "C"
) WITH (fillfactor = 80);  -- `until` is set again in the same page
CREATE INDEX slices_by_entity ON slices (branch, left(entity, 256), since);
CREATE INDEX slices_by_slug ON slices (branch, slug, since);

CREATE TABLE parts (
    since bigint NOT NULL,
    number integer NOT NULL,
    passage bigint NOT NULL,
    PRIMARY KEY (since, number)
);
CREATE INDEX parts_by_passage ON parts (passage, since);

CREATE TABLE passages (
    id bigint PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,  -- SHA-256 of the text
    text text NOT NULL,
    length integer NOT NULL,  -- in words
    words tsvector NOT NULL  -- by documents/grams.py, which knows scripts that no configuration of PostgreSQL does
);
CREATE INDEX passages_by_word ON passages USING gin (words) WITH (gin_pending_list_limit = 64);

CREATE TABLE spaces (
    id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL UNIQUE,
    dimensions integer NOT NULL,
    serving boolean NOT NULL,  -- one: what readers search
    embedded bigint NOT NULL  -- vectors: to count them takes long
);

CREATE TABLE vectors (
    space integer NOT NULL,
    passage bigint NOT NULL,
    numbers halfvec NOT NULL,  -- of length 1 together
    PRIMARY KEY (space, passage)
) PARTITION BY LIST (space);

CREATE TABLE waiting (
    space integer NOT NULL,
    passage bigint NOT NULL,
    code text NOT NULL,
    reason text NOT NULL,
    tries integer NOT NULL,
    again bigint NOT NULL,  -- µs since the epoch
    PRIMARY KEY (space, passage)
);

CREATE TABLE left_out (
    position bigint NOT NULL,
    branch text NOT NULL COLLATE "C",
    entity text NOT NULL COLLATE "C"
);

CREATE TABLE made_with (
    fingerprint text NOT NULL,
    passages bigint NOT NULL,  -- how many there are
    words bigint NOT NULL  -- the sum of their lengths
);
