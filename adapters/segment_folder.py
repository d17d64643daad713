"""Segments of the log that rows left the outbox for: one behind the other in one folder, from position 1 on."""

from pathlib import Path

from adapters.segment_writer import SegmentWriter
from adapters.segments import Segment, SegmentFeed
from security.chain import ChainBroken, Gap


class SegmentFolder:
    """`producers.leaving.Segments`."""

    def __init__(self, path: Path, ontology: str) -> None:
        self.path, self.ontology = path, ontology

    async def last(self) -> int:
        end = self._end()
        return end.last if end else 0

    def open(self) -> SegmentFeed:
        return SegmentFeed(self.path, self.ontology)

    def behind(self, after: int, prevhash: str) -> SegmentWriter:
        end = self._end()
        if end is not None and not prevhash.startswith(end.head):
            raise ChainBroken(after, f"the end of {end.path}", prevhash[: len(end.head)], end.head)
        for left in self.path.glob(".oms-*.part"):  # by a kill
            left.unlink()
        return SegmentWriter(self.path, self.ontology, after, prevhash)

    def _end(self) -> Segment | None:
        """The last segment. Raises `Gap`."""
        end: Segment | None = None
        for segment in self.open().segments:
            expected = end.last + 1 if end else 1
            if segment.first > expected:
                raise Gap(expected, segment.first - 1, str(self.path))
            end = segment if end is None or segment.last > end.last else end
        return end
