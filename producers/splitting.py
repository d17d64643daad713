"""`Splits` by `documents.sections`: what the committer brings along when it decides."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from documents import sections as in_sections
from documents import splitting
from documents.sections import SECTION_BYTES, Json
from documents.unfold import UnfoldableDocument
from events.objects.splits import InSections
from security import sealed_sections

__all__ = ["digest", "joined", "key", "named", "opened", "sealed", "section", "size", "split"]

digest = in_sections.digest


opened, sealed = sealed_sections.opened, sealed_sections.is_sealed


def split(value: Json, key: str = "") -> InSections | None:
    if not key:
        found = splitting.split(value)
        return None if found is None else InSections(found.stub.json(), found.sections)
    found = splitting.split(value, lambda content: sealed_sections.sealed(content, key))
    return None if found is None else InSections(replace(found.stub, key=key).json(), found.sections)


def key(value: Json) -> str:
    stub = in_sections.stub_in(value)
    return "" if stub is None else stub.key


def section(value: Json) -> str | None:
    stub = in_sections.stub_in(value)
    return None if stub is None else stub.section


def size(value: Json) -> int:
    stub = in_sections.stub_in(value)
    return len(in_sections.encoded(value)) if stub is None else stub.bytes


def named(content: Json) -> Iterable[str]:
    size = len(in_sections.encoded(content))
    if size > SECTION_BYTES:
        raise ValueError(f"it has {size:,} bytes, a section has at most {SECTION_BYTES:,}")
    return in_sections.named_in(content)


def joined(value: Json, sections: Mapping[str, Json]) -> Json:
    return UnfoldableDocument(value, sections.__getitem__).unfold()
