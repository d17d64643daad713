"""Objects that are on their way to another key are not merged: on one side some of them stand under it already, and some do not."""

from collections.abc import Iterator

from events.decider import State
from events.findings import Finding, Refused
from events.merges.sides import Sides
from events.names import Key


def must_stand_still(sides: Sides) -> None:
    """Raises `Refused` where one of the sides has begun what it has not ended, and `Unasked`."""
    names = sorted({each["name"] for each in _types(sides) if each.get("rekeying")})
    if names:
        text = (
            f"the objects of {', '.join(names)} go under another key by a migration that is not over; wait until it is, "
            "or take it back"
        )
        raise Refused([Finding("MIGRATION_STATUS", "", text)])


def _types(sides: Sides) -> Iterator[State]:
    for view, keys in ((sides.theirs, sides.keys), (sides.ours, sides.changed_by_ours)):
        types = [Key(key) for key in sorted(keys) if key.startswith("objectType/")]
        yield from (state for state in view.states(types).values() if state is not None)
