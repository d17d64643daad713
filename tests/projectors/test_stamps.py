"""The second opinion says twice who did what last: as it is stored, and as it is read. Both are one story."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from events.wire import instants
from projectors.oracle import Stamps, next_stamps, with_stamps
from projectors.versions import AUDIT_FIELDS, Marks

CHANGES = st.tuples(
    st.sampled_from(["created", "updated", "deleted", "restored", "merged", "purged"]),
    st.sampled_from(["kim@desk", "이영희@desk", "local"]),
    st.booleans(),
)


@given(st.lists(CHANGES, min_size=1, max_size=8))
def test_stamps_read_as_they_are_stored(story: list[tuple[str, str, bool]]):
    stored: Stamps | None = None
    read: dict[str, Any] = {}
    for time, (change, author, deleted) in enumerate(story, 1_700_000_000_000_000):
        event = {"type": f"com.oms.object.{change}.v1", "author": author, "time": instants.to_text(time)}
        state = {"deleted": deleted}
        stored, read = next_stamps(stored, state, event, time), with_stamps(read, state, event)
        assert Marks(*stored).fields() == {name: read[name] for name in AUDIT_FIELDS}
