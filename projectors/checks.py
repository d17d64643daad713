"""A second opinion on each row that a replay makes: from the stored bytes of its event, and on which row it stands."""

import json
from typing import Final, NamedTuple, Protocol
from urllib.parse import unquote

import msgspec

from events.decider import State
from events.names import Key
from events.wire import instants
from projectors.oracle import Json, decoded, kind_of, next_own, next_stamps, reads_shallowly, with_stamps
from projectors.projector import FOREVER, Projector, Recorded
from projectors.ranges import Row, first_difference, json_text
from projectors.verify import Difference
from projectors.versions import Version, place_of

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict).decode
_COMPARED: Final = [name for name in Version._fields if name not in ("since", "until", "state", "marks")]
_ONTOLOGY_WIDE: Final = (
    "branch",
    "tag",
    "proposal",
    "dataKey",
    "section",
    "migration",
    "subscription",
    "schedule",
    "calendar",
)


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
        self._seen: set[tuple[str, str]] = set()

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
        if self.first is not None:
            after = self.projector.evolve(before, recorded)
        else:
            event = decoded(recorded.body)
            wanted = _wanted(before, recorded.position, event)  # first: evolve owns the state before, and may change it
            after = self.projector.evolve(before, recorded)
            if json_text(after) != wanted or not self._reads(event, after):
                self.first = _difference(before, recorded.position, event, wanted, after)
        self._note(before, recorded, after)
        return after

    def _reads(self, event: Json, after: Version) -> bool:
        """Whether its audit fields read as the event says: of each author's kind of event, one has them compared in full."""
        seen = (event["author"], event["type"])
        if seen in self._seen:
            return bool(instants.to_text(after.time) == event["time"])
        self._seen.add(seen)
        return False

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


def _wanted(before: Version | None, position: int, event: Json) -> bytes:
    """The row that the event makes, as JSON: two are alike, however deep, if these bytes are."""
    own = {} if before is None else before.state
    state = next_own(own if reads_shallowly(event) else _decode(_encode(own)), event)
    branch, entity = _place(event)
    time = instants.from_text(event["time"])
    first = position - event["commitindex"]
    return json_text((
        branch,
        entity,
        position,
        FOREVER,
        time,
        instants.from_text(event["effectivetime"]) if "effectivetime" in event else time,
        kind_of(event)[1],
        event["author"],
        event.get("onbehalfof"),
        event["commitid"],
        first,
        first + event["commitsize"] - 1,
        state,
        next_stamps(None if before is None else before.marks, state, event, time),
        unquote(event.get("commitmessage", "")),
    ))  # fmt: skip


def _difference(before: Version | None, position: int, event: Json, wanted: bytes, after: Version) -> Difference | None:
    """Column by column, audit fields as they are read."""
    row: Json = dict(zip(Version._fields, json.loads(wanted), strict=True))
    columns = {name: row[name] for name in _COMPARED if name != "message" or not event["commitindex"]}
    stamped = with_stamps({} if before is None else before.stamps, row["state"], event)
    found = {name: getattr(after, name) for name in columns} | after.state | after.stamps
    name = named(row["branch"], row["entity"])
    return first_difference([Row(position, name, columns | stamped)], [Row(position, name, found)])


def _state(version: Version | None) -> Json:
    return {} if version is None else dict(version.state)


def _place(event: Json) -> tuple[str, Key]:
    subject = Key(event["subject"])
    return ("" if subject.split("/")[0] in _ONTOLOGY_WIDE else event["branch"]), subject
