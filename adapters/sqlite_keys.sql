-- The statements of the key store, each under its name. The tables are in sqlite_keys.py.

-- any_table
SELECT name FROM sqlite_schema LIMIT 1

-- add_key
INSERT OR IGNORE INTO keys (kid, owner, secret) VALUES (?, ?, ?)

-- keys_of
SELECT kid, secret FROM keys WHERE owner = ? ORDER BY number

-- destroy_key
DELETE FROM keys WHERE kid = ?

-- count_keys
SELECT count(*) FROM keys

-- read_index_key
SELECT secret FROM index_key WHERE number = 1

-- add_index_key
INSERT INTO index_key (number, secret) VALUES (?, ?)
