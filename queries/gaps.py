"""What of an object may be read: encrypted values are opened, and what was purged is a gap that says so.

{"_purged": true}   the key is gone, or the object was purged after this version: nobody reads it again
{"_sealed": true}   it is there, but this reader has no key store beside it
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from documents.sections import shown_stub
from events.decider import State
from events.names import Key
from events.objects.sealing import PURGED, SEALED, Closed, is_closed
from events.schema.values import pointer
from projectors.projector import FOREVER
from projectors.versions import Version

Opens = Callable[[Closed, Key, str], Any]
"""A closed value, the entity and the path it stands at, to what is shown of it."""


def shut(_closed: Closed, _entity: Key, _path: str) -> Any:
    """For readers without a key store."""
    return SEALED


class Shown(Protocol):
    """As much of `queries.versions.Versions` as says what may be read."""

    @property
    def opens(self) -> Opens: ...

    def purged(self, branch: str, entity: Key) -> int: ...


def readable(versions: Shown, version: Version, schema: State | None) -> State:
    """The version's state, with values as they may be shown."""
    state = version.state
    if not version.entity.startswith("object/"):
        return state
    if version.until != FOREVER and versions.purged(version.branch, version.entity) > version.since:
        return {**state, "properties": gaps(schema, state["properties"])}
    properties: Mapping[str, Any] = state["properties"]
    if dict not in map(type, properties.values()) or not any(map(is_closed, properties.values())):
        return state
    opened = {
        field: shown_stub(versions.opens(value, version.entity, pointer(field))) if is_closed(value) else value
        for field, value in properties.items()
    }
    return {**state, "properties": opened}


def gaps(schema: State | None, properties: Mapping[str, Any]) -> dict[str, Any]:
    """What the key says is left; whoever asks knows it."""
    key = (schema or {}).get("primaryKey", ())
    return {field: value if field in key else PURGED for field, value in properties.items()}
