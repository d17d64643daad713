"""What can be said about links: the commands, and the events that follow from them."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from events.decider import Payload
from events.names import Rid
from events.objects.given import GivenKey
from events.schema.kinds import LinkTypeNamed
from events.schema.values import Json


class CreateLink(Payload):
    """Link two objects that are there. Called by its inverse name, the link goes from its other end."""

    type: LinkTypeNamed
    from_: Annotated[GivenKey, Field(alias="from")]
    to: GivenKey
    properties: Annotated[dict[str, Json] | None, Field(description="values by API name; `null` = none")] = None


class UpdateLink(Payload):
    """Change what is known of a link. What would change nothing writes nothing."""

    type: LinkTypeNamed
    from_: Annotated[GivenKey, Field(alias="from")]
    to: GivenKey
    patch: Annotated[dict[str, Json], Field(description="RFC 7396 merge patch of the properties")]


class DeleteLink(Payload):
    """Take a link away; it can be created again."""

    type: LinkTypeNamed
    from_: Annotated[GivenKey, Field(alias="from")]
    to: GivenKey


class LinkCreated(Payload):
    """A link between two objects was created with these properties."""

    type: Rid
    slug: str
    from_: Annotated[str, Field(alias="from")]
    to: str
    properties: dict[str, Json] | None = None  # by field; absent = none


class LinkUpdated(Payload):
    """A link between two objects was updated: these properties were set, and these are gone."""

    type: Rid
    slug: str
    from_: Annotated[str, Field(alias="from")]
    to: str
    set: dict[str, Json]  # by field
    unset: list[str]  # fields
    was: dict[str, Json]  # by field; what was not there is absent


class LinkDeleted(Payload):
    """A link between two objects was deleted; its history stays."""

    type: Rid
    slug: str
    from_: Annotated[str, Field(alias="from")]
    to: str


Command = CreateLink | UpdateLink | DeleteLink


COMMANDS: Final[tuple[type[Payload], ...]] = (CreateLink, UpdateLink, DeleteLink)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.link.created.v1": LinkCreated,
    "io.oms.link.updated.v1": LinkUpdated,
    "io.oms.link.deleted.v1": LinkDeleted,
}
