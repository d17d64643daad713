"""Links: one object stands to another as their link type says. A link has no content: it is there or it is not."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from events.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.kinds import LinkTypeNamed, kind_named, kind_of_slug, kind_reads, slug_reads, unknown
from events.names import Key, Rid, link_key, object_key
from events.object import GivenKey
from events.reserved import degree_key, end_keys
from events.shape import Shape, shape_in
from events.values import NotAValue

aggregate: Final = "link"


class CreateLink(Payload):
    """Link two objects that are there."""

    type: LinkTypeNamed
    from_: Annotated[GivenKey, Field(alias="from")]
    to: GivenKey


class DeleteLink(Payload):
    """Take a link away; it can be created again."""

    type: LinkTypeNamed
    from_: Annotated[GivenKey, Field(alias="from")]
    to: GivenKey


class LinkCreated(Payload):
    type: Rid
    slug: str
    from_: Annotated[str, Field(alias="from")]
    to: str


class LinkDeleted(Payload):
    type: Rid
    slug: str
    from_: Annotated[str, Field(alias="from")]
    to: str


Command = CreateLink | DeleteLink


COMMANDS: Final[tuple[type[Payload], ...]] = (CreateLink, DeleteLink)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.link.created.v1": LinkCreated,
    "io.oms.link.deleted.v1": LinkDeleted,
}


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    assert isinstance(command, Command)
    kind = kind_named(context, "linkType", command.type)
    if kind is None:
        return None
    try:
        return _between(context, kind, command).key
    except Refused:
        return None


def decide(context: Context, command: Payload) -> list[Drafted]:
    assert isinstance(command, Command)
    must_be_open(context)
    kind = kind_named(context, "linkType", command.type)
    if kind is None:
        raise Refused([unknown(context, "linkType", command.type, "/type")])
    pair = _between(context, kind, command)
    there = context.get(pair.key)
    if isinstance(command, DeleteLink):
        return _delete(context, pair, there)
    return _create(context, pair, there)


def evolve(_state: State | None, event: Payload) -> State | None:
    assert isinstance(event, LinkCreated | LinkDeleted)
    return {**event.model_dump(by_alias=True), "deleted": isinstance(event, LinkDeleted)}


class _Pair(NamedTuple):
    """What a link is, whether it is there or not."""

    kind: State
    from_: str
    to: str

    @property
    def slug(self) -> str:
        return str(self.kind["slug"])

    @property
    def key(self) -> Key:
        return link_key(self.slug, self.from_, self.to)

    @property
    def ends(self) -> dict[str, Key]:
        return {"from": object_key(self.kind["from"], self.from_), "to": object_key(self.kind["to"], self.to)}

    @property
    def reserved(self) -> list[Key]:
        return end_keys(self.slug, self.kind["cardinality"], self.from_, self.to)


def _between(context: Context, kind: State, command: Command) -> _Pair:
    """Raises `Refused` for keys that are none."""
    keys: dict[str, str] = {}
    findings: list[Finding] = []
    for end, given in (("from", command.from_), ("to", command.to)):
        try:
            keys[end] = _end_shape(context, kind[end]).key_given(given)
        except NotAValue as wrong:
            findings.append(Finding(wrong.code, f"/{end}{wrong.path}", f"the key {wrong.text}"))
    if findings:
        raise Refused(findings)
    return _Pair(kind, keys["from"], keys["to"])


def _end_shape(context: Context, slug: str) -> Shape:
    state = kind_of_slug(context, "objectType", slug)
    assert state is not None, f"a link type outlives its object type {slug}"
    return shape_in(context.get, state)


def _create(context: Context, pair: _Pair, there: State | None) -> list[Drafted]:
    if there is not None and not there["deleted"]:
        return []
    findings = [*_dead_ends(context, pair), *_crowded_ends(context, pair)]
    if findings:
        raise Refused(findings)
    created = LinkCreated(type=Rid(pair.kind["rid"]), slug=pair.slug, from_=pair.from_, to=pair.to)
    return [Drafted(pair.key, pair.slug, created)]


def _delete(context: Context, pair: _Pair, there: State | None) -> list[Drafted]:
    if there is None:
        text = f"there is no {pair.kind['name']} from {pair.from_} to {pair.to} on {context.branch}"
        raise Refused([Finding("LINK_UNKNOWN", "", text)])
    if there["deleted"]:
        return []
    deleted = LinkDeleted(type=Rid(pair.kind["rid"]), slug=pair.slug, from_=pair.from_, to=pair.to)
    return [Drafted(pair.key, pair.slug, deleted)]


def _dead_ends(context: Context, pair: _Pair) -> Iterator[Finding]:
    for end, entity in pair.ends.items():
        state = context.get(entity)
        if state is None:
            yield Finding("LINK_END_UNKNOWN", f"/{end}", f"there is no {entity} on {context.branch}; create it first")
        elif state["deleted"]:
            yield Finding("LINK_END_DELETED", f"/{end}", f"{entity} is deleted; restore it first")


def _crowded_ends(context: Context, pair: _Pair) -> Iterator[Finding]:
    for reserved in pair.reserved:
        holder = context.get(reserved)
        if holder is not None:
            end = reserved.split("/")[2]
            text = (
                f"{pair.kind['name']} is {pair.kind['cardinality']}: {pair.ends[end]} has {holder['link']} already; "
                "delete that one first"
            )
            yield Finding("LINK_CARDINALITY", f"/{end}", text)


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    assert isinstance(command, Command)
    yield branch_key(context.branch)
    yield from kind_reads(context, "linkType", command.type)
    kind = kind_named(context, "linkType", command.type)
    if kind is None:
        return
    yield from slug_reads(context, "objectType", kind["from"])
    yield from slug_reads(context, "objectType", kind["to"])
    try:
        pair = _between(context, kind, command)
    except Refused:
        return
    yield pair.key
    yield from pair.reserved
    for entity in pair.ends.values():
        yield entity
        yield degree_key(entity)
