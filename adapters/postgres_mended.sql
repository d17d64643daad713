-- How often rows of a versions view were written again; it is in the name of what others keep of them.

CREATE TABLE IF NOT EXISTS mended (number bigint PRIMARY KEY);
INSERT INTO mended SELECT coalesce(max(number), 0) + 1 FROM mended;
