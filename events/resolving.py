"""What a declared property means on a branch: the check of its values, with what it names elsewhere looked up."""

from collections.abc import Mapping
from typing import Any

from events.decider import Lookup
from events.values import Check, check_of


def check_in(_get: Lookup, declared: Mapping[str, Any]) -> Check:
    """The check of a property from its stored form. What is read with `get` belongs to the shape it is for."""
    return check_of(declared)
