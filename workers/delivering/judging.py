"""A letter of which a defect kept us from telling whether it is wanted: that is asked again each time before it is sent."""

from typing import Final

from events.filters.candidate import Candidate
from events.subscriptions.index import Selection, wanted
from events.subscriptions.letters import NOT_JUDGED, Letter
from events.subscriptions.outgoing import Failed
from events.wire.envelope import proven
from workers.delivering.sent import Send, Sent

DETAIL: Final = 500  # characters of an error


async def judging(selection: Selection, letter: Letter, send: Send) -> Sent | None:
    """`None`: it is not wanted. Where that cannot be told still it fails by a fault of our own."""
    try:
        if not wanted(selection)(Candidate.of(proven(letter.body)[0])):
            return None
    except Exception as error:  # noqa: BLE001  a defect concerns this letter alone, which is parked
        return Sent(Failed(NOT_JUDGED, f"{type(error).__name__}: {error}"[:DETAIL], 0.0), {}, ())
    return await send(selection.state, letter)
