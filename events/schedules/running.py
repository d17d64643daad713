"""One run of a schedule: what is sent, under an id that is always the same for it, and what became of it."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from events.decider import State
from events.schedules.clocks import MICROS, day, zone
from events.wire import instants

Trigger = Literal["time", "late", "asked"]
Status = Literal["running", "accepted", "unchanged", "rejected", "skipped", "missed"]
"""`running` until it is answered, `skipped` where the run before was not, `missed` where nobody was there to send it."""


class Run(NamedTuple):
    """`id` is the command's. Times in µs: `nominal` when it was to be, `due` when it was to be sent, then what happened.

    `command`: what is sent, by the names of a command message. `findings`: `(code, path, text)`, of the command's outcome or
    of why it was not sent.
    """

    id: str
    schedule: str  # RID
    nominal: int
    due: int
    trigger: Trigger
    status: Status
    begun: int | None = None
    ended: int | None = None
    position: int | None = None
    findings: Sequence[tuple[str, str, str]] = ()
    command: Mapping[str, Any] = {}


def put_off(state: State, nominal: int) -> int:
    """When a run is sent that is due at `nominal`: by the schedule's jitter later, always as much for the same run."""
    most: int = state["jitter"] * MICROS
    chance = int.from_bytes(sha256(f"{state['id']}/{nominal}".encode()).digest()[:8])
    return nominal + (chance * most >> 64)


def run(state: State, nominal: int, trigger: Trigger, status: Status) -> Run:
    """Of a time."""
    identity = f"{state['id']}/{instants.to_text(nominal)}"
    return Run(
        identity, state["id"], nominal, put_off(state, nominal), trigger, status, command=_command(state, nominal)
    )


def asked(state: State, number: int, now: int, status: Status) -> Run:
    """Of the `number`th time that somebody asked for one."""
    identity = f"{state['id']}/asked/{number}"
    return Run(identity, state["id"], now, now, "asked", status, command=_command(state, now))


def _command(state: State, nominal: int) -> dict[str, Any]:
    said, where = state["command"], zone(state["zone"])
    given = {
        "type": said["type"], "branch": said["branch"], "data": filled(said["data"], nominal, where),
        "author": state["author"], "onBehalfOf": said.get("onBehalfOf"), "correlation": state["id"],
        "message": filled(said.get("message"), nominal, where),
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def filled(value: Any, nominal: int, where: tzinfo) -> Any:
    """With `${nominal}` and `${date}` in its texts replaced."""
    if isinstance(value, str):
        if "${" not in value:
            return value
        value = value.replace("${nominal}", instants.to_text(nominal))
        return value.replace("${date}", day(where, nominal).isoformat())
    if isinstance(value, dict):
        return {name: filled(each, nominal, where) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, nominal, where) for each in value]
    return value
