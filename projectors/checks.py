"""A second opinion on each row that a replay makes: from the stored bytes of its event, and on which row it stands."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import unquote

import msgspec

from events.decider import State
from events.names import Key
from events.wire import instants
from projectors.oracle import Json, decoded, next_state
from projectors.projector import Projector, Recorded
from projectors.ranges import Row, first_difference
from projectors.verify import Difference
from projectors.versions import Version, place_of

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict).decode
_ONTOLOGY_WIDE: Final = ("branch", "tag", "proposal", "dataKey", "section", "migration", "subscription")


class WrittenVersions(Protocol):
    """What is read of the versions that a replay made."""

    def at(self, branch: str, entity: Key, position: int) -> Version | None:
        """See `lineage.Own`."""


class Stood(NamedTuple):
    """On which row an event was folded: `since` is 0 where there was none."""

    position: int
    place: tuple[str, Key]
    on: str
    since: int


class SecondOpinion:
    """A projector of versions that looks at itself: `first` is where the other opinion differs first.

    `inherited` are the events whose row may have come from another branch; what they stood on is asked for afterwards,
    of rows that are at hand then: `inheritance`.
    """

    def __init__(self, projector: Projector[Version]) -> None:
        self.projector = projector
        self.first: Difference | None = None
        self.inherited: list[Stood] = []
        self._branches: dict[str, State] = {}

    def checked(self) -> Projector[Version]:
        """The same one, held against the second opinion at each event."""
        own = self.projector
        return Projector(own.name, own.version, own.places, self._evolve, own.parks, own.reads)

    def inheritance(self, stored: WrittenVersions) -> Difference | None:
        """What was folded on another row than that which the branch saw."""
        for position, (branch, entity), on, since in self.inherited:
            before = version_before(stored, branch, entity, position)
            seen = ("", 0) if before is None else (before.branch, before.since)
            if seen != (on, since):
                return Difference(
                    "differs", position, named(branch, entity), "the version before it", seen, (on, since)
                )
        return None

    def _evolve(self, before: Version | None, recorded: Recorded) -> Version:
        # evolve owns the state before, and may change it
        known = None if before is None else {**_decode(_encode(before.state)), **before.stamps}
        after = self.projector.evolve(before, recorded)
        if self.first is None:
            self.first = _difference(known, recorded, after)
        self._note(before, recorded, after)
        return after

    def _note(self, before: Version | None, recorded: Recorded, after: Version) -> None:
        place = branch, entity = place_of(recorded)
        if entity.startswith("branch/"):
            self._branches[entity.removeprefix("branch/")] = after.state
        state = self._branches.get(branch, {})
        own = before is not None and before.branch == branch
        if "floor" in state or (state.get("parent") and not own):
            on, since = ("", 0) if before is None else (before.branch, before.since)
            self.inherited.append(Stood(recorded.position, place, on, since))


def version_before(stored: WrittenVersions, branch: str, entity: Key, position: int) -> Version | None:
    """The row of the nearest branch that has one: its own behind the floor, else its parent's as it was at the base."""
    at = position - 1
    while True:
        version = stored.at(branch, entity, at)
        key = Key(f"branch/{branch}")
        state = _state(stored.at("", key, at))
        if version is not None and version.since > state.get("floor", 0):
            return version
        if not state:  # read as of a position before it was created
            state = _state(stored.at("", key, position - 1))
            state["base"] = state.get("forked", state.get("base"))
        if not branch or not state.get("parent"):
            return None
        branch, at = state["parent"], min(at, state["base"])


def named(branch: str, entity: str) -> str:
    """A place, as people call it."""
    return f"{entity} on {branch}" if branch else entity


def _difference(before: Json | None, recorded: Recorded, after: Version) -> Difference | None:
    event = decoded(recorded.body)
    branch, entity = _place(event)
    wanted = {**_expected(recorded.position, event, branch, entity), **next_state(before, event)}
    found = {name: value for name, value in after._asdict().items() if name in wanted} | after.state | after.stamps
    name = named(branch, entity)
    return first_difference([Row(recorded.position, name, wanted)], [Row(recorded.position, name, found)])


def _state(version: Version | None) -> Json:
    return {} if version is None else dict(version.state)


def _place(event: Json) -> tuple[str, Key]:
    subject = Key(event["subject"])
    return ("" if subject.split("/")[0] in _ONTOLOGY_WIDE else event["branch"]), subject


def _expected(position: int, event: Json, branch: str, entity: Key) -> Mapping[str, Any]:
    time = instants.from_text(event["time"])
    first = position - event["commitindex"]
    return {
        "branch": branch,
        "entity": entity,
        "time": time,
        "effective": instants.from_text(event["effectivetime"]) if "effectivetime" in event else time,
        "change": event["type"].split(".")[3],
        "author": event["author"],
        "on_behalf_of": event.get("onbehalfof"),
        "commit": event["commitid"],
        "first": first,
        "last": first + event["commitsize"] - 1,
        **({} if event["commitindex"] else {"message": unquote(event.get("commitmessage", ""))}),
    }
