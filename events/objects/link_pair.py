"""What a link is before anybody knows whether it is there: its type and the keys of its two ends."""

from typing import Any

from msgspec import Struct

from events.decider import Context, State
from events.findings import Finding, Refused
from events.names import Key, Rid, link_key
from events.objects.link_words import Command
from events.reserved import end_keys, tighter_keys
from events.schema.hierarchy import entity_of, standing_key
from events.schema.kinds import kind_of_slug
from events.schema.shape import Shape, shape_in
from events.schema.values import NotAValue


class Pair(Struct, frozen=True, gc=False):
    """What a link is, whether it is there or not. `turned`: the command says it from its other end."""

    kind: State
    slug: str
    key: Key
    from_: str
    to: str
    turned: bool

    @property
    def text(self) -> str:
        return f"{self.kind['name']} from {self.from_} to {self.to}"

    @property
    def reserved(self) -> list[Key]:
        return end_keys(self.slug, self.kind["cardinality"], self.from_, self.to)

    @property
    def reserving(self) -> list[Key]:
        """What it takes where it is free, as its type is to allow one link only there."""
        cardinality = self.kind.get("reserving")
        return [] if cardinality is None else tighter_keys(self.kind, cardinality, self.from_, self.to)

    def path(self, end: str) -> str:
        """Where that end stands in the command."""
        return f"/{_other(end) if self.turned else end}"

    def named(self) -> dict[str, Any]:
        """What every event of a link begins with."""
        return {"type": Rid(self.kind["rid"]), "slug": self.slug, "from_": self.from_, "to": self.to}


def _other(end: str) -> str:
    return "to" if end == "from" else "from"


def between(context: Context, kind: State, command: Command) -> Pair:
    """What a command is about. Raises `Refused` for keys that are none, and `Unread`."""
    turned = command.type == kind["inverse"]
    keys: dict[str, str] = {}
    findings: list[Finding] = []
    for said, given in (("from", command.from_), ("to", command.to)):
        end = _other(said) if turned else said
        try:
            shape = _end_shape(context, kind[end])
            key = shape.key_given(given)
            keys[end] = standing_key(context.get, kind[end], key) if shape.rekeying else key
        except NotAValue as wrong:
            findings.append(Finding(wrong.code, f"/{said}{wrong.path}", f"the key {wrong.text}"))
    if findings:
        raise Refused(findings)
    slug, from_, to = kind["slug"], keys["from"], keys["to"]
    return Pair(kind, slug, link_key(slug, from_, to), from_, to, turned)


def ends(context: Context, pair: Pair) -> dict[str, Key]:
    """The objects at its ends; what is not there is named as one of the type itself. Raises `Unread`."""
    keys = {"from": pair.from_, "to": pair.to}
    return {end: entity_of(context.get, pair.kind[end], key) for end, key in keys.items()}


def _end_shape(context: Context, slug: str) -> Shape:
    state = kind_of_slug(context, "objectType", slug)
    assert state is not None, f"a link type outlives its object type {slug}"
    return shape_in(context.get, state)
