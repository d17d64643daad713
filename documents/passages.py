"""Texts of any length as passages that a model can take: one that is short is one passage, a long one is folded and cut.

title + text ── fits? ──► [title + text]
             └─ else ──► [title + what each paragraph begins with,  title + piece, title + piece, …]

The fold says what the whole is about; each piece keeps the title, which says what it is a piece of.
"""

import re
from collections.abc import Iterator
from typing import Final

PASSAGE_BYTES: Final = 1_200  # of UTF-8: some 300 tokens of English, Korean and most others
TITLE_BYTES: Final = 200
MOST: Final = 200  # passages of one text; what is behind them is in the fold alone

_PARAGRAPH: Final = re.compile(r"\s*\n\s*")
_SENTENCE: Final = re.compile(r"(?<=[.!?。！？])\s+")


def passages(title: str, text: str) -> list[str]:
    """Each once, in order; `[]` for nothing at all. The same for the same, for ever: they are what vectors are kept under."""
    title, text = cut(" ".join(title.split()), TITLE_BYTES), text.strip()
    whole = "\n".join(filter(None, (title, text)))
    if size(whole) <= PASSAGE_BYTES:
        return [whole] if whole else []
    room = PASSAGE_BYTES - size(title) - 1
    pieces = [folded(text, room), *_filled(_sentences(text, room), room)]
    return list(dict.fromkeys(f"{title}\n{piece}".strip() for piece in pieces))[:MOST]


def folded(text: str, most: int) -> str:
    """What each paragraph begins with, as far as it fits into `most` bytes."""
    firsts = [_SENTENCE.split(paragraph, maxsplit=1)[0] for paragraph in _PARAGRAPH.split(text)]
    share = max(most // max(len(firsts), 1), _SHORTEST)
    return cut("\n".join(cut(first, max(share, _SHORTEST)) for first in firsts if first), most)


def cut(text: str, most: int) -> str:
    """The longest beginning of at most `most` bytes of UTF-8, of whole characters."""
    return text.encode()[:most].decode(errors="ignore").rstrip()


def size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _sentences(text: str, most: int) -> Iterator[str]:
    for paragraph in filter(None, _PARAGRAPH.split(text)):
        for sentence in _SENTENCE.split(paragraph):
            while size(sentence) > most:
                head = cut(sentence, most)
                at = head.rfind(" ")
                head = head[:at] if at > len(head) // 2 else head
                yield head
                sentence = sentence[len(head) :].lstrip()  # noqa: PLW2901 what is left of it
            if sentence:
                yield sentence


def _filled(sentences: Iterator[str], most: int) -> Iterator[str]:
    held = ""
    for sentence in sentences:
        longer = f"{held} {sentence}" if held else sentence
        if size(longer) > most:
            yield held
            longer = sentence
        held = longer
    if held:
        yield held


_SHORTEST: Final = 60  # bytes of a paragraph's beginning
