"""What an object holds, folded: its large values are read from their sections only as far as somebody looks.

properties ─► {name: value, …, content: stub} ── /content/sections/3 ──► section, section, … one read of the view for each
                           plane: stub} ── /plane/seats ──► the object that it refers to, where its type is unfoldable
"""

from typing import Any

from documents.unfold import PathUnknown, UnfoldContext, UnfoldLevel
from events.findings import Finding, Refused
from queries.cuts import Cut
from queries.loading import Sections
from queries.objects import Shown
from queries.referred import Inlining, Referred, holding, reached, whole

__all__ = ["UnfoldContext", "UnfoldLevel", "folded", "opened"]


def folded(cut: Cut, shown: Shown, context: UnfoldContext, path: str = "") -> Any:
    """What stands at a path of an object's properties, within limits. Raises `Refused` (DOCUMENT_PATH)."""
    at = ""
    try:
        referred = Referred(cut)
        found, at, rest = reached(referred, shown, path)
        return Inlining(referred, Sections(cut, found)).document(found, at).fold(context, rest)
    except PathUnknown as unknown:
        raise Refused([_unknown(unknown.behind(at))]) from None


def opened(cut: Cut, shown: Shown, path: str, most: int | None = None) -> Any:
    """All that stands at a path, without what that refers to.

    Raises `Refused` where it leads nowhere, or to more than `most` bytes.
    """
    at = ""
    try:
        found, at, rest = reached(Referred(cut), shown, path)
        of = (whole if at else holding)(found, Sections(cut, found))
        if most is not None and (size := of.size(rest)) > most:
            text = f"what stands at {path or 'the whole'} has {size:,} bytes, at most {most:,} are answered: fold it"
            raise Refused([Finding("DOCUMENT_TOO_LARGE", "/open", text)])
        return of.unfold_path(rest)
    except PathUnknown as unknown:
        raise Refused([_unknown(unknown.behind(at))]) from None


def _unknown(unknown: PathUnknown) -> Finding:
    return Finding("DOCUMENT_PATH", "/open", str(unknown)[:1_000])
