"""What an action does, said as data: edits in their order, whose values are literals or expressions.

{"edit": "updateObject", "object": "flight", "set": {"status": "cancelled", "reason": {"cel": "parameters.reason"}}}

An edit names an object by the parameter that refers to it. As a client says them edits name types and properties as
they are called; as they are stored, by RID and field.
"""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field

from events.decider import Payload
from events.schema.kinds import LinkTypeNamed, ObjectTypeNamed
from events.schema.values import Json

Value = Annotated[Json, Field(description='a literal, or `{"cel": "<expression>"}`')]
Values = Annotated[dict[str, Json], Field(description='by API name: literals, or `{"cel": "<expression>"}`')]
ObjectNamed = Annotated[str, Field(description="parameter that refers to the object")]

MAX_EDITS: Final = 100
"""Of a version, at all depths."""


class MakeObject(Payload):
    """A `CreateObject`, or an `UpsertObject`."""

    edit: Literal["createObject", "upsertObject"]
    type: ObjectTypeNamed
    properties: Values


class ChangeObject(Payload):
    """An `UpdateObject`: `set` is its merge patch, `null` takes a value away."""

    edit: Literal["updateObject"]
    object: ObjectNamed
    set: Values


class RemoveObject(Payload):
    """A `DeleteObject`."""

    edit: Literal["deleteObject"]
    object: ObjectNamed


class MakeLink(Payload):
    """A `CreateLink`, or a `DeleteLink`; its ends are keys. What is deleted needs no properties."""

    edit: Literal["createLink", "deleteLink"]
    type: LinkTypeNamed
    from_: Annotated[Value, Field(alias="from")]
    to: Value
    properties: Annotated[
        Values | None, Field(description='by API name: literals, or `{"cel": "<expression>"}`; `null` = none')
    ] = None


class ForEach(Payload):
    """Edits once for each item of a parameter that is an array; they see the item as a parameter of its own."""

    edit: Literal["forEach"]
    parameter: Annotated[str, Field(description="parameter that is an array")]
    as_: Annotated[str, Field(alias="as", description="what the item is called in these edits")]
    edits: Annotated[list["Edit"], Field(min_length=1)]


Single = MakeObject | ChangeObject | RemoveObject | MakeLink
"""An edit that is one command."""

Edit = Annotated[
    Single | ForEach,
    # AsyncAPI 3.0 has a word `discriminator` of its own, which is another
    Field(discriminator="edit", json_schema_extra=lambda schema: schema.pop("discriminator", None)),
]

ForEach.model_rebuild()


def expression(value: Json) -> str | None:
    """The text of a value that is an expression, `None` of a literal."""
    if type(value) is dict and len(value) == 1 and type(value.get("cel")) is str:
        return str(value["cel"])
    return None


def counted(edits: list[Single | ForEach]) -> Iterator[Single | ForEach]:
    """Every edit, those inside others too."""
    for edit in edits:
        yield edit
        if isinstance(edit, ForEach):
            yield from counted(edit.edits)
