"""Segments: immutable files that hold a stretch of the log, for export, restore, repair and replay.

    oms-main-000000000001-000000100000-3f2a9c0d11e4.ndjson.zst
        ontology   first        last    └ SHA-256 of the last body, its first 12 hex digits

Inside: one zstd frame (with checksum) of lines `[position,"NATS subject",body]`; body is the event's stored bytes,
unchanged, so that `zstdcat FILE | jq .[2].type` works and a restore is byte-equal.

NOTE stored format: it can gain members behind `body`, never change.
"""

import re
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec
import zstandard

from events.names import ONTOLOGY
from producers.heeding import in_thread
from projectors.projector import Fetched
from security.chain import ChainBroken, Gap, link, verify

_CHUNK: Final = 1 << 16  # compressed bytes read at a time: about 0.5 MiB of lines
_NAME: Final = re.compile(rf"oms-(?P<o>{ONTOLOGY.pattern})-(?P<a>\d+)-(?P<z>\d+)-(?P<h>[0-9a-f]{{12}})\.ndjson\.zst")
_line: Final = msgspec.json.Decoder(tuple[int, str, msgspec.Raw])


class Segment(NamedTuple):
    """What a segment's name says: it holds positions `first`…`last`, and `head` begins the hash of the last body."""

    path: Path
    ontology: str
    first: int
    last: int
    head: str


class BadSegment(Gap):
    """A segment is damaged, at `position` or a chunk (64 KiB compressed) behind it, or is not what its name says."""

    def __init__(self, segment: Segment, position: int, reason: str) -> None:
        super().__init__(position, max(position, segment.last), str(segment.path))
        self.args = (f"{segment.path}: {reason}, from position {position} on; take this stretch from another copy",)


def segments(path: Path) -> list[Segment]:
    """One segment, or all of a folder in order of their first position."""
    files = path.glob("oms-*.ndjson.zst") if path.is_dir() else [path]
    found = [segment for file in files if (segment := _named(file))]
    return sorted(found, key=lambda segment: (segment.first, segment.last))


def read_segment(segment: Segment) -> Generator[list[Fetched], None, None]:
    """All rows in order, a chunk (64 KiB compressed) at a time; the chain inside is proved. Raises `BadSegment`."""
    expected, prevhash = segment.first, None
    try:
        with segment.path.open("rb") as file:
            for rows in _chunks(file):
                if prevhash is None:
                    prevhash = _prevhash(rows[0].body)
                prevhash = _proved(segment, rows, expected, prevhash)
                expected += len(rows)
                yield rows
    except (zstandard.ZstdError, msgspec.DecodeError, UnicodeDecodeError, EOFError) as error:
        raise BadSegment(segment, expected, f"it cannot be read ({error})") from error
    if expected != segment.last + 1 or prevhash is None or not prevhash.startswith(segment.head):
        raise BadSegment(segment, expected, "it does not end as its name says")


class SegmentFeed:
    """Reads a log from one segment or a folder of them; what two segments both hold is read once."""

    def __init__(self, path: Path, ontology: str) -> None:
        self.path = path
        self.segments = [segment for segment in segments(path) if segment.ontology == ontology]

    @property
    def name(self) -> str:
        return str(self.path)

    async def last(self) -> int:
        return max((segment.last for segment in self.segments), default=0)

    async def read(self, after: int, until: int | None = None) -> AsyncGenerator[Sequence[Fetched], None]:
        """Raises `Gap` where no segment holds the next position, `BadSegment` (a `Gap`) where one is damaged."""
        end = await self.last() if until is None else until
        while after < end:
            with closing(read_segment(self._holding(after + 1, end))) as chunks:
                while after < end and (rows := await in_thread(next, chunks, None)):
                    if wanted := rows[max(0, after + 1 - rows[0].position) : end + 1 - rows[0].position]:
                        yield wanted
                        after = wanted[-1].position

    def _holding(self, position: int, end: int) -> Segment:
        for segment in reversed(self.segments):
            if segment.first <= position <= segment.last:
                return segment
        later = [segment.first for segment in self.segments if segment.first > position]
        raise Gap(position, min([end, *(first - 1 for first in later)]), str(self.path))


def _named(path: Path) -> Segment | None:
    match = _NAME.fullmatch(path.name)
    return match and Segment(path, match["o"], int(match["a"]), int(match["z"]), match["h"])


def _chunks(file: BinaryIO) -> Iterator[list[Fetched]]:
    frame, rest = zstandard.ZstdDecompressor().decompressobj(), b""
    while not frame.eof and (packed := file.read(_CHUNK)):
        *lines, rest = (rest + frame.decompress(packed)).split(b"\n")
        if lines:
            yield [Fetched(position, subject, bytes(body)) for position, subject, body in map(_line.decode, lines)]
    if not frame.eof or rest or frame.unused_data or file.read(1):
        raise EOFError("it is cut off, or something was added")


def _proved(segment: Segment, rows: Sequence[Fetched], expected: int, prevhash: str) -> str:
    for offset, row in enumerate(rows):
        if row.position != expected + offset:
            raise BadSegment(segment, expected + offset, f"{row.position} stands in its place")
    try:
        return verify((row.body for row in rows), expected - 1, prevhash)
    except ChainBroken as broken:
        raise BadSegment(segment, broken.position, str(broken)) from broken


def _prevhash(body: bytes) -> str:
    named = link(body)
    return named.prevhash if named else ""
