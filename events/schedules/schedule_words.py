"""What is said to schedules, and what happened to them."""

from collections.abc import Mapping
from typing import Annotated, Final, get_args

from pydantic import Field

from events.decider import Payload
from events.names import Key, Rid
from events.schedules.terms import (
    At,
    Calendars,
    CommandData,
    CommandType,
    Cron,
    Description,
    Every,
    Except,
    Jitter,
    MaxRuns,
    Misfire,
    OnBehalfOf,
    OverlapSaid,
    Terms,
    Until,
    Why,
    Zone,
)

Name = Annotated[str, Field(alias="schedule", description="the schedule's name")]
Reason = Annotated[str, Field(min_length=1, max_length=2_000, description="why")]


class Asked(Payload):
    """The command of a schedule, as one says it."""

    type: CommandType
    branch: Annotated[
        str | None, Field(description="`<env>/<service>/<purpose>`; absent = the branch this is said on")
    ] = None
    data: CommandData
    on_behalf_of: Annotated[OnBehalfOf | None, Field(alias="onBehalfOf")] = None
    message: Why | None = None


class CreateSchedule(Payload):
    """Send a command at a time, every so often or by cron, as who says this. Everything is checked now, its data too."""

    name: Annotated[str, Field(description="a letter or digit, then also `.`, `_` and `-`, at most 100; never changes")]
    command: Annotated[Asked, Field(description="what is sent")]
    at: At | None = None
    every: Every | None = None
    cron: Cron | None = None
    zone: Zone = "UTC"
    until: Until | None = None
    max_runs: Annotated[MaxRuns | None, Field(alias="maxRuns")] = None
    calendars: Calendars | None = None
    excepted: Annotated[Except | None, Field(alias="except")] = None
    misfire: Misfire | None = None
    overlap: OverlapSaid = "queue"
    jitter: Jitter = 0
    description: Description | None = None


class UpdateSchedule(Payload):
    """Say it otherwise, for runs from now on; from now on it runs as who says this. What is not given stays, `null` takes it away."""

    name: Name
    command: Annotated[Asked | None, Field(description="what is sent")] = None
    at: At | None = None
    every: Every | None = None
    cron: Cron | None = None
    zone: Zone | None = None
    until: Until | None = None
    max_runs: Annotated[MaxRuns | None, Field(alias="maxRuns")] = None
    calendars: Calendars | None = None
    excepted: Annotated[Except | None, Field(alias="except")] = None
    misfire: Misfire | None = None
    overlap: OverlapSaid | None = None
    jitter: Jitter | None = None
    description: Description | None = None


class PauseSchedule(Payload):
    """Run no more until it is resumed; what would have run meanwhile does not."""

    name: Name
    reason: Reason | None = None


class ResumeSchedule(Payload):
    """Run again, from the next time on."""

    name: Name


class RunScheduleNow(Payload):
    """Run once more, now, whatever its times say and also while it is paused."""

    name: Name
    reason: Reason | None = None


class DeleteSchedule(Payload):
    """It is over. Its history stays; its name may be given again."""

    name: Name


class ScheduleCreated(Payload):
    """A schedule was created, which sends a command at its times.

    `author` is who it runs as; times count from `from` on.
    """

    name: str
    id: Rid
    author: str
    since: Annotated[str, Field(alias="from")]
    terms: Terms


class ScheduleUpdated(Payload):
    """A schedule was changed. All of its terms, as they are from now on, and who it runs as."""

    name: str
    author: str
    since: Annotated[str, Field(alias="from")]
    terms: Terms


class SchedulePaused(Payload):
    """A schedule was paused: it runs no more until it is resumed."""

    name: str
    reason: str | None = None


class ScheduleResumed(Payload):
    """A paused schedule runs again, from its next time on."""

    name: str
    since: Annotated[str, Field(alias="from")]


class ScheduleRunRequested(Payload):
    """It was asked to run a schedule once, now; `number` counts from 1."""

    name: str
    number: int
    reason: str | None = None


class ScheduleDeleted(Payload):
    """A schedule was deleted."""

    name: str


Command = CreateSchedule | UpdateSchedule | PauseSchedule | ResumeSchedule | RunScheduleNow | DeleteSchedule
COMMANDS: Final[tuple[type[Payload], ...]] = get_args(Command)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.schedule.created.v1": ScheduleCreated,
    "io.oms.schedule.updated.v1": ScheduleUpdated,
    "io.oms.schedule.paused.v1": SchedulePaused,
    "io.oms.schedule.resumed.v1": ScheduleResumed,
    "io.oms.schedule.runRequested.v1": ScheduleRunRequested,
    "io.oms.schedule.deleted.v1": ScheduleDeleted,
}


def schedule_key(name: str) -> Key:
    return Key(f"schedule/{name}")
