"""Numbers that are given to somebody: Korean resident numbers, cards, IBANs, passports. Check digits by python-stdnum.

Their look-alikes: ORCID ids and receipts that pass the check of cards, bar codes that begin with 880 and then look like
a day of birth, instants in milliseconds. So what has only digits needs a word near by, or in its property's name.
"""

import re
from collections.abc import Iterator
from typing import Final

from stdnum import ean, iban, luhn
from stdnum.exceptions import ValidationError
from stdnum.kr import rrn

from security.pii_forms import BEGINS, ENDS, Hit, says

_RESIDENT: Final = re.compile(rf"[0-9]{BEGINS}[0-9][01][0-9][0-3][0-9]([ -]?)[1-8][0-9]{{6}}{ENDS}")
_CARD: Final = re.compile(
    rf"[1-9]{BEGINS}[0-9]{{3}}(?:[0-9]{{9,15}}|([ -])(?:[0-9]{{4}}\1){{2}}[0-9]{{1,7}}|([ -])[0-9]{{6}}\2[0-9]{{4,5}}){ENDS}"
)
_IIN: Final = re.compile(
    r"4[0-9]{12}(?:[0-9]{3}){0,2}"  # Visa
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"  # Mastercard
    r"|3[47][0-9]{13}"  # American Express
    r"|(?:6011|65[0-9]{2}|64[4-9][0-9])[0-9]{12,15}"  # Discover
    r"|35(?:2[89]|[3-8][0-9])[0-9]{12,15}"  # JCB
    r"|(?:30[0-5]|309|36[0-9]|3[89][0-9])[0-9]{11,16}"  # Diners Club
    r"|62[0-9]{14,17}"  # UnionPay
    r"|9[0-9]{15}"  # domestic cards of Korea
)
_IBAN: Final = re.compile(r"[A-Z](?<![0-9A-Za-z].)[A-Z][0-9]{2}(?: ?[A-Z0-9]{1,4}){3,8}")
_SHORTEST_IBAN: Final = 15
_PASSPORT: Final = re.compile(
    r"[A-Z](?<![0-9A-Za-z].)(?:(?<=[MSRODG])[0-9]{3}[A-Z][0-9]{4}|[A-Z]?[0-9]{6,8})(?![0-9A-Za-z])"
)
_MACHINE_READABLE: Final = re.compile(
    r"(?<![0-9A-Z<])([A-Z0-9<]{9})([0-9])[A-Z<]{3}([0-9]{6})([0-9])[MFX<]([0-9]{6})([0-9])[A-Z0-9<]{15}[0-9](?![0-9A-Z<])"
)
_SAYS_CARD: Final = re.compile(r"\b(?:cards?|credit|debit|payment|visa|mastercard|amex|cvc|cvv|pan)\b|카드|신용|결제")
_SAYS_RESIDENT: Final = re.compile(r"\b(?:rrn|resident|jumin|ssn|arn)\b|주민|등록번호")
_SAYS_PASSPORT: Final = re.compile(r"\bpassports?\b|여권")


def resident_numbers(text: str, name: str) -> Iterator[Hit]:
    """Days of birth and their layout: since October 2020 the check digit proves nothing."""
    for match in _RESIDENT.finditer(text):
        try:
            rrn.get_birth_date(match[0])
        except ValidationError:
            continue
        if match[1] or says(_SAYS_RESIDENT, text, match, name) or _is_no_bar_code(match[0]):
            yield Hit("rrn", *match.span())


def cards(text: str, name: str) -> Iterator[Hit]:
    for match in _CARD.finditer(text):
        digits = re.sub("[ -]", "", match[0])
        if _IIN.fullmatch(digits) and luhn.is_valid(digits) and says(_SAYS_CARD, text, match, name):
            yield Hit("card", *match.span())


def ibans(text: str, _name: str) -> Iterator[Hit]:
    """What follows an IBAN may look like more of it: the longest that is one."""
    for match in _IBAN.finditer(text):
        ends = (end for end in range(match.end(), match.start() + _SHORTEST_IBAN - 1, -1) if text[end - 1] != " ")
        end = next((end for end in ends if iban.is_valid(text[match.start() : end])), None)
        if end is not None:
            yield Hit("iban", match.start(), end)


def passports(text: str, name: str) -> Iterator[Hit]:
    """Numbers beside a word that says so, and the machine-readable line (ICAO 9303) by its check digits."""
    for match in _MACHINE_READABLE.finditer(text):
        if all(_icao_digit(match[at]) == match[at + 1] for at in (1, 3, 5)):
            yield Hit("passport", *match.span())
    for match in _PASSPORT.finditer(text):
        if says(_SAYS_PASSPORT, text, match, name):
            yield Hit("passport", *match.span())


def _is_no_bar_code(digits: str) -> bool:
    return rrn.is_valid(digits) and not ean.is_valid(digits)


def _icao_digit(field: str) -> str:
    values = (0 if one == "<" else int(one, 36) for one in field)
    return str(sum(value * (7, 3, 1)[at % 3] for at, value in enumerate(values)) % 10)
