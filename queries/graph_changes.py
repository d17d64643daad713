"""What of a branch must be written so that the graph has it as of a later position: classes, and documents by entity.

Only keys that were written between the two cuts are looked at, so the cost is that of what changed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from events.names import Key
from projectors.graph import Document
from projectors.graph_classes import Class
from projectors.graph_names import link_class, object_class
from queries.differences import touched
from queries.graph_cuts import ENTITIES, SCHEMA, GraphCut


@dataclass(frozen=True, slots=True)
class Changes:
    """`classes` is None where the schema stays as it is.

    `removed` is what the branch sees no more, as behind a rebase; `emptied`: documents that are first written without the properties of their class named beside them, since the new
    classes have no place for what stands there; they are among `entities`, so they get their new values afterwards.
    """

    classes: list[Class] | None
    emptied: Mapping[Key, frozenset[str]]
    removed: list[Key]
    entities: list[Key]

    @property
    def nothing(self) -> bool:
        return self.classes is None and not self.entities and not self.removed


def changes(before: GraphCut, after: GraphCut) -> Changes:
    """From one cut to the other, of one branch or of two of which one came from the other."""
    found = dict.fromkeys(key for prefix in ENTITIES for key in touched(prefix, before.cut, after.cut))
    for key in list(found):
        if key.startswith("link/") and (begins := after.begins(key)) is not None:
            found[begins] = None
    made = _schema(before, after)
    emptied: dict[Key, frozenset[str]] = {}
    if made is not None:
        narrowed = _narrowed(before.classes(), made)
        emptied = dict(_emptied(before, narrowed))
        found |= dict.fromkeys(emptied)
        found |= dict.fromkeys(_reshaped(before, after))
    ordered = sorted(found, key=lambda key: (key.startswith("link/"), key))
    held = [key for key in ordered if after.holds(key)]
    missing = set(ordered).difference(held)
    return Changes(made, emptied, [key for key in ordered if key in missing and before.holds(key)], held)


def without(documents: Iterable[Document], left_out: frozenset[str]) -> Iterator[Document]:
    """The documents without some of their properties."""
    for document in documents:
        yield {name: value for name, value in document.items() if name not in left_out}


def _schema(before: GraphCut, after: GraphCut) -> list[Class] | None:
    if before.cut.lineage and not any(True for prefix in SCHEMA for _ in touched(prefix, before.cut, after.cut)):
        return None
    made = after.classes()
    return None if before.cut.lineage and made == before.classes() else made


def _narrowed(old: list[Class], new: list[Class]) -> dict[str, frozenset[str]]:
    """By class what its documents cannot keep: properties that are gone or hold something else now."""
    before, after = ({each.get("@id", "@context"): each for each in many} for many in (old, new))
    return {
        name: frozenset(
            of for of, held in _all(name, before).items() if not _fits(held, _all(name, after).get(of), before, after)
        )
        for name, each in before.items()
        if each["@type"] == "Class" and name in after
    }


def _all(name: str, known: Mapping[str, Class]) -> dict[str, Any]:
    """The properties of a class with inherited ones."""
    own = known.get(name, {})
    above = own.get("@inherits", [])
    found: dict[str, Any] = {}
    for each in above:
        found |= _all(each, known)
    return found | {of: held for of, held in own.items() if not of.startswith("@")}


def _fits(held: Any, wanted: Any, before: Mapping[str, Class], after: Mapping[str, Class]) -> bool:
    if held != wanted:
        return False
    of = held["@class"] if isinstance(held, dict) else held
    values, allowed = (known.get(of, {}).get("@value", []) for known in (before, after))
    return set(values) <= set(allowed)


def _emptied(before: GraphCut, narrowed: Mapping[str, frozenset[str]]) -> Iterator[tuple[Key, frozenset[str]]]:
    for kind, slugs, named in (
        ("object/", before.object_types, object_class),
        ("link/", before.link_types, link_class),
    ):
        for slug in slugs:
            if left_out := narrowed.get(named(slug)):
                yield from ((version.entity, left_out) for version in before.cut.valid(f"{kind}{slug}/"))


def _reshaped(before: GraphCut, after: GraphCut) -> Iterator[Key]:
    """What comes out differently under the types as they are now."""
    for kind, old, new in (
        ("object/", before.schemas, after.schemas),
        ("link/", before.link_schemas, after.link_schemas),
    ):
        for slug, state in new.items():
            if slug in old and _places(old[slug]) != _places(state):
                for version in before.cut.valid(f"{kind}{slug}/"):
                    if list(before.documents([version.entity])) != list(after.documents([version.entity])):
                        yield version.entity


def _places(state: Mapping[str, Any]) -> dict[str, Any]:
    said = ("type", "array", "marking", "values", "removed")
    properties: Mapping[str, Mapping[str, Any]] = state.get("properties") or {}
    return {field: [each.get(name) for name in said] for field, each in properties.items()}
