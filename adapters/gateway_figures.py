"""The figures of the event gateway, as they are asked for: `docs/metrics.md` names them."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final

from opentelemetry.metrics import CallbackOptions, Observation

from adapters.metrics_page import MetricsPage

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class GatewayFigures:
    """`views` gives each view and its position, `None` where there is none; `log_end` raises
    `OSError` where the log does not answer: then it is said as it was.
    """

    def __init__(
        self,
        ontology: str,
        log_end: Callable[[], Awaitable[int]],
        views: Callable[[], Iterator[tuple[str, int | None]]],
    ) -> None:
        self._log_end, self._views, self._last = log_end, views, 0
        self._page = MetricsPage(ontology)
        meter = self._page.meter
        self._events = meter.create_counter("oms.gateway.events", "{event}", "Events that went out")
        self._open = meter.create_up_down_counter("oms.gateway.streams", "{stream}", "Streams that are open")
        self._seconds = meter.create_histogram(
            "oms.gateway.duration", "s", "From a request until its answer begins",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )  # fmt: skip
        meter.create_observable_gauge("oms.log.position", [self._position], "{event}", "Where the log ends")
        meter.create_observable_gauge("oms.view.lag", [self._lag], "{event}", "Events that a view does not have yet")

    def answered(self, route: str, status: int, seconds: float) -> None:
        self._seconds.record(seconds, {"http.route": route, "http.response.status_code": status})

    def told(self, events: int) -> None:
        self._events.add(events)

    def streams(self, more: int) -> None:
        self._open.add(more)

    async def text(self) -> str:
        try:
            self._last = await self._log_end()
        except OSError:
            pass
        return self._page.text()

    def close(self) -> None:
        self._page.close()

    def _position(self, _: CallbackOptions) -> Iterable[Observation]:
        yield Observation(self._last)

    def _lag(self, _: CallbackOptions) -> Iterable[Observation]:
        for view, position in self._views():
            if position is not None:
                yield Observation(max(0, self._last - position), {"oms.view": view})
