"""`oms status`: how far each view is behind the log, read from the files themselves."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.options import Folder
from oms.cli.output import Json, complain, print_json, print_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.alarm_file import Raised
    from adapters.sqlite_standing import Standing
    from oms.endpoints import EndpointFigures
    from oms.schedule_figures import ScheduleFigures
    from oms.settings import Settings
    from oms.shelves import Shelves
    from producers.outbox import LogHead

_COLUMNS = ("view", "version", "position", "lag", "seconds", "rate", "parked", "state")


def status(
    over: Annotated[
        float,
        typer.Option("--over", min=0, max=60, help="Seconds over which the rate of a view that is behind is measured."),
    ] = 0.5,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Show where the log ends and how far each view is. Position, lag in events and seconds, rate, parked events.

    A row for each endpoint of webhooks, and one for schedules: how many, how many paused, when the next one runs.
    """
    from adapters.alarm_file import standing
    from oms.settings import load
    from oms.shelves import kept

    settings = load({"folder": folder}).settings
    if not settings.folder.exists():
        from oms.sources import refuse_no_store

        refuse_no_store(settings)
    with kept(settings) as shelves:
        _show(settings, shelves, over, standing(settings.folder), as_json=as_json)


def _show(settings: "Settings", shelves: "Shelves", over: float, alarms: "list[Raised]", *, as_json: bool) -> None:
    import time

    from adapters.incident_letters import IncidentLetters
    from events.wire import instants
    from oms.refused_by_nats import unheard

    head, views = _look(shelves)
    behind = head is not None and any(view.checkpoint.position < head.position for view, _ in views)
    before = [view.checkpoint.position for view, _ in views]
    if behind and over:
        time.sleep(over)
        head, views = _look(shelves)
    if len(before) != len(views):  # a build that came or went in between has no rate yet
        before = [view.checkpoint.position for view, _ in views]
    rows = [
        _row(view, live, head, round((view.checkpoint.position - was) / (over or 1)), replaced=_replaced(views, at))
        for at, ((view, live), was) in enumerate(zip(views, before, strict=True))
    ]
    rows += [*_graph(settings, head), *_sink(settings, head), *_webhooks(settings, shelves)]
    schedules = _schedules(settings, shelves)
    deaf = unheard(settings)
    counted = shelves.metrics()
    letters = IncidentLetters(settings.folder).standing()
    if as_json:
        said: dict[str, Any] = {"position": head.position if head else None, "views": rows}
        print_json(
            said
            | (counted.json() if counted else {})
            | ({"schedules": schedules.json()} if schedules else {})
            | ({"deadLetters": letters._asdict()} if letters.incidents else {})
            | ({"unheard": deaf} if deaf else {})
            | ({"alarms": [each.json() for each in alarms]} if alarms else {})
        )
    else:
        print_rows(
            [
                {"view": "(outbox)", "position": head.position if head else "none here"}, *rows,
                *([{"view": "schedules", "state": _told(schedules)}] if schedules else []),
            ],
            _COLUMNS, as_json=False,
        )  # fmt: skip
        if letters.incidents:
            since = instants.to_text(letters.oldest)
            complain(f"{letters.incidents:,} incidents ({letters.bytes:,} bytes) wait for the audit since {since}")
        if counted and counted.tampered:
            complain(f"{counted.tampered:,} commands were not by who sent them; see the refusals of the audit")
        if deaf:
            complain(deaf)
        for each in alarms:
            complain(f"{each.code} since {each.since}, {each.times:,} times: {each.text}; see `oms verify log`")


