-- Tables of the versions view that came later; what they mean is said in versions_tables.py.

CREATE TABLE IF NOT EXISTS deltas (
    entity integer NOT NULL,
    since bigint NOT NULL,
    number integer NOT NULL,
    base bigint,
    depth smallint NOT NULL,
    form smallint NOT NULL,
    samples integer NOT NULL,
    length integer NOT NULL,
    checksum bytea NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (entity, since)
);
CREATE TABLE IF NOT EXISTS samples (
    number integer PRIMARY KEY,
    prefix text NOT NULL,
    text bytea NOT NULL
);
CREATE TABLE IF NOT EXISTS packing (
    id integer PRIMARY KEY,
    position bigint NOT NULL,
    revision bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS bundles (
    number integer PRIMARY KEY,
    generation integer NOT NULL,
    branch text NOT NULL COLLATE "C",
    prefix text NOT NULL,
    low text NOT NULL COLLATE "C",
    high text NOT NULL COLLATE "C",
    versions integer NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    "full" bigint NOT NULL,
    checksum bytea NOT NULL,
    data bytea NOT NULL
);
CREATE TABLE IF NOT EXISTS moved (
    entity integer NOT NULL,
    bundle integer NOT NULL,
    purged bigint NOT NULL,
    PRIMARY KEY (entity, bundle)
);
CREATE TABLE IF NOT EXISTS moving (
    id integer PRIMARY KEY,
    position bigint NOT NULL
);
