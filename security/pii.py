"""Personal data in a text: e-mail addresses, phones, resident numbers, cards, IBANs, IP addresses, passports.

What is found has the form and, where there is one, the check digits of the real thing; what only looks like it is asked
for more: a word near by, or a property's name. Most texts hold nothing, so what cannot hold anything is seen first.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from security.pii_addresses import emails, ip_addresses, phones
from security.pii_forms import Find, Hit, Kind
from security.pii_numbers import cards, ibans, passports, resident_numbers

__all__ = ["FULL_WIDTH", "Hit", "Kind", "found", "masked"]

FULL_WIDTH: Final = {
    **{0xFF10 + digit: 0x30 + digit for digit in range(10)},
    **{ord(wide): ord(narrow) for wide, narrow in zip("＠．－＋（）\u3000‐‑–", "@.-+() ---", strict=True)},
}
"""Full-width digits and signs, as Korean and Japanese texts have them, and dashes, to plain ones."""

SHORTEST: Final = 7  # characters of what is found without an @

_full_width: Final = re.compile(f"[{''.join(map(chr, FULL_WIDTH))}]").search
_anything: Final = re.compile(r"[0-9０-９@＠]").search
_seven_digits: Final = re.compile(r"[0-9](?:[^0-9]{0,4}+[0-9]){6}").search
_thirteen_digits: Final = re.compile(r"[0-9](?:[^0-9]{0,4}+[0-9]){12}").search
_something_else: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
    r"|(?:ri\.oms\.[a-z-]+\.)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
).fullmatch
"""Dates, instants, UUIDs and RIDs: full of digits, and nobody's."""


def found(text: str, name: str = "") -> Sequence[Hit]:
    """What is personal in a text, by place, none within another. `name` of the property: it may say what a number is."""
    if (len(text) < SHORTEST and "@" not in text and "＠" not in text) or _anything(text) is None:
        return ()
    if not text.isascii() and _full_width(text):
        text = text.translate(FULL_WIDTH)  # as long as before; it takes ten times as long as to see that it need not be
    digits, parts, at = _seven_digits(text) is not None, text.count(".") >= 3 or text.count(":") >= 2, "@" in text
    if not (digits or parts or at) or (digits and _something_else(text)):
        return ()
    hits: list[Hit] = []
    for find in _finders(text, digits=digits, parts=parts, at=at):
        hits += [hit for hit in find(text, name) if not any(hit.start < h.end and h.start < hit.end for h in hits)]
    return sorted(hits, key=lambda hit: hit.start) if len(hits) > 1 else hits


def masked(text: str, hits: Sequence[tuple[str, int, int]]) -> str:
    """The text with `*` for each letter and digit of the hits; as long as before."""
    for _, start, end in hits:
        text = text[:start] + re.sub(r"\w", "*", text[start:end]) + text[end:]
    return text


def _finders(text: str, *, digits: bool, parts: bool, at: bool) -> Iterator[Find]:
    """Those that could find something. The surest first: what one has found is nothing else."""
    if digits:
        if _thirteen_digits(text):
            yield from (resident_numbers, cards, ibans)
        yield from (passports, phones)
    if parts:
        yield ip_addresses
    if at:
        yield emails
