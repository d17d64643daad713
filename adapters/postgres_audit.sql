-- The audit: each event with its stored bytes, in partitions of a month, only ever added to.
--
-- Who writes it may insert, column by column, and nothing else; who owns it cannot log in. Triggers that fire always,
-- even where a superuser has others silenced, refuse changes, and rows that do not follow: the hash of a row is that of
-- its bytes, and these name the hash of the row before.

DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['oms_audit_owner', 'oms_audit_writer'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN  -- another database of this server made it just now
            NULL;
        END;
        IF NOT pg_has_role(current_user, role, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', role);
        END IF;
    END LOOP;
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO oms_audit_owner', current_schema());
    EXECUTE format('GRANT USAGE ON SCHEMA %I, oms_views TO oms_audit_writer', current_schema());
END $$;

GRANT SELECT ON oms_views.live TO oms_audit_writer;
GRANT SELECT, UPDATE ON checkpoint TO oms_audit_writer, oms_audit_owner;
GRANT SELECT, INSERT, UPDATE, DELETE ON parked, parked_places, discarded TO oms_audit_writer;

SET LOCAL ROLE oms_audit_owner;

CREATE TABLE events (
    position bigint NOT NULL,
    time bigint NOT NULL,  -- µs since the epoch
    author text NOT NULL COLLATE "C",
    on_behalf_of text,
    type text NOT NULL,
    branch text NOT NULL,
    entity text NOT NULL COLLATE "C",
    commit bytea NOT NULL,  -- 32 bytes
    cause text NOT NULL,  -- id of the command
    trace text,
    subject text NOT NULL,
    hash bytea NOT NULL,  -- SHA-256 of the body
    body bytea NOT NULL,  -- the stored bytes
    PRIMARY KEY (position, time)
) PARTITION BY RANGE (time);
CREATE INDEX ON events (time);
CREATE INDEX ON events (author, position);
CREATE INDEX ON events (left(entity, 256), position);

CREATE TABLE departed (  -- what left for segments: one row, or none
    position bigint PRIMARY KEY,  -- the last one
    hash text NOT NULL  -- of its body
);

CREATE TABLE counts (
    type text PRIMARY KEY,
    number bigint NOT NULL  -- of events
);

CREATE TABLE refusals (
    number bigint PRIMARY KEY,
    time bigint NOT NULL,
    principal text NOT NULL,
    branch text NOT NULL,
    command_id text NOT NULL,
    type text NOT NULL,
    findings bytea NOT NULL  -- JSON
);

CREATE TABLE incidents (
    id text PRIMARY KEY COLLATE "C",  -- UUIDv7
    time bigint NOT NULL,
    kind text NOT NULL,
    principal text NOT NULL,
    origin text NOT NULL,
    branch text NOT NULL,
    what text NOT NULL,
    why text NOT NULL
);

CREATE VIEW changes AS  -- before and after, as far as PostgreSQL can read a body as text
SELECT position, to_timestamp(time / 1e6) AS at, author, on_behalf_of, type, branch, entity, cause, trace,
       data -> 'was' AS before, data AS after
FROM (
    SELECT *, CASE WHEN position('\\u0000'::bytea IN body) = 0 THEN convert_from(body, 'UTF8')::json -> 'data' END AS data
    FROM events
) told;

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only added to: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    head bigint;
    known text;
    wrong bigint;
BEGIN
    SELECT min(added.position) - 1 INTO head FROM added;
    SELECT encode(e.hash, 'hex') INTO known FROM events e WHERE e.position = head;
    IF known IS NULL THEN
        SELECT c.hash INTO known FROM checkpoint c WHERE c.position = head;
    END IF;
    SELECT min(r.position) INTO wrong
    FROM (
        SELECT a.position, a.body, a.hash,
               lag(a.position, 1, head) OVER w AS before, lag(encode(a.hash, 'hex'), 1, known) OVER w AS named
        FROM added a WINDOW w AS (ORDER BY a.position)
    ) r
    WHERE r.position <> r.before + 1 OR r.hash <> sha256(r.body) OR r.named IS NULL
       OR position(convert_to('"prevhash":"' || r.named || '"', 'UTF8') IN r.body) = 0;
    IF wrong IS NULL AND (SELECT count(*) FROM events e WHERE e.position > head) <> (SELECT count(*) FROM added) THEN
        wrong := head + 1;  -- somebody else's rows stand where these belong, or behind them
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'the row at position % does not follow the one before it', wrong
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

-- Makes the partition of an instant if it is not there; returns where it ends.
CREATE FUNCTION month(instant bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    start timestamp := date_trunc('month', to_timestamp(instant / 1000000) AT TIME ZONE 'UTC');
    name text := 'events_' || to_char(start, 'YYYY_MM');
    ends bigint := (extract(epoch FROM start + interval '1 month') * 1000000)::bigint;
BEGIN
    IF to_regclass(quote_ident(name)) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%s) TO (%s)', name,
            (extract(epoch FROM start) * 1000000)::bigint, ends
        );
        EXECUTE format('CREATE TRIGGER kept BEFORE TRUNCATE ON %I EXECUTE FUNCTION refuse()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER kept', name);
    END IF;
    RETURN ends;
END $$;

-- Months that lie before a position wholly go; who calls it must act as the owner. Returns how many rows went.
CREATE FUNCTION leave(until bigint) RETURNS bigint LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    part regclass;
    last bigint;
    head text;
    went bigint := 0;
    counted bigint;
BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'events'::regclass ORDER BY inhrelid::regclass::text LOOP
        EXECUTE format('SELECT max(position) FROM %s', part) INTO last;
        CONTINUE WHEN last IS NULL OR last > until;
        EXECUTE format('SELECT count(*) FROM %s', part) INTO counted;
        EXECUTE format('SELECT encode(hash, ''hex'') FROM %s WHERE position = $1', part) INTO head USING last;
        EXECUTE format('DROP TABLE %s', part);
        DELETE FROM departed;
        INSERT INTO departed VALUES (last, head);
        went := went + counted;
    END LOOP;
    RETURN went;
END $$;
REVOKE ALL ON FUNCTION leave(bigint) FROM PUBLIC;

CREATE TRIGGER unchanged BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER kept BEFORE TRUNCATE ON events EXECUTE FUNCTION refuse();
CREATE TRIGGER follows AFTER INSERT ON events REFERENCING NEW TABLE AS added EXECUTE FUNCTION follow();
ALTER TABLE events ENABLE ALWAYS TRIGGER unchanged;
ALTER TABLE events ENABLE ALWAYS TRIGGER kept;
ALTER TABLE events ENABLE ALWAYS TRIGGER follows;

CREATE TRIGGER unchanged BEFORE UPDATE OR DELETE ON refusals FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER kept BEFORE TRUNCATE ON refusals EXECUTE FUNCTION refuse();
ALTER TABLE refusals ENABLE ALWAYS TRIGGER unchanged;
ALTER TABLE refusals ENABLE ALWAYS TRIGGER kept;

CREATE TRIGGER unchanged BEFORE UPDATE OR DELETE ON incidents FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER kept BEFORE TRUNCATE ON incidents EXECUTE FUNCTION refuse();
ALTER TABLE incidents ENABLE ALWAYS TRIGGER unchanged;
ALTER TABLE incidents ENABLE ALWAYS TRIGGER kept;

GRANT SELECT ON events, departed, counts, refusals, incidents, changes TO oms_audit_writer;
GRANT INSERT (position, time, author, on_behalf_of, type, branch, entity, commit, cause, trace, subject, hash, body)
    ON events TO oms_audit_writer;
GRANT INSERT (number, time, principal, branch, command_id, type, findings) ON refusals TO oms_audit_writer;
GRANT INSERT (id, time, kind, principal, origin, branch, what, why) ON incidents TO oms_audit_writer;
GRANT INSERT, UPDATE ON counts TO oms_audit_writer;
GRANT EXECUTE ON FUNCTION month(bigint) TO oms_audit_writer;

RESET ROLE;
