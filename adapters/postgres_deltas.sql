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
