-- made_with
SELECT fingerprint FROM made_with
-- make_with
INSERT INTO made_with (fingerprint, passages, words) VALUES ($1, 0, 0)
-- take_away
WITH gone AS (
  DELETE FROM slices s USING unnest($1::text[], $2::text[]) AS a(branch, entity)
  WHERE s.branch = a.branch AND left(s.entity, 256) = left(a.entity, 256) AND s.entity = a.entity
  RETURNING s.since
)
DELETE FROM parts t USING gone WHERE t.since = gone.since RETURNING t.passage
-- close_slices
UPDATE slices s SET until = c.at FROM unnest($1::text[], $2::text[], $3::bigint[]) AS c(branch, entity, at)
WHERE s.branch = c.branch AND left(s.entity, 256) = left(c.entity, 256) AND s.entity = c.entity AND s.until = 9223372036854775807
-- add_slices
INSERT INTO slices (since, until, branch, entity, slug)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[])
ON CONFLICT (since) DO UPDATE
SET until = excluded.until, branch = excluded.branch, entity = excluded.entity, slug = excluded.slug
-- known_passages
SELECT digest, id FROM passages WHERE digest = ANY ($1::bytea[])
-- last_passage
SELECT coalesce(max(id), 0) FROM passages
-- add_passages
INSERT INTO passages (id, digest, text, length, words)
SELECT id, digest, text, length, array_to_tsvector(string_to_array(words, ' '))
FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::integer[], $5::text[]) AS p(id, digest, text, length, words)
-- add_parts
INSERT INTO parts (since, number, passage) SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bigint[])
ON CONFLICT (since, number) DO UPDATE SET passage = excluded.passage
-- forget_passages
DELETE FROM passages p WHERE p.id = ANY ($1::bigint[]) AND NOT EXISTS (SELECT 1 FROM parts t WHERE t.passage = p.id)
RETURNING p.id, p.length
-- forget_vectors
WITH gone AS (
  DELETE FROM vectors WHERE space IN (SELECT id FROM spaces) AND passage = ANY ($1::bigint[]) RETURNING space
)
UPDATE spaces s SET embedded = s.embedded - g.number
FROM (SELECT space, count(*) AS number FROM gone GROUP BY space) g WHERE g.space = s.id
-- forget_waiting
DELETE FROM waiting WHERE space IN (SELECT id FROM spaces) AND passage = ANY ($1::bigint[])
-- count_passages
UPDATE made_with SET passages = passages + $1, words = words + $2
-- left_out
SELECT position, branch, entity FROM left_out
-- forget_left_out
DELETE FROM left_out
-- leave_out
INSERT INTO left_out (position, branch, entity) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])
-- add_space
INSERT INTO spaces (name, dimensions, serving, embedded)
VALUES ($1, $2, NOT EXISTS (SELECT 1 FROM spaces WHERE serving), 0) RETURNING id
-- space
SELECT id FROM spaces WHERE name = $1
-- position
SELECT position FROM checkpoint
-- all_spaces
SELECT id, name, dimensions, serving, embedded FROM spaces ORDER BY serving DESC, id
-- not_indexed
SELECT id, dimensions FROM spaces WHERE dimensions <= $1 AND to_regclass('vectors_' || id || $2) IS NULL
-- nothing_pending
SELECT s.embedded + (SELECT count(*) FROM waiting w WHERE w.space = s.id AND w.again > $2) >= m.passages
FROM spaces s, made_with m WHERE s.id = $1
-- pending
SELECT p.id, p.digest, p.text, EXISTS (
  SELECT 1 FROM vectors o WHERE o.space IN (SELECT id FROM spaces) AND o.passage = p.id)
FROM passages p
WHERE p.id > $2
  AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.space = $1 AND v.passage = p.id)
  AND NOT EXISTS (SELECT 1 FROM waiting w WHERE w.space = $1 AND w.passage = p.id AND w.again > $4)
