"""Fixes of links: which of them go when their type does, or when its rules become tighter."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from events.decider import Context, State, needed
from events.findings import Finding, Refused
from events.migrations.migration_objects import alive
from events.migrations.migration_step import FIX, Claims, Conversion, Step
from events.migrations.migration_words import Fix
from events.names import Key, link_key
from events.objects.link_words import CreateLink, DeleteLink
from events.reserved import links_key, links_under, number, single_ends, tighter_keys
from events.schema.hierarchy import entity_of
from events.schema.kinds import kind_named
from events.schema.link_reserving import ReserveEnds, SetEndsReserved
from events.schema.link_type_words import ChangeEndpoints, DeleteLinkType, SetCardinality
from events.schema.shape import shape_in


def without_links(context: Context, command: DeleteLinkType, fix: Fix) -> Conversion:
    kind = kind_named(context, "linkType", command.type)
    assert kind is not None, "its deletion was decided"
    fixed = _redirected(context, kind, fix) if fix.kind == "redirect" else unlinked
    return Conversion((links_under(kind["slug"]),), number(context.get(links_key(kind["slug"]))), fixed)


def _redirected(context: Context, kind: State, fix: Fix) -> Callable[[State], Step]:
    """Another link between the same objects, with the same properties, in place of each. Raises `Refused`."""
    other = None if fix.to is None else kind_named(context, "linkType", fix.to)
    if other is None or other.get("deleted") or other["rid"] == kind["rid"]:
        raise Refused(
            [Finding("MIGRATION_FIX", FIX + "/to", f"say which other link type takes the links of {kind['name']}")]
        )

    def fixed(link: State) -> Step:
        said = link.get("properties")
        properties = shape_in(context.get, kind).named(said) if said else None
        instead = {"type": other["rid"], "from": link["from"], "to": link["to"], "properties": properties}
        return unlinked(link)._replace(instead=CreateLink.model_validate(instead, by_alias=True))

    return fixed


def fewer(context: Context, command: SetCardinality, fix: Fix) -> Conversion:
    """Of the links that share an end which may have one only, the one that was written first or last stays, or none."""
    if fix.kind == "drop":
        kind, standing = _standing(context, command.type, newest=False)
        tighter = [end for end in single_ends(command.cardinality) if end not in single_ends(kind["cardinality"])]
        return _without(kind, standing, _crowded(standing, tighter))
    found = kind_named(context, "linkType", command.type)
    assert found is not None, "its change was decided"
    first = ReserveEnds(type=command.type, cardinality=command.cardinality)
    last = SetEndsReserved(type=command.type, cardinality=command.cardinality)
    there = number(context.get(links_key(found["slug"])))
    whole = Conversion((links_under(found["slug"]),), there, unlinked, first=(first,), last=(last,))
    newest = fix.kind == "last"
    return replace(whole, claiming=lambda links: _claims(context, found, command.cardinality, links, last=newest))


def _claims(context: Context, kind: State, cardinality: str, links: Mapping[Key, State], *, last: bool) -> Claims:
    """In the order of keys: whoever finds its ends taken by others stays in place of all of them, or gives way."""
    ends = {key: tighter_keys(kind, cardinality, link["from"], link["to"]) for key, link in links.items()}
    asked = list(dict.fromkeys(end for some in ends.values() for end in some))
    holders = zip(asked, needed(context.get, asked), strict=True)
    held = {end: Key(holder["link"]) for end, holder in holders if holder is not None}
    known = alive(context, list(held.values())) | dict(links)
    steps: dict[Key, Step] = {}
    taken: dict[Key, Key] = {}
    for key, some in ends.items():
        if key in steps:
            continue
        others = {taken.get(end, held.get(end, key)) for end in some} - {key}
        rivals = [other for other in others if other in known and other not in steps]
        first, *rest = sorted((key, *rivals), key=lambda each: context.head(each).position, reverse=last)
        gone = rest if first == key else [key]
        steps |= {each: unlinked(known[each]) for each in gone}
        if first == key:
            taken |= dict.fromkeys(some, key)
    kept = [key for key in links if key not in steps and any(held.get(end) != key for end in ends[key])]
    return Claims(steps, kept)


def between(context: Context, command: ChangeEndpoints, _: Fix) -> Conversion:
    """Links go whose objects are none of what the link type is to go between."""
    kind = kind_named(context, "linkType", command.type)
    assert kind is not None, "its change was decided"
    named = {"from": command.from_, "to": command.to}
    types = {end: kind_named(context, "objectType", name) for end, name in named.items() if name is not None}
    ends = {end: type_["slug"] for end, type_ in types.items() if type_ is not None and type_["slug"] != kind[end]}

    def fixed(link: State) -> Step | None:
        stays = [
            entity_of(context.get, kind[end], link[end]) == entity_of(context.get, slug, link[end])
            for end, slug in ends.items()
        ]
        return None if all(stays) else unlinked(link)

    return Conversion((links_under(kind["slug"]),), number(context.get(links_key(kind["slug"]))), fixed)


def _standing(context: Context, named: str, *, newest: bool) -> tuple[State, list[State]]:
    """The link type, and the links that stand: in the order in which they were written, or with the newest first."""
    kind = kind_named(context, "linkType", named)
    assert kind is not None, "its change was decided"
    links = (context.get(key) for key in context.under(links_under(kind["slug"])))
    standing = [link for link in links if link is not None and not link["deleted"]]
    keyed = ((link_key(link["slug"], link["from"], link["to"]), link) for link in standing)
    written = sorted(keyed, key=lambda each: context.head(each[0]).position, reverse=newest)
    return kind, [link for _, link in written]


def _without(kind: State, standing: Sequence[State], gone: set[tuple[str, str]]) -> Conversion:
    """All in one commit: no link shows by itself that it is one too many."""

    def fixed(link: State) -> Step | None:
        return unlinked(link) if (link["from"], link["to"]) in gone else None

    return Conversion((links_under(kind["slug"]),), len(standing), fixed, once=True)


def unlinked(link: State) -> Step:
    """It goes."""
    said = {"type": link["type"], "from": link["from"], "to": link["to"]}
    return Step("dropped", DeleteLink.model_validate(said, by_alias=True))


def _crowded(links: Sequence[State], ends: Sequence[str]) -> set[tuple[str, str]]:
    """All that share an end."""
    held = Counter((end, link[end]) for link in links for end in ends)
    return {(link["from"], link["to"]) for link in links if any(held[end, link[end]] > 1 for end in ends)}
