"""Decides one part of a command: its events, the heads that they change, and what the next part sees."""

from events import catalog
from events.decider import Context, Drafted, Head, State
from events.findings import Finding, Refused
from events.names import Key
from producers.command import NewId, Part
from producers.heads import Staged


class Ids:
    """The same ids each time a part is decided again: so a state that was asked for by its new id is found."""

    def __init__(self, new_id: NewId) -> None:
        self._new_id = new_id
        self._given: list[str] = []
        self._next = 0

    def rewind(self) -> None:
        self._next = 0

    def keep(self) -> None:
        """The part is decided; the next one gets other ids."""
        self._given.clear()
        self._next = 0

    def __call__(self) -> str:
        if self._next == len(self._given):
            self._given.append(self._new_id())
        self._next += 1
        return self._given[self._next - 1]


def decide_part(
    context: Context, part: Part, position: int, staged: Staged
) -> tuple[list[Drafted], dict[Key, Head], Staged]:
    """The part's events, the first at `position`, the heads they change, and what the next part sees.

    Raises `Untold`, `Refused`.
    """
    decider = catalog.decider(part.type)
    if part.expected is not None:
        _check_expected(context, decider.target(context, part.payload), part.expected)
    drafted = decider.decide(context, part.payload)
    changes: dict[Key, Head] = {}

    def get(key: Key) -> State | None:
        return (changes.get(key) or staged[key]).state

    for at, draft in enumerate(drafted, position):
        for key, state in catalog.fold(get, draft.key, draft.payload):
            changes[key] = Head(at, state)
        staged = staged.behind(draft.payload)
    return drafted, changes, staged


def _check_expected(context: Context, target: Key | None, expected: int) -> None:
    actual = 0 if target is None else context.head(target).position
    if actual != expected:
        text = f"{target} is at version {actual}, not {expected}; read it again and decide anew"
        raise Refused([Finding("VERSION_CONFLICT", "", text)])
