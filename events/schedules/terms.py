"""What a schedule says: a command, when it is sent, and what becomes of runs that were missed or that would overlap.

Stored as they were said, but for `every.from`, which is filled in. A name of a zone means what the IANA database says of it
when the next run is looked for.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from events.decider import Payload

MOST_AT_ONCE = 1_000  # runs that are made up for, or wait for the one before
WITH_NOTHING_SAID = 60  # seconds a run may be late

Text = Annotated[str, Field(min_length=1, max_length=200)]


CommandType = Annotated[str, Field(max_length=200, description="command name, e.g. `ApplyAction`; `Commit` too")]
CommandData = Annotated[
    dict[str, Any],
    Field(description="what that command takes; `${nominal}` and `${date}` in texts: when the run is due"),
]
OnBehalfOf = Annotated[str, Field(description="whom the author acts for")]
Why = Annotated[str, Field(max_length=2_000, description="why; becomes part of each commit")]


class Scheduled(Payload):
    """A command that is sent again and again."""

    type: CommandType
    branch: Annotated[str, Field(description="`<env>/<service>/<purpose>`")]
    data: CommandData
    on_behalf_of: Annotated[OnBehalfOf | None, Field(alias="onBehalfOf")] = None
    message: Why | None = None


class Every(Payload):
    """Counted in elapsed time: no daylight saving."""

    seconds: Annotated[int, Field(ge=1, le=315_360_000, description="from one run to the next")]
    begin: Annotated[
        str | None, Field(alias="from", description="RFC 3339: the first run; absent = when it is created")
    ] = None


class Days(Payload):
    """Days on which nothing runs."""

    on: Annotated[
        str, Field(max_length=40, description="a date (`2026-02-16`), a day of every year (`12-25`), or `SAT`")
    ]
    until: Annotated[str | None, Field(max_length=40, description="of a date: the last of several days")] = None
    name: Annotated[str | None, Field(max_length=200, description="what day it is, for people")] = None


class Misfire(Payload):
    """What becomes of runs that were due while nobody could send them."""

    policy: Annotated[
        Literal["skip", "once", "all"],
        Field(description="`skip` them, run `once` for all of them, or run `all`, one behind the other"),
    ] = "once"
    grace: Annotated[int, Field(ge=0, le=86_400, description="seconds a run may be late and is not yet missed")] = (
        WITH_NOTHING_SAID
    )
    most: Annotated[int, Field(ge=1, le=MOST_AT_ONCE, description="of `all`: the last ones, at most")] = 100


Overlap = Literal["skip", "queue", "allow"]
At = Annotated[str, Field(description="RFC 3339: it runs once, then")]
Cron = Annotated[str, Field(max_length=200, description="minute, hour, day, month, weekday; or `@daily` and the like")]
Zone = Annotated[str, Field(max_length=100, description="IANA time zone of `cron` and of days, e.g. `Asia/Seoul`")]
Until = Annotated[str, Field(description="RFC 3339: it runs no more behind that")]
MaxRuns = Annotated[
    int, Field(ge=1, le=10**9, description="how often it runs at most; `RunScheduleNow` does not count")
]
Calendars = Annotated[list[str], Field(max_length=20, description="names of calendars: it does not run on their days")]
Except = Annotated[list[Days], Field(max_length=1_000, description="more days on which it does not run")]
Jitter = Annotated[
    int, Field(ge=0, le=3_600, description="seconds each run is put off at most, always the same for one")
]
OverlapSaid = Annotated[
    Overlap,
    Field(
        description="while the run before is not answered: `skip` this one, `queue` it, or `allow` both at once",
    ),
]
Description = Annotated[str, Field(max_length=2_000, description="what it is for, and who to ask")]


class Terms(Payload):
    """As they are stored: all of them, whenever one changes. One of `at`, `every` and `cron`."""

    command: Scheduled
    at: str | None = None
    every: Every | None = None
    cron: str | None = None
    zone: str = "UTC"
    until: str | None = None
    max_runs: Annotated[int | None, Field(alias="maxRuns")] = None
    calendars: list[str] | None = None
    excepted: Annotated[list[Days] | None, Field(alias="except")] = None
    misfire: Misfire
    overlap: Overlap = "queue"
    jitter: int = 0
    description: str | None = None
