"""The sections of large values, read of a cut one by one; those of encrypted documents are opened on the way."""

from collections.abc import Iterator
from typing import Any

from documents.sections import stub_in
from events.findings import Finding, Refused
from events.names import ONTOLOGY_SCOPE, Key
from events.objects.sealing import is_closed
from events.objects.section import section_key
from events.schema.values import pointer
from queries.cuts import Cut
from queries.objects import Shown
from security.sealed_sections import SEALED, is_sealed, kid_of, opened


class Sections:
    """Of the objects that are looked at: `of` before what an object holds is loaded."""

    def __init__(self, cut: Cut, shown: Shown) -> None:
        self._cut = cut
        self._objects = {shown.entity: shown}
        self._keys: dict[str, str] = {}  # by what is said of them beside what they seal

    def of(self, shown: Shown) -> None:
        self._objects[shown.entity] = shown

    def __call__(self, section: str) -> Any:
        """Its content. Raises `Refused`."""
        version = self._cut.versions.at(ONTOLOGY_SCOPE, section_key(section), self._cut.position)
        if version is None:
            raise self._refused(f"the section {section} is not in the view at position {self._cut.position}")
        content = version.state["content"]
        if not is_sealed(content):
            return content
        kid = content[SEALED]["kid"]
        if kid not in self._keys:
            self._keys |= {kid_of(key): key for shown in self._objects.values() for key in self._keys_of(shown)}
        if kid not in self._keys:
            raise self._refused(f"the section {section} is encrypted, and no document that is shown here opens it")
        return opened(content, self._keys[kid])

    def _keys_of(self, shown: Shown) -> Iterator[str]:
        """The keys of the encrypted documents that an object holds."""
        entity = Key(shown.entity)
        version = self._cut.version(entity) if shown.sectioned else None
        for field, value in version.state["properties"].items() if version else ():
            if is_closed(value):
                stub = stub_in(self._cut.versions.opens(value, entity, pointer(field)))
                if stub is not None and stub.key:
                    yield stub.key

    def _refused(self, text: str) -> Refused:
        of = ", ".join(f"{shown.type} {shown.key}" for shown in self._objects.values())
        return Refused([Finding("SECTION_UNKNOWN", "", f"{text} (of {of})")])
