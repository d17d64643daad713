"""A sink that counts: what was committed and how soon it was heard of, how far views are behind, what was refused.

Counts begin with the process, as those who read them expect: nothing that was committed before is counted.

NOTE names, units and attributes are a contract with dashboards: `docs/metrics.md`
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Final

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from events.wire.envelope import decode
from projectors.projector import Checkpoint, Feed, Recorded
from security.chain import body_hash

Positions = Callable[[], Mapping[str, int]]
"""How far each view is that is kept up here."""

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class MetricsSink:
    """`clock` gives µs since the epoch. How many attributes there may be is for who makes the meter."""

    name = "metrics"

    def __init__(self, meter: Meter, feed: Feed, clock: Callable[[], int], positions: Positions) -> None:
        self._feed, self._clock, self._positions = feed, clock, positions
        self._at: Checkpoint | None = None
        self._last = 0
        self._events = meter.create_counter("oms.log.events", "{event}", "Events that were committed")
        self._commits = meter.create_counter("oms.log.commits", "{commit}", "Commits")
        self._findings = meter.create_counter("oms.findings", "{finding}", "What commands were refused for")
        self._delay = meter.create_histogram(
            "oms.log.delay", "s", "From the commit until the log carried it here", explicit_bucket_boundaries_advisory=_SECONDS
        )  # fmt: skip
        meter.create_observable_gauge("oms.log.position", [self._position], "{event}", "Where the log ends")
        meter.create_observable_gauge("oms.view.lag", [self._lag], "{event}", "Events that a view does not have yet")

    async def checkpoint(self) -> Checkpoint | None:
        """Where the log's last whole commit ended when it was asked first; from then on where it is."""
        if self._at is None:
            self._at = await self._whole()
        return self._at

    async def take(self, events: Sequence[Recorded]) -> None:
        now = self._clock()
        for each in events:
            aggregate, class_ = each.subject.split(".", 8)[6:8]
            branch = {"oms.branch": each.event.branch}
            self._events.add(1, {**branch, "oms.aggregate": aggregate, "oms.class": class_})
            if each.event.ends_commit:
                self._commits.add(1, branch)
                self._delay.record(max(0, now - each.time) / 1e6)
        self._at = Checkpoint(events[-1].position, events[-1].hash, events[-1].time)

    def found(self, codes: Iterable[str]) -> None:
        """Findings that commands were refused for."""
        for code in codes:
            self._findings.add(1, {"oms.code": code})

    async def look(self) -> None:
        """Learn where the log ends, before anybody reads the figures."""
        self._last = await self._feed.last()

    async def _whole(self) -> Checkpoint | None:
        last = await self._feed.last()
        while last:
            async with aclosing(self._feed.read(last - 1, last)) as chunks:
                body = (await anext(chunks))[0].body
            event = decode(body, trusted=True)
            if event.ends_commit:
                return Checkpoint(last, body_hash(body))
            last -= event.commitindex + 1
        return None

    def _position(self, _: CallbackOptions) -> Iterable[Observation]:
        yield Observation(self._last)

    def _lag(self, _: CallbackOptions) -> Iterable[Observation]:
        positions = dict(self._positions())
        if self._at is not None:
            positions[self.name] = self._at.position
        for view, position in positions.items():
            yield Observation(max(0, self._last - position), {"oms.view": view})
