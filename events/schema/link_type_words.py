"""What can be said about link types: the commands, and the events that follow from them."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from events.decider import Payload
from events.names import Rid
from events.schema.kinds import LinkTypeNamed, NewTypeName, ObjectTypeNamed
from events.schema.property import DeclaredProperty
from events.schema.values import Property

Cardinality = Literal["1-1", "1-n", "n-1", "n-n"]
OnDelete = Literal["restrict", "unlink", "cascade"]
End = Literal["from", "to"]
Status = Literal["experimental", "active", "deprecated"]

CardinalitySaid = Annotated[
    Cardinality, Field(description="`from`-`to`: with `1-n` one `from` has many `to`, and each `to` one `from`")
]
OnDeleteSaid = Annotated[
    OnDelete,
    Field(
        description="what becomes of the link when an object at its end is deleted: `restrict` refuses, `unlink` takes "
        "the link away, `cascade` the object at the other end too, if the one deleted is its owner"
    ),
]
OwnerSaid = Annotated[
    End | None,
    Field(description="the end that takes the other one along when it is deleted; `from`, but `to` of `n-1`"),
]
AcyclicSaid = Annotated[bool, Field(description="from no object do links of this type lead back to it")]
TableSaid = Annotated[str | None, Field(description="a name for those who lay its links out as rows")]
InverseSaid = Annotated[str | None, Field(description="what the link is called from its other end")]


class CreateLinkType(Payload):
    """A kind of links from objects of one type to objects of another; one type is both directions."""

    name: NewTypeName
    from_: Annotated[str, Field(alias="from", description="object type: API name, slug or RID")]
    to: ObjectTypeNamed
    cardinality: CardinalitySaid = "n-n"
    inverse: InverseSaid = None
    title: Annotated[str | None, Field(description="what people call it")] = None
    description: Annotated[str | None, Field(description="what it is")] = None
    table: TableSaid = None
    acyclic: AcyclicSaid = False
    on_delete: Annotated[OnDeleteSaid, Field(alias="onDelete")] = "restrict"
    owner: OwnerSaid = None
    properties: Annotated[list[DeclaredProperty] | None, Field(description="what is known of each link")] = None


class RenameLinkType(Payload):
    """Another API name; the slug, the keys and all that is stored stay as they are."""

    type: LinkTypeNamed
    name: NewTypeName


class SetLinkTypeInverse(Payload):
    """What the link is called from its other end."""

    type: LinkTypeNamed
    inverse: Annotated[str | None, Field(description="an API name; `null` = none")]


class SetCardinality(Payload):
    """How many links an end may have. More at once; fewer only if no object has more already."""

    type: LinkTypeNamed
    cardinality: CardinalitySaid


class ChangeEndpoints(Payload):
    """Other object types at the ends: while links stand, only types above those that are there."""

    type: LinkTypeNamed
    from_: Annotated[str | None, Field(alias="from", description="object type: API name, slug or RID")] = None
    to: Annotated[str | None, Field(description="object type: API name, slug or RID")] = None


class SetOnDelete(Payload):
    """What becomes of links when an object at one end is deleted."""

    type: LinkTypeNamed
    on_delete: Annotated[OnDeleteSaid, Field(alias="onDelete")]
    owner: OwnerSaid = None


class SetAcyclic(Payload):
    """Whether links may lead back to where they come from. Forbidden only if none does already."""

    type: LinkTypeNamed
    acyclic: AcyclicSaid


class AddLinkProperty(Payload):
    """One property more. Links that are there take the default of a required one at their next change."""

    type: LinkTypeNamed
    property: DeclaredProperty


class RenameLinkProperty(Payload):
    """Another API name; what is stored stays as it is."""

    type: LinkTypeNamed
    property: Annotated[str, Field(description="API name")]
    name: Annotated[str, Field(description="API name: a letter, then letters, digits and `_`, at most 100")]


class RemoveLinkProperty(Payload):
    """Values that are there stay stored and are not shown any more; the name is free."""

    type: LinkTypeNamed
    property: Annotated[str, Field(description="API name")]


class UpdateLinkTypeMetadata(Payload):
    """What people read about it; what is not named stays, `null` takes it away."""

    type: LinkTypeNamed
    title: Annotated[str | None, Field(description="what people call it")] = None
    description: Annotated[str | None, Field(description="what it is")] = None
    table: TableSaid = None


class SetLinkTypeStatus(Payload):
    """How far it can be relied on; `DeprecateLinkType` says that it will go."""

    type: LinkTypeNamed
    status: Literal["experimental", "active"]


class DeprecateLinkType(Payload):
    """Say that a type will go, and what to use instead."""

    type: LinkTypeNamed
    replaced_by: Annotated[
        str | None, Field(alias="replacedBy", description="the link type to use instead: API name, slug or RID")
    ] = None
    until: Annotated[str | None, Field(description="timestamp from which it may be gone")] = None


class DeleteLinkType(Payload):
    """Refused while links of it stand. Its names are free, its slug and its history stay."""

    type: LinkTypeNamed


class RestoreLinkType(Payload):
    """The type as it was when it was deleted, if its names are free and its ends are there."""

    type: LinkTypeNamed


class LinkTypeCreated(Payload):
    """A link type was created between two object types."""

    rid: Rid
    slug: str
    name: str
    from_: Annotated[str, Field(alias="from")]  # slug
    to: str
    cardinality: Cardinality = "n-n"
    inverse: str | None = None
    description: str | None = None
    title: str | None = None
    acyclic: bool | None = None
    on_delete: Annotated[OnDelete | None, Field(alias="onDelete")] = None
    owner: End | None = None
    properties: list[Property] | None = None
    table: str | None = None


class LinkTypeRenamed(Payload):
    """A link type has another API name; its RID, slug and links stay as they are."""

    rid: Rid
    slug: str
    name: str
    was: str


class LinkTypeInverseSet(Payload):
    """A link type has another name, or none, for its way back."""

    rid: Rid
    slug: str
    inverse: str | None = None
    was: str | None = None


class LinkTypeCardinalitySet(Payload):
    """A link type has another cardinality."""

    rid: Rid
    slug: str
    cardinality: Cardinality
    was: Cardinality


class LinkTypeEndpointsChanged(Payload):
    """A link type leads from and to other object types."""

    rid: Rid
    slug: str
    from_: Annotated[str, Field(alias="from")]  # slug
    to: str
    was: dict[str, str]  # end → slug, of those that changed


class LinkTypeOnDeleteSet(Payload):
    """What becomes of links when an object at their end is deleted was changed for a link type."""

    rid: Rid
    slug: str
    on_delete: Annotated[OnDelete, Field(alias="onDelete")]
    owner: End | None = None
    was: OnDelete


class LinkTypeAcyclicSet(Payload):
    """The links of a type may no longer form a cycle, or may again."""

    rid: Rid
    slug: str
    acyclic: bool


class LinkTypePropertyAdded(Payload):
    """A property was added to a link type."""

    rid: Rid
    slug: str
    property: Property


class LinkTypePropertyRenamed(Payload):
    """A property of a link type has another API name."""

    rid: Rid
    slug: str
    field: str
    name: str
    was: str


class LinkTypePropertyRemoved(Payload):
    """A property was removed from a link type."""

    rid: Rid
    slug: str
    field: str
    name: str


class LinkTypeMetadataUpdated(Payload):
    """What people read of a link type changed. All of it, as it is from now on; absent = none."""

    rid: Rid
    slug: str
    title: str | None = None
    description: str | None = None
    table: str | None = None


class LinkTypeStatusSet(Payload):
    """A link type has another status: experimental, active or deprecated."""

    rid: Rid
    slug: str
    status: Status
    was: Status


class LinkTypeDeprecated(Payload):
    """A link type was deprecated: it will go, and another may take its place."""

    rid: Rid
    slug: str
    replaced_by: Annotated[str | None, Field(alias="replacedBy")] = None  # slug
    until: str | None = None


class LinkTypeDeleted(Payload):
    """A link type was deleted; its history stays."""

    rid: Rid
    slug: str


class LinkTypeRestored(Payload):
    """A deleted link type was restored as it was."""

    rid: Rid
    slug: str


Change = (
    RenameLinkType
    | SetLinkTypeInverse
    | SetCardinality
    | ChangeEndpoints
    | SetOnDelete
    | SetAcyclic
    | AddLinkProperty
    | RenameLinkProperty
    | RemoveLinkProperty
    | UpdateLinkTypeMetadata
    | SetLinkTypeStatus
    | DeprecateLinkType
    | DeleteLinkType
    | RestoreLinkType
)
"""What is said of a link type that is there."""

COMMANDS: Final[tuple[type[Payload], ...]] = (CreateLinkType, *Change.__args__)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.linkType.created.v1": LinkTypeCreated,
    "io.oms.linkType.renamed.v1": LinkTypeRenamed,
    "io.oms.linkType.inverseSet.v1": LinkTypeInverseSet,
    "io.oms.linkType.cardinalitySet.v1": LinkTypeCardinalitySet,
    "io.oms.linkType.endpointsChanged.v1": LinkTypeEndpointsChanged,
    "io.oms.linkType.onDeleteSet.v1": LinkTypeOnDeleteSet,
    "io.oms.linkType.acyclicSet.v1": LinkTypeAcyclicSet,
    "io.oms.linkType.propertyAdded.v1": LinkTypePropertyAdded,
    "io.oms.linkType.propertyRenamed.v1": LinkTypePropertyRenamed,
    "io.oms.linkType.propertyRemoved.v1": LinkTypePropertyRemoved,
    "io.oms.linkType.metadataUpdated.v1": LinkTypeMetadataUpdated,
    "io.oms.linkType.statusSet.v1": LinkTypeStatusSet,
    "io.oms.linkType.deprecated.v1": LinkTypeDeprecated,
    "io.oms.linkType.deleted.v1": LinkTypeDeleted,
    "io.oms.linkType.restored.v1": LinkTypeRestored,
}
