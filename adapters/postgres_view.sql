-- The tables of every view: its checkpoint, and the events that are parked or were discarded.
-- A key can be longer than an index of PostgreSQL takes, so none is indexed whole.

CREATE TABLE checkpoint (
    view text PRIMARY KEY,
    version integer NOT NULL,  -- of the projector that made the rows
    ontology text NOT NULL,
    position bigint NOT NULL,
    hash text NOT NULL,
    time bigint NOT NULL,  -- µs since the epoch
    revision bigint NOT NULL  -- counts commits
);

CREATE TABLE parked (
    position bigint PRIMARY KEY,
    code text NOT NULL,
    reason text NOT NULL,
    subject text NOT NULL,
    body bytea NOT NULL,
    behind bigint NOT NULL  -- 0 = not applied itself
);

CREATE TABLE parked_places (
    position bigint NOT NULL,
    branch text NOT NULL COLLATE "C",
    key text NOT NULL COLLATE "C"
);
CREATE INDEX ON parked_places (position);
CREATE INDEX ON parked_places USING hash (key);

CREATE TABLE discarded (
    position bigint PRIMARY KEY,
    code text NOT NULL,
    reason text NOT NULL,
    author text NOT NULL,
    why text NOT NULL,
    time bigint NOT NULL
);
