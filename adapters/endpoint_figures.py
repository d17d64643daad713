"""Figures of what carries events out, and of dead letters, for a meter: told as they were seen last.

NOTE names, units and attributes are a contract with dashboards: `docs/metrics.md`
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from opentelemetry.metrics import CallbackOptions, Meter, Observation


class Seen(NamedTuple):
    """One endpoint. `oldest`, `unsent` (how long the oldest that is parked waits) in s, `quantiles` in s by their part,
    `tries` by how they ended since it was registered. `breaker`: 1 unless closed, `None` without one; `left_alone` in s.
    """

    name: str
    lag: int | None
    oldest: float | None
    again: int
    left: int
    parked: int
    unsent: float | None
    tries: Counter[str]
    quantiles: dict[str, float | None]
    breaker: int | None = None
    away: int = 0
    left_alone: float = 0.0
    deferred: int = 0


class DeadLetters(NamedTuple):
    """What waits for a fault of ours to be mended: `failures` is how often there was one; `oldest` in s."""

    size: int
    oldest: float
    failures: int


_OF: Final = "oms.subscription"


class EndpointMeter:
    """`seen` are told; `letters` are asked when somebody reads."""

    def __init__(self, meter: Meter, letters: Callable[[], DeadLetters]) -> None:
        self.seen: Sequence[Seen] = ()
        self._letters = letters
        for name, unit, about, value in _GAUGES:
            meter.create_observable_gauge(name, [self._each(value)], unit, about)
        meter.create_observable_gauge(
            "oms.webhook.latency", [self._latency], "s", "Time that tries of the last hour took, by quantile"
        )
        meter.create_observable_counter("oms.webhook.tries", [self._tries], "{try}", "Tries, by how they ended")
        meter.create_observable_gauge(
            "audit_dlq_size",
            [self._of_letters("size")],
            "{incident}",
            "Dead letters: what a fault of OMS keeps from the audit or an endpoint",
        )
        meter.create_observable_gauge(
            "audit_dlq_oldest_event_age", [self._of_letters("oldest")], "s", "How long the oldest of them waits"
        )
        meter.create_observable_counter(
            "audit_event_failures",
            [self._of_letters("failures")],
            "{incident}",
            "What the audit could not take at once, and tries that failed by a fault of OMS",
        )

    def _each(self, value: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def told(_: CallbackOptions) -> Iterable[Observation]:
            for each in self.seen:
                if (found := getattr(each, value)) is not None:
                    yield Observation(found, {_OF: each.name})

        return told

    def _of_letters(self, value: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        return lambda _: [Observation(getattr(self._letters(), value))]

    def _latency(self, _: CallbackOptions) -> Iterable[Observation]:
        for each in self.seen:
            for part, seconds in each.quantiles.items():
                if seconds is not None:
                    yield Observation(seconds, {_OF: each.name, "quantile": part})

    def _tries(self, _: CallbackOptions) -> Iterable[Observation]:
        for each in self.seen:
            for kind, times in each.tries.items():
                yield Observation(times, {_OF: each.name, "oms.result": kind})


_GAUGES: Final[Sequence[tuple[str, str, str, Any]]] = (
    ("oms.webhook.lag", "{event}", "Events that an endpoint is behind the log", "lag"),
    ("oms.webhook.oldest", "s", "How long its oldest event that is not delivered waits", "oldest"),
    ("oms.webhook.again", "{event}", "Events that failed and come again", "again"),
    ("oms.webhook.parked", "{event}", "Events that failed by a fault of OMS and wait for it to be mended", "parked"),
    ("oms.webhook.left", "{event}", "Events that failed and do not come again by themselves", "left"),
    ("oms.webhook.deferred", "{event}", "Events whose time is to come", "deferred"),
    ("oms.webhook.breaker", "1", "Whether its breaker is open, of those that have one", "breaker"),
    ("oms.webhook.away", "1", "Whether nobody answers there, and one event at a time asks", "away"),
    ("oms.webhook.left_alone", "s", "How long nothing is sent there", "left_alone"),
)
