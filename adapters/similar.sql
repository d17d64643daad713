-- open_slice
SELECT since FROM slices WHERE branch = ? AND entity = ? AND until = 9223372036854775807
-- close_slice
UPDATE slices SET until = ? WHERE since = ?
-- add_slice
INSERT OR REPLACE INTO slices (since, until, branch, entity, slug) VALUES (?, 9223372036854775807, ?, ?, ?)
-- add_passage
INSERT OR IGNORE INTO passages (digest, text) VALUES (?, ?) RETURNING id
-- passage
SELECT id FROM passages WHERE digest = ?
-- add_words
INSERT INTO words (rowid, grams) VALUES (?, ?)
-- add_part
INSERT OR REPLACE INTO parts (since, number, passage) VALUES (?, ?, ?)
-- parts_of
SELECT DISTINCT passage FROM parts WHERE since IN (SELECT since FROM slices WHERE branch = ? AND entity = ?)
-- drop_parts
DELETE FROM parts WHERE since IN (SELECT since FROM slices WHERE branch = ? AND entity = ?)
-- drop_slices
DELETE FROM slices WHERE branch = ? AND entity = ?
-- used
SELECT 1 FROM parts WHERE passage = ? LIMIT 1
-- text_of
SELECT text FROM passages WHERE id = ?
-- drop_words
INSERT INTO words (words, rowid, grams) VALUES ('delete', ?, ?)
-- drop_passage
DELETE FROM passages WHERE id = ?
-- drop_vectors
DELETE FROM vectors WHERE space IN (SELECT id FROM spaces) AND passage = ?
-- drop_waiting
DELETE FROM waiting WHERE space IN (SELECT id FROM spaces) AND passage = ?
-- taken
UPDATE spaces SET taken = taken + 1
-- tidy_words
INSERT INTO words (words) VALUES ('optimize')
-- left_out
SELECT position, branch, entity FROM left_out
-- forget_left_out
DELETE FROM left_out
-- leave_out
INSERT OR IGNORE INTO left_out (position, branch, entity) VALUES (?, ?, ?)
-- add_space
INSERT OR IGNORE INTO spaces (name, dimensions, serving, written, taken)
VALUES (?, ?, NOT EXISTS (SELECT 1 FROM spaces WHERE serving), 0, 0)
-- space
SELECT id FROM spaces WHERE name = ?
-- all_spaces
SELECT id, name, dimensions, serving, written, taken FROM spaces ORDER BY serving DESC, id
-- pending
SELECT p.id, p.digest, p.text, EXISTS (
  SELECT 1 FROM vectors o WHERE o.space IN (SELECT id FROM spaces) AND o.passage = p.id) FROM passages p
WHERE p.id > ?2
  AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.space = ?1 AND v.passage = p.id)
  AND NOT EXISTS (SELECT 1 FROM waiting w WHERE w.space = ?1 AND w.passage = p.id AND w.again > ?4)
ORDER BY p.id LIMIT ?3
-- write
UPDATE spaces SET written = written + 1 WHERE id = ? RETURNING written
-- add_vector
INSERT OR REPLACE INTO vectors (space, passage, written, numbers) SELECT ?, id, ?, ? FROM passages WHERE digest = ?
-- no_longer_waiting
DELETE FROM waiting WHERE space = ? AND passage = (SELECT id FROM passages WHERE digest = ?)
-- wait
INSERT INTO waiting (space, passage, code, reason, tries, again)
SELECT ?, id, ?, ?, 1, ? FROM passages WHERE digest = ?
ON CONFLICT (space, passage) DO UPDATE SET code = excluded.code, reason = excluded.reason, tries = tries + 1, again = excluded.again
-- at_once
UPDATE waiting SET again = 0
-- nothing_pending
SELECT (SELECT count(*) FROM passages) <=
  (SELECT count(*) FROM vectors WHERE space = ?1) + (SELECT count(*) FROM waiting WHERE space = ?1 AND again > ?2)
-- nothing_missing
SELECT (SELECT count(*) FROM passages) <=
  (SELECT count(*) FROM vectors WHERE space = ?1) + (SELECT count(*) FROM waiting WHERE space = ?1 AND again = ?2)
-- serve
UPDATE spaces SET serving = (id = ?)
-- forget_spaces
DELETE FROM vectors WHERE space NOT IN (SELECT value FROM json_each(?))
-- forget_space_rows
DELETE FROM spaces WHERE id NOT IN (SELECT value FROM json_each(?))
-- forget_space_waiting
DELETE FROM waiting WHERE space NOT IN (SELECT value FROM json_each(?))
-- coverage
SELECT (SELECT count(*) FROM passages), (SELECT count(*) FROM vectors WHERE space = ?1), (SELECT count(*) FROM waiting WHERE space = ?1)
-- waiting
SELECT w.code, w.reason, count(*) FROM waiting w WHERE w.space = ? GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 5
-- numbers
SELECT passage, numbers FROM vectors WHERE space = ? AND written > ? ORDER BY written, passage
-- how_many
SELECT count(*) FROM vectors WHERE space = ?
-- worded
SELECT rowid FROM words WHERE words MATCH ?1 AND (?3 IS NULL OR rowid IN (SELECT value FROM json_each(?3)))
ORDER BY rank LIMIT ?2
-- worded_in_any_order
SELECT rowid FROM words WHERE words MATCH ?1 AND (?3 IS NULL OR rowid IN (SELECT value FROM json_each(?3))) LIMIT ?2
-- frequent
SELECT 1 FROM words WHERE words MATCH ? LIMIT 1 OFFSET ?
-- holders
SELECT s.since, s.branch, s.entity, s.until, s.slug FROM parts t JOIN slices s ON s.since = t.since
WHERE t.passage = ? AND s.since <= ? ORDER BY s.since DESC
-- valid_passages
SELECT DISTINCT t.passage FROM slices s JOIN parts t ON t.since = s.since
WHERE s.branch = ?1 AND s.since > ?2 AND s.since <= ?3 AND s.until > ?3
  AND (?4 IS NULL OR s.slug IN (SELECT value FROM json_each(?4)))
-- slices
SELECT since, until, branch, entity, slug FROM slices WHERE since >= ? AND since <= ? ORDER BY since
-- part_texts
SELECT t.since, t.number, p.digest, p.text, s.entity, s.branch FROM parts t
LEFT JOIN passages p ON p.id = t.passage LEFT JOIN slices s ON s.since = t.since
WHERE t.since >= ? AND t.since <= ? ORDER BY t.since, t.number
-- stray
SELECT digest FROM passages WHERE id NOT IN (SELECT passage FROM parts) ORDER BY digest LIMIT 1
-- carry_vectors
INSERT OR IGNORE INTO vectors (space, passage, written, numbers)
SELECT n.id, p.id, 1, v.numbers FROM old.vectors v
JOIN old.spaces o ON o.id = v.space JOIN spaces n ON n.name = o.name
JOIN old.passages q ON q.id = v.passage JOIN passages p ON p.digest = q.digest
-- carried
DELETE FROM waiting WHERE EXISTS (SELECT 1 FROM vectors v WHERE v.space = waiting.space AND v.passage = waiting.passage)
-- carry_spaces
INSERT OR IGNORE INTO spaces (name, dimensions, serving, written, taken) SELECT name, dimensions, serving, written, taken FROM old.spaces
