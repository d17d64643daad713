"""An outbox that an earlier release made goes on under this one."""

import sqlite3
from contextlib import closing

import pytest

from adapters.migrations import MadeByLater, newest
from adapters.sqlite_outbox import SqliteOutbox
from adapters.sqlite_reader import remedy
from producers.outbox import HeadWrite

FIRST_RELEASE = """
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0001');
CREATE TABLE log_head (ontology VARCHAR NOT NULL PRIMARY KEY, position BIGINT NOT NULL, time BIGINT NOT NULL, hash VARCHAR NOT NULL);
CREATE TABLE heads (branch VARCHAR NOT NULL, "key" VARCHAR NOT NULL, since BIGINT NOT NULL, until BIGINT NOT NULL, state BLOB,
                    PRIMARY KEY (branch, "key", since));
INSERT INTO heads VALUES ('', 'branch/a/b/c', 1, 9223372036854775807, '{}'), ('a/b/c', 'object/A/1', 2, 5, '{"n":1}'),
                         ('a/b/c', 'object/A/1', 5, 9223372036854775807, NULL);
"""


async def test_intervals_keep_their_beginnings_and_states(tmp_path):
    path = tmp_path / "outbox.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(FIRST_RELEASE)
    outbox = SqliteOutbox(path, "main")
    assert await outbox.heads_after("", "", 0, 10) == [
        HeadWrite("", "branch/a/b/c", 1, "{}"),
        HeadWrite("a/b/c", "object/A/1", 2, '{"n":1}'),
        HeadWrite("a/b/c", "object/A/1", 5, None),
    ]
    outbox.close()


def test_what_a_later_release_made_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "outbox.db"
    with closing(sqlite3.connect(path)) as later:
        later.executescript(FIRST_RELEASE.replace("0001", "9999"))
    with pytest.raises(MadeByLater, match=f"at step 9999 .* up to {newest()}; start the later version"):
        SqliteOutbox(path, "main")
    with closing(sqlite3.connect(path)) as found:
        assert found.execute("SELECT version_num, state FROM alembic_version, heads LIMIT 1").fetchone() == (
            "9999",
            "{}",
        )


@pytest.mark.parametrize(
    ("said", "does"),
    [("no such table: messages", "`oms up` makes it anew"), ("database or disk is full", "free some space"), ("x", "oms verify")],
)  # fmt: skip
def test_a_view_that_cannot_be_read_has_the_remedy_of_its_cause(said, does):
    assert does in remedy("versions", sqlite3.OperationalError(said))
