"""What a document's shape lacks, as sentences for whoever wrote it. No sentence repeats a value but a tag."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from pydantic_core import ErrorDetails

SCHEMAS: Final = "`oms schemas` shows what there is"
_SHOULD: Final = "Input should be "
_FEW: Final = 12  # names that fit a sentence


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
    text = fault["msg"].removeprefix("Value error, ")
    return f"it must be {text.removeprefix(_SHOULD)}" if text.startswith(_SHOULD) else text


def _bare(context: Mapping[str, object]) -> str:
    """The name of the field that says which of several a value is, without pydantic's quotes."""
    return str(context["discriminator"]).strip("'")


def nearest(name: str, known: Iterable[str], see: str = SCHEMAS) -> str:
    """What to write in place of a name that nothing has: those that look like it, else all if they are few, else where they are."""
    names = list(known)
    folded = {each.casefold(): each for each in names}
    like = [folded[each] for each in get_close_matches(name[:200].casefold(), folded, n=2, cutoff=0.75)]
    if like:
        return f"is it {' or '.join(like)}?"
    return f"there are {', '.join(names)}" if 0 < len(names) <= _FEW else see
