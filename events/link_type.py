"""Link types: how objects of one type may stand to objects of another. One type is both directions, never two facts.

`from` and `to` are slugs; cardinality reads `from`-`to`: with `1-n` one `from` has many `to`, each `to` one `from`.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from events.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.kinds import (
    NewTypeName,
    ObjectTypeNamed,
    free_slug,
    free_slug_reads,
    kind_named,
    kind_reads,
    name_taken,
    type_name,
    unknown,
)
from events.names import Key, Rid
from events.reserved import name_key

Cardinality = Literal["1-1", "1-n", "n-1", "n-n"]
aggregate: Final = "linkType"


class CreateLinkType(Payload):
    """A kind of links from objects of one type to objects of another; one type is both directions."""

    name: NewTypeName
    from_: Annotated[str, Field(alias="from", description="object type: API name, slug or RID")]
    to: ObjectTypeNamed
    cardinality: Annotated[
        Cardinality, Field(description="`from`-`to`: with `1-n` one `from` has many `to`, and each `to` one `from`")
    ] = "n-n"
    inverse: Annotated[str | None, Field(description="what the link is called from its other end")] = None
    description: Annotated[str | None, Field(description="what it is")] = None


class LinkTypeCreated(Payload):
    rid: Rid
    slug: str
    name: str
    from_: Annotated[str, Field(alias="from")]
    to: str
    cardinality: Cardinality = "n-n"
    inverse: str | None = None
    description: str | None = None


COMMANDS: Final[tuple[type[Payload], ...]] = (CreateLinkType,)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.linkType.created.v1": LinkTypeCreated,
}


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    assert isinstance(command, CreateLinkType)
    state = kind_named(context, "linkType", command.name)
    return None if state is None or state["name"] != command.name else Key(f"linkType/{state['rid']}")


def decide(context: Context, command: Payload) -> list[Drafted]:
    assert isinstance(command, CreateLinkType)
    must_be_open(context)
    ends = {
        "from": kind_named(context, "objectType", command.from_),
        "to": kind_named(context, "objectType", command.to),
    }
    slugs = {end: str(state["slug"]) for end, state in ends.items() if state is not None}
    there = kind_named(context, "linkType", command.name)
    if there is not None and _repeats(command, slugs, there):
        return []
    findings = [*type_name(command.name, "/name"), *name_taken(context, "linkType", command.name, "/name")]
    findings += [
        unknown(context, "objectType", named, f"/{end}")
        for end, named in (("from", command.from_), ("to", command.to))
        if end not in slugs
    ]
    if command.inverse is not None:
        findings += _inverse(command.name, command.inverse)
    if findings:
        raise Refused(findings)
    slug = free_slug(context, "linkType", command.name)
    created = LinkTypeCreated(
        rid=context.new_rid("link-type"),
        slug=slug,
        name=command.name,
        from_=slugs["from"],
        to=slugs["to"],
        cardinality=command.cardinality,
        inverse=command.inverse,
        description=command.description,
    )
    return [Drafted(Key(f"linkType/{created.rid}"), slug, created)]


def evolve(_state: State | None, event: Payload) -> State | None:
    assert isinstance(event, LinkTypeCreated)
    return event.model_dump(by_alias=True)


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    assert isinstance(command, CreateLinkType)
    yield branch_key(context.branch)
    yield name_key("linkType", command.name)
    yield from free_slug_reads(context, "linkType", command.name)
    yield from kind_reads(context, "linkType", command.name)
    yield from kind_reads(context, "objectType", command.from_)
    yield from kind_reads(context, "objectType", command.to)


def _repeats(command: CreateLinkType, slugs: dict[str, str], there: State) -> bool:
    """The link type is there, just as asked for."""
    asked = {
        "name": command.name,
        **slugs,
        "cardinality": command.cardinality,
        "inverse": command.inverse,
        "description": command.description,
    }
    return {name: there[name] for name in there if name not in ("rid", "slug")} == asked


def _inverse(name: str, inverse: str) -> Iterator[Finding]:
    yield from type_name(inverse, "/inverse")
    if inverse == name:
        text = f"{name} is called the same from both ends; give the inverse a name of its own, or none"
        yield Finding("TYPE_NAME_TAKEN", "/inverse", text)
