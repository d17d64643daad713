"""A cut as the graph has it: the classes of its types, and the documents of its objects and links.

Whatever a document holds follows from one cut alone: it can be made again at any time, and comes out the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final

from events.decider import State
from events.names import Key, object_key
from events.schema.hierarchy import effective, line
from events.schema.resolving import declaration
from projectors.graph import Document, link_document, object_document
from projectors.graph_classes import Class, classes
from projectors.lineage import lineage
from projectors.projector import FOREVER
from projectors.versions import Version
from queries.cuts import Cut
from queries.versions import Versions

SCHEMA: Final = ("objectType/", "linkType/", "sharedProperty/", "valueType/", "structType/")
ENTITIES: Final = ("object/", "link/")
REMEMBERED: Final = 20_000  # versions


def graph_cut(versions: Versions, ontology: str, branch: str, position: int) -> "GraphCut":
    """What `branch` sees at `position`; `""` = no branch, which has nothing."""
    through = lineage(versions.at, branch, position) if branch else []
    return GraphCut(Cut(versions, branch, position, through), ontology)


class GraphCut:
    """Types are read once, when they are first asked for."""

    def __init__(self, cut: Cut, ontology: str) -> None:
        self.cut, self.ontology = cut, ontology
        self._seen: dict[Key, Version | None] = {}

    def version(self, entity: Key) -> Version | None:
        """As the cut has it; asked for again it is remembered for a while: a link's ends are those of others, too."""
        if entity not in self._seen:
            if len(self._seen) >= REMEMBERED:
                self._seen.clear()
            self._seen[entity] = self.cut.version(entity)
        return self._seen[entity]

    @cached_property
    def object_types(self) -> Mapping[str, State]:
        """By slug, with their own properties."""
        return {version.state["slug"]: version.state for version in self.cut.valid("objectType/")}

    @cached_property
    def link_types(self) -> Mapping[str, State]:
        """By slug."""
        return {version.state["slug"]: version.state for version in self.cut.valid("linkType/")}

    @cached_property
    def schemas(self) -> Mapping[str, State]:
        """Object types by slug, with inherited properties."""
        return {slug: effective(self.cut.state, state) for slug, state in self.object_types.items()}

    @cached_property
    def link_schemas(self) -> Mapping[str, State]:
        """Link types by slug."""
        return {slug: effective(self.cut.state, state) for slug, state in self.link_types.items()}

    @cached_property
    def leading(self) -> Mapping[str, list[str]]:
        """By slug of each object type the link types whose links begin at its objects."""
        lines = {slug: {each["slug"] for each in line(self.cut.state, s)} for slug, s in self.object_types.items()}
        return {
            slug: [one for one, link in self.link_types.items() if link["from"] in above and self._has_ends(link)]
            for slug, above in lines.items()
        }

    @cached_property
    def _below(self) -> Mapping[str, list[str]]:
        """By slug the types that stand below, at any depth."""
        found: dict[str, list[str]] = {slug: [] for slug in self.object_types}
        for slug, state in self.object_types.items():
            for above in line(self.cut.state, state):
                if above["slug"] != slug and above["slug"] in found:
                    found[above["slug"]].append(slug)
        return found

    def _has_ends(self, link: State) -> bool:
        return link["from"] in self.object_types and link["to"] in self.object_types

    def classes(self) -> list[Class]:
        """The schema, as the graph should have it."""
        return classes(
            list(map(self._own, self.object_types.values())), list(self.link_schemas.values()), self.ontology
        )

    def _own(self, state: State) -> State:
        properties = state.get("properties") or {}
        return {**state, "properties": {f: declaration(self.cut.state, each) for f, each in properties.items()}}

    def entities(self) -> Iterator[Key]:
        """All objects, then all links."""
        for prefix in ENTITIES:
            yield from (version.entity for version in self.cut.valid(prefix))

    def end(self, slug: str, key: str) -> Key:
        """The object that a link's end means: of the type itself or, where it has none alive, of one below it."""
        own = object_key(slug, key)
        candidates = [own, *(object_key(below, key) for below in self._below.get(slug, ()))]
        there: list[Key] = []
        for candidate in candidates:
            version = self.version(candidate)
            if version is not None and not version.state["deleted"]:
                return candidate
            there += [candidate] if version is not None else []
        return there[0] if there else own

    def begins(self, link: Key) -> Key | None:
        """The object at which a link begins."""
        _, slug, key = link.split("/", 2)
        kind = self.link_types.get(slug)
        return None if kind is None else self.end(kind["from"], key.partition("~")[0])

    def holds(self, entity: Key) -> bool:
        """Whether there is a document of it: it is there, deleted or not, and so are its type and its ends."""
        version = self.version(entity)
        if version is None:
            return False
        slug = version.state["slug"]
        if entity.startswith("object/"):
            return slug in self.object_types
        link = self.link_types.get(slug)
        return link is not None and all(self.version(end) is not None for end in self._ends(link, version))

    def documents(self, entities: Iterable[Key]) -> Iterator[Document]:
        """Of those of which there is one."""
        return (self._document(entity) for entity in entities if self.holds(entity))

    def _document(self, entity: Key) -> Document:
        version = self.version(entity)
        assert version is not None
        slug = version.state["slug"]
        if entity.startswith("object/"):
            return object_document(version, self.schemas[slug], self._leads(version))
        return link_document(version, self.link_schemas[slug], self._ends(self.link_types[slug], version))

    def _ends(self, kind: State, link: Version) -> tuple[Key, Key]:
        return self.end(kind["from"], link.state["from"]), self.end(kind["to"], link.state["to"])

    def _leads(self, version: Version) -> Mapping[str, list[Key]]:
        """Where the links of an object lead, by the slug of their type."""
        slug, key = version.state["slug"], version.entity.split("/", 2)[2]
        leads: dict[str, list[Key]] = {}
        for one in self.leading.get(slug, ()):
            kind = self.link_types[one]
            ends = [link.state["to"] for link in self.cut.alive(f"link/{one}/{key}~")]
            if ends and self.end(kind["from"], key) == version.entity:
                found = [self.end(kind["to"], end) for end in ends]
                leads[one] = [end for end in found if self.version(end) is not None]
        return leads


def branches_at(versions: Versions, position: int) -> dict[str, State]:
    """Every branch that is there at a position and not deleted, by name."""
    found = versions.valid("", "branch/", min(position, FOREVER - 1))
    return {version.state["name"]: version.state for version in found if not version.state["deleted"]}
