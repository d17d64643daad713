"""Kept in sections or not, a value is the same after whatever is done to it."""

from functools import partial
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory_outbox import MemoryOutbox
from documents.sections import encoded
from documents.unfold import UnfoldableDocument
from events.names import Key
from producers import splitting
from tests.producers.desk import Desk
from tests.producers.test_sections import MANUAL, book, sections

CLOSED = {"name": "닫힌", "type": "json", "unfoldable": True, "marking": "encrypt"}
texts = st.sampled_from(["짧다", "x" * 20_000, "줄\n" * 9_000, ""])
values = st.none() | st.integers(-5, 5) | texts | st.lists(st.integers(), max_size=3)
merges = st.dictionaries(st.sampled_from(["title", "new", "sections", "더"]), values, min_size=1, max_size=2)
places = st.sampled_from(["/sections/3/text", "/sections/0", "/sections/-", "/title", "/sections/7/새"])
steps = st.builds(lambda place, value: {"op": "add", "path": place, "value": value}, places, values)


@given(st.lists(merges | st.lists(steps, min_size=1, max_size=2), max_size=4))
@settings(max_examples=25, deadline=None)
async def test_a_value_in_sections_goes_the_way_of_one_that_stays_where_it_is(changes: list[Any]):
    desk = await Desk(MemoryOutbox("main")).open()
    await desk.send("CreateObjectType", **{**MANUAL, "properties": [*MANUAL["properties"], CLOSED]})
    both = {"id": "m1", "내용": book(40), "닫힌": book(40), "plain": book(40)}
    assert (await desk.send("CreateObject", type="Manual", properties=both))["status"] == "accepted"
    for change in changes:
        if isinstance(change, dict):
            asked: dict[str, Any] = {"patch": dict.fromkeys(("내용", "닫힌", "plain"), change)}
        else:
            at = [step | {"path": f"/{name}{step['path']}"} for name in ("내용", "닫힌", "plain") for step in change]
            asked = {"operations": at}
        await desk.send("UpdateObject", type="Manual", key="m1", **asked)
        stored = await desk.stored("object/Manual/m1")
        kept = await sections(desk)
        whole = UnfoldableDocument(stored["내용"], kept.__getitem__).unfold()
        assert encoded(whole) == encoded(stored["plain"])
        value = desk.ring.opened(stored["닫힌"], Key("object/Manual/m1"), "/닫힌")
        key = splitting.key(value)
        whole = UnfoldableDocument(value, partial(_opened, kept, key)).unfold()
        assert encoded(whole) == encoded(stored["plain"])


def _opened(kept: dict[str, Any], key: str, section: str) -> Any:
    return splitting.opened(kept[section], key)
