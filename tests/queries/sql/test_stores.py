"""The same answers from every store that versions are kept in."""

import secrets
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapters.memory_versions import MemoryVersions
from adapters.postgres_session import unmoved
from adapters.postgres_versions import postgres_versions
from adapters.postgres_versions_reader import PostgresVersions
from adapters.sqlite_versions_reader import reading
from tests.docs.test_sql import AGES, history
from tests.queries.sql.asking import asked

QUESTIONS = (
    "SELECT * FROM users",
    "SELECT * FROM users ALL_VERSIONS",
    "SELECT * FROM users AS OF 4 WHERE id = '1'",
    "SELECT * FROM users BETWEEN 4 AND 6",
    "SELECT * FROM users FOR SYSTEM_TIME ALL FOR VALID_TIME ALL",
    f"SELECT * FROM users AS OF BRANCH '{AGES}' FOR VALID_TIME AS OF '2024-02-15'",
    "SELECT * FROM Knows WHERE _from = '1'",
    "SELECT * FROM history",
    "SELECT a.age, b.age FROM users AS OF 5 a JOIN users ALL_VERSIONS b USING (id) ORDER BY ALL",
)


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_every_store_answers_alike(store: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    told = history()
    memory = told.into(MemoryVersions())
    with ExitStack() as opened:
        if store == "sqlite":
            await told.into_file(tmp_path / "versions.db")
            versions = opened.enter_context(reading(tmp_path / "versions.db"))
        else:
            url, schema = request.getfixturevalue("postgres_server_url"), f"versions_{secrets.token_hex(6)}"
            await told.into_view(postgres_versions(url, schema, "main"))
            versions = PostgresVersions(opened.enter_context(unmoved(url, schema)))
        for question in QUESTIONS:
            found = [sorted(map(str, asked(each, question, branch=AGES))) for each in (memory, versions)]
            assert found[0] == found[1], question
            assert found[0], question
