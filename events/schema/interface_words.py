"""What can be said about interfaces: the commands, and the events that follow from them."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from events.decider import Payload
from events.names import Rid
from events.schema import element
from events.schema.interface_members import (
    InterfaceLink,
    InterfaceLinkStored,
    InterfaceProperty,
    InterfacePropertyStored,
)
from events.schema.kinds import NewTypeName

InterfaceNamed = Annotated[str, Field(alias="interface", description="interface: API name, slug or RID")]


class CreateInterface(Payload):
    """What object types that implement it have in common."""

    name: NewTypeName
    extends: Annotated[list[str] | None, Field(description="interfaces whose members it has too")] = None
    properties: list[InterfaceProperty] | None = None
    links: list[InterfaceLink] | None = None
    title: Annotated[str | None, Field(description="what people call it")] = None
    description: Annotated[str | None, Field(description="what it is")] = None


class AddInterfaceProperty(Payload):
    """One property more. Refused while a type that implements the interface lacks it."""

    element: InterfaceNamed
    property: InterfaceProperty


class AddInterfaceLink(Payload):
    """One link more. Refused while a type that implements the interface lacks it."""

    element: InterfaceNamed
    link: InterfaceLink


class ExtendInterface(Payload):
    """The members of another interface too. Refused while a type that implements this one lacks one of them."""

    element: InterfaceNamed
    extends: Annotated[str, Field(description="the other interface: API name, slug or RID")]


class RemoveInterfaceMember(Payload):
    """Ask for less: without a property, a link, or what another interface asks for."""

    element: InterfaceNamed
    member: Literal["property", "link", "extends"]
    name: Annotated[str, Field(description="of the property or link; of an interface: API name, slug or RID")]


class RenameInterface(element.Rename):
    """Another API name; the RID, the slug and all that is stored stay as they are."""

    element: InterfaceNamed


class UpdateInterfaceMetadata(element.UpdateMetadata):
    """What people read; what is not given stays, `null` takes it away."""

    element: InterfaceNamed


class DeprecateInterface(element.Deprecate):
    """Say that an interface will go, and what to use instead."""

    element: InterfaceNamed


class DeleteInterface(element.Delete):
    """Its history stays, and it can be restored. Refused while it is implemented, extended or linked to."""

    element: InterfaceNamed


class RestoreInterface(element.Restore):
    """The interface as it was when it was deleted; its name must be free, and what it names must be there."""

    element: InterfaceNamed


class InterfaceCreated(Payload):
    """An interface was created, with the properties and links that its implementers must have."""

    rid: Rid
    slug: str
    name: str
    title: str | None = None
    description: str | None = None
    extends: list[Rid]
    properties: list[InterfacePropertyStored]
    links: list[InterfaceLinkStored]


class InterfacePropertyAdded(Payload):
    """A property was added to those that implementers of an interface must have."""

    rid: Rid
    slug: str
    property: InterfacePropertyStored


class InterfaceLinkAdded(Payload):
    """A link was added to those that implementers of an interface must have."""

    rid: Rid
    slug: str
    link: InterfaceLinkStored


class InterfaceExtended(Payload):
    """An interface extends other interfaces from now on."""

    rid: Rid
    slug: str
    extends: Rid


class InterfaceMemberRemoved(Payload):
    """A property or a link was removed from what implementers of an interface must have."""

    rid: Rid
    slug: str
    member: Literal["property", "link", "extends"]
    name: str  # the RID of an interface


class InterfaceRenamed(element.Renamed):
    """An interface has another API name; its RID and slug stay as they are."""


class InterfaceMetadataUpdated(element.MetadataUpdated):
    """The title or the description of an interface changed."""


class InterfaceDeprecated(element.Deprecated):
    """An interface was deprecated: it will go, and another may take its place."""


class InterfaceDeleted(element.Deleted):
    """An interface was deleted; its history stays."""


class InterfaceRestored(element.Restored):
    """A deleted interface was restored as it was."""


COMMANDS: Final[tuple[type[Payload], ...]] = (
    CreateInterface,
    AddInterfaceProperty,
    AddInterfaceLink,
    ExtendInterface,
    RemoveInterfaceMember,
    RenameInterface,
    UpdateInterfaceMetadata,
    DeprecateInterface,
    DeleteInterface,
    RestoreInterface,
)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.interface.created.v1": InterfaceCreated,
    "io.oms.interface.propertyAdded.v1": InterfacePropertyAdded,
    "io.oms.interface.linkAdded.v1": InterfaceLinkAdded,
    "io.oms.interface.extended.v1": InterfaceExtended,
    "io.oms.interface.memberRemoved.v1": InterfaceMemberRemoved,
    "io.oms.interface.renamed.v1": InterfaceRenamed,
    "io.oms.interface.metadataUpdated.v1": InterfaceMetadataUpdated,
    "io.oms.interface.deprecated.v1": InterfaceDeprecated,
    "io.oms.interface.deleted.v1": InterfaceDeleted,
    "io.oms.interface.restored.v1": InterfaceRestored,
}
LIFE: Final = element.Life(
    "interface",
    "/interface",
    InterfaceRenamed,
    InterfaceMetadataUpdated,
    InterfaceDeprecated,
    InterfaceDeleted,
    InterfaceRestored,
)
