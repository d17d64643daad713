"""Elements of the schema as a merge, a revert or a reset leaves them: one event for each kind, member by member.

{rid, slug, changes: [{path, value, was}]}   `path` points into the element's state; no `value` = the member goes, no
                                             `was` = it was not there; path "" = the whole element, new on this branch
"""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field, create_model

from events.decider import Drafted, Payload, State
from events.merges.three_way import ABSENT, Difference, differences, replaced
from events.names import Key, Rid
from events.schema.kinds import KINDS
from events.schema.values import Json, same


class Merged(Payload):
    """What the events of all kinds have."""

    rid: Rid
    slug: str
    changes: Annotated[
        list[Difference],
        Field(description="`{path, value, was}`: no `value` = the member goes, no `was` = it was not there"),
    ]


# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Merged]]] = {
    f"io.oms.{kind}.merged.v1": create_model(
        f"{kind[0].upper()}{kind[1:]}Merged",
        __base__=Merged,
        __module__=__name__,
        __doc__=f"A merge, a revert or a reset changed {said}: these members of it.",
    )
    for kind, said in ((kind, f"{'an' if name[0] in 'aeiou' else 'a'} {name}") for kind, name in KINDS.items())
}
_MODELS: Final[Mapping[str, type[Merged]]] = {name.split(".")[2]: model for name, model in EVENTS.items()}


def changed(key: Key, before: State | None, after: State) -> list[Drafted]:
    """The event that brings an element from one state to another; `[]` if they are the same."""
    if before is not None and same(before, after):
        return []
    changes = [_whole(after)] if before is None else list(differences(before, after))
    model = _MODELS[key.partition("/")[0]]
    return [Drafted(key, after["slug"], model(rid=Rid(after["rid"]), slug=after["slug"], changes=changes))]


def evolve(state: State | None, event: Merged) -> State:
    """The element's next state."""
    document: Json = ABSENT if state is None else state
    for change in event.changes:
        document = replaced(document, change["path"], change.get("value", ABSENT))
    assert isinstance(document, dict), "an element of the schema is a map"
    return document


def _whole(state: State) -> Difference:
    return {"path": "", "value": state}