ORDER BY p.id LIMIT $3
-- add_vector
INSERT INTO vectors (space, passage, numbers) SELECT $1, id, $3::real[]::halfvec FROM passages WHERE digest = $2
ON CONFLICT (space, passage) DO UPDATE SET numbers = excluded.numbers
-- vectors_of
SELECT count(*) FROM vectors v JOIN passages p ON p.id = v.passage WHERE v.space = $1 AND p.digest = ANY ($2::bytea[])
-- count_vectors
UPDATE spaces SET embedded = embedded + $2 WHERE id = $1
-- no_longer_waiting
DELETE FROM waiting w USING passages p WHERE w.space = $1 AND w.passage = p.id AND p.digest = ANY ($2::bytea[])
-- wait
INSERT INTO waiting (space, passage, code, reason, tries, again)
SELECT $1, id, $2, $3, 1, $4 FROM passages WHERE digest = ANY ($5::bytea[])
ON CONFLICT (space, passage) DO UPDATE
SET code = excluded.code, reason = excluded.reason, tries = waiting.tries + 1, again = excluded.again
-- at_once
UPDATE waiting SET again = 0
-- nothing_missing
SELECT s.embedded + (SELECT count(*) FROM waiting w WHERE w.space = s.id AND w.again = $2) >= m.passages
FROM spaces s, made_with m WHERE s.id = $1
-- serve
UPDATE spaces SET serving = (id = $1)
-- forget_space_waiting
DELETE FROM waiting WHERE NOT space = ANY ($1::integer[])
-- forget_spaces
DELETE FROM spaces WHERE NOT id = ANY ($1::integer[]) RETURNING id
-- coverage
SELECT m.passages, coalesce(s.embedded, 0), (SELECT count(*) FROM waiting w WHERE w.space = s.id)
FROM made_with m LEFT JOIN spaces s ON s.name = $1
-- waiting
SELECT w.code, w.reason, count(*) FROM waiting w JOIN spaces s ON s.id = w.space WHERE s.name = $1
GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 5
-- nearest_of_all
SELECT passage FROM vectors_{space} ORDER BY numbers::{kind} <#> $1::real[]::{kind} LIMIT $2
-- nearest_among
WITH valid AS MATERIALIZED (
  SELECT DISTINCT t.passage FROM unnest($3::text[], $4::bigint[], $5::bigint[]) AS l(branch, floor, at)
  JOIN slices s ON s.branch = l.branch AND s.since > l.floor AND s.since <= l.at AND s.until > l.at
    AND ($6::text[] IS NULL OR s.slug = ANY ($6))
  JOIN parts t ON t.since = s.since
), near AS MATERIALIZED (
  SELECT v.passage, v.numbers <#> $1::real[]::{kind} AS distance FROM valid JOIN vectors_{space} v ON v.space = {space} AND v.passage = valid.passage
)
SELECT passage FROM near ORDER BY distance, passage LIMIT $2
-- worded
WITH held AS MATERIALIZED (
  SELECT a.word, p.id, p.length FROM unnest($1::text[]) AS a(word)
  CROSS JOIN LATERAL (SELECT id, length FROM passages WHERE words @@ quote_literal(a.word)::tsquery LIMIT $3 + 1) p
), telling AS (
  SELECT word, count(*) AS number FROM held GROUP BY word HAVING count(*) <= $3
), valid AS MATERIALIZED (
  SELECT DISTINCT t.passage FROM unnest($4::text[], $5::bigint[], $6::bigint[]) AS l(branch, floor, at)
  JOIN slices s ON s.branch = l.branch AND s.since > l.floor AND s.since <= l.at AND s.until > l.at
    AND ($7::text[] IS NULL OR s.slug = ANY ($7))
  JOIN parts t ON t.since = s.since
), scored AS (
  SELECT h.id, h.length, sum(ln(1 + (m.passages - t.number + 0.5::float8) / (t.number + 0.5::float8))) AS rareness, m.words::float8 / m.passages AS usual
  FROM held h JOIN telling t ON t.word = h.word CROSS JOIN made_with m
  WHERE $4::text[] IS NULL OR h.id IN (SELECT passage FROM valid)
  GROUP BY h.id, h.length, m.words, m.passages
)
SELECT id FROM scored ORDER BY rareness / (1 + 1.2 * (0.25 + 0.75 * length / usual)) DESC, id LIMIT $2
-- worded_in_any_order
WITH valid AS MATERIALIZED (
  SELECT DISTINCT t.passage FROM unnest($3::text[], $4::bigint[], $5::bigint[]) AS l(branch, floor, at)
  JOIN slices s ON s.branch = l.branch AND s.since > l.floor AND s.since <= l.at AND s.until > l.at
    AND ($6::text[] IS NULL OR s.slug = ANY ($6))
  JOIN parts t ON t.since = s.since
)
SELECT id FROM passages
WHERE words @@ (SELECT string_agg(quote_literal(word), ' | ')::tsquery FROM unnest($1::text[]) AS a(word))
  AND ($3::text[] IS NULL OR id IN (SELECT passage FROM valid)) LIMIT $2
