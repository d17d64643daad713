"""RFC 8785: the one text of a JSON value, whoever writes it, so that it can be signed."""

import json
from math import isfinite
from typing import Any, Final

MOST: Final = 2**53  # whole numbers beyond it are read otherwise by others


class NoText(ValueError):
    """The value has none: a number that others would read otherwise, or something that JSON does not know."""


def text(value: Any) -> str:
    """Raises `NoText`."""
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return json.dumps(value, ensure_ascii=False)
        case int() if abs(value) <= MOST:
            return str(value)
        case float() if isfinite(value):
            return _number(value)
        case list():
            return f"[{','.join(map(text, value))}]"
        case dict():
            names = sorted(value, key=lambda name: name.encode("utf-16-be"))
            return f"{{{','.join(f'{text(name)}:{text(value[name])}' for name in names)}}}"
    raise NoText(f"{str(value)[:80]!a} has no text that everybody reads alike")


def _number(value: float) -> str:
    """As ECMAScript writes it: the shortest digits, in full from 1e-6 up to 1e21."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, part = mantissa.partition(".")
    part = "" if part == "0" else part
    digits = (whole + part).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + part) - len(digits))
    digits = digits.rstrip("0")
    return sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """Digits with the point behind so many of them."""
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if digits[1:] else ""
    return f"{digits[0]}{fraction}e{'+' if point > 0 else '-'}{abs(point - 1)}"
