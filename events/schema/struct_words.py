"""What can be said about struct types: the commands, and the events that follow from them."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from events.decider import Payload
from events.names import Rid
from events.schema import element
from events.schema.kinds import NewTypeName
from events.schema.struct_fields import StructField, StructFieldStored

StructTypeNamed = Annotated[str, Field(alias="type", description="struct type: API name, slug or RID")]
FieldNamed = Annotated[str, Field(description="its API name, or the name under which its values are kept")]


class CreateStructType(Payload):
    """A kind of values that consist of named parts, such as an address."""

    name: NewTypeName
    fields: Annotated[list[StructField], Field(min_length=1)]
    title: Annotated[str | None, Field(description="what people call it")] = None
    description: Annotated[str | None, Field(description="what it is")] = None


class AddStructField(Payload):
    """One field more. A required one is refused while objects hold such structs: they would lack it."""

    element: StructTypeNamed
    field: StructField


class RenameStructField(Payload):
    """Another API name; all that is stored stays as it is."""

    element: StructTypeNamed
    field: FieldNamed
    name: Annotated[str, Field(description="API name: a letter, then letters, digits and `_`, at most 100")]


class SetStructFieldRequired(Payload):
    """Whether every such struct has a value. Required is refused while objects hold any: some may lack it."""

    element: StructTypeNamed
    field: FieldNamed
    required: bool


class RemoveStructField(Payload):
    """Objects keep their values, which are not shown any more. Its name is free."""

    element: StructTypeNamed
    field: FieldNamed


class RenameStructType(element.Rename):
    """Another API name; the RID, the slug and all that is stored stay as they are."""

    element: StructTypeNamed


class UpdateStructTypeMetadata(element.UpdateMetadata):
    """What people read; what is not given stays, `null` takes it away."""

    element: StructTypeNamed


class DeprecateStructType(element.Deprecate):
    """Say that a struct type will go, and what to use instead."""

    element: StructTypeNamed


class DeleteStructType(element.Delete):
    """Its history stays, and it can be restored. Refused while it is used."""

    element: StructTypeNamed


class RestoreStructType(element.Restore):
    """The struct type as it was when it was deleted; its name must be free, and what it uses must be there."""

    element: StructTypeNamed


class StructTypeCreated(Payload):
    """A struct type was created, with these fields."""

    rid: Rid
    slug: str
    name: str
    title: str | None = None
    description: str | None = None
    fields: list[StructFieldStored]


class StructFieldAdded(Payload):
    """A field was added to a struct type."""

    rid: Rid
    slug: str
    field: StructFieldStored


class StructFieldRenamed(Payload):
    """A field of a struct type has another API name."""

    rid: Rid
    slug: str
    field: str
    name: str
    was: str


class StructFieldRequiredSet(Payload):
    """A field of a struct type was made required, or optional."""

    rid: Rid
    slug: str
    field: str
    required: bool


class StructFieldRemoved(Payload):
    """A field was removed from a struct type."""

    rid: Rid
    slug: str
    field: str


class StructTypeRenamed(element.Renamed):
    """A struct type has another API name; its RID and slug stay as they are."""


class StructTypeMetadataUpdated(element.MetadataUpdated):
    """The title or the description of a struct type changed."""


class StructTypeDeprecated(element.Deprecated):
    """A struct type was deprecated: it will go, and another may take its place."""


class StructTypeDeleted(element.Deleted):
    """A struct type was deleted; its history stays."""


class StructTypeRestored(element.Restored):
    """A deleted struct type was restored as it was."""


COMMANDS: Final[tuple[type[Payload], ...]] = (
    CreateStructType,
    AddStructField,
    RenameStructField,
    SetStructFieldRequired,
    RemoveStructField,
    RenameStructType,
    UpdateStructTypeMetadata,
    DeprecateStructType,
    DeleteStructType,
    RestoreStructType,
)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.structType.created.v1": StructTypeCreated,
    "io.oms.structType.fieldAdded.v1": StructFieldAdded,
    "io.oms.structType.fieldRenamed.v1": StructFieldRenamed,
    "io.oms.structType.fieldRequiredSet.v1": StructFieldRequiredSet,
    "io.oms.structType.fieldRemoved.v1": StructFieldRemoved,
    "io.oms.structType.renamed.v1": StructTypeRenamed,
    "io.oms.structType.metadataUpdated.v1": StructTypeMetadataUpdated,
    "io.oms.structType.deprecated.v1": StructTypeDeprecated,
    "io.oms.structType.deleted.v1": StructTypeDeleted,
    "io.oms.structType.restored.v1": StructTypeRestored,
}
LIFE: Final = element.Life(
    "structType",
    "/type",
    StructTypeRenamed,
    StructTypeMetadataUpdated,
    StructTypeDeprecated,
    StructTypeDeleted,
    StructTypeRestored,
)