-- holders
SELECT a.passage, s.since, s.branch, s.entity FROM unnest($1::bigint[]) WITH ORDINALITY AS a(passage, rank)
CROSS JOIN LATERAL (
  SELECT s.since, s.branch, s.entity FROM parts t JOIN slices s ON s.since = t.since
  WHERE t.passage = a.passage
    AND s.since > ($3::bigint[])[array_position($2::text[], s.branch)]
    AND s.since <= ($4::bigint[])[array_position($2::text[], s.branch)]
    AND s.until > ($4::bigint[])[array_position($2::text[], s.branch)]
    AND ($5::text[] IS NULL OR s.slug = ANY ($5))
  ORDER BY t.since DESC LIMIT $6
) s ORDER BY a.rank, s.since DESC
-- texts
SELECT id, text FROM passages WHERE id = ANY ($1::bigint[])
-- slices
SELECT since, until, branch, entity, slug FROM slices WHERE since >= $1 AND since <= $2 ORDER BY since
-- part_texts
SELECT t.since, t.number, p.digest, p.text, s.entity, s.branch FROM parts t
LEFT JOIN passages p ON p.id = t.passage LEFT JOIN slices s ON s.since = t.since
WHERE t.since >= $1 AND t.since <= $2 ORDER BY t.since, t.number
-- part_hashes
SELECT t.since, t.number, p.digest, encode(sha256(convert_to(p.text, 'UTF8')), 'hex'), s.entity, s.branch FROM parts t
LEFT JOIN passages p ON p.id = t.passage LEFT JOIN slices s ON s.since = t.since
WHERE t.since >= $1 AND t.since <= $2 ORDER BY t.since, t.number
-- stray
SELECT p.digest FROM passages p WHERE NOT EXISTS (SELECT 1 FROM parts t WHERE t.passage = p.id) ORDER BY p.digest LIMIT 1
-- carry_spaces
INSERT INTO spaces (name, dimensions, serving, embedded)
SELECT name, dimensions, serving AND NOT EXISTS (SELECT 1 FROM spaces WHERE serving), 0 FROM {old}.spaces ORDER BY id
ON CONFLICT (name) DO NOTHING
-- same_spaces
SELECT o.id, n.id FROM {old}.spaces o JOIN spaces n ON n.name = o.name ORDER BY n.id
-- carry_vectors
WITH carried AS (
  INSERT INTO vectors (space, passage, numbers)
  SELECT $2, p.id, v.numbers FROM {old}.vectors v JOIN {old}.passages q ON q.id = v.passage JOIN passages p ON p.digest = q.digest
  WHERE v.space = $1
  ON CONFLICT (space, passage) DO NOTHING RETURNING 1
)
UPDATE spaces SET embedded = embedded + (SELECT count(*) FROM carried) WHERE id = $2
-- carried
DELETE FROM waiting w USING vectors v WHERE v.space = w.space AND v.passage = w.passage
