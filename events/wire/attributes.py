"""What CloudEvents 1.0.2 allows as the name and the value of a context attribute."""

import re
from collections.abc import Container
from typing import Final

from events.findings import EnvelopeError
from events.wire.instants import NotAnInstant, from_text
from events.wire.strict_json import pointer

Attribute = str | int | bool
"""Binary, URI and timestamp values stay the text they came as."""

SPEC_VERSION: Final = "1.0"
REQUIRED: Final = ("specversion", "id", "source", "type")
OPTIONAL: Final = ("subject", "time", "datacontenttype", "dataschema")
FORBIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane * 0x10000 + end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
"""Characters that no attribute may hold: controls, surrogates, noncharacters."""

_NAME: Final = re.compile(r"[a-z0-9]+")
_INT32: Final = range(-(2**31), 2**31)

_CHARS = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"
_PATH_ETC = rf"(?:{_CHARS}|/)*(?:\?(?:{_CHARS}|[/?])*)?(?:#(?:{_CHARS}|[/?])*)?"
_HOST = r"(?:\[[0-9A-Fa-fvV:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)"
_AUTHORITY = rf"//(?:(?:[A-Za-z0-9\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{{2}})*@)?{_HOST}(?::\d*)?(?=[/?#]|$)"
_URI: Final = re.compile(rf"[A-Za-z][A-Za-z0-9+.\-]*:(?:{_AUTHORITY}|(?!//)){_PATH_ETC}", re.ASCII)
_URI_REFERENCE: Final = re.compile(
    rf"(?:[A-Za-z][A-Za-z0-9+.\-]*:|(?![^/?#]*:))(?:{_AUTHORITY}|(?!//)){_PATH_ETC}", re.ASCII
)
_WORD = r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+"
_MEDIA_TYPE: Final = re.compile(rf'{_WORD}/{_WORD}(?:[ \t]*;[ \t]*{_WORD}=(?:{_WORD}|"(?:[ !#-\[\]-~]|\\[ -~])*"))*')


def check(name: str, value: object) -> Attribute:
    """The value itself, once its name, its type and its form are right. Raises `EnvelopeError`."""
    if not _NAME.fullmatch(name) or name == "data":
        raise _refusal("EVENT_ATTRIBUTE_NAME", name, f"{name[:64]!a} is no attribute name: lower-case a-z and 0-9")
    match value:
        case str():
            _check_text(name, value)
        case bool() | int() if name in REQUIRED or name in OPTIONAL:
            raise _refusal("EVENT_ATTRIBUTE_TYPE", name, f"{name} must be a string")
        case bool():
            pass
        case int():
            if value not in _INT32:
                raise _refusal("EVENT_INTEGER_RANGE", name, "an integer must fit into 32 bits with its sign")
        case _:
            text = "an attribute is a string, an integer or a boolean; structures belong into data"
            raise _refusal("EVENT_ATTRIBUTE_TYPE", name, text)
    return value


def check_required(names: Container[str]) -> None:
    """Raises `EnvelopeError` for the first required name that is not among them."""
    for name in REQUIRED:
        if name not in names:
            raise _refusal("EVENT_ATTRIBUTE_MISSING", name, f"{name} is required")


def declares_json(media_type: str | None) -> bool:
    """Whether data of this type stands in `data` as JSON itself. No type means `application/json`."""
    if media_type is None:
        return True
    kind = media_type.split(";", 1)[0].strip().lower()
    return kind.endswith(("/json", "+json"))


def charset(media_type: str) -> str:
    """The value of the `charset` parameter in lower case, `utf-8` where there is none."""
    match = re.search(r';[ \t]*charset="?([^";]+)', media_type, re.IGNORECASE)
    return match.group(1).strip().lower() if match else "utf-8"


def holds_only_allowed(text: str) -> bool:
    """Whether no character of it is `FORBIDDEN`; what is printable is allowed, and that is quickly seen."""
    return text.isprintable() or not FORBIDDEN.search(text)


def _check_text(name: str, value: str) -> None:
    if not holds_only_allowed(value):
        raise _refusal(
            "EVENT_ATTRIBUTE_CHARACTER", name, f"{value[:64]!a} holds a control, a surrogate or a noncharacter"
        )
    if not value and (name in REQUIRED or name in OPTIONAL):
        raise _refusal("EVENT_ATTRIBUTE_EMPTY", name, f"{name} must not be empty")
    match name:
        case "specversion" if value != SPEC_VERSION:
            raise _refusal("EVENT_SPECVERSION", name, f"{value[:64]!a} is not supported; {SPEC_VERSION} is")
        case "source" if not _URI_REFERENCE.fullmatch(value):
            raise _refusal("EVENT_URI", name, f"{value[:64]!a} is no URI-reference (RFC 3986)")
        case "dataschema" if not _URI.fullmatch(value):
            raise _refusal("EVENT_URI", name, f"{value[:64]!a} is no absolute URI (RFC 3986)")
        case "datacontenttype" if not _MEDIA_TYPE.fullmatch(value):
            raise _refusal("EVENT_MEDIA_TYPE", name, f"{value[:64]!a} is no media type (RFC 2046)")
        case "time":
            try:
                from_text(value)
            except NotAnInstant as error:
                raise _refusal("EVENT_TIME", name, str(error)) from None


def _refusal(code: str, name: str, text: str) -> EnvelopeError:
    return EnvelopeError(code, pointer(name), text)
