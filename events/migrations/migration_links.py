"""Fixes of links: which of them go when their type does, or when its rules become tighter."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from events.decider import Context, State, needed
from events.findings import Finding, Refused
from events.migrations.migration_objects import alive
from events.migrations.migration_step import FIX, Claims, Conversion, Step
from events.migrations.migration_words import Fix
from events.names import Key
from events.objects.link_words import CreateLink, DeleteLink
from events.reserved import crowded_key, links_key, links_under, number, tighter_keys
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
    found = kind_named(context, "linkType", command.type)
    assert found is not None, "its change was decided"
    first = ReserveEnds(type=command.type, cardinality=command.cardinality)
    last = SetEndsReserved(type=command.type, cardinality=command.cardinality)
    there = number(context.get(links_key(found["slug"])))
    whole = Conversion((links_under(found["slug"]),), there, unlinked, first=(first,), last=(last,))
    return replace(
        whole, claiming=lambda links, by: _claims(context, found, command.cardinality, links, by=by, stays=fix.kind)
    )


def _claims(
    context: Context, kind: State, cardinality: str, links: Mapping[Key, State], *, by: str, stays: str
) -> Claims:
    """In the order of keys: whoever finds its ends taken by others stays in place of all of them, or gives way, or all go."""
    ends = {key: _tighter(kind, cardinality, link) for key, link in links.items()}
    asked = list(dict.fromkeys(end for some in ends.values() for end in some))
    marks = zip(asked, needed(context.get, [crowded_key(by, end) for end in asked]), strict=True)
    crowded = {end for end, mark in marks if mark is not None}
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
        first, *rest = sorted((key, *rivals), key=lambda each: context.head(each).position, reverse=stays == "last")
        if stays == "drop":
            gone = [key, *rivals] if rivals or crowded & {*some} else []
            # at their other ends, too, whoever comes later shares one with what stood there
            crowded |= {end for each in gone for end in _tighter(kind, cardinality, known[each])}
        else:
            gone = rest if first == key else [key]
        steps |= {each: unlinked(known[each]) for each in gone}
        if key not in steps:
            taken |= dict.fromkeys(some, key)
    kept = [key for key in links if key not in steps and any(held.get(end) != key for end in ends[key])]
    return Claims(steps, kept, crowded=sorted(crowded))


def _tighter(kind: State, cardinality: str, link: State) -> list[Key]:
    return tighter_keys(kind, cardinality, link["from"], link["to"])


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


def unlinked(link: State) -> Step:
    """It goes."""
    said = {"type": link["type"], "from": link["from"], "to": link["to"]}
    return Step("dropped", DeleteLink.model_validate(said, by_alias=True))
