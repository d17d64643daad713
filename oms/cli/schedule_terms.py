"""Options that say what a schedule sends and when, and what they come to in its command."""

import re
from typing import Annotated, Any, Final, NamedTuple

import typer

from oms.cli.failures import Exit, Failure
from oms.cli.sending import json_document

_UNITS: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1, "": 1}
_DURATION: Final = re.compile(r"(?:p?t?)?(?:\d+[dhms]t?)+|\d+")
_PART: Final = re.compile(r"(\d+)([dhms]?)")
_MEMBERS: Final = {
    "until": "until",
    "max-runs": "maxRuns",
    "calendar": "calendars",
    "except": "except",
    "description": "description",
}


class Terms(NamedTuple):
    """`spread` makes options of it."""

    command: Annotated[
        str | None, typer.Option("--command", help="What is sent: a command, e.g. ApplyAction.", show_default=False)
    ] = None
    data: Annotated[
        str | None,
        typer.Option("--data", help="Its data: JSON, @FILE, or -; ${date} in texts: when it runs.", show_default=False),
    ] = None
    on: Annotated[
        str | None, typer.Option("--on", help="On which branch; else that of this command.", show_default=False)
    ] = None
    on_behalf_of: Annotated[
        str | None, typer.Option("--on-behalf-of", help="Whom it acts for, <user>@<service>.", show_default=False)
    ] = None
    at: Annotated[str | None, typer.Option("--at", help="Once, then: RFC 3339.", show_default=False)] = None
    every: Annotated[
        str | None, typer.Option("--every", help="Again after so long: 90s, 15m, 1h30m, 1d.", show_default=False)
    ] = None
    begin: Annotated[
        str | None, typer.Option("--from", help="Of --every: the first time, RFC 3339.", show_default=False)
    ] = None
    cron: Annotated[
        str | None, typer.Option("--cron", help="Minute, hour, day, month, weekday; or @daily.", show_default=False)
    ] = None
    zone: Annotated[
        str | None, typer.Option("--zone", help="Time zone of --cron and of days, e.g. Asia/Seoul.", show_default=False)
    ] = None
    until: Annotated[str | None, typer.Option("--until", help="Not behind that: RFC 3339.", show_default=False)] = None
    max_runs: Annotated[int | None, typer.Option("--max-runs", min=1, help="So often at most.", show_default=False)] = (
        None
    )
    calendar: Annotated[
        list[str] | None, typer.Option("--calendar", help="Not on the days of this calendar; may be repeated.")
    ] = None
    excepted: Annotated[list[str] | None, typer.Option("--except", help="Nor on DAY or DAY..DAY; may be repeated.")] = (
        None
    )
    misfire: Annotated[
        str | None,
        typer.Option("--misfire", help="What was missed: skip, once or all.", show_default=False),
    ] = None
    grace: Annotated[
        int | None, typer.Option("--grace", min=0, help="Seconds late that are not missed.", show_default=False)
    ] = None
    most: Annotated[
        int | None, typer.Option("--most", min=1, help="Of --misfire all: the last ones, at most.", show_default=False)
    ] = None
    overlap: Annotated[
        str | None,
        typer.Option("--overlap", help="While the one before runs: skip, queue or allow.", show_default=False),
    ] = None
    jitter: Annotated[
        int | None, typer.Option("--jitter", min=0, help="Seconds each run is put off at most.", show_default=False)
    ] = None
    description: Annotated[
        str | None, typer.Option("--description", help="What for, and who to ask.", show_default=False)
    ] = None

    def said(self) -> dict[str, Any]:
        """What was given, by the names of a command. Raises `Failure`."""
        misfire = {"policy": self.misfire, "grace": self.grace, "most": self.most}
        said = {
            "command": self._command(),
            "at": self.at,
            "every": None if self.every is None else _given({"seconds": seconds(self.every), "from": self.begin}),
            "cron": self.cron,
            "zone": self.zone,
            "until": self.until,
            "maxRuns": self.max_runs,
            "calendars": self.calendar or None,
            "except": [day(each) for each in self.excepted] if self.excepted else None,
            "misfire": _given(misfire) or None,
            "overlap": self.overlap,
            "jitter": self.jitter,
            "description": self.description,
        }
        return _given(said)

    def _command(self) -> dict[str, Any] | None:
        if self.command is None:
            if self.data is not None:
                raise Failure("--data is of no command", "say --command, too", Exit.USAGE)
            return None
        data = json_document(self.data or "{}")
        return _given({"type": self.command, "branch": self.on, "data": data, "onBehalfOf": self.on_behalf_of})


def seconds(text: str) -> int:
    """Of `90`, `90s`, `1h30m`, `PT15M`. Raises `Failure`."""
    if not _DURATION.fullmatch(text.strip().lower()):
        raise Failure(f"--every {text!r} is no duration", "write 90s, 15m, 1h30m or 1d", Exit.USAGE)
    return sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text.lower()))


def day(text: str) -> dict[str, str]:
    """Of `DAY` or `DAY..DAY`; whether they are days is for the command to say."""
    first, stretch, last = text.partition("..")
    return {"on": first.strip(), **({"until": last.strip()} if stretch else {})}


def member(option: str) -> str:
    """What is taken away by `--no OPTION`. Raises `Failure`."""
    if option not in _MEMBERS:
        raise Failure(f"--no {option} takes nothing away", f"it is one of {', '.join(_MEMBERS)}", Exit.USAGE)
    return _MEMBERS[option]


def _given(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}
