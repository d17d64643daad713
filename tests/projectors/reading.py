"""Runs views over a story, and says what they hold in plain words."""

from typing import Any

from adapters.memory_feed import MemoryFeed
from adapters.memory_view import MemoryView, memory_versions
from projectors.lane import Lane
from projectors.projector import PayloadOf, Place, View
from projectors.track import Track
from projectors.versions import Version, versions
from tests.projectors.story import MAIN, Story, evolve, payload_of


def thing(key: str, branch: str = MAIN) -> Place:
    return branch, f"object/Thing/{key}"


async def track(view: View[Version]) -> Track[Version]:
    tracked = Track(versions(evolve), view, await view.checkpoint())
    await tracked.open()
    return tracked


async def apply(story: Story, view: View[Version], *, chunk: int = 1_000, part: int = 2_000, until: int | None = None,
                payloads: PayloadOf = payload_of) -> Track[Version]:  # fmt: skip
    """Brings the view up to the story's end."""
    tracked = await track(view)
    lane = Lane(MemoryFeed(story.messages, chunk), payloads, [tracked], part)
    await lane.read(story.position if until is None else until)
    for _, error in lane.failed:
        raise error
    return tracked


async def folded(story: Story) -> MemoryView[Version]:
    view = memory_versions("main")
    await apply(story, view)
    return view


async def properties(view: View[Version], *places: Place) -> list[Any]:
    """Of each place its properties, "deleted", or None."""
    found = await view.rows(places)
    return [_shown(found.get(place)) for place in places]


def _shown(version: Version | None) -> Any:
    if version is None:
        return None
    return "deleted" if version.state["deleted"] else version.state["properties"]
