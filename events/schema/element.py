"""The life that the elements of the schema share: renamed, described, deprecated, deleted, restored.

    create ──► active ──deprecate──► deprecated ──┐
                  └──────────────────────────────┴─delete──► deleted ──restore──► as it was

Each aggregate names its own commands and events (`RenameValueType` …) after the ones here. A delete is refused while
other elements use the element; a deleted one keeps its RID and slug, and frees its name.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from events.decider import Context, Drafted, Payload, State
from events.findings import Finding, Refused
from events.names import Key
from events.reserved import name_key, uses_key
from events.schema.deprecating import deprecation
from events.schema.element_words import (
    Delete,
    Deleted,
    Deprecate,
    Deprecated,
    Lived,
    MetadataUpdated,
    Rename,
    Renamed,
    Restore,
    Restored,
    UpdateMetadata,
)
from events.schema.kinds import (
    KINDS,
    Kind,
    deleted,
    free_slug_reads,
    kind_named,
    kind_reads,
    name_taken,
    type_name,
    unknown,
)
from events.schema.uses import used, users

LISTED: Final = 20  # names in one sentence


__all__ = [
    "LISTED",
    "Delete",
    "Deleted",
    "Deprecate",
    "Deprecated",
    "Life",
    "Lived",
    "MetadataUpdated",
    "Rename",
    "Renamed",
    "Restore",
    "Restored",
    "UpdateMetadata",
    "created",
    "created_reads",
    "evolve",
    "listed_names",
    "said",
]


class Life(NamedTuple):
    """The events of one kind of element, and where its commands name the element."""

    kind: Kind
    path: str
    renamed: type[Renamed]
    metadata_updated: type[MetadataUpdated]
    deprecated: type[Deprecated]
    deleted: type[Deleted]
    restored: type[Restored]

    def reads(self, context: Context, command: Lived) -> Iterator[Key]:
        """Every key that `decide` asks for. Raises `Unread` where they cannot be named yet."""
        yield from kind_reads(context, self.kind, command.element)
        state = kind_named(context, self.kind, command.element)
        if state is None:
            return
        match command:
            case Rename():
                yield name_key(self.kind, command.name)
                yield name_key(self.kind, state["name"])
            case Deprecate() if command.replaced_by is not None:
                yield from kind_reads(context, self.kind, command.replaced_by)
            case Delete():
                yield uses_key(Key(f"{self.kind}/{state['rid']}"))
                yield name_key(self.kind, state["name"])
            case Restore():
                yield name_key(self.kind, state["name"])

    def found(self, context: Context, named: str) -> State:
        """The element, alive or deleted. Raises `Refused` where there is none."""
        state = kind_named(context, self.kind, named)
        if state is None:
            raise Refused([unknown(context, self.kind, named, self.path)])
        return state

    def alive(self, context: Context, named: str) -> State:
        """The element that is there. Raises `Refused`."""
        state = self.found(context, named)
        if state.get("deleted"):
            raise Refused([deleted(self.kind, state, self.path)])
        return state

    def decide(self, context: Context, command: Lived) -> list[Drafted]:
        match command:
            case Rename():
                return self._rename(context, self.alive(context, command.element), command.name)
            case UpdateMetadata():
                return self._describe(self.alive(context, command.element), command)
            case Deprecate():
                return self._deprecate(context, self.alive(context, command.element), command)
            case Delete():
                return self._delete(context, self.found(context, command.element))
            case Restore():
                return self._restore(context, self.found(context, command.element))

    def created(
        self, context: Context, state: State, event: Payload, findings: Sequence[Finding] = ()
    ) -> list[Drafted]:
        """The first event of an element, of which `state` comes; `[]` if there is one just like it. Raises `Refused`."""
        there = kind_named(context, self.kind, state["name"])
        if there is not None and {**there, "rid": state["rid"], "slug": state["slug"]} == state:
            return []
        findings = [*name_taken(context, self.kind, state["name"], "/name"), *findings]
        if findings:
            raise Refused(findings)
        return self.drafted(state, event)

    def drafted(self, state: State, event: Payload) -> list[Drafted]:
        """One event of the element."""
        return [Drafted(Key(f"{self.kind}/{state['rid']}"), state["slug"], event)]

    def _rename(self, context: Context, state: State, name: str) -> list[Drafted]:
        if name == state["name"]:
            return []
        findings = [*type_name(name, "/name"), *name_taken(context, self.kind, name, "/name")]
        if findings:
            raise Refused(findings)
        return self.drafted(state, self.renamed(rid=state["rid"], slug=state["slug"], name=name, was=state["name"]))

    def _describe(self, state: State, command: UpdateMetadata) -> list[Drafted]:
        given = command.model_fields_set
        title, description = (
            getattr(command, member) if member in given else state.get(member) for member in ("title", "description")
        )
        if (title, description) == (state.get("title"), state.get("description")):
            return []
        event = self.metadata_updated(rid=state["rid"], slug=state["slug"], title=title, description=description)
        return self.drafted(state, event)

    def _deprecate(self, context: Context, state: State, command: Deprecate) -> list[Drafted]:
        replacement, until = deprecation(context, self.kind, state, command.replaced_by, command.until)
        if (state["status"], state.get("replacedBy"), state.get("until")) == ("deprecated", replacement, until):
            return []
        event = self.deprecated(rid=state["rid"], slug=state["slug"], replaced_by=replacement, until=until)
        return self.drafted(state, event)

    def _delete(self, context: Context, state: State) -> list[Drafted]:
        if state.get("deleted"):
            return []
        by = users(context.get(uses_key(Key(f"{self.kind}/{state['rid']}"))))
        if by:
            text = f"{state['name']} is used by {listed_names(context, by)}; change or delete these first"
            raise Refused([Finding("TYPE_IN_USE", self.path, text)])
        return self.drafted(state, self.deleted(rid=state["rid"], slug=state["slug"]))

    def _restore(self, context: Context, state: State) -> list[Drafted]:
        if not state.get("deleted"):
            return []
        findings = list(name_taken(context, self.kind, state["name"], self.path))
        for key in sorted(used(context.get, state)):
            other = context.get(key)
            if other is not None and other.get("deleted"):
                findings.append(deleted(_kind(key), other, self.path))
        if findings:
            raise Refused(findings)
        return self.drafted(state, self.restored(rid=state["rid"], slug=state["slug"]))


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "an element of the schema begins with its creation"
    match event:
        case Renamed():
            return {**state, "name": event.name}
        case MetadataUpdated():
            return _with(state, title=event.title, description=event.description)
        case Deprecated():
            return _with({**state, "status": "deprecated"}, replacedBy=event.replaced_by, until=event.until)
        case Deleted():
            return {**state, "deleted": True}
        case Restored():
            return _with(state, deleted=None)
    raise TypeError(type(event))


def created(context: Context, kind: Kind, name: str) -> Key | None:
    """The element that a creation is about: the one that has that name."""
    state = kind_named(context, kind, name)
    return None if state is None or state["name"] != name or state.get("deleted") else Key(f"{kind}/{state['rid']}")


def created_reads(context: Context, kind: Kind, name: str) -> Iterator[Key]:
    """The keys that a creation asks for. Raises `Unread` where they cannot be named yet."""
    yield name_key(kind, name)
    yield from free_slug_reads(context, kind, name)
    yield from kind_reads(context, kind, name)


def said(state: State) -> tuple[Any, ...]:
    """What people say of an element, be it there or asked for."""
    return state["name"], state.get("title"), state.get("description")


def listed_names(context: Context, keys: list[Key]) -> str:
    """Elements of the schema as they stand in a sentence, at most `LISTED` of them. Raises `Unread`."""
    names = []
    for key in keys[:LISTED]:
        state = context.get(key)
        names.append(f"{KINDS[_kind(key)]} {key if state is None else state['name']}")
    more = len(keys) - LISTED
    return ", ".join(names) + (f" and {more:,} more" if more > 0 else "")


def _kind(key: Key) -> Kind:
    kind = key.partition("/")[0]
    return next(known for known in KINDS if known == kind)


def _with(state: State, **members: str | None) -> State:
    """With these members; `None` takes one away."""
    after = {**state, **members}
    return {name: value for name, value in after.items() if value is not None or name not in members}
