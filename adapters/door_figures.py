"""The figures that every door of HTTP has: how it answered, how quickly, and where the log ends. Others stand beside them.

oms.<part>.duration {s}   http.route="POST /events" http.response.status_code=200
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from adapters.metrics_page import MetricsPage

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class DoorFigures:
    """`log_end` raises `OSError` where the log does not answer: then it is said as it was. `close` after use."""

    def __init__(self, part: str, ontology: str, log_end: Callable[[], Awaitable[int]]) -> None:
        self._log_end, self.log_position = log_end, 0
        self._page = MetricsPage(ontology)
        self._seconds = self.meter.create_histogram(
            f"oms.{part}.duration", "s", "From a request until its answer begins",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )  # fmt: skip
        self.meter.create_observable_gauge("oms.log.position", [self._position], "{event}", "Where the log ends")

    @property
    def meter(self) -> Meter:
        return self._page.meter

    def answered(self, route: str, status: int, seconds: float) -> None:
        self._seconds.record(seconds, {"http.route": route, "http.response.status_code": status})

    async def text(self) -> str:
        try:
            self.log_position = await self._log_end()
        except OSError:
            pass
        return await asyncio.to_thread(self._page.text)

    def close(self) -> None:
        self._page.close()

    def _position(self, _: CallbackOptions) -> Iterable[Observation]:
        yield Observation(self.log_position)
