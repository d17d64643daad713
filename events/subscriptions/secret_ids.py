"""Which secrets a subscription is signed with at a time: by id, for whoever keeps them."""

from events.decider import State
from events.wire import instants


def in_use(state: State, time: int) -> list[str]:
    """At `time` (µs), the newest first; those before it as long as they overlap. Empty where there never was one."""
    kept = [each for each in state["secrets"] if "until" not in each or time < instants.from_text(each["until"])]
    return [each["id"] for each in reversed(kept)]
