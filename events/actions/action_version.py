"""A version of an action type: what it asks for, when it may be done, what it changes, and whom it tells. It never changes.

Expressions see `parameters`, `objects` (those that parameters refer to, by parameter), `author`, `branch`, `time`, `id`.
What they call a property is what it was called when the version was published.
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from events.actions.edits import Edit, Value, Values
from events.decider import Payload, State
from events.schema.values import Json, ValueType

KEPT: Final = 512
MAX_PARAMETERS: Final = 100
MAX_CRITERIA: Final = 100


class Parameter(Payload):
    """What an action asks for; checked as a property is."""

    type: ValueType
    required: Annotated[bool, Field(description="there is no action without a value")] = False
    array: Annotated[bool, Field(description="it is a list of such values")] = False
    default: Annotated[Json, Field(description="the value where none is given")] = None
    values: Annotated[list[str] | None, Field(description="what an enum may be")] = None
    target: Annotated[str | None, Field(description="the object type that a reference refers to")] = None
    description: Annotated[str | None, Field(description="what it is")] = None


class Criterion(Payload):
    """What must be true of the state that the action finds."""

    cel: Annotated[str, Field(description="an expression that is true or false")]
    message: Annotated[Value, Field(description='what is said where it is false: a text, or `{"cel": "<expression>"}`')]


class SideEffect(Payload):
    """Whom to tell that it was done. It is recorded with the action; others send it."""

    kind: Literal["webhook", "notify"]
    name: Annotated[str, Field(min_length=1, max_length=200, description="which webhook, or who is notified")]
    payload: Annotated[
        Values, Field(default_factory=dict, description='what it is told: literals, or `{"cel": "<expression>"}`')
    ]


class Version(Payload):
    parameters: Annotated[
        dict[str, Parameter],
        Field(default_factory=dict, max_length=MAX_PARAMETERS, description="what is asked for, by name"),
    ]
    criteria: Annotated[
        list[Criterion],
        Field(default_factory=list, max_length=MAX_CRITERIA, description="what must be true, or it is refused"),
    ]
    edits: Annotated[list[Edit], Field(default_factory=list, description="what it changes, in order, as one commit")]
    side_effects: Annotated[
        list[SideEffect],
        Field(alias="sideEffects", default_factory=list, description="whom to tell; recorded, not sent"),
    ]


class StoredVersion(Version):
    """As it is kept: types by RID, targets by slug, properties by field.

    `names` are the names of properties that differ from their fields, by RID of the object type and then by field.
    """

    names: Annotated[dict[str, dict[str, str]], Field(default_factory=dict)]


_versions: Final[dict[int, tuple[State, StoredVersion]]] = {}


def stored_version(state: State, number: int) -> StoredVersion | None:
    """A version of an action type's state, which must not be changed afterwards; `None` if there is none of that number."""
    version = state["versions"].get(str(number))
    if version is None:
        return None
    kept = _versions.get(id(version))
    if kept is not None and kept[0] is version:
        return kept[1]
    if len(_versions) >= KEPT:
        _versions.clear()
    read = StoredVersion.model_validate(version, by_alias=True, by_name=False)
    _versions[id(version)] = version, read
    return read
