-- What is asked of a versions view in SQLite. The tables are in versions_tables.py and view_tables.py.

-- position
SELECT position FROM checkpoint

-- own
SELECT entities.id, slices.since, slices.until, versions.time, versions.effective, versions.change, versions.author, versions.on_behalf_of, commits.first, commits.last, commits.id, versions.state, messages.message, versions.created_by, versions.created_at, versions.updated_by, versions.updated_at, versions.deleted_by, versions.deleted_at
FROM entities JOIN slices ON slices.entity = entities.id JOIN versions ON versions.since = slices.since JOIN commits ON commits.first = versions.first LEFT OUTER JOIN messages ON messages.first = versions.first
WHERE entities.branch = ? AND entities.entity = ? AND slices.since <= ? ORDER BY slices.since DESC LIMIT ?

-- spanning
SELECT entities.entity, entities.id, slices.since, slices.until, versions.time, versions.effective, versions.change, versions.author, versions.on_behalf_of, commits.first, commits.last, commits.id, versions.state, messages.message, versions.created_by, versions.created_at, versions.updated_by, versions.updated_at, versions.deleted_by, versions.deleted_at
FROM entities JOIN slices ON slices.entity = entities.id JOIN versions ON versions.since = slices.since JOIN commits ON commits.first = versions.first LEFT OUTER JOIN messages ON messages.first = versions.first
WHERE entities.branch = ? AND entities.entity >= ? AND entities.entity < ? AND slices.since <= ? AND slices.until > ? ORDER BY entities.entity, slices.since

-- several
SELECT entities.entity, entities.id, slices.since, slices.until, versions.time, versions.effective, versions.change, versions.author, versions.on_behalf_of, commits.first, commits.last, commits.id, versions.state, messages.message, versions.created_by, versions.created_at, versions.updated_by, versions.updated_at, versions.deleted_by, versions.deleted_at
FROM json_each(?) AS asked CROSS JOIN entities ON entities.branch = ? AND entities.entity = asked.value CROSS JOIN slices ON slices.entity = entities.id AND slices.since = (SELECT max(before.since) FROM slices AS before WHERE before.entity = entities.id AND before.since <= ?) JOIN versions ON versions.since = slices.since JOIN commits ON commits.first = versions.first LEFT OUTER JOIN messages ON messages.first = versions.first

-- histories
SELECT entities.entity, entities.id, slices.since, slices.until, versions.time, versions.effective, versions.change, versions.author, versions.on_behalf_of, commits.first, commits.last, commits.id, versions.state, messages.message, versions.created_by, versions.created_at, versions.updated_by, versions.updated_at, versions.deleted_by, versions.deleted_at
FROM json_each(?) AS asked CROSS JOIN entities ON entities.branch = ? AND entities.entity = asked.value CROSS JOIN slices ON slices.entity = entities.id JOIN versions ON versions.since = slices.since JOIN commits ON commits.first = versions.first LEFT OUTER JOIN messages ON messages.first = versions.first
ORDER BY asked.id, slices.since

-- many
SELECT count(*) FROM (SELECT 1 FROM entities WHERE branch = ? AND entity >= ? AND entity < ? LIMIT ?)

-- purged
SELECT coalesce(max(versions.since), 0)
FROM entities JOIN slices ON slices.entity = entities.id JOIN versions ON versions.since = slices.since
WHERE entities.branch = ? AND entities.entity = ? AND versions.change = 'purged'

-- purges
-- the pluses keep the plan from going through all entities
SELECT entities.entity, max(versions.since) FROM versions JOIN entities ON entities.id = versions.entity
WHERE versions.since > ? AND versions.change = 'purged' AND +entities.branch = ? AND +entities.entity >= ? AND +entities.entity < ? GROUP BY entities.entity

-- changed
-- the pluses keep the plan from going through all entities
SELECT DISTINCT entities.entity FROM versions JOIN entities ON entities.id = versions.entity
WHERE versions.since > ? AND versions.since <= ? AND +entities.branch = ? AND +entities.entity >= ? AND +entities.entity < ? ORDER BY entities.entity

-- written
SELECT entities.branch, entities.entity, entities.id, slices.since, slices.until, versions.time, versions.effective, versions.change, versions.author, versions.on_behalf_of, commits.first, commits.last, commits.id, versions.state, messages.message, versions.created_by, versions.created_at, versions.updated_by, versions.updated_at, versions.deleted_by, versions.deleted_at
FROM versions JOIN entities ON entities.id = versions.entity JOIN slices ON slices.entity = versions.entity AND slices.since = versions.since JOIN commits ON commits.first = versions.first LEFT OUTER JOIN messages ON messages.first = versions.first
WHERE versions.since > ? AND versions.since <= ? ORDER BY versions.since

-- chain
WITH RECURSIVE chain(since, base, form, samples, checksum, data) AS (
    SELECT since, base, form, samples, checksum, data FROM deltas WHERE entity = ?1 AND since = ?2
    UNION ALL
    SELECT deltas.since, deltas.base, deltas.form, deltas.samples, deltas.checksum, deltas.data
    FROM chain JOIN deltas ON deltas.entity = ?1 AND deltas.since = chain.base
)
SELECT since, base, form, samples, checksum, data FROM chain

-- samples
SELECT text FROM samples WHERE number = ?

-- whole
SELECT CAST(state AS BLOB) FROM versions WHERE since = ?

-- commit_by_position
SELECT id, first, last, time FROM commits WHERE first <= ? ORDER BY first DESC LIMIT 1

-- commit_by_time
SELECT id, first, last, time FROM commits WHERE time <= ? ORDER BY time DESC LIMIT 1

-- commits_by_id
WITH RECURSIVE blocks(number) AS (
    SELECT max(first) >> 10 FROM commits UNION ALL SELECT number - 1 FROM blocks WHERE number > 0
)
SELECT id, first, last, time FROM blocks JOIN commits ON first >> 10 = number
WHERE substr(id, 1, 8) >= ? AND substr(id, 1, 8) <= ? AND id >= ? AND id <= ? ORDER BY id LIMIT ?

-- any_parked
SELECT position FROM parked LIMIT 1

-- parked_at
SELECT position FROM parked_places WHERE branch = ? AND "key" = ?

-- places
SELECT branch, "key" FROM parked_places WHERE position = ? ORDER BY branch, "key"

-- parked
SELECT code, reason, subject, body, behind FROM parked WHERE position = ?

-- left_out
SELECT position, branch, "key" FROM parked_places ORDER BY position, branch, "key"
