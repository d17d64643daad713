"""What a property's marking makes of personal data that a client gives.

redact        what is found is masked before anything else is decided: so the same command again changes nothing
reject        the command is refused
allow, mark   it is stored as it is; `mark` tells readers that it is personal
encrypt       the whole value is closed, whatever is found in it (`events.objects.sealing`)
"""

from collections.abc import Iterator, Mapping
from typing import Final

from events.findings import Finding
from events.objects.given import Given
from events.objects.screen import Screen
from events.schema.shape import Shape
from events.schema.values import Json, pointer

_SAID: Final[Mapping[str, tuple[str, str]]] = {
    "email": ("PII_EMAIL", "an e-mail address"),
    "phone": ("PII_PHONE", "a phone number"),
    "rrn": ("PII_RRN", "a Korean resident number"),
    "card": ("PII_CARD", "the number of a card"),
    "iban": ("PII_IBAN", "an IBAN"),
    "ip": ("PII_IP", "an IP address"),
    "passport": ("PII_PASSPORT", "the number of a passport"),
}


def guarded(screen: Screen, shape: Shape, given: Given) -> Given:
    """`given` itself, masked in its values and with its findings as the markings of the shape ask for."""
    for field, marking in shape.guarded:
        value = given.values.get(field)
        if value is None:
            continue
        name = shape.names[field]
        if marking == "redact":
            given.values[field] = _masked(screen, name, value)
            continue
        for at, text in texts(shape.shown(field, value), given.path + pointer(name)):
            for kind in dict.fromkeys(hit[0] for hit in screen.found(text, name)):
                given.findings.append(personal(kind, name, at, "the property takes none; leave it out"))
    return given


def texts(value: Json, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a value, with the JSON Pointer to it."""
    if type(value) is str:
        yield path, value
    elif type(value) is list:
        for index, item in enumerate(value):
            yield from texts(item, path + pointer(index))
    elif type(value) is dict:
        for name, item in value.items():
            yield from texts(item, path + pointer(name))


def personal(kind: str, name: str, path: str, remedy: str) -> Finding:
    """What to say of personal data in the property with that API name. `remedy` ends the sentence."""
    code, what = _SAID[kind]
    return Finding(code, path, f"{name} holds {what}; {remedy}")


def _masked(screen: Screen, name: str, value: Json) -> Json:
    match value:
        case str():
            return screen.masked(value, screen.found(value, name))
        case list():
            return [_masked(screen, name, item) for item in value]
        case dict():
            return {member: _masked(screen, name, item) for member, item in value.items()}
    return value
