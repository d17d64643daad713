-- The statements of the SQLite outbox, each under its name. The tables are in outbox_tables.py.

-- read_log_head
SELECT position, time, hash FROM log_head WHERE ontology = ?

-- move_log_head
UPDATE log_head SET position = ?, time = ?, hash = ? WHERE ontology = ?

-- start_log_head
INSERT OR IGNORE INTO log_head (ontology, position, time, hash) VALUES (?, 0, 0, ?)

-- find_heads
SELECT held.key, held.since, held.state FROM json_each(?1) AS asked CROSS JOIN heads AS held ON held.branch = ?2 AND held.key = asked.value AND held.since = (SELECT max(since) FROM heads WHERE branch = ?2 AND key = asked.value AND since <= ?3)

-- find_under
SELECT held.key, held.since, held.state FROM heads AS held WHERE held.branch = ?1 AND held.key > max(?2 || '/', ?6) AND held.key < ?2 || '0' AND instr(substr(held.key, length(?2) + 2), '/') = 0 AND held.since > ?3 AND held.since = (SELECT max(since) FROM heads WHERE branch = ?1 AND key = held.key AND since <= ?4) ORDER BY held.key LIMIT ?5

-- add_head
INSERT INTO heads (branch, key, since, state) VALUES (?, ?, ?, ?)

-- stage
ATTACH DATABASE '' AS staged

-- stage_heads
CREATE TABLE staged.staged_heads (branch, key, since, state)

-- unstage
DETACH DATABASE staged

-- stage_head
INSERT INTO staged.staged_heads VALUES (?, ?, ?, ?)

-- add_staged
INSERT INTO heads (branch, key, since, state) SELECT branch, key, since + ?, state FROM staged.staged_heads WHERE key NOT IN (SELECT value FROM json_each(?)) ORDER BY rowid

-- heads_after
SELECT branch, key, since, state FROM heads WHERE (branch, key, since) > (?, ?, ?) ORDER BY branch, key, since LIMIT ?

-- add_row
INSERT INTO outbox (position, subject, body) VALUES (?, ?, ?)

-- rows_after
SELECT position, subject, body FROM outbox WHERE position > ? ORDER BY position LIMIT ?

-- note_departed
INSERT INTO departed (position, entity) SELECT position, json_extract(CAST(body AS TEXT), '$.subject') FROM outbox WHERE position <= ?

-- prune_rows
DELETE FROM outbox WHERE position <= ?

-- read_row
SELECT position, subject, body FROM outbox WHERE position = ?

-- add_commit
INSERT INTO commits (branch, first, last, id) VALUES (?, ?, ?, ?)

-- find_commit_id
SELECT id FROM commits WHERE branch = ? AND last <= ? ORDER BY last DESC LIMIT 1

-- find_commit_end
SELECT min(last) FROM commits WHERE last >= ?

-- find_commit
SELECT branch, first, last, id FROM commits WHERE branch = ? AND last <= ? ORDER BY last DESC LIMIT 1

-- find_commit_named
SELECT branch, first, last, id FROM commits WHERE id = ?

-- find_written
SELECT body FROM commits CROSS JOIN outbox ON position BETWEEN first AND last WHERE branch = ? AND last > ? AND last <= ? ORDER BY last

-- find_departed
SELECT entity FROM commits CROSS JOIN departed ON position BETWEEN first AND last WHERE branch = ? AND last > ? AND last <= ? ORDER BY position

-- find_command
SELECT digest, outcome, time FROM commands WHERE principal = ? AND id = ?

-- remember_command
INSERT INTO commands (principal, id, digest, outcome, time) VALUES (?, ?, ?, ?, ?)

-- find_commands
SELECT id, digest, outcome, time FROM commands WHERE principal = ? AND id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- forget_commands
DELETE FROM commands WHERE time < ?

-- keep_upload
INSERT INTO uploads (principal, section, content, time) VALUES (?, ?, ?, ?) ON CONFLICT (principal, section) DO UPDATE SET time = excluded.time

-- uploaded_bytes
SELECT coalesce(sum(length(content)), 0) FROM uploads WHERE principal = ?

-- find_uploads
SELECT asked.value, held.content FROM json_each(?) AS asked CROSS JOIN uploads AS held ON held.principal = ? AND held.section = asked.value

-- lacking
SELECT asked.key FROM json_each(?1) AS asked WHERE NOT EXISTS (SELECT 1 FROM uploads WHERE principal = ?2 AND section = asked.value) AND NOT EXISTS (SELECT 1 FROM heads WHERE branch = ?3 AND key = ?4 || asked.key) ORDER BY asked.id

-- take_upload
DELETE FROM uploads WHERE principal = ? AND section = ?

-- throw_away
DELETE FROM uploads WHERE time < ?

-- add_refusal
INSERT INTO refusals (time, principal, branch, command_id, type, findings) VALUES (?, ?, ?, ?, ?, ?)

-- refusals_after
SELECT number, time, principal, branch, command_id, type, findings FROM refusals WHERE number > ? ORDER BY number LIMIT ?

-- clear_heads
DELETE FROM heads

-- clear_commits
DELETE FROM commits

-- clear_rows
DELETE FROM outbox

-- clear_departed
DELETE FROM departed

-- clear_commands
DELETE FROM commands
