"""What an object holds, folded: its large values are read from their sections only as far as somebody looks.

properties ─► {name: value, …, content: stub} ── /content/sections/3 ──► section, section, … one read of the view for each
"""

from typing import Any

from documents.unfold import PathUnknown, UnfoldableDocument, UnfoldContext, UnfoldLevel
from events.findings import Finding, Refused
from events.names import ONTOLOGY_SCOPE
from events.objects.section import section_key
from queries.cuts import Cut
from queries.objects import Shown

__all__ = ["UnfoldContext", "UnfoldLevel", "document", "folded", "opened"]


def document(cut: Cut, shown: Shown) -> UnfoldableDocument:
    """An object's properties as one document, by API name."""

    def load(section: str) -> Any:
        version = cut.versions.at(ONTOLOGY_SCOPE, section_key(section), cut.position)
        if version is None:
            text = f"the section {section} of {shown.type} {shown.key} is not in the view at position {cut.position}"
            raise Refused([Finding("SECTION_UNKNOWN", "", text)])
        return version.state["content"]

    return UnfoldableDocument.holding(shown.values, shown.sectioned, load)


def folded(of: UnfoldableDocument, context: UnfoldContext, path: str = "") -> Any:
    """What stands at a path, within limits. Raises `Refused` (DOCUMENT_PATH)."""
    try:
        return of.fold(context, path)
    except PathUnknown as unknown:
        raise Refused([_unknown(unknown)]) from None


def opened(of: UnfoldableDocument, path: str, most: int | None = None) -> Any:
    """All that stands at a path. Raises `Refused` where it leads nowhere, or to more than `most` bytes."""
    try:
        if most is not None and (size := of.size(path)) > most:
            text = f"what stands at {path or 'the whole'} has {size:,} bytes, at most {most:,} are answered: fold it"
            raise Refused([Finding("DOCUMENT_TOO_LARGE", "/open", text)])
        return of.unfold_path(path)
    except PathUnknown as unknown:
        raise Refused([_unknown(unknown)]) from None


def _unknown(unknown: PathUnknown) -> Finding:
    return Finding("DOCUMENT_PATH", "/open", str(unknown)[:1_000])
