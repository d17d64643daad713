"""Segments give back what was written, byte for byte, and say where they cannot."""

from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.segment_writer import SegmentWriter
from adapters.segments import BadSegment, SegmentFeed, read_segment, segments
from producers.outbox import Row
from security.chain import ChainBroken, Gap, body_hash, genesis


def chain(count: int, text: str = '한국어 "quoted" \\n') -> list[Row]:
    rows, prevhash = [], genesis("main")
    for position in range(1, count + 1):
        link = {"sequence": f"{position:020d}", "prevhash": prevhash, "data": {"n": position, "text": text}}
        rows.append(Row(position, f'oms.evt.main.prod.main.main.object.T."{position}"', msgspec.json.encode(link)))
        prevhash = body_hash(rows[-1].body)
    return rows


def written(folder: Path, rows: list[Row], events: int = 1_000_000, step: int = 7) -> SegmentWriter:
    after = rows[0].position - 1
    prevhash = msgspec.json.decode(rows[0].body)["prevhash"]
    writer = SegmentWriter(folder, "main", after, prevhash, events)
    for start in range(0, len(rows), step):
        writer.append(rows[start : start + step])
    writer.finish()
    return writer


async def read(feed: SegmentFeed, after: int = 0, until: int | None = None) -> list[Row]:
    return [row async for rows in feed.read(after, until) for row in rows]


async def test_what_was_written_is_read_byte_for_byte(tmp_path):
    rows = chain(100)
    writer = written(tmp_path, rows, events=30)
    assert [(s.first, s.last) for s in writer.written] == [(1, 30), (31, 60), (61, 90), (91, 100)]
    assert await read(SegmentFeed(tmp_path, "main")) == rows
    assert await read(SegmentFeed(tmp_path, "main"), 29, 61) == rows[29:61]
    assert await read(SegmentFeed(writer.written[1].path, "main"), 30) == rows[30:60]


def test_a_name_says_what_is_inside(tmp_path):
    rows = chain(3)
    (segment,) = written(tmp_path, rows).written
    assert segment.path.name == f"oms-main-000000000001-000000000003-{body_hash(rows[-1].body)[:12]}.ndjson.zst"
    assert segments(tmp_path) == [segment]


def test_each_line_is_json(tmp_path):
    rows = chain(3)
    (segment,) = written(tmp_path, rows).written
    lines = zstandard.ZstdDecompressor().decompressobj().decompress(segment.path.read_bytes()).splitlines()
    assert [msgspec.json.decode(line)[2] for line in lines] == [msgspec.json.decode(row.body) for row in rows]


async def test_overlapping_segments_are_read_once(tmp_path):
    rows = chain(50)
    written(tmp_path, rows[:30])
    written(tmp_path, rows[20:])
    assert await read(SegmentFeed(tmp_path, "main")) == rows


async def test_a_missing_segment_is_named(tmp_path):
    writer = written(tmp_path, chain(30), events=10)
    writer.written[1].path.unlink()
    with pytest.raises(Gap) as gap:
        await read(SegmentFeed(tmp_path, "main"))
    assert (gap.value.position, gap.value.last) == (11, 20)


def test_an_unfinished_segment_does_not_exist(tmp_path):
    writer = SegmentWriter(tmp_path, "main", 0, genesis("main"))
    writer.append(chain(3))
    assert segments(tmp_path) == []
    writer.abandon()
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_follow_is_not_written(tmp_path):
    rows = chain(3)
    writer = SegmentWriter(tmp_path, "main", 0, genesis("main"))
    writer.append(rows[:1])
    with pytest.raises(ChainBroken):
        writer.append(rows[2:])
    writer.abandon()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_is_found_or_changes_nothing(tmp_path_factory, data):
    """A few bits of a zstd frame mean nothing."""
    folder, rows = tmp_path_factory.mktemp("flip"), chain(20)
    (segment,) = written(folder, rows).written
    stored = bytearray(segment.path.read_bytes())
    stored[data.draw(st.integers(0, len(stored) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    segment.path.write_bytes(stored)
    with suppress(BadSegment):
        assert [row for chunk in read_segment(segment) for row in chunk] == rows


@settings(max_examples=30, deadline=None)
@given(cut=st.integers(1, 200))
def test_a_cut_file_is_found(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("cut")
    (segment,) = written(folder, chain(20)).written
    stored = segment.path.read_bytes()
    segment.path.write_bytes(stored[: -min(cut, len(stored))])
    with pytest.raises(BadSegment):
        list(read_segment(segment))


def test_a_false_name_is_found(tmp_path):
    (segment,) = written(tmp_path, chain(5)).written
    other = segment.path.with_name("oms-main-000000000001-000000000005-000000000000.ndjson.zst")
    segment.path.rename(other)
    with pytest.raises(BadSegment):
        list(read_segment(segments(other)[0]))
