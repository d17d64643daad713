"""What goes with an object that is deleted: links that its types let go, and the objects at the other end that it owns.

restrict   somebody else's link: the object stays           unlink   the link goes
cascade    the link goes; and if the object is at the owner's end, the object at the other end, and what goes with it

All of it goes in one commit, each once, or nothing does: where one of the objects is restricted, none is deleted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from events.decider import MOST, Context, Drafted, State, needed
from events.findings import Finding, Refused
from events.names import Key, Rid, link_key
from events.objects.claims import claimed
from events.objects.link_words import LinkDeleted
from events.plain import made
from events.reserved import (
    count_key,
    degree_key,
    end_keys,
    incident_keys,
    incident_under,
    links_key,
    number,
    shared_key,
)
from events.schema.hierarchy import entity_of
from events.schema.kinds import kind_of_slug
from events.schema.shape import shape_of

SHOWN: Final = 20  # objects in a finding


class Gone(NamedTuple):
    """A link that goes."""

    kind: State
    from_: str
    to: str
    ends: tuple[Key, Key]

    @property
    def key(self) -> Key:
        return link_key(self.kind["slug"], self.from_, self.to)

    def drafted(self) -> Drafted:
        said = {"type": Rid(self.kind["rid"]), "slug": self.kind["slug"], "from_": self.from_, "to": self.to}
        return Drafted(self.key, self.kind["slug"], made(LinkDeleted, said))


@dataclass(slots=True)
class Removal:
    """Everything that goes: the object that was named is the first."""

    objects: dict[Key, State]
    links: dict[Key, Gone] = field(default_factory=dict)


def removal(context: Context, entity: Key, state: State) -> Removal:
    """Raises `Refused` where something stands at one of the objects that does not go, or too much would go; `Unread`."""
    going = Removal({entity: state})
    degrees: dict[Key, State] = {}
    edge = [entity]
    while edge:
        told = needed(context.get, [degree_key(each) for each in edge])
        used = {each: degree for each, degree in zip(edge, told, strict=True) if degree is not None and degree["n"]}
        degrees |= used
        owned = dict.fromkeys(each for each in _followed(context, going, used) if each not in going.objects)
        edge = list(owned)
        states = needed(context.get, edge)
        going.objects |= {each: there for each, there in zip(edge, states, strict=True) if there is not None}
        if len(going.objects) + len(going.links) > MOST:
            text = f"more than {MOST:,} links and objects would go with {entity}, more than a commit may change"
            raise Refused([Finding("COMMIT_TOO_LARGE", "/key", text)])
    findings = list(_restricted(context, going, degrees))
    if findings:
        raise Refused(findings)
    return going


def touched(context: Context, going: Removal) -> Iterator[Key]:
    """The keys that its events change. Raises `Unread`."""
    for link in going.links.values():
        slug = link.kind["slug"]
        yield link.key
        yield links_key(slug)
        yield from end_keys(slug, link.kind["cardinality"], link.from_, link.to)
        yield from incident_keys(slug, link.from_, link.to)
        yield from (degree_key(each) for each in link.ends)
    for entity, state in going.objects.items():
        shape = shape_of(context.get, state)
        yield entity
        yield count_key(shape.slug)
        if shape.keyed_by != shape.slug:
            yield shared_key(shape.keyed_by, state["key"])
    for keys in needed(lambda each: _claimed(context, *each), going.objects.items()):
        yield from keys


class _Side(NamedTuple):
    """Where links are that go with an object."""

    kind: State
    end: str  # the one at which the object is
    entity: Key
    key: str  # its primary key


def _followed(context: Context, going: Removal, used: Mapping[Key, State]) -> Iterator[Key]:
    """Note the links at these objects that go, and name the objects that go with them."""
    sides = [side for entity, degree in used.items() for side in _sides(context, entity, going.objects[entity], degree)]
    found = needed(context.under, [incident_under(side.kind["slug"], side.end, side.key) for side in sides])
    gone = [(side, member.rpartition("/")[2]) for side, members in zip(sides, found, strict=True) for member in members]
    others = needed(lambda one: entity_of(context.get, one[0].kind[_other(one[0].end)], one[1]), gone)
    for ((kind, end, here, key), other), there in zip(gone, others, strict=True):
        turned = end == "to"
        link = Gone(kind, other, key, (there, here)) if turned else Gone(kind, key, other, (here, there))
        going.links[link.key] = link
        if kind["onDelete"] == "cascade" and kind.get("owner") == end:
            yield there


def _sides(context: Context, entity: Key, state: State, degree: State) -> Iterator[_Side]:
    slugs = shape_of(context.get, state).slugs
    for kind in _kinds(context, degree):
        if _goes(kind):
            yield from (_Side(kind, end, entity, state["key"]) for end in ("from", "to") if kind[end] in slugs)


def _restricted(context: Context, going: Removal, degrees: Mapping[Key, State]) -> Iterator[Finding]:
    """What stands at the objects and does not go with them."""
    referred: Counter[Key] = Counter()
    for targets in needed(lambda each: _referred(context, *each), going.objects.items()):
        referred.update(targets)
    first = next(iter(going.objects))
    shown = 0
    for entity, degree in degrees.items():
        links = degree.get("links", {})
        uses = {kind["name"]: links[kind["slug"]] for kind in _kinds(context, degree) if not _goes(kind)}
        references = number(degree) - sum(links.values()) - referred[entity]
        named = [_counted(n, "link") + f" of {name}" for name, n in uses.items()]
        named += [_counted(references, "reference")] if references else []
        if named and shown < SHOWN:
            shown += 1
            with_it = "" if entity == first else f", which would be deleted with {first},"
            text = f"{entity}{with_it} is in use by {', '.join(named)}; delete or change them first"
            yield Finding("OBJECT_IN_USE", "/key", text)


def _claimed(context: Context, entity: Key, state: State) -> list[Key]:
    return list(claimed(context, shape_of(context.get, state), entity, state["properties"]))


def _referred(context: Context, entity: Key, state: State) -> list[Key]:
    return list(shape_of(context.get, state).referred(context.get, entity, state["properties"]))


def _kinds(context: Context, degree: State) -> Iterable[State]:
    for slug in degree.get("links", {}):
        kind = kind_of_slug(context, "linkType", slug)
        assert kind is not None, f"links stand, so their type {slug} is there"
        yield kind


def _goes(kind: State) -> bool:
    return bool(kind.get("onDelete", "restrict") != "restrict")


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}" + ("" if n == 1 else "s")


def _other(end: str) -> str:
    return "to" if end == "from" else "from"
