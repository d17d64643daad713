"""What can be said about objects: the commands, and the events that follow from them."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import ConfigDict, Field, model_validator

from events.decider import Payload
from events.names import Rid
from events.objects.given import GivenKey
from events.objects.patch import Operation
from events.schema.kinds import ObjectTypeNamed
from events.schema.values import Json

Properties = Annotated[dict[str, Json], Field(description="values by API name; `null` = none")]


class CreateObject(Payload):
    """A new object; under the key of a deleted one, the next part of its history."""

    type: ObjectTypeNamed
    properties: Properties


class UpdateObject(Payload):
    """Change properties: by a merge patch or by a JSON Patch. What would change nothing writes nothing."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["patch"]}, {"required": ["operations"]}]})

    type: ObjectTypeNamed
    key: GivenKey
    patch: Annotated[dict[str, Json] | None, Field(description="RFC 7396 merge patch of the properties")] = None
    operations: Annotated[list[Operation] | None, Field(description="RFC 6902 JSON Patch of the properties")] = None

    @model_validator(mode="after")
    def _one_patch(self) -> "UpdateObject":
        if (self.patch is None) == (self.operations is None):
            raise ValueError("give either patch or operations")
        return self


class UpsertObject(Payload):
    """Create the object, or give the one that is there these values and restore it; what is not named stays."""

    type: ObjectTypeNamed
    properties: Properties


class DeleteObject(Payload):
    """Its history and its values stay, and it can be restored. Refused while links or references stand at it."""

    type: ObjectTypeNamed
    key: GivenKey


class RestoreObject(Payload):
    """The object as it was when it was deleted, completed by defaults."""

    type: ObjectTypeNamed
    key: GivenKey


class ObjectCreated(Payload):
    """An object was created with these properties."""

    type: Rid
    slug: str
    key: str
    properties: dict[str, Json]  # by field


class ObjectUpdated(Payload):
    """An object was updated: these properties were set, and these are gone."""

    type: Rid
    slug: str
    key: str
    set: dict[str, Json]  # by field
    unset: list[str]  # fields
    was: dict[str, Json]  # by field; what was not there is absent


class ObjectDeleted(Payload):
    """An object was deleted; its history stays, and it can be restored."""

    type: Rid
    slug: str
    key: str


class ObjectRestored(Payload):
    """A deleted object was restored as it was."""

    type: Rid
    slug: str
    key: str


Command = CreateObject | UpdateObject | UpsertObject | DeleteObject | RestoreObject


COMMANDS: Final[tuple[type[Payload], ...]] = (CreateObject, UpdateObject, UpsertObject, DeleteObject, RestoreObject)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.object.created.v1": ObjectCreated,
    "io.oms.object.updated.v1": ObjectUpdated,
    "io.oms.object.deleted.v1": ObjectDeleted,
    "io.oms.object.restored.v1": ObjectRestored,
}
