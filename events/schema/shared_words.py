"""What can be said about shared properties: the commands, and the events that follow from them."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from events.decider import Payload
from events.names import Rid
from events.schema import element
from events.schema.kinds import NewTypeName
from events.schema.typed import StructNamed, TypeNamed, ValueTypeNamed, VersionNamed
from events.schema.values import ArrayFlag, Json, Marking, ValueType

SharedPropertyNamed = Annotated[str, Field(alias="shared", description="shared property: API name, slug or RID")]


class SharedDeclaration(Payload):
    """What a shared property says of all properties that it declares."""

    type: TypeNamed = None
    array: ArrayFlag = False
    default: Annotated[Json, Field(description="the value of objects that are created without one")] = None
    values: Annotated[list[str] | None, Field(description="what an enum may be")] = None
    target: Annotated[str | None, Field(min_length=1, description="the object type that a reference refers to")] = None
    marking: Annotated[Marking | None, Field(description="what becomes of personal data in it")] = None
    searchable: Annotated[bool, Field(description="texts are found by what they say")] = False
    value_type: ValueTypeNamed = None
    version: VersionNamed = "latest"
    struct: StructNamed = None


class SharedStored(Payload):
    """A declaration as it is stored."""

    type: ValueType
    array: bool
    default: Json = None
    values: list[str] | None = None
    target: str | None = None  # slug of an object type
    marking: Marking | None = None
    searchable: bool | None = None
    value_type: Annotated[Rid | None, Field(alias="valueType")] = None
    value_type_version: Annotated[int | None, Field(alias="valueTypeVersion")] = None  # absent = the newest
    struct: Rid | None = None

    def state(self) -> dict[str, Any]:
        """As a member of a state."""
        return self.model_dump(by_alias=True, exclude_none=True)


class CreateSharedProperty(Payload):
    """A property that is declared once, for all object types that have it."""

    name: NewTypeName
    property: SharedDeclaration
    title: Annotated[str | None, Field(description="what people call it")] = None
    description: Annotated[str | None, Field(description="what it is")] = None


class UpdateSharedProperty(Payload):
    """Another declaration, for all properties that it declares. A narrower one is refused while objects have values."""

    element: SharedPropertyNamed
    property: SharedDeclaration


class RenameSharedProperty(element.Rename):
    """Another API name; the properties it declares keep theirs."""

    element: SharedPropertyNamed


class UpdateSharedPropertyMetadata(element.UpdateMetadata):
    """What people read; what is not given stays, `null` takes it away."""

    element: SharedPropertyNamed


class DeprecateSharedProperty(element.Deprecate):
    """Say that a shared property will go, and what to use instead."""

    element: SharedPropertyNamed


class DeleteSharedProperty(element.Delete):
    """Its history stays, and it can be restored. Refused while it declares properties."""

    element: SharedPropertyNamed


class RestoreSharedProperty(element.Restore):
    """The shared property as it was when it was deleted; its name must be free, and what it uses must be there."""

    element: SharedPropertyNamed


class SharedPropertyCreated(Payload):
    """A shared property was created, which many object types can have."""

    rid: Rid
    slug: str
    name: str
    title: str | None = None
    description: str | None = None
    property: SharedStored


class SharedPropertyUpdated(Payload):
    """A shared property was changed, for every object type that has it."""

    rid: Rid
    slug: str
    property: SharedStored
    was: SharedStored


class SharedPropertyRenamed(element.Renamed):
    """A shared property has another API name; its RID and slug stay as they are."""


class SharedPropertyMetadataUpdated(element.MetadataUpdated):
    """The title or the description of a shared property changed."""


class SharedPropertyDeprecated(element.Deprecated):
    """A shared property was deprecated: it will go, and another may take its place."""


class SharedPropertyDeleted(element.Deleted):
    """A shared property was deleted; its history stays."""


class SharedPropertyRestored(element.Restored):
    """A deleted shared property was restored as it was."""


COMMANDS: Final[tuple[type[Payload], ...]] = (
    CreateSharedProperty,
    UpdateSharedProperty,
    RenameSharedProperty,
    UpdateSharedPropertyMetadata,
    DeprecateSharedProperty,
    DeleteSharedProperty,
    RestoreSharedProperty,
)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.sharedProperty.created.v1": SharedPropertyCreated,
    "io.oms.sharedProperty.updated.v1": SharedPropertyUpdated,
    "io.oms.sharedProperty.renamed.v1": SharedPropertyRenamed,
    "io.oms.sharedProperty.metadataUpdated.v1": SharedPropertyMetadataUpdated,
    "io.oms.sharedProperty.deprecated.v1": SharedPropertyDeprecated,
    "io.oms.sharedProperty.deleted.v1": SharedPropertyDeleted,
    "io.oms.sharedProperty.restored.v1": SharedPropertyRestored,
}
LIFE: Final = element.Life(
    "sharedProperty",
    "/shared",
    SharedPropertyRenamed,
    SharedPropertyMetadataUpdated,
    SharedPropertyDeprecated,
    SharedPropertyDeleted,
    SharedPropertyRestored,
)
