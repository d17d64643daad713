"""A large document as sections: small content-addressed pieces, each loaded only when somebody looks into it.

    {title, chapters: [3,000 of them]}                                  50 MB
        stub ──► {title, chapters: stub} ──► runs of stubs ──► runs of chapters ──► a chapter that is large by itself

A section holds one of these; names and indexes in `folded` are those of members that are stubs:

    {text}      {array, folded?}      {object, folded?}      {kind, runs}: what the sections of these stubs hold, joined

or, of an encrypted document, `{sealed}`: one of these under the document's own key, which stands in the document's stub alone.

NOTE stored format: what was split once is read so for ever (`documents.splitting`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import Any, Final, Literal

import msgspec

Json = Any
"""`None`, bool, int, float, str, list of Json, dict of str to Json."""

SECTION_BYTES: Final = 256 * 1024
FIRST: Final = 80  # characters of a text that are told of it
NAMES: Final = 8  # members of an object that are told of it

Kind = Literal["object", "array", "text"]
encoded: Final = msgspec.json.Encoder(order="deterministic").encode


class Stub(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What stands in place of a part that is kept elsewhere, or not shown: enough to know whether to look into it.

    `items` are an object's members, an array's items, a text's characters; `start` is the first member of a run.
    """

    kind: Kind
    bytes: int
    items: int
    first: str = ""  # the first line of the first text in it
    names: list[str] = msgspec.field(default_factory=list)  # an object's first members
    types: dict[str, int] = msgspec.field(default_factory=dict)  # how many of an array's items are what
    section: str = ""  # SHA-256 of its content, hex
    start: str | None = None
    key: str = ""  # of an encrypted document, in the stub that stands for all of it: opens its sections, hex

    def json(self) -> dict[str, Json]:
        """`{"_folded": {…}}`."""
        return {FOLDED: msgspec.to_builtins(self)}


FOLDED: Final = "_folded"
Placed = Any
"""A value as it stands in a section: itself, or the `Stub` of what is kept elsewhere."""


def digest(content: Json) -> str:
    """By which a section is called: SHA-256 (hex) of its JSON with sorted names."""
    return sha256(encoded(content)).hexdigest()


def stub_in(value: Json) -> Stub | None:
    """The stub that stored JSON stands for; `None` where it has another form."""
    if type(value) is not dict or value.keys() != {FOLDED}:
        return None
    try:
        stub = msgspec.convert(value[FOLDED], Stub)
    except msgspec.ValidationError:
        return None
    return stub if stub.section else None


def shown_stub(value: Json) -> Json:
    """A stored value as it may be shown: the key of an encrypted document is for those alone who load its sections."""
    stub = stub_in(value)
    return value if stub is None or not stub.key else msgspec.structs.replace(stub, key="").json()


def named_in(content: Json) -> list[str]:
    """The digests of the sections that a section names. Raises `ValueError` where it is no section."""
    try:
        found = [stub.section for _, stub in members(_formed(content)) if isinstance(stub, Stub)]
    except msgspec.ValidationError as wrong:
        raise ValueError(str(wrong)) from None
    if any(stub.key for _, stub in members(content) if isinstance(stub, Stub)):
        raise ValueError("a stub in it holds a key")
    if any(_DIGEST.fullmatch(section) is None for section in found):
        raise ValueError("a stub in it names no section")
    return found


def members(content: Json) -> Iterator[tuple[str | int, Placed]]:
    """What stands in a section, by name or index; of runs their stubs, of a text nothing."""
    if "runs" in content:
        yield from enumerate(runs_in(content))
        return
    folded = set(content.get("folded", ()))
    found: Iterable[tuple[str | int, Json]]
    found = content["object"].items() if "object" in content else enumerate(content.get("array", ()))
    for step, value in found:
        yield step, (msgspec.convert(value, Stub) if step in folded else value)


def runs_in(content: Json) -> list[Stub]:
    """The runs that a section leads to, in order; `[]` where it holds the items themselves."""
    return msgspec.convert(content.get("runs", []), list[Stub])


def summary(value: Placed, size: int | None = None) -> Stub:
    """What is told of an object, an array or a text that is not shown; `size`: bytes of its JSON, if that is known."""
    if isinstance(value, Stub):
        return value
    return _summary(value, len(encoded(value)) if size is None else size)


def line(value: Json) -> str:
    """The first line of the first text in it, shortened."""
    return _line(value, 4)


_KINDS: Final = {dict: "object", list: "array", str: "text", int: "number", float: "number", bool: "boolean", type(None): "null"}  # fmt: skip


def _formed(content: Json) -> Json:
    said = frozenset(content)
    if said not in _FORMS:
        raise ValueError(f"it holds {', '.join(sorted(said))[:200] or 'nothing'}")
    folded = content.get("folded", [])
    if type(folded) is not list:
        raise ValueError("folded is no list")
    for name, kind in (("text", str), ("array", list), ("object", dict), ("runs", list)):
        if name in content and type(content[name]) is not kind:
            raise ValueError(f"{name} is no {kind.__name__}")
    there: Any = content.get("object", range(len(content.get("array", ()))))
    if any(type(each) not in (int, str) or each not in there for each in folded):
        raise ValueError("folded names what is not in it")
    if "runs" in content and not content["runs"]:
        raise ValueError("it leads to no runs")
    return content


_FORMS: Final = {
    frozenset(form)
    for form in (("text",), ("array",), ("array", "folded"), ("object",), ("object", "folded"), ("kind", "runs"))
}
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def _summary(value: Json, size: int) -> Stub:
    if type(value) is dict:
        names = [_short(name, FIRST // 2) for name in islice(value, NAMES)]
        return Stub(kind="object", bytes=size, items=len(value), first=line(value), names=names)
    if type(value) is list:
        types = dict(Counter(_KINDS[type(item)] for item in value))
        return Stub(kind="array", bytes=size, items=len(value), first=line(value), types=types)
    return Stub(kind="text", bytes=size, items=len(value), first=line(value))


def _line(value: Json, levels: int) -> str:
    if type(value) is str:
        return _short(value.strip()[: 4 * FIRST].split("\n", 1)[0].strip(), FIRST)
    if levels and type(value) in (dict, list):
        for item in islice(value.values() if type(value) is dict else value, NAMES):
            if found := _line(item, levels - 1):
                return found
    return ""


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
