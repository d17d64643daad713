"""What a text says round its frames: its headings, what it refers to, and the plain text of each section.

A frame speaks of what stands behind it, up to the next frame. `[[Plane/N1]]`, `[[Plane/N1|the plane]]` and
`[the plane](oms:Plane/N1)` refer to an object; what stands in code does not.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from documents.frames.source import Frame, Source

_WIKI: Final = re.compile(r"\[\[([^\[\]|/\n]+)/([^\[\]|\n]+)(?:\|([^\[\]\n]*))?\]\]")
_SCHEME: Final = "oms:"


class Heading(NamedTuple):
    """`level` 1 to 6; `line` counts from 1; `anchor` is unique in its text."""

    level: int
    text: str
    line: int
    anchor: str


class Reference(NamedTuple):
    """To an object of a type, by its key."""

    type: str
    key: str
    line: int


class Section(NamedTuple):
    """What a frame speaks of: the headings above it, the text up to the next frame, and what that refers to.

    `frame` is `None` for what stands before the first one.
    """

    frame: Frame | None
    headings: Sequence[str]
    text: str
    references: Sequence[Reference]


def outline(source: Source) -> list[Heading]:
    """The table of contents."""
    found: list[Heading] = []
    taken: set[str] = set()
    tokens = _tokens(_shown(source))
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.map is not None:
            text = _plain(inline)
            found.append(Heading(int(token.tag[1]), text, token.map[0] + 1, _anchor(text, taken)))
    return found


def sections(source: Source) -> list[Section]:
    """In order; each frame has one."""
    begun = [1, *(frame.place.line for frame in source.frames)]
    frames: list[Frame | None] = [None, *source.frames]
    texts: list[list[str]] = [[] for _ in frames]
    references: list[list[Reference]] = [[] for _ in frames]
    for token in _tokens(_shown(source)):
        if token.map is None or token.type not in ("inline", "fence", "code_block"):
            continue
        line = token.map[0] + 1
        at = max(index for index, start in enumerate(begun) if start <= line or index == 0)
        texts[at].append(_plain(token))
        references[at] += _references(token, line)
    headings = outline(source)
    return [
        Section(frame, _above(headings, frame), "\n".join(filter(None, texts[index])), references[index])
        for index, frame in enumerate(frames)
        if frame is not None or texts[index]
    ]


def _above(headings: Sequence[Heading], frame: Frame | None) -> list[str]:
    """The titles under which a frame stands, outermost first."""
    path: list[Heading] = []
    for each in headings:
        if frame is None or each.line > frame.place.line:
            break
        path = [*(above for above in path if above.level < each.level), each]
    return [each.text for each in path]


def _shown(source: Source) -> str:
    """The text with blanks in place of frames: every line keeps its number."""
    text = source.text
    for place in source.hidden:
        blank = re.sub(r"[^\r\n]", " ", text[place.start : place.end])
        text = text[: place.start] + blank + text[place.end :]
    return text


@lru_cache(1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def _tokens(text: str) -> list[Token]:
    return _parser().parse(text)


def _plain(token: Token) -> str:
    """Its text without marks; a reference as it is called."""
    if token.children is None:
        return token.content.rstrip("\n")
    parts = {"softbreak": "\n", "hardbreak": "\n"}
    text = "".join(parts.get(each.type, each.content) for each in token.children if each.type != "html_inline")
    return _WIKI.sub(lambda found: found[3] or found[2], text)


def _references(token: Token, line: int) -> Iterator[Reference]:
    for each in token.children or ():
        line += each.type in ("softbreak", "hardbreak")
        if each.type == "link_open":
            href = unquote(str(each.attrGet("href") or ""))
            if href.startswith(_SCHEME) and "/" in href:
                kind, _, key = href.removeprefix(_SCHEME).partition("/")
                yield Reference(kind, key, line)
    text = "\n".join(each.content for each in token.children or () if each.type == "text")
    for found in _WIKI.finditer(text):
        yield Reference(found[1].strip(), found[2].strip(), line)


def _anchor(text: str, taken: set[str]) -> str:
    begun = re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-") or "section"
    numbered = (f"{begun}-{number}" for number in range(1, len(taken) + 2))
    found = begun if begun not in taken else next(each for each in numbered if each not in taken)
    taken.add(found)
    return found
