import asyncio
import json
from pathlib import Path

from adapters.sqlite_outbox import SqliteOutbox
from adapters.view_files import make_live, view_path
from oms.cli import run
from oms.cli.failures import Exit
from producers.outbox import Ask, LogHead, Writes
from projectors.projector import Parked
from projectors.versions import VERSION
from tests.queries.histories import MAIN, SECOND, START, History, made
from tests.queries.test_objects import flights


def write(folder: Path, view: History, position: int, parked: list[Parked] | None = None) -> None:
    """A view with this history, and an outbox that ends at `position`."""

    def work(head: LogHead):
        yield Ask()
        return Writes(LogHead(position, START + 60 * SECOND, head.hash))

    async def both() -> None:
        await view.into_file(view_path(folder, "versions", 1), parked or [])
        outbox = SqliteOutbox(folder / "outbox.db", "main")
        await outbox.commit(work)
        outbox.close()

    asyncio.run(both())
    make_live(folder, "versions", 1)


def told(capsys, folder: Path) -> dict:
    assert run(["status", "--over", "0.01", "--json", "--folder", str(folder)]) == Exit.OK
    return json.loads(capsys.readouterr().out)


def test_a_view_that_has_everything_is_ready(capsys, tmp_path) -> None:
    write(tmp_path, flights(), 4)
    assert told(capsys, tmp_path) == {
        "position": 4,
        "views": [
            {"view": "versions", "version": VERSION, "live": True, "position": 4, "lag": 0, "seconds": 0.0, "rate": 0,
             "parked": 0, "state": "ready"}
        ],
    }  # fmt: skip


def test_a_view_that_is_behind_says_by_how_much(capsys, tmp_path) -> None:
    parked = [Parked(2, ((MAIN, made("A", "1")[0]),), "EVENT_UNAPPLIABLE", "", "", b"")]
    write(tmp_path, flights(), 10, parked)
    (view,) = told(capsys, tmp_path)["views"]
    assert (view["lag"], view["seconds"], view["rate"], view["parked"], view["state"]) == (6, 57.0, 0, 1, "not moving")


def test_the_build_that_another_took_the_place_of_is_told_from_one_that_is_made(capsys, tmp_path) -> None:
    write(tmp_path, flights(), 4)
    for build in (2, 3):
        asyncio.run(flights().into_file(view_path(tmp_path, "versions", build), []))
    make_live(tmp_path, "versions", 2)
    states = [(view["live"], view["state"], view["rate"]) for view in told(capsys, tmp_path)["views"]]
    assert states == [(False, "kept, the build before", 0), (True, "ready", 0), (False, "built, not live", 0)]


def test_a_view_that_is_ahead_of_the_log_says_so(capsys, tmp_path) -> None:
    write(tmp_path, flights(), 3)
    assert told(capsys, tmp_path)["views"][0]["state"] == "ahead of the log"


def test_a_version_that_is_built_beside_the_live_one_is_shown(capsys, tmp_path) -> None:
    write(tmp_path, flights(), 4)
    asyncio.run(flights().into_file(view_path(tmp_path, "versions", 2)))
    assert [view["state"] for view in told(capsys, tmp_path)["views"]] == ["ready", "built, not live"]


def test_an_empty_folder(capsys, tmp_path) -> None:
    assert told(capsys, tmp_path) == {"position": None, "views": []}


def test_for_people(capsys, tmp_path) -> None:
    write(tmp_path, flights(), 4)
    assert run(["status", "--folder", str(tmp_path)]) == Exit.OK
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["view", "version", "position", "lag", "seconds", "rate", "parked", "state"],
        ["(outbox)", "4"],
        ["versions", str(VERSION), "4", "0", "0.0", "0", "0", "ready"],
    ]