def _graph(settings: "Settings", head: "LogHead | None") -> list[dict[str, Any]]:
    """How far the graph is, if there is one, by what it says itself."""
    if not settings.terminusdb_url:
        return []
    from oms.cli.connecting import run
    from oms.graph import NoGraph, standing
    from projectors.graph_store import GraphRefused, GraphUnavailable

    row: dict[str, Any] = {"view": "graph", "version": None, "live": True, "seconds": None, "rate": None}
    try:
        found = run(standing(settings))
    except (NoGraph, GraphUnavailable, GraphRefused) as missing:
        return [row | {"position": None, "lag": None, "parked": None, "state": str(missing)}]
    lag = None if head is None else head.position - found.position
    parked = sum(map(len, found.parked.values()))
    state = f"{'behind' if lag else 'ready'}, in {found.database}"
    return [row | {"version": found.build, "position": found.position, "lag": lag, "parked": parked, "state": state}]


def _sink(settings: "Settings", head: "LogHead | None") -> list[dict[str, Any]]:
    """How far the file of events is, if there is one."""
    if not settings.events_file:
        return []
    from adapters.file_sink import FileSink

    noted = FileSink(Path(settings.events_file)).noted()
    position = noted.position if noted else 0
    lag = None if head is None else head.position - position
    row = {"view": "events_file", "version": None, "live": True, "position": position, "lag": lag, "seconds": None}
    return [row | {"rate": None, "parked": None, "state": "behind" if lag else "ready"}]


def _webhooks(settings: "Settings", shelves: "Shelves") -> list[dict[str, Any]]:
    """How far each endpoint is, and how it does."""
    from oms.cli.connecting import run
    from oms.endpoints import endpoint_figures

    return [
        {
            "view": f"webhook {each.name}", "version": None, "live": True, "position": each.position,
            "lag": each.lag, "seconds": each.seconds, "rate": None, "parked": each.again + each.left,
            "state": each.status if each.status != "active" else _pace(each),
        }
        for each in run(endpoint_figures(settings, shelves, ()))
    ]  # fmt: skip


def _pace(each: "EndpointFigures") -> str:
    later = f", {each.deferred:,} later" if each.deferred else ""
    return (each.spared.word or ("behind" if each.lag else "ready")) + later


def _schedules(settings: "Settings", shelves: "Shelves") -> "ScheduleFigures | None":
    from oms.cli.connecting import run
    from oms.schedule_figures import schedule_figures

    return run(schedule_figures(settings, shelves))


def _told(schedules: "ScheduleFigures") -> str:
    paused = f", {schedules.paused:,} paused" if schedules.paused else ""
    late = f", {schedules.late:.0f} s late" if schedules.late >= 1 else ""
    following = schedules.json()["next"]
    return f"{schedules.count:,}{paused}, {f'next {following}{late}' if following else 'none to come'}"


def _look(shelves: "Shelves") -> "tuple[LogHead | None, list[tuple[Standing, bool]]]":
    from oms.shelves import READ_MODELS

    views = [standing for name in sorted(READ_MODELS) for standing in shelves.shelf(name).standings()]
    return shelves.log_head(), views + shelves.similar().shelf.standings()


def _replaced(views: "Sequence[tuple[Standing, bool]]", at: int) -> bool:
    """Whether a later build of the same view is live: builds of a view stand in their order."""
    return any(live and view.view == views[at][0].view for view, live in views[at + 1 :])


def _row(view: "Standing", live: bool, head: "LogHead | None", rate: int, *, replaced: bool) -> dict[str, Any]:
    """`seconds` = from the view's last event to the log's last, in the time of the events; `rate` in events/s."""
    position = view.checkpoint.position
    lag = None if head is None else head.position - position
    return {
        "view": view.view,
        "version": view.version,
        "live": live,
        "position": position,
        "lag": lag,
        "seconds": None if head is None else round(max(0, head.time - view.checkpoint.time) / 1e6, 3) if lag else 0.0,
        "rate": rate,
        "parked": view.parked,
        "state": "kept, the build before" if replaced else _state(lag, rate, live),
    }


def _state(lag: int | None, rate: int, live: bool) -> str:
    if lag is None:
        return "no outbox to compare with"
    if lag < 0:
        return "ahead of the log"
    if lag and not rate:
        return "not moving"
    return ("catching up" if live else "building") if lag else ("ready" if live else "built, not live")
