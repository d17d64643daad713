"""Finds the frames of a Markdown text line by line: code fences hide them, and nothing else of the Markdown is looked at."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from documents.frames.values import Fault, Place, Values, trimmed_end, values_in

Json = Any
_BEGIN: Final = re.compile(r" {0,3}@metadata(?::(\S+))?[ \t]*")
_END: Final = re.compile(r" {0,3}@end[ \t]*")
_FENCE: Final = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_LINE: Final = re.compile(r"[^\n\r]*(?:\r\n|\n|\r|$)")


class Frame(NamedTuple):
    """What stands between the two lines that mark it. `place` includes these; `inside` does not.

    `type` is said behind `@metadata:`, by front matter as its `type`.
    """

    type: str | None
    front: bool
    place: Place
    inside: Place
    values: dict[str, Json]
    places: dict[str, Place]  # of each value, by JSON Pointer


class Problem(NamedTuple):
    """Why something cannot be taken as it stands."""

    code: str
    line: int
    column: int
    text: str


class Source(NamedTuple):
    text: str
    frames: list[Frame]
    problems: list[Problem]  # of frames that could not be read; these are not in `frames`
    hidden: list[Place]  # all frames, those that could not be read, too


class Marked(NamedTuple):
    """A frame that was found and not read yet; `inside` is `None` where nothing ends it."""

    type: str | None
    front: bool
    start: int
    inside: tuple[int, int] | None
    end: int


def read(text: str) -> Source:
    """Never raises: what is wrong is a problem with its place."""
    frames, problems, hidden = [], [], []
    at = _Lines(text)
    for marked in find(text):
        place = at.place(marked.start, marked.end)
        hidden.append(place)
        if marked.inside is None:
            what = "the front matter ends with a line ---" if marked.front else "a frame ends with a line @end"
            problems.append(Problem("DOCUMENT_FRAME_OPEN", place.line, place.column, f"{what}, and there is none"))
            continue
        start, end = marked.inside
        inside = at.place(start, end)
        try:
            found = values_in(text[start:end])
        except Fault as fault:
            wrong = at.place(start + fault.index, start + fault.index)
            problems.append(Problem(fault.code, wrong.line, wrong.column, fault.text))
            continue
        said = found.values.get("type") if marked.front else marked.type
        kind = said if isinstance(said, str) else None
        frames.append(Frame(kind, marked.front, place, inside, found.values, _places(text, start, found, at)))
    return Source(text, frames, problems, hidden)


def find(text: str) -> Iterator[Marked]:
    """Frames in order, read or not."""
    begun: Marked | None = None
    fence = ""
    position = 0
    for number, (start, line) in enumerate(_lines(text)):
        position, said = start + len(line), line.rstrip("\r\n")
        if begun is not None:
            if (said.rstrip() in ("---", "...")) if begun.front else _END.fullmatch(said) is not None:
                assert begun.inside is not None
                yield begun._replace(inside=(begun.inside[0], start), end=start + len(said))
                begun = None
        elif fence:
            if said.strip()[: len(fence)] == fence and not said.strip().strip(fence[0]):
                fence = ""
        elif number == 0 and said.removeprefix("\ufeff").rstrip() == "---":
            begun = Marked(None, True, start + len(said) - len(said.removeprefix("\ufeff")), (position, position), 0)
        elif opening := _FENCE.match(said):
            fence = opening[1]
        elif found := _BEGIN.fullmatch(said):
            begun = Marked(found[1], False, start, (position, position), 0)
    if begun is not None:
        yield begun._replace(inside=None, end=position)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for found in _LINE.finditer(text):
        if found[0]:
            yield found.start(), found[0]


class _Lines:
    """Lines and columns of places in a text."""

    def __init__(self, text: str) -> None:
        self._starts = [start for start, _ in _lines(text)] or [0]

    def place(self, start: int, end: int) -> Place:
        line = bisect_right(self._starts, start)
        return Place(start, end, line, start - self._starts[line - 1] + 1)


def _places(text: str, start: int, found: Values, at: _Lines) -> dict[str, Place]:
    inside = text[start:]
    return {
        path: at.place(start + int(node.start_mark.index), start + trimmed_end(inside, node))
        for path, node in found.nodes.items()
        if path
    }
