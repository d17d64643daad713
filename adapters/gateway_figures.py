"""The figures of the event gateway, as they are asked for: `docs/metrics.md` names them."""

from collections.abc import Awaitable, Callable, Iterable, Iterator

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from adapters.door_figures import DoorFigures

Look = Callable[[], Awaitable[None]]
Views = Callable[[], Iterator[tuple[str, int | None, int]]]
"""Each view: its position, `None` where there is none, and how many events it could not apply."""


class GatewayFigures:
    """`beside` makes figures of others on the same page, and gives what looks at them before they are read."""

    def __init__(self, door: DoorFigures, views: Views, beside: Callable[[Meter], Look]) -> None:
        self._door, self._views = door, views
        self.answered, self.close = door.answered, door.close
        self._look = beside(door.meter)
        make = door.meter
        self._events = make.create_counter("oms.gateway.events", "{event}", "Events that went out")
        self._open = make.create_up_down_counter("oms.gateway.streams", "{stream}", "Streams that are open")
        make.create_observable_gauge("oms.view.lag", [self._lag], "{event}", "Events that a view does not have yet")
        make.create_observable_gauge("oms.view.parked", [self._parked], "{event}", "Events that a view could not apply")

    def told(self, events: int) -> None:
        self._events.add(events)

    def streams(self, more: int) -> None:
        self._open.add(more)

    async def text(self) -> str:
        await self._look()
        return await self._door.text()

    def _lag(self, _: CallbackOptions) -> Iterable[Observation]:
        for view, position, _parked in self._views():
            if position is not None:
                yield Observation(max(0, self._door.log_position - position), {"oms.view": view})

    def _parked(self, _: CallbackOptions) -> Iterable[Observation]:
        for view, position, parked in self._views():
            if position is not None:
                yield Observation(parked, {"oms.view": view})
