"""`oms replay`, as one types it: whole or in part, in one go or in many, it says what was there."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from adapters.memory_feed import MemoryFeed
from adapters.view_files import live_path
from oms import cli
from oms.cli.failures import Exit
from oms.replaying import Plan, build
from projectors.lane import PART
from queries.moments import Now
from queries.upto import UpTo, end_of
from tests.oms.filled import MAIN
from tests.projectors.story import Story


@pytest.fixture
def oms(typed):
    return typed


def test_two_replays_are_equal_byte_for_byte(folder, oms, tmp_path):
    store = shutil.copytree(folder / "nats" / "jetstream", tmp_path / "store")
    assert oms("export", tmp_path / "segments", "--folder", folder)[0] == 0
    for number, named in enumerate(["log", "log", store, tmp_path / "segments", "audit"]):
        into = tmp_path / f"replay-{number}"
        code, told = oms("replay", "--into", into, "--from-log", named, "--folder", folder, "--json")
        assert code == 0, told
        for name in ("versions", "audit"):
            made, first = (live_path(place, name).read_bytes() for place in (into, tmp_path / "replay-0"))
            assert made == first, named
    shutil.rmtree(folder)
    assert oms("show", "Plane", "N1", "--folder", tmp_path / "replay-2", "--json")[1]["properties"]["seats"] == 97


def test_a_replay_as_of_a_moment_shows_that_moment(folder, oms, tmp_path):
    into = tmp_path / "then"
    code, told = oms("replay", "--as-of", 20, "--into", into, "--folder", folder, "--json")
    assert (code, told["position"]) == (0, 20)
    code, told = oms("replay", "--as-of", 20, "--view", "versions", "--into", tmp_path / "v.db", "--folder", folder)
    assert code == 0
    assert (tmp_path / "v.db").read_bytes() == live_path(into, "versions").read_bytes()
    assert oms("replay", "--into", into, "--folder", folder)[0] == Exit.USAGE
    assert oms("replay", "--view", "nix", "--explain", "--folder", folder)[0] == Exit.USAGE
    assert oms("replay", "--view", "versions", "--folder", folder)[0] == Exit.USAGE
    code, told = oms("replay", "--until", 20, "--folder", folder, "--json")
    assert {(c["branch"], c["what"]): c["there"] for c in told["counts"]}[MAIN, "object Plane"] == 18


@pytest.mark.parametrize("named", ["nowhere", "oms.toml"])
def test_a_source_that_is_none_is_named(folder, oms, tmp_path, named):
    (tmp_path / "oms.toml").write_text("")
    code, told = oms("replay", "--from-log", tmp_path / named, "--folder", folder)
    assert code == Exit.USAGE
    assert str(tmp_path / named) in told


def test_a_replay_says_what_the_live_view_says(folder, oms, tmp_path):
    told = [
        oms("replay", *what, "--prove", "--folder", folder, "--json")
        for what in ([], ["--as-of", 20], ["--into", tmp_path / "b"], ["--type", "Plane"], ["--branch", MAIN])
    ]
    assert [(code, one["checksum"]) for code, one in told] == [(0, one["live view"]) for _, one in told]
    assert told[0][1]["checksum"] == told[2][1]["checksum"] != told[1][1]["checksum"]
    with closing(sqlite3.connect(live_path(folder, "versions"))) as file, file:
        file.execute("DELETE FROM slices WHERE since = (SELECT max(since) FROM slices)")
    code, said = oms("replay", "--prove", "--folder", folder)
    assert code == Exit.REFUSED
    assert "oms verify versions" in said


def test_what_would_be_read_is_said_beforehand(folder, oms):
    code, told = oms("replay", "--as-of", 20, "--explain", "--folder", folder, "--json")
    assert (code, told["position"], told["reads"]) == (0, 20, "20 events: 1 to 20")
    code, told = oms(
        "replay", "--since", 5, "--as-of", 20, "--type", "Plane", "--explain", "--folder", folder, "--json"
    )
    assert (told["reads"], told["types"]) == ("15 events: 6 to 20", ["Plane"])


def test_a_replay_goes_on_from_the_snapshot_before_its_moment(folder, oms):
    fresh = [oms("replay", "--as-of", at, "--folder", folder, "--json")[1]["checksum"] for at in (20, "now")]
    (folder / "oms.toml").write_text("snapshot_every = 7\n")
    again = [oms("replay", "--as-of", at, "--folder", folder, "--json")[1]["checksum"] for at in ("now", 20, "now")]
    assert again == [fresh[1], *fresh]
    told = oms("replay", "--as-of", 20, "--explain", "--folder", folder, "--json")[1]
    assert told["because"] == "behind the nearest snapshot"
    assert told["reads"] != "20 events: 1 to 20"
    assert oms("replay", "--as-of", 20, "--no-snapshots", "--explain", "--folder", folder, "--json")[1]["reads"] == (
        "20 events: 1 to 20"
    )


def test_a_range_is_streamed_as_it_is_stored(folder, oms, capsys):
    capsys.readouterr()
    assert cli.run(["replay", "--since", "5", "--as-of", "20", "--folder", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [int(json.loads(line)["sequence"]) for line in lines] == list(range(6, 21))
    assert cli.run(["replay", "--since", "0", "--type", "Plane", "--folder", str(folder)]) == 0
    kinds = {json.loads(line)["subject"].split("/")[0] for line in capsys.readouterr().out.splitlines()}
    assert {"object", "branch", "objectType"} <= kinds
    assert "link" not in kinds


def test_a_later_replay_goes_on_from_an_earlier_one(folder, oms, tmp_path):
    assert oms("replay", "--as-of", 20, "--into", tmp_path / "early", "--folder", folder)[0] == 0
    code, told = oms("replay", "--onto", tmp_path / "early", "--into", tmp_path / "late", "--prove", "--folder", folder, "--json")  # fmt: skip
    assert (code, told["checksum"]) == (0, told["live view"])
    code, said = oms("replay", "--as-of", 5, "--onto", tmp_path / "early", "--into", tmp_path / "x", "--folder", folder)
    assert code == Exit.CONFLICT
    assert "not there" in said


@pytest.mark.parametrize("what", [["--branch", "prod/main/nowhere"], ["--type", "Pl"]])
def test_what_is_in_no_log_is_named(folder, oms, what):
    code, said = oms("replay", *what, "--folder", folder)
    assert code == Exit.REFUSED
    assert what[1] in said


class Ends:
    """A log that cannot be read further than a position."""

    def __init__(self, feed, position):
        self.feed, self.position = feed, position

    async def last(self):
        return await self.feed.last()

    async def read(self, after, until=None):
        async for chunk in UpTo(self.feed, self.position).read(after, until):
            yield chunk
        if self.position < (await self.last() if until is None else until):
            raise OSError("unplugged")


async def test_a_build_that_was_ended_goes_on_where_it_was(tmp_path):
    story = Story()
    for number in range(2 * PART + 100):
        story.created(f"k{number % 97}", n=number) if number < 97 else story.updated(f"k{number % 97}", n=number)
    log = MemoryFeed(story.messages)
    plan = Plan("main", await end_of(log, Now()))
    for position in (0, PART + 50, 2 * PART + 50):
        with pytest.raises(OSError, match="unplugged"):
            await build(plan, Ends(log, position), tmp_path / "in-parts", lambda _: None)
        assert not (tmp_path / "in-parts").exists()
    on = await build(plan, log, tmp_path / "in-parts", lambda _: None)
    whole = await build(plan, log, tmp_path / "at-once", lambda _: None)
    assert (on.begun, whole.begun) == (2 * PART, 0)
    for view in ("versions", "audit"):
        assert contents(live_path(tmp_path / "in-parts", view)) == contents(live_path(tmp_path / "at-once", view))


def contents(path):
    with closing(sqlite3.connect(path)) as file:
        tables = [name for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")]
        return {table: sorted(map(repr, file.execute(f"SELECT * FROM {table}"))) for table in tables}
