"""Columns of views in PostgreSQL lie in the folder of who asks: made by a question, made newer by what runs there."""

import json
from pathlib import Path

import pytest

from adapters.column_making import BEHIND, ENTITIES
from adapters.view_files import view_path
from oms.cli import run
from oms.packing import REST, Keeper
from oms.settings import Settings
from oms.shelves import kept
from tests.oms.test_columns import USER
from tests.queries.histories import MAIN, START, Lived, changed, made


async def test_a_question_about_a_whole_table_makes_columns_and_what_runs_makes_them_newer(
    postgres_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "oms.toml").write_text(f'postgres_url = "{postgres_url}"\n')
    settings, lived = Settings(folder=tmp_path, postgres_url=postgres_url), Lived(view_path(tmp_path, "versions", 1))
    lived.history.commit(MAIN, [USER, *(made("User", f"{n:05}", id=f"{n:05}", n=n % 7) for n in range(ENTITIES))])
    with kept(settings) as shelves:
        shelf = shelves.shelf("versions")
        shelf.make_live(1)
        await lived.write_into(shelf.open(1))
        keeper = Keeper(settings, shelf, lambda: START)
        assert await keeper.step() == REST  # nobody asked for any

        def ask(text: str) -> list[dict[str, object]]:
            run(["query", text, "--json", "--folder", str(tmp_path)])
            found = json.loads(capfd.readouterr().out)
            return found["rows"] if isinstance(found, dict) else found

        count = "SELECT count(*) AS c FROM users WHERE n = 3"
        assert ask(count) == [{"c": ENTITIES // 7 + 1}]
        assert ask(f"EXPLAIN {count}")[0]["why"] == f"all of them, from columns as of {ENTITIES + 2}"
        lived.history.commit(MAIN, [changed("User", f"{n:05}", id=f"{n:05}", n=n % 7) for n in range(BEHIND)])
        await lived.write_into(shelf.open(1))
        assert await keeper.step() < REST
        assert ask(f"EXPLAIN {count}")[0]["why"] == f"all of them, from columns as of {lived.history.position}"
        assert ask(count) == [{"c": ENTITIES // 7 + 1}]
