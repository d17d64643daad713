-- What mending an audit needs, beside the table of `postgres_audit_evidence.sql`.
-- Who calls `mend` must act as the owner, and have `ranges` (first, last) and `right_rows` (as in events) at hand.

-- Whoever changed rows took these away first.
DROP TRIGGER IF EXISTS unchanged ON events;
DROP TRIGGER IF EXISTS kept ON events;
DROP TRIGGER IF EXISTS follows ON events;
CREATE TRIGGER unchanged BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER kept BEFORE TRUNCATE ON events EXECUTE FUNCTION refuse();
CREATE TRIGGER follows AFTER INSERT ON events REFERENCING NEW TABLE AS added EXECUTE FUNCTION follow();
ALTER TABLE events ENABLE ALWAYS TRIGGER unchanged;
ALTER TABLE events ENABLE ALWAYS TRIGGER kept;
ALTER TABLE events ENABLE ALWAYS TRIGGER follows;

-- For each month with such rows a table beside it is filled, and takes its place. Returns how many rows were taken away.
CREATE OR REPLACE FUNCTION mend(identity text) RETURNS bigint LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    part regclass;
    name text;
    bounds text;
    taken bigint;
BEGIN
    INSERT INTO evidence
        SELECT identity, e.* FROM events e JOIN ranges r ON e.position BETWEEN r.first AND r.last
        EXCEPT SELECT identity, right_rows.* FROM right_rows;
    GET DIAGNOSTICS taken = ROW_COUNT;
    PERFORM month(time) FROM right_rows;
    FOREACH part IN ARRAY ARRAY(  -- an array, since a query that is open would keep the months from going
        SELECT DISTINCT e.tableoid::regclass FROM events e JOIN ranges r ON e.position BETWEEN r.first AND r.last
        UNION SELECT month_of(time) FROM right_rows
    ) LOOP
        SELECT relname, pg_get_expr(relpartbound, oid) INTO name, bounds FROM pg_class WHERE oid = part;
        EXECUTE format('CREATE TABLE beside (LIKE %s INCLUDING ALL)', part);
        EXECUTE format(
            'INSERT INTO beside SELECT e.* FROM %s e
             WHERE NOT EXISTS (SELECT FROM ranges r WHERE e.position BETWEEN r.first AND r.last)', part
        );
        INSERT INTO beside SELECT * FROM right_rows WHERE month_of(time) = part;
        EXECUTE format('ALTER TABLE events DETACH PARTITION %s', part);
        EXECUTE format('DROP TABLE %s', part);
        EXECUTE format('ALTER TABLE beside RENAME TO %I', name);
        EXECUTE format('ALTER TABLE events ATTACH PARTITION %I %s', name, bounds);
        EXECUTE format('CREATE TRIGGER kept BEFORE TRUNCATE ON %I EXECUTE FUNCTION refuse()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER kept', name);
    END LOOP;
    PERFORM proved(first, last) FROM ranges;
    RETURN taken;
END $$;

CREATE OR REPLACE FUNCTION month_of(instant bigint) RETURNS regclass LANGUAGE sql SET search_path FROM CURRENT AS $$
    SELECT to_regclass('events_' || to_char(to_timestamp(instant / 1000000) AT TIME ZONE 'UTC', 'YYYY_MM'))
$$;

-- Refuses where a row of these, or the one behind them, does not follow the row before it.
CREATE OR REPLACE FUNCTION proved(first bigint, last bigint) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    wrong bigint;
BEGIN
    SELECT min(r.position) INTO wrong
    FROM (
        SELECT e.position, e.body, e.hash, lag(e.position) OVER w AS before, lag(encode(e.hash, 'hex')) OVER w AS named
        FROM events e WHERE e.position BETWEEN first - 1 AND least(last, 9223372036854775806) + 1
        WINDOW w AS (ORDER BY e.position)
    ) r
    WHERE r.hash <> sha256(r.body)
       OR (r.before IS NOT NULL AND (r.position <> r.before + 1
           OR position(convert_to('"prevhash":"' || r.named || '"', 'UTF8') IN r.body) = 0));
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'the row at position % would not follow the one before it', wrong
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
END $$;

REVOKE ALL ON FUNCTION mend(text) FROM PUBLIC;

CREATE TEMP TABLE ranges (first bigint, last bigint) ON COMMIT DROP;
CREATE TEMP TABLE right_rows (LIKE events) ON COMMIT DROP;
