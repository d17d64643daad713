"""Derives the reserved keys of links, and those of all links of a type when its rules change."""

from collections.abc import Iterable, Iterator

from events.decider import MOST, Lookup, State, under_key
from events.names import Key
from events.reserved import (
    degree_key,
    end_keys,
    followed,
    incident_keys,
    links_key,
    links_under,
    number,
    single_ends,
    tighter_keys,
)
from events.schema.hierarchy import entity_of

Change = tuple[Key, State | None]


def of_link(get: Lookup, key: Key, before: State | None, after: State | None) -> Iterator[Change]:
    was, is_ = before is not None and not before["deleted"], after is not None and not after["deleted"]
    known = after or before
    if was == is_ or known is None:
        return
    kind = get(Key(f"linkType/{known['type']}"))
    assert kind is not None, f"{key} is of a type that is not there"
    by = 1 if is_ else -1
    slug, from_, to = known["slug"], known["from"], known["to"]
    standing = links_key(slug)
    yield standing, {"n": number(get(standing)) + by}
    held: State | None = {"link": key} if is_ else None
    yield from _held(get, end_keys(slug, kind["cardinality"], from_, to), held)
    if "reserving" in kind:
        yield from _where_free(get, tighter_keys(kind, kind["reserving"], from_, to), key, takes=is_)
    if followed(kind) or kind.get("tracing"):
        yield from _held(get, incident_keys(slug, from_, to), held)
    for entity in {entity_of(get, kind["from"], from_): 0, entity_of(get, kind["to"], to): 0}:
        yield _degree(get, degree_key(entity), slug, by)


def of_link_type(get: Lookup, before: State | None, after: State) -> Iterator[Change]:
    """What a rule asks of links that stand: that their ends are taken, that they can be followed."""
    if before is None:
        return
    slug = after["slug"]
    tighter = set(single_ends(after["cardinality"])) - set(single_ends(before["cardinality"]))
    if before.get("reserving") == after["cardinality"] == after.get("reserved"):
        tighter = set()  # all of them are taken already
    traced = followed(after) != followed(before) and not (before.get("tracing") and after.get("traced"))
    if not (tighter or traced) or not number(get(links_key(slug))):
        return
    for key, link in _standing(get, slug):
        if tighter:
            yield from _held(get, end_keys(slug, after["cardinality"], link["from"], link["to"]), {"link": key})
        if traced:
            held = {"link": key} if followed(after) else None
            yield from _held(get, incident_keys(slug, link["from"], link["to"]), held)


def _standing(get: Lookup, slug: str) -> Iterator[tuple[Key, State]]:
    under = get(under_key(links_under(slug)))
    assert under is not None
    assert len(under["keys"]) <= MOST, "the decision has looked at all of them"
    for key in under["keys"]:
        link = get(key)
        if link is not None and not link["deleted"]:
            yield key, link


def _held(get: Lookup, keys: Iterable[Key], state: State | None) -> Iterator[Change]:
    for key in keys:
        get(key)  # what is written must have been read
        yield key, state


def _where_free(get: Lookup, keys: Iterable[Key], link: Key, *, takes: bool) -> Iterator[Change]:
    """As `_held`, where several may stand at an end: who came first keeps it."""
    for key in keys:
        holder = get(key)
        if takes and (holder is None or not _stands(get(holder["link"]))):
            yield key, {"link": link}
        elif not takes and holder == {"link": link}:
            yield key, None


def _stands(link: State | None) -> bool:
    return link is not None and not link["deleted"]


def _degree(get: Lookup, key: Key, slug: str, by: int) -> Change:
    state = get(key)
    links = dict(state.get("links", {})) if state else {}
    links[slug] = links.get(slug, 0) + by
    if not links[slug]:
        del links[slug]
    counted: State = {"n": number(state) + by}
    return key, {**counted, "links": links} if links else counted
