"""Objects as they stand in what refers to them, where their type is unfoldable: a stub in place of the key, read when looked into.

{id, plane: "N1"} ─► {id, plane: stub} ── /plane ──► {_type: Jet, _key: N1, …} ── /plane/engine ──► …
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

import msgspec

from documents.sections import Stub, stub_in, summary
from documents.unfold import UnfoldableDocument, steps
from events.decider import State
from events.names import Key, object_key
from events.schema.hierarchy import effective, line
from queries.cuts import Cut
from queries.loading import Sections
from queries.naming import Named, type_of
from queries.objects import Shown, shown_as

MOST: Final = 1_000
"""Objects that one answer looks at; what is referred to beyond stays its key."""

Load = Callable[[str], Any]


class Reference(NamedTuple):
    """A property that refers to objects that may stand in its place."""

    target: str  # slug
    array: bool


class Referred:
    """What references lead to at a cut; types are read once, when the first object with a reference comes."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._below: dict[str, list[str]] = {}

    def references(self, shown: Shown) -> dict[str, Reference]:
        """Of an object by API name, those that may lead to an object of an unfoldable type."""
        version = self._cut.version(Key(shown.entity)) if shown.kind == "object" else None
        schema = type_of(self._cut, version.state) if version else None
        declared: Mapping[str, Mapping[str, Any]] = {} if schema is None else schema["properties"]
        found = {
            each["name"]: Reference(each["target"], bool(each.get("array")))
            for each in declared.values()
            if each.get("target") and not each.get("removed")
        }
        return {name: each for name, each in found.items() if not self._unfoldable.isdisjoint(self._meant(each.target))}

    def object(self, target: str, key: str) -> Shown | None:
        """What is there under the key, of the type with this slug or of one below it; `None` if that is not unfoldable."""
        for slug in self._meant(target):
            version = self._cut.version(object_key(slug, key))
            if version is not None and not version.state["deleted"]:
                return shown_as(self._cut, self._named(slug), version) if slug in self._unfoldable else None
        return None

    def _named(self, slug: str) -> Named:
        state = self._types[slug]
        return Named("objectType", Key(f"objectType/{state['rid']}"), effective(self._cut.state, state))

    @cached_property
    def _types(self) -> Mapping[str, State]:
        return {version.state["slug"]: version.state for version in self._cut.valid("objectType/")}

    @cached_property
    def _lines(self) -> Mapping[str, Sequence[State]]:
        """By slug the types above each, and itself; of none where no type is unfoldable."""
        if not any(state.get("unfoldable") for state in self._types.values()):
            return {}
        return {slug: line(self._cut.state, state) for slug, state in self._types.items()}

    @cached_property
    def _unfoldable(self) -> frozenset[str]:
        return frozenset(slug for slug, above in self._lines.items() if any(one.get("unfoldable") for one in above))

    def _meant(self, target: str) -> list[str]:
        """The type and those below it."""
        if target not in self._below:
            below = (slug for slug, above in self._lines.items() if any(one["slug"] == target for one in above))
            self._below[target] = sorted(below, key=lambda slug: (slug != target, slug))
        return self._below[target]


def reached(referred: Referred, shown: Shown, path: str) -> tuple[Shown, str, str]:
    """The object to which a path leads through references, the path so far, and the rest of it. Raises `PathUnknown`."""
    steps(path)
    at, rest = "", path.split("/")[1:]
    while rest:
        reference = referred.references(shown).get(rest[0])
        value = shown.values.get(rest[0])
        taken = 1
        if reference and reference.array and len(rest) > 1 and isinstance(value, list):
            value = {str(index): each for index, each in enumerate(value)}.get(rest[1])
            taken = 2
        found = referred.object(reference.target, value) if reference and isinstance(value, str) else None
        if found is None:
            break
        shown, at, rest = found, "/".join([at, *rest[:taken]]), rest[taken:]
    return shown, at, "".join(f"/{step}" for step in rest)


def holding(shown: Shown, load: Load) -> UnfoldableDocument:
    """An object's properties, what it refers to as keys."""
    return UnfoldableDocument.holding(shown.values, shown.sectioned, load)


def whole(shown: Shown, load: Load) -> UnfoldableDocument:
    """An object as it stands in what refers to it, what it refers to as keys."""
    return UnfoldableDocument.holding(_told(shown), shown.sectioned, load)


class Inlining:
    """One object's properties, in which what it refers to stands folded; an object never stands within itself.

    The `section` of such a stub is the path at which it stands.
    """

    def __init__(self, referred: Referred, sections: Sections) -> None:
        self._referred, self._sections = referred, sections
        self._places: dict[str, Callable[[], Any]] = {}
        self._left = MOST

    def document(self, shown: Shown, at: str) -> UnfoldableDocument:
        """`at`: the path that led to it."""
        values = _told(shown) if at else dict(shown.values)
        placed = values | dict(self._inlined(shown, at, frozenset([shown.entity])))
        return UnfoldableDocument.holding(placed, shown.sectioned, self._load)

    def _load(self, section: str) -> Any:
        place = self._places.get(section)
        return self._sections(section) if place is None else place()

    def _inlined(self, shown: Shown, at: str, above: frozenset[str]) -> Iterator[tuple[str, Stub]]:
        for name, reference in self._referred.references(shown).items():
            value, place = shown.values.get(name), f"{at}/{name}"
            stub = None
            if reference.array and isinstance(value, list) and value:
                stub = self._list(reference.target, value, place, above)
            elif isinstance(value, str):
                stub = self._object(reference.target, value, place, above)
            if stub is not None:
                yield name, stub

    def _object(self, target: str, key: str, at: str, above: frozenset[str]) -> Stub | None:
        found = self._referred.object(target, key) if self._left else None
        if found is None or found.entity in above:
            return None
        self._left -= 1
        self._sections.of(found)
        told = _told(found)

        def content() -> Any:
            stubs = {name: stub for name in found.sectioned if (stub := stub_in(told[name])) is not None}
            stubs |= self._inlined(found, at, above | {found.entity})
            plain = {name: msgspec.to_builtins(stub) for name, stub in stubs.items()}
            return {"object": told | plain, "folded": list(plain)}

        self._places[at] = content
        size = whole(found, self._load).size()
        return msgspec.structs.replace(summary(told), bytes=size, first=f"{found.type} {found.key}", section=at)

    def _list(self, target: str, keys: Sequence[Any], at: str, above: frozenset[str]) -> Stub:
        def content() -> Any:
            found = [self._object(target, key, f"{at}/{index}", above) for index, key in enumerate(keys)]
            items = [key if stub is None else msgspec.to_builtins(stub) for key, stub in zip(keys, found, strict=True)]
            return {"array": items, "folded": [index for index, stub in enumerate(found) if stub is not None]}

        self._places[at] = content
        return msgspec.structs.replace(summary(list(keys)), types={}, section=at)


def _told(shown: Shown) -> dict[str, Any]:
    return {"_type": shown.type, "_key": shown.key, **shown.values}
