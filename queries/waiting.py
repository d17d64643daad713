"""What a view could not apply, as a read names it: what is shown of these entities is older."""

from collections.abc import Sequence
from typing import Any

from projectors.projector import Parked


def waiting(parked: Sequence[Parked]) -> list[dict[str, Any]]:
    """Parked events as a read names them: where, of what, why."""
    return [
        {
            "position": event.position,
            "entities": [{"branch": branch, "key": key} for branch, key in event.places],
            "code": event.code,
            "reason": event.reason,
            "behind": event.behind,
        }
        for event in parked
    ]
