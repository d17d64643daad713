"""What a commit passes before it is appended, behind the deciders: Rule, then PII. Warnings travel with what is accepted.

    Schema (the deciders)  ─►  Rule  ─►  PII  ─►  append          all findings of all of them at once
    Tamper: the expected version, reused ids, the clock, signatures (`producers.decide`, `producers.receive`)

A commit of plain values on a branch without rules costs two known heads and a look at its texts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from events.decider import Context, Drafted, Lookup, Payload
from events.findings import Finding, listed
from events.names import Key
from events.objects.link_words import LinkCreated, LinkUpdated
from events.objects.marked import personal, texts
from events.objects.object_words import ObjectCreated, ObjectUpdated
from events.objects.section import SectionStored
from events.reserved import RULES
from events.rules.judging import Judged, Touched, judged
from events.rules.policy import PII_POLICY, looks, verdicts
from events.schema.shape import Shape, shape_in
from events.schema.values import Json, pointer
from producers.command import Part

READS: Final = (RULES, PII_POLICY)
"""What every commit reads."""


class Passed(NamedTuple):
    refusals: Sequence[Finding]
    warnings: Sequence[Finding]


NOTHING: Final = Passed((), ())


class Decided(Struct, frozen=True, gc=False):
    """A part, and what it decided."""

    part: Part
    drafted: Sequence[Drafted]


def passed(context: Context, before: Callable[[], Lookup], commit: Sequence[Decided]) -> Passed:
    """All that stands against a commit, or should be known of it. `before()` gives states before it. Raises `Unread`."""
    heads = context.heads
    found = list(_rules(context, before(), commit)) if heads[RULES].state is not None else []
    policy = heads[PII_POLICY].state
    if policy is None or looks(policy):
        for each in commit:
            part = each.part
            found += _in_sections(context, each)
            for draft in each.drafted:
                payload = draft.payload
                if type(payload) is ObjectCreated:
                    found += _personal(context, part, "objectType/" + payload.type, payload.properties)
                elif type(payload) is ObjectUpdated:
                    found += _personal(context, part, "objectType/" + payload.type, payload.set)
                elif type(payload) is LinkCreated and payload.properties:
                    found += _personal(context, part, "linkType/" + payload.type, payload.properties)
                elif type(payload) is LinkUpdated:
                    found += _personal(context, part, "linkType/" + payload.type, payload.set)
    if not found:
        return NOTHING
    warnings = [one.finding for one in found if not one.refuses]
    return Passed([one.finding for one in found if one.refuses], listed(warnings))


def _rules(context: Context, before: Lookup, commit: Sequence[Decided]) -> Iterator[Judged]:
    paths = {draft.key: each.part.path for each in commit for draft in each.drafted if draft.key.startswith("object/")}
    touched = [Touched(key, before(key), context.get(key), path) for key, path in paths.items()]
    yield from judged(context, touched)


def _personal(context: Context, part: Part, of: str, values: Mapping[str, Json]) -> Sequence[Judged]:
    """Personal data in values that no marking speaks of, by the policy of the branch."""
    get, screen = context.get, context.screen.found
    kind = get(Key(of))
    assert kind is not None, f"values are of {of}, which is not there"
    shape = shape_in(get, kind)
    suspects = []
    for field in shape.unmarked:
        value = values.get(field)
        if type(value) is str:
            if not value.isalpha() and screen(value, shape.names[field]):
                suspects.append(field)
        elif value is not None and context.splits.section(value) is None:
            suspects.append(field)
    if not suspects and not shape.guarded:
        return ()
    found = [one for field, _ in shape.guarded for one in _unmasked(context, part, shape, field, values)]
    return found + [
        one
        for field in suspects
        for one in _found(context, part, shape.names[field], shape.shown(field, values[field]))
    ]


def _in_sections(context: Context, each: Decided) -> Iterator[Judged]:
    """Personal data in new sections, unless all they are for is marked; of those sent ahead nobody knows yet."""
    stored = (draft.payload for draft in each.drafted if type(draft.payload) is SectionStored)
    sections = [section for section in stored if not context.splits.sealed(section.content)]
    if not sections:
        return
    payloads = [draft.payload for draft in each.drafted]
    objects = [payload for payload in payloads if type(payload) in (ObjectCreated, ObjectUpdated)]
    names = {name for payload in objects for name in _unmarked_sections(context, payload)}
    if objects and not names:
        return
    name = names.pop() if len(names) == 1 else "a section"
    for section in sections:
        for one in _found(context, each.part, name, section.content):
            yield one._replace(finding=one.finding._replace(path=_place(each.part, name)))


def _unmarked_sections(context: Context, payload: Payload) -> Iterator[str]:
    assert isinstance(payload, ObjectCreated | ObjectUpdated)
    kind = context.get(Key("objectType/" + payload.type))
    assert kind is not None, f"an object is of {payload.type}, which is not there"
    shape = shape_in(context.get, kind)
    return (
        shape.names[field] for field, split in shape.documents.items() if split is not None and field in shape.unmarked
    )


def _unmasked(context: Context, part: Part, shape: Shape, field: str, values: Mapping[str, Json]) -> Iterator[Judged]:
    """What a marking should have kept out, and came another way than by a command of the object: by a merge."""
    name = shape.names[field]
    for _, text in texts(values.get(field)):
        for hit in context.screen.found(text, name):
            remedy = "its marking lets none in; mask it where it comes from"
            yield Judged(personal(hit[0], name, part.path, remedy), refuses=True)


def _found(context: Context, part: Part, name: str, value: Json) -> Iterator[Judged]:
    policy = verdicts(context.get(PII_POLICY))
    for at, text in texts(value, _place(part, name)):
        for kind in dict.fromkeys(hit[0] for hit in context.screen.found(text, name)):
            if policy[kind] != "allow":
                remedy = "mark the property with what shall become of it, or leave it out"
                yield Judged(personal(kind, name, at, remedy), policy[kind] == "reject")


def _place(part: Part, name: str) -> str:
    """Where a command gives the value of a property; the command itself where it is not plain to see."""
    for member in ("properties", "patch"):
        given = getattr(part.payload, member, None)
        if isinstance(given, dict) and name in given:
            return f"{part.path}/{member}{pointer(name)}"
    return part.path
