"""Conflicts of a merge as data, and what may be answered to them.

FIELD           both sides changed a value, each to something else
ADD_ADD         both created an object with that key, a member with that name, or an element with that API name
MODIFY_DELETE   one side deleted what the other changed
DELETE_LINK     one side deleted an object that the other links or refers to
CARDINALITY     together they have more links at an end than the link type allows
UNIQUE          together they give two objects one unique value
SCHEMA_SCHEMA   both changed a member of an element of the schema, each to something else
SCHEMA_DATA     one side took away or tightened what the other writes
RENAME_RENAME   both gave another name to the same thing
CYCLE           neither side has a cycle of links or of types, together they have
MARKING         both changed how personal data is treated: the stricter is taken, and that is told; it stops nothing
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field

from events.decider import Payload
from events.findings import Finding
from events.merges.three_way import ABSENT
from events.names import Key
from events.schema.values import Json

Kind = Literal[
    "FIELD", "ADD_ADD", "MODIFY_DELETE", "DELETE_LINK", "CARDINALITY", "UNIQUE",
    "SCHEMA_SCHEMA", "SCHEMA_DATA", "RENAME_RENAME", "CYCLE", "MARKING",
]  # fmt: skip
CODES: Final[Mapping[Kind, str]] = {
    "FIELD": "MERGE_CONFLICT_FIELD",
    "ADD_ADD": "MERGE_CONFLICT_ADD_ADD",
    "MODIFY_DELETE": "MERGE_CONFLICT_MODIFY_DELETE",
    "DELETE_LINK": "MERGE_CONFLICT_DELETE_LINK",
    "CARDINALITY": "MERGE_CONFLICT_CARDINALITY",
    "UNIQUE": "MERGE_CONFLICT_UNIQUE",
    "SCHEMA_SCHEMA": "MERGE_CONFLICT_SCHEMA_SCHEMA",
    "SCHEMA_DATA": "MERGE_CONFLICT_SCHEMA_DATA",
    "RENAME_RENAME": "MERGE_CONFLICT_RENAME_RENAME",
    "CYCLE": "MERGE_CONFLICT_CYCLE",
}
"""The findings of conflicts that stop a merge."""
Choice = Literal["ours", "theirs", "base", "custom"]
Strategy = Literal["ours", "theirs"]


class Place(NamedTuple):
    """A member of an entity: `path` (JSON Pointer) points into what it says, `""` = whether it is there at all."""

    key: Key
    path: str


class Conflict(NamedTuple):
    """`ours` is the branch that is written, `theirs` what is merged into it; each value may be `ABSENT`.

    `rival`: what of ours stands against it, where that is another place. It gives way if theirs is chosen.
    """

    kind: Kind
    place: Place
    base: Json
    ours: Json
    theirs: Json
    text: str
    rival: Place | None = None

    @property
    def blocking(self) -> bool:
        return self.kind != "MARKING"

    def json(self) -> dict[str, Json]:
        """`{kind, key, path, base?, ours?, theirs?, text, rival?}`; what is absent is not there."""
        sides = {"base": self.base, "ours": self.ours, "theirs": self.theirs}
        said = {"kind": self.kind, "key": self.place.key, "path": self.place.path}
        said |= {side: value for side, value in sides.items() if value is not ABSENT}
        rival = {"rival": self.rival._asdict()} if self.rival else {}
        return {**said, "text": self.text, **rival}

    def finding(self) -> Finding:
        text = (
            f"{self.place.key}{self.place.path}: {self.text}; answer it by a resolution, or change one of the branches"
        )
        return Finding(CODES[self.kind], "", text)


class Resolution(Payload):
    """What is to become of one place that is in conflict."""

    key: Annotated[Key, Field(description="the conflict's key")]
    path: Annotated[str, Field(description="the conflict's path")] = ""
    choice: Annotated[Choice, Field(description="whose value it gets; `custom` = `value`")]
    value: Annotated[Json, Field(description="for `custom`: the value as it is stored; not given = none")] = None

    @property
    def place(self) -> Place:
        return Place(self.key, self.path)

    @property
    def custom(self) -> Json:
        return self.value if "value" in self.model_fields_set else ABSENT


STRICTNESS: Final[Sequence[Json]] = (ABSENT, None, "allow", "mark", "redact", "encrypt", "reject")
"""How strictly a marking treats personal data, the least first."""


class Answers:
    """Resolutions by place, a strategy for all others, and which of them were used."""

    def __init__(self, resolutions: Iterable[Resolution] = (), strategy: Strategy | None = None) -> None:
        self.given = {resolution.place: resolution for resolution in resolutions}
        self.strategy = strategy
        self.used: set[Place] = set()

    def anew(self) -> "Answers":
        """The same, none of them used."""
        return Answers(self.given.values(), self.strategy)

    def choice(self, place: Place) -> Choice | None:
        """What was chosen there, `None` if nothing was."""
        given = self.given.get(place)
        if given is None:
            return self.strategy
        self.used.add(place)
        return given.choice

    def custom(self, place: Place) -> Json:
        return self.given[place].custom

    def told(self, conflicts: Iterable[Conflict]) -> list[dict[str, Json]]:
        """What was chosen at each conflict, as it is recorded: `{kind, key, path, choice, value?}`."""
        recorded = []
        for conflict in conflicts:
            for place in (conflict.place, conflict.rival):
                given = None if place is None else self.given.get(place)
                choice = given.choice if given else self.strategy if place == conflict.place else None
                if place is not None and choice is not None:
                    value = {"value": given.value} if given and given.custom is not ABSENT else {}
                    recorded.append({"kind": conflict.kind, **place._asdict(), "choice": choice, **value})
        return recorded

    def unused(self) -> list[Finding]:
        """Resolutions of what is not in conflict (any more)."""
        return [
            Finding(
                "MERGE_RESOLUTION_UNUSED", "/resolutions", f"{key}{path} is not in conflict; leave its resolution out"
            )
            for key, path in self.given
            if Place(key, path) not in self.used
        ]
