"""What can be said about every kind of element of the schema, and the events that follow: each aggregate names its own."""

from typing import Annotated

from pydantic import Field

from events.decider import Payload
from events.names import Rid
from events.schema.kinds import NewTypeName


class Rename(Payload):
    """Another API name; the RID, the slug and all that is stored stay as they are."""

    element: str
    name: NewTypeName


class UpdateMetadata(Payload):
    """What people read; what is not given stays, `null` takes it away."""

    element: str
    title: Annotated[str | None, Field(description="what people call it")] = None
    description: Annotated[str | None, Field(description="what it is")] = None


class Deprecate(Payload):
    """Say that it will go, and what to use instead."""

    element: str
    replaced_by: Annotated[
        str | None, Field(alias="replacedBy", description="one of the same kind to use instead: API name, slug or RID")
    ] = None
    until: Annotated[str | None, Field(description="timestamp from which it may be gone")] = None


class Delete(Payload):
    """Its history stays, and it can be restored. Refused while it is used."""

    element: str


class Restore(Payload):
    """As it was when it was deleted; its name must be free, and what it uses must be there."""

    element: str


class Renamed(Payload):
    rid: Rid
    slug: str
    name: str
    was: str


class MetadataUpdated(Payload):
    """All of it, as it is from now on; absent = none."""

    rid: Rid
    slug: str
    title: str | None = None
    description: str | None = None


class Deprecated(Payload):
    rid: Rid
    slug: str
    replaced_by: Annotated[str | None, Field(alias="replacedBy")] = None  # slug
    until: str | None = None


class Deleted(Payload):
    rid: Rid
    slug: str


class Restored(Payload):
    rid: Rid
    slug: str


Lived = Rename | UpdateMetadata | Deprecate | Delete | Restore
