"""Sections: the pieces of large values, called by what they hold; written once, whatever objects they stand in.

    content: {… 400 kB}   ─►   section.stored, section.stored, …  object.created {content: {"_folded": {section: …}}}

A section belongs to the whole ontology and never changes: what is equal is stored once, on whatever branch. A value that
fits into a command is split where it is decided, in the same commit. Of a larger one the sections are uploaded first; they
become events of the commit of the command that names the section that leads to all of them, all or none.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from pydantic import Field

from events.branches.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known, needed
from events.findings import Finding, Refused
from events.names import Key
from events.objects.splits import NO_SPLITS
from events.plain import made
from events.schema.values import Json

aggregate: Final = "section"
SECTIONS: Final = "section/"
SECTION_UNKNOWN: Final = "SECTION_UNKNOWN"
_LEVELS: Final = 200  # sections below one another: each level is another question to the store
_NOTHING: Final[Mapping[str, Json]] = {}
_NO_PLACE: Final = "this part of OMS takes no sections; send them to one that commits"


class StoreSections(Payload):
    """Pieces of large values, stored at once, before any object has them. Those that are there already write nothing."""

    sections: Annotated[
        list[dict[str, Json]],
        Field(min_length=1, description="as `oms documents put` splits a document, each behind those that it names"),
    ]


class SectionStored(Payload):
    """A section of a large value was stored, under the SHA-256 of its content."""

    section: str  # SHA-256 of the content, hex
    content: dict[str, Json]


COMMANDS: Final[tuple[type[Payload], ...]] = (StoreSections,)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {"io.oms.section.stored.v1": SectionStored}


def reads(context: Context, command: Payload) -> list[Key]:
    assert isinstance(command, StoreSections)
    return as_far_as_known(_reads(context, command))


def target(_context: Context, _command: Payload) -> Key | None:
    return None


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    assert isinstance(command, StoreSections)
    splits = context.splits
    if splits is NO_SPLITS:
        raise Refused([Finding("SECTION_SHAPE", "/sections", _NO_PLACE)])
    sections: dict[str, Json] = {}
    findings = []
    named: dict[str, int] = {}
    for index, content in enumerate(command.sections):
        try:
            named |= {each: index for each in splits.named(content) if each not in sections}
        except ValueError as wrong:
            findings.append(Finding("SECTION_SHAPE", f"/sections/{index}", f"this is no section: {wrong}"))
        sections[splits.digest(content)] = content
    findings += [_missing(name, f"/sections/{named[name]}") for name in lacking(context, named)]
    findings += [_closed(name, f"/sections/{at}") for name, at in named.items() if _is_sealed(context, name)]
    if findings:
        raise Refused(findings)
    return new_sections(context, sections)


def evolve(_state: State | None, event: Payload) -> State | None:
    assert isinstance(event, SectionStored)
    return {"content": event.content}


def section_key(digest: str) -> Key:
    return Key(SECTIONS + digest)


def new_sections(context: Context, sections: Mapping[str, Json]) -> list[Drafted]:
    """The events of those that are not there yet. Raises `Unread`."""
    if not sections:
        return []
    return [
        Drafted(section_key(each), "-", made(SectionStored, {"section": each, "content": sections[each]}))
        for each in lacking(context, sections)
    ]


def lacking(context: Context, digests: Mapping[str, object]) -> list[str]:
    """Those that are not there, in their order. Raises `Unread`."""
    there = needed(context.get, map(section_key, digests))
    return [digest for digest, state in zip(digests, there, strict=True) if state is None]


def uploaded(context: Context, root: str, path: str, findings: list[Finding]) -> dict[str, Json]:
    """All that lead from this section on and are not stored yet, by digest, each behind those that it names.

    What is not there is a finding. What is stored leads to nothing that is not. Raises `Unread`.
    """
    found: dict[str, Json] = {}
    below: dict[str, list[str]] = {}
    named = {root: None}
    wanted = lacking(context, named)
    for _ in range(_LEVELS):
        findings += [_closed(name, path) for name in named if _is_sealed(context, name)]
        if not wanted:
            break
        contents = dict(zip(wanted, needed(context.uploaded.section, wanted), strict=True))
        findings += [_missing(name, path) for name, content in contents.items() if content is None]
        found |= {name: content for name, content in contents.items() if content is not None}
        below |= {name: _named_by(context, name, found[name]) for name in contents if name in found}
        named = dict.fromkeys(each for name in contents for each in below.get(name, ()) if each not in found)
        wanted = lacking(context, named)
    if wanted:
        findings.append(Finding("SECTION_SHAPE", path, f"its sections are more than {_LEVELS} levels deep"))
    return {name: found[name] for name in _upwards(root, below)}


def whole(context: Context, value: Json, beside: Mapping[str, Json] = _NOTHING) -> Json:
    """The value that a stored one stands for, with all its sections: those that are stored, and some beside. Raises `Unread`."""
    root, key = context.splits.section(value), context.splits.key(value)
    if root is None:
        return value
    found: dict[str, Json] = {}
    wanted = [root]
    while wanted:
        stored = [name for name in wanted if name not in beside]
        states = dict(zip(stored, needed(context.get, map(section_key, stored)), strict=True))
        contents = {name: beside[name] for name in wanted if name in beside}
        contents |= {name: state["content"] for name, state in states.items() if state is not None}
        contents = {name: context.splits.opened(content, key) for name, content in contents.items()}
        found |= contents
        below = dict.fromkeys(each for name in contents for each in _named_by(context, name, contents[name]))
        wanted = [name for name in below if name not in found]
    return context.splits.joined(value, found)


def _named_by(context: Context, section: str, content: Json) -> list[str]:
    """Those that a section names; looked up once, however often a command is decided again."""
    at = "named", section
    if at not in context.notes:
        context.notes[at] = list(context.splits.named(content))
    names: list[str] = context.notes[at]
    return names


def _missing(section: str, path: str) -> Finding:
    text = f"the section {section} is neither stored nor uploaded (any more); send it before what names it (UploadSections)"
    return Finding(SECTION_UNKNOWN, path, text)


def _is_sealed(context: Context, section: str) -> bool:
    """Whether what is stored under that name belongs to an encrypted document. Raises `Unread`."""
    state = context.get(section_key(section))
    return state is not None and context.splits.sealed(state["content"])


def _closed(section: str, path: str) -> Finding:
    text = f"the section {section} belongs to an encrypted document; give the value itself"
    return Finding("SECTION_SHAPE", path, text)


def _upwards(root: str, below: Mapping[str, list[str]]) -> dict[str, None]:
    """What can be reached from `root`, each behind what is below it."""
    order: dict[str, None] = {}
    waiting = [(root, False)]
    while waiting:
        name, entered = waiting.pop()
        if entered:
            order[name] = None
        elif name in below and name not in order:
            waiting += [(name, True), *((each, False) for each in below[name])]
    return order


def _reads(context: Context, command: StoreSections) -> Iterator[Key]:
    yield branch_key(context.branch)
    for content in command.sections:
        yield section_key(context.splits.digest(content))
