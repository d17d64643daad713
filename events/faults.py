"""What a document's shape lacks, as sentences for whoever wrote it. No sentence repeats a value but a tag."""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic_core import ErrorDetails

from events.meant import SCHEMAS, nearest

_SHOULD: Final = "Input should be "
_JSON: Final = {
    "a valid dictionary": "an object",
    "a valid list": "an array",
    "a valid string": "a string",
    "a valid integer": "an integer",
    "a valid number": "a number",
    "a valid boolean": "true or false",
}
"""pydantic's words for JSON's."""


def fault_text(fault: ErrorDetails, fields: Sequence[str] = (), see: str = SCHEMAS) -> str:
    """Of one of pydantic's errors; `fields` are those of the outermost model, by the names they are written under."""
    location, context = fault["loc"], fault.get("ctx", {})
    match fault["type"]:
        case "missing":
            return f"{location[-1]} is missing"
        case "extra_forbidden":
            known = fields if len(location) == 1 else ()
            return f"there is no field {str(location[-1])[:200]!r} here; {nearest(str(location[-1]), known, see)}"
        case "union_tag_invalid":
            return f"{_bare(context)} is {context['tag']!r}, none of {context['expected_tags']}"
        case "union_tag_not_found":
            return f"{_bare(context)} is missing"
    text = _too_few(context) if fault["type"] == "too_short" else fault["msg"].removeprefix("Value error, ")
    if not text.startswith(_SHOULD):
        return text
    wanted, _, _ = text.removeprefix(_SHOULD).partition(" or instance of ")
    return f"it must be {_JSON.get(wanted, wanted)}"


def _too_few(context: Mapping[str, object]) -> str:
    return f"it must have {context['min_length']} or more, and has {context['actual_length']}"


def _bare(context: Mapping[str, object]) -> str:
    """The name of the field that says which of several a value is, without pydantic's quotes."""
    return str(context["discriminator"]).strip("'")
