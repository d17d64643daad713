"""The figures of this process, written to a file again and again: none, and nothing imported, where no file is named."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from oms.process import Alarm, Running
from oms.recording import Recorder
from oms.settings import Settings
from oms.shelves import Shelves
from producers.outbox import Refusal

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter

    from adapters.metrics_file import MetricsFile
    from adapters.metrics_sink import MetricsSink


Look = Callable[[], Awaitable[None]]


class Figures:
    def __init__(self, sink: "MetricsSink", endpoints: Look, file: "MetricsFile", every: float, alarm: Alarm) -> None:
        self.sink, self._endpoints, self._file, self._every, self._alarm = sink, endpoints, file, every, alarm

    def refused(self, found: Sequence[tuple[int, Refusal]]) -> None:
        """What these commands were refused for."""
        self.sink.found(str(code) for _, refusal in found for code, *_ in msgspec.json.decode(refusal.findings))

    async def write(self) -> None:
        """Until cancelled; the file, or the log, may refuse for a while."""
        said = ""
        while True:
            try:
                await self.sink.look()
                await self._endpoints()
                await asyncio.to_thread(self._file.write)
                said = ""
            except Exception as error:  # noqa: BLE001  nobody waits for figures
                if repr(error) != said:
                    self._alarm("metrics", error)
                said = repr(error)
            await asyncio.sleep(self._every)

    def close(self) -> None:
        """What was counted since is written, too."""
        try:
            self._file.write()
        except OSError as error:
            self._alarm("metrics", error)
        self._file.close()


@contextmanager
def measuring(here: Running, alarm: Alarm) -> Iterator[Figures | None]:
    settings = here.settings
    if not settings.metrics_file:
        yield None
        return
    from adapters import system_clock as clock
    from adapters.metrics_file import MetricsFile
    from adapters.metrics_sink import MetricsSink
    from adapters.nats_reader import NatsReader

    file = MetricsFile(Path(settings.metrics_file), settings.ontology)
    feed = NatsReader(here.endpoint, settings.ontology)
    sink = MetricsSink(file.meter, feed, clock.now, lambda: _positions(here))
    figures = Figures(
        sink, endpoints(settings, here.shelves, here.recorder, file.meter), file, settings.metrics_every, alarm
    )
    try:
        yield figures
    finally:
        figures.close()


def _positions(here: Running) -> dict[str, int]:
    graph = {} if here.graph is None else {"graph": here.graph.position}
    views = () if here.runner is None else here.runner.tracks
    return graph | {track.name: track.checkpoint.position for track in views}


def endpoints(settings: Settings, shelves: Shelves, recorder: Recorder, meter: "Meter") -> Look:
    """Looks at those who get events, before anybody reads the figures."""
    from adapters import system_clock as clock
    from adapters.endpoint_figures import DeadLetters, EndpointMeter, Seen
    from adapters.incident_letters import IncidentLetters
    from events.subscriptions.outgoing import OURS
    from oms.endpoints import endpoint_figures

    letters = IncidentLetters(settings.folder)

    def dead() -> DeadLetters:
        waiting = letters.standing()
        oldest = max(0, clock.now() - waiting.oldest) / 1e6 if waiting.incidents else 0.0
        return DeadLetters(
            waiting.incidents + sum(each.parked for each in told.seen),
            max([oldest, *(each.unsent or 0.0 for each in told.seen)]),
            recorder.failures + sum(each.tries[kind] for each in told.seen for kind in OURS),
        )

    told = EndpointMeter(meter, dead)

    async def look() -> None:
        seen = []
        for each in await endpoint_figures(settings, shelves, ["1h"]):
            tries: Counter[str] = Counter()
            for counted in each.total:
                tries[counted.kind] += counted.times
            hour = each.windows["1h"]
            took = {"0.5": hour.p50, "0.95": hour.p95, "0.99": hour.p99}
            quantiles = {part: None if ms is None else ms / 1e3 for part, ms in took.items()}
            waiting = (each.again, each.left, each.parked, each.parked_seconds)
            spared = each.spared
            breaker = None if spared.breaker is None else int(spared.breaker != "closed")
            sparing = (breaker, int(spared.away), spared.left_alone, each.deferred)
            seen.append(Seen(each.name, each.lag, each.oldest, *waiting, tries, quantiles, *sparing))
        told.seen = seen

    return look
