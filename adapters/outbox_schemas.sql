-- Statements over two schemas: the outbox's own, and one beside it, whose name takes the place of `beside`.

-- carry_over_commands
INSERT INTO beside.commands SELECT * FROM commands
ON CONFLICT (principal, id) DO UPDATE SET digest = excluded.digest, outcome = excluded.outcome, time = excluded.time

-- carry_over_refusals
INSERT INTO beside.refusals SELECT * FROM refusals

-- count_on
SELECT setval(pg_get_serial_sequence('beside.refusals', 'number'), max(number)) FROM refusals HAVING max(number) > 0

-- carry_over_leases
INSERT INTO beside.leases SELECT * FROM leases

-- carry_over_key_store
INSERT INTO beside.key_store SELECT * FROM key_store

-- clear
TRUNCATE heads, commits

-- replace_heads
INSERT INTO heads SELECT * FROM beside.heads

-- replace_commits
INSERT INTO commits SELECT * FROM beside.commits

-- compare_heads
SELECT branch, key, since, stored.there IS NOT NULL, stored.state, replayed.there IS NOT NULL, replayed.state
FROM (SELECT *, true AS there FROM heads WHERE since <= $1) AS stored
FULL JOIN (SELECT *, true AS there FROM beside.heads WHERE since <= $1) AS replayed USING (branch, key, since)
WHERE stored.there IS NULL OR replayed.there IS NULL OR stored.state IS DISTINCT FROM replayed.state
ORDER BY branch, key, since

-- kept_before
SELECT coalesce(max(substr(nspname, length($1) + 1)::int), 0) FROM pg_namespace
WHERE starts_with(nspname, $1) AND substr(nspname, length($1) + 1) ~ '^[0-9]+$'

-- destroyed_keys
SELECT DISTINCT key FROM heads WHERE branch = $1 AND key >= $2 AND key < $3 ORDER BY key
