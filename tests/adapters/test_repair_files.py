"""What a repair keeps on disk survives it, and is never half there."""

import base64
import json

import msgspec

from adapters.repair_files import RepairArchives, RepairJournal
from producers.archive import Archived
from producers.collect import Candidate
from producers.outbox import Row
from security.chain import body_hash, genesis


def chain(count):
    rows, prevhash = [], genesis("main")
    for position in range(1, count + 1):
        link = {"sequence": f"{position:020d}", "prevhash": prevhash}
        rows.append(Row(position, f"oms.evt.{position}", msgspec.json.encode(link)))
        prevhash = body_hash(rows[-1].body)
    return rows


def test_the_journal_says_what_was_noted_last(tmp_path):
    folder = tmp_path / "repair"
    assert RepairJournal(folder).read() is None
    RepairJournal(folder).note("replace", Archived("1", 7, "ab"))
    RepairJournal(folder).note("append", Archived("1", 7, "ab"))
    assert RepairJournal(folder).read() == ("append", Archived("1", 7, "ab"))
    RepairJournal(folder).clear()
    assert RepairJournal(folder).read() is None


async def test_an_archive_gives_back_what_was_put_in(tmp_path):
    rows = chain(5)
    archives = RepairArchives(tmp_path, "main")
    archive = archives.create()
    archive.append(rows)
    archive.quarantine([Candidate("log", Row(3, "oms.evt.x", b"\xff"))])
    archive.finish()
    reading = archives.open(archive.name)
    assert [row async for chunk in reading.read(0) for row in chunk] == rows
    (line,) = (tmp_path / archive.name / "quarantine.ndjson").read_text().splitlines()
    found = json.loads(line)
    assert (found["position"], found["source"], base64.b64decode(found["body"])) == (3, "log", b"\xff")


def test_an_unfinished_archive_is_dropped_and_a_whole_one_kept(tmp_path):
    archives = RepairArchives(tmp_path, "main")
    first = archives.create()
    first.append(chain(2))
    first.finish()
    (tmp_path / "2").mkdir()
    assert archives.create().name == "2"
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


async def test_an_empty_log_has_an_archive_too(tmp_path):
    archives = RepairArchives(tmp_path, "main")
    archive = archives.create()
    archive.finish()
    assert await archives.open(archive.name).last() == 0
