"""Action types and what was done by them, as a branch saw both at a moment.

An entry of the log of actions says which version was applied, with which parameters, and what it edited.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from events.decider import State
from events.findings import Finding, Refused
from events.meant import nearest
from events.names import Key
from events.wire.instants import to_text
from projectors.versions import Version
from queries.cuts import Cut


@dataclass(frozen=True, slots=True)
class Entry:
    """One action that was applied: `action` is what its type is called at the cut."""

    position: int
    time: int  # µs
    author: str
    on_behalf_of: str | None
    branch: str  # the one that wrote it
    commit: str
    action: str
    state: State

    def json(self) -> dict[str, Any]:
        return {
            "position": self.position,
            "time": to_text(self.time),
            "author": self.author,
            "onBehalfOf": self.on_behalf_of,
            "branch": self.branch,
            "commit": self.commit,
            **self.state,
            "action": self.action,
        }


def action_types(cut: Cut, *, deleted: bool = False) -> Iterator[State]:
    """Every action type at the cut, in the order of their RIDs; `deleted` ones only if asked for."""
    for version in cut.valid("actionType/"):
        if deleted or not version.state.get("deleted"):
            yield version.state


def action_type(cut: Cut, name: str) -> State:
    """The action type with this API name at the cut, else with this slug, else with this RID. Raises `Refused`."""
    known = [*action_types(cut, deleted=True)]
    known.sort(key=lambda state: bool(state.get("deleted")))  # a name that was given again means the one that is there
    for member in ("name", "slug", "rid"):
        for state in known:
            if state[member] == name:
                return state
    meant = nearest(name, (state["name"] for state in known), "`oms action list` shows those that there are")
    text = f"no action type is called {name[:200]} on {cut.branch} at position {cut.position}; {meant}"
    raise Refused([Finding("ACTION_UNKNOWN", "/action", text)])


def newest_version(state: State) -> Mapping[str, Any]:
    """The version that is applied where none is named."""
    version: Mapping[str, Any] = state["versions"][str(state["latest"])]
    return version


def applied(cut: Cut, action: str | None = None, edited: Key | None = None) -> Iterator[Entry]:
    """What was done, oldest first: by one action type only, to one entity only. Raises `Refused`."""
    wanted = None if action is None else action_type(cut, action)["rid"]
    names: dict[str, str] = {state["rid"]: state["name"] for state in action_types(cut, deleted=True)}
    for version in cut.valid("action/"):  # in key order: UUIDs of version 7 are in the order of their times
        state = version.state
        if wanted in (None, state["action"]) and (edited is None or edited in state["edited"]):
            yield _entry(version, names.get(state["action"], str(state["slug"])))


def _entry(version: Version, action: str) -> Entry:
    return Entry(
        position=version.since,
        time=version.time,
        author=version.author,
        on_behalf_of=version.on_behalf_of,
        branch=version.branch,
        commit=version.commit,
        action=action,
        state=version.state,
    )
