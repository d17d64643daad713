"""Which markings fit which properties: what is to be masked or refused must be a text, and may be masked alike; which properties can unfold."""

from collections.abc import Mapping
from typing import Any, Final

GUARDING: Final = ("redact", "reject")
FREE: Final = ("string", "json", "struct")
"""Types of values in which people may write what they like."""


def unsplittable(each: Mapping[str, Any]) -> str | None:
    """Why a property whose values are, or were, kept in sections cannot be declared so: the rest of a sentence."""
    if "unfoldable" not in each:
        return None
    if each["type"] != "json" or each["array"]:
        what = "an array" if each["array"] else each["type"]
        return f"is {what}; only json is kept in sections: declare another property"
    if each.get("marking") in GUARDING:
        return f"is kept in sections, which others may share: it cannot be marked {each['marking']}"
    return None


def unfit(each: Mapping[str, Any]) -> str | None:
    """Why the marking of a property (its `declaration`) does not fit it: the rest of a sentence."""
    marking = each.get("marking")
    if marking in GUARDING and each["type"] not in FREE:
        return f"is {each['type']}, in which nothing personal is found: mark it `mark` or `encrypt`"
    if marking == "redact" and each["unique"]:
        return "is unique, and two values may be masked alike: leave one of them out"
    return None
