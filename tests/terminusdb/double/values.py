"""Values of the types of XML Schema, as the server takes, keeps and says them. Decimals keep twenty places."""

import json
import re
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal, InvalidOperation

XSD = "http://www.w3.org/2001/XMLSchema#"
SYS = "http://terminusdb.com/schema/sys#"
_TIME = re.compile(r"(-?\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?")


class Json(str):
    """A value of `sys:JSON`, as canonical text."""

    __slots__ = ()


class Link(str):
    """A reference to a document, by its full id."""

    __slots__ = ()


class Typed(str):
    """A text that says of itself that it is one, so it is no reference."""

    __slots__ = ()


class NoValue(Exception):
    """What was given is not of that type."""


def taken(of: str, value):
    """A value of a type such as `xsd:integer`, as it is kept. Raises `NoValue`."""
    try:
        return _TYPES[of](value)
    except (ValueError, InvalidOperation, TypeError, KeyError) as error:
        raise NoValue(of) from error


def full(of: str) -> str:
    return of.replace("xsd:", XSD).replace("sys:", SYS)


def said(value):
    """As JSON says it."""
    match value:
        case Json():
            return json.loads(value)
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
    return value


def _text(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return json.dumps(value)
    raise TypeError


def _integer(value):
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, float):
        if value != int(value):
            raise ValueError
        return int(value)
    return int(value)


def _long(value):
    number = _integer(value)
    if not -(2**63) <= number < 2**63:
        raise ValueError
    return number


def _decimal(value):
    if isinstance(value, bool):
        raise TypeError
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError
    return (
        number.quantize(Decimal(1).scaleb(-20), ROUND_DOWN).normalize()
        if -number.as_tuple().exponent > 20
        else number.normalize()
    )


def _double(value):
    if isinstance(value, bool):
        raise TypeError
    return float(value)


def _boolean(value):
    return {True: True, False: False, "true": True, "false": False}[value]


def _date(value):
    return date.fromisoformat(value).isoformat()


def _date_time(value):
    """NOTE the server adds an offset where it should take it away."""
    found = _TIME.fullmatch(value)
    if not found:
        raise ValueError
    day, clock, fraction, offset = found.groups()
    moment = datetime.fromisoformat(f"{day}T{clock}")
    if offset not in (None, "Z"):
        hours, minutes = offset[1:].split(":")
        moved = timedelta(hours=int(hours), minutes=int(minutes))
        moment += moved if offset[0] == "+" else -moved
    fraction = "" if not fraction or not int(fraction) else "." + _thirds(fraction)
    return f"{moment.isoformat()}{fraction}Z"


def _thirds(digits: str) -> str:
    shown = digits.rstrip("0")
    return shown.ljust(-(-len(shown) // 3) * 3, "0")


def _json(value):
    return Json(json.dumps(value, ensure_ascii=False, sort_keys=True))


_TYPES = {
    "xsd:string": _text,
    "xsd:integer": _integer,
    "xsd:long": _long,
    "xsd:decimal": _decimal,
    "xsd:double": _double,
    "xsd:boolean": _boolean,
    "xsd:date": _date,
    "xsd:dateTime": _date_time,
    "sys:JSON": _json,
}


def is_type(of: str) -> bool:
    return of in _TYPES
