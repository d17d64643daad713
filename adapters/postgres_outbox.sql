-- The statements of the PostgreSQL outbox, each under its name. The tables are in outbox_tables.py.
-- Many questions of one kind are asked at once, as arrays; `n` says which one an answer is for.

-- start_log_head
INSERT INTO log_head (ontology, position, time, hash) VALUES ($1, 0, 0, $2) ON CONFLICT DO NOTHING

-- lock_log_head
SELECT position, time, hash FROM log_head WHERE ontology = $1 FOR UPDATE

-- read_log_head
SELECT position, time, hash FROM log_head WHERE ontology = $1

-- find_heads
SELECT n, held.since, held.state
FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY AS asked (branch, key, at, n)
CROSS JOIN LATERAL (
    SELECT since, state FROM heads
    WHERE branch = asked.branch AND key = asked.key AND since <= asked.at
    ORDER BY since DESC LIMIT 1
) AS held

-- find_under
SELECT key, since, state FROM (
    SELECT DISTINCT ON (key) key, since, state FROM heads
    WHERE branch = $1 AND key > greatest($2 || '/', $6) COLLATE "C" AND key < $2 || '0'
        AND strpos(substr(key, length($2) + 2), '/') = 0 AND since <= $4
    ORDER BY key, since DESC
) AS newest
WHERE since > $3 ORDER BY key LIMIT $5

-- heads_after
SELECT branch, key, since, state FROM heads WHERE (branch, key, since) > ($1, $2, $3) ORDER BY branch, key, since LIMIT $4

-- rows_after
SELECT position, subject, body FROM (
    SELECT position, subject, body, sum(length(body)) OVER (ORDER BY position) AS size
    FROM (SELECT position, subject, body FROM outbox WHERE position > $1 ORDER BY position LIMIT $2) AS behind
) AS sized
WHERE size <= $3 OR size = length(body) ORDER BY position

-- read_row
SELECT position, subject, body FROM outbox WHERE position = $1

-- find_commits
SELECT n, found.branch, found.first, found.last, found.id
FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS asked (branch, at, n)
CROSS JOIN LATERAL (
    SELECT * FROM commits WHERE branch = asked.branch AND last <= asked.at ORDER BY last DESC LIMIT 1
) AS found

-- find_commit_ends
SELECT n, found.last
FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (at, n)
CROSS JOIN LATERAL (SELECT last FROM commits WHERE last >= asked.at ORDER BY last LIMIT 1) AS found

-- find_commits_named
SELECT branch, first, last, id FROM commits WHERE id = ANY ($1::text[])

-- find_written
SELECT body FROM commits JOIN outbox ON position BETWEEN first AND last
WHERE branch = $1 AND last > $2 AND last <= $3 ORDER BY position

-- find_departed
SELECT entity FROM commits JOIN departed ON position BETWEEN first AND last
WHERE branch = $1 AND last > $2 AND last <= $3 ORDER BY position

-- prune_rows
WITH gone AS (DELETE FROM outbox WHERE position <= $1 RETURNING position, body),
noted AS (INSERT INTO departed SELECT position, convert_from(body, 'UTF8')::json ->> 'subject' FROM gone RETURNING 1)
SELECT count(*) FROM noted

-- find_commands
SELECT n, digest, outcome, time
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (principal, id, n)
JOIN commands USING (principal, id)

-- refusals_after
SELECT number, time, principal, branch, command_id, type, findings FROM refusals WHERE number > $1 ORDER BY number LIMIT $2

-- write
WITH
    added_heads AS (
        INSERT INTO heads (branch, key, since, state)
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[])
    ),
    added_rows AS (
        INSERT INTO outbox (position, subject, body) SELECT * FROM unnest($5::bigint[], $6::text[], $7::bytea[])
    ),
    added_commits AS (
        INSERT INTO commits (branch, first, last, id)
        SELECT * FROM unnest($8::text[], $9::bigint[], $10::bigint[], $11::text[])
    ),
    remembered AS (
        INSERT INTO commands (principal, id, digest, outcome, time)
        SELECT * FROM unnest($12::text[], $13::text[], $14::text[], $15::bytea[], $16::bigint[])
    )
UPDATE log_head SET position = $17, time = $18, hash = $19
WHERE ontology = $20 AND ($21::bigint IS NULL OR $21 = (SELECT fence FROM leases WHERE name = $22))
RETURNING pg_notify($23, '')

-- keep_uploads
INSERT INTO uploads (principal, section, content, time)
SELECT $1, section, content, $4 FROM unnest($2::text[], $3::bytea[]) AS sent (section, content)
ON CONFLICT (principal, section) DO UPDATE SET time = excluded.time

-- uploaded_bytes
SELECT coalesce(sum(length(content)), 0)::bigint FROM uploads WHERE principal = $1

-- find_uploads
SELECT n, content
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (principal, section, n)
JOIN uploads USING (principal, section)

-- lacking
SELECT digest FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (digest, name, n)
WHERE NOT EXISTS (SELECT FROM uploads WHERE principal = $3 AND section = asked.name)
    AND NOT EXISTS (SELECT FROM heads WHERE branch = $4 AND key = $5 || asked.digest)
ORDER BY n

-- take_uploads
DELETE FROM uploads USING unnest($1::text[], $2::text[]) AS taken (principal, section)
WHERE uploads.principal = taken.principal AND uploads.section = taken.section

-- throw_away
WITH gone AS (DELETE FROM uploads WHERE time < $1 RETURNING 1) SELECT count(*) FROM gone

-- add_refusals
INSERT INTO refusals (time, principal, branch, command_id, type, findings)
SELECT time, principal, branch, command_id, type, findings
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[])
    WITH ORDINALITY AS refused (time, principal, branch, command_id, type, findings, n)
ORDER BY n

-- forget_commands
WITH forgotten AS (DELETE FROM commands WHERE time < $1 RETURNING 1) SELECT count(*) FROM forgotten

-- clear_heads
TRUNCATE heads, commits

-- clear_rows
TRUNCATE outbox, commands, departed

-- acquire_lease
INSERT INTO leases AS held (name, fence, until, backend, backend_start)
SELECT $1, 1, clock_timestamp() + $2::interval, pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()
ON CONFLICT (name) DO UPDATE
SET fence = held.fence + 1, until = excluded.until, backend = excluded.backend, backend_start = excluded.backend_start
WHERE held.until < clock_timestamp() OR NOT EXISTS (
    SELECT FROM pg_stat_activity WHERE pid = held.backend AND backend_start = held.backend_start
)
RETURNING fence

-- renew_lease
UPDATE leases SET until = clock_timestamp() + $3::interval, backend = pid, backend_start = mine.backend_start
FROM pg_stat_activity AS mine
WHERE name = $1 AND fence = $2 AND until >= clock_timestamp() AND pid = pg_backend_pid()
RETURNING fence

-- release_lease
UPDATE leases SET until = '-infinity' WHERE name = $1 AND fence = $2

-- note_key_store
INSERT INTO key_store (number, fingerprint) VALUES (1, $1)
ON CONFLICT (number) DO UPDATE SET fingerprint = key_store.fingerprint RETURNING fingerprint = $1
