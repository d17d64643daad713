"""States of a versions view that are kept as deltas: read again, each from the whole one of its chain up, and checked."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from events.names import Key
from projectors.projector import BrokenRow

if TYPE_CHECKING:
    from documents.delta import Samples

REMEMBERED: Final = 8 * 1024 * 1024  # bytes of states: who reads a history needs each a few times

NO_SAMPLES: Final = 0  # the number of those that are none
Chain = Callable[[int, int], Sequence[Any]]
"""Of (entity, since): rows (since, base, form, samples, checksum, data), each followed by that of its base if it has one."""


class PackedStates:
    """Of one store; as it is in one transaction."""

    def __init__(self, chain: Chain, samples: Callable[[int], bytes], whole: Callable[[int], bytes]) -> None:
        """`samples` by number; `whole`: the state that began at a position, where it is no delta, or no more."""
        self._chain, self._text_of, self._whole = chain, samples, whole
        self._samples: dict[int, Samples] = {}
        self._known: OrderedDict[int, bytes] = OrderedDict()
        self._size = 0

    def of(self, branch: str, entity: Key, number: int, since: int) -> bytes:
        """As JSON; `number` is the entity's. Raises `BrokenRow`."""
        try:
            return self(number, since)
        except (ValueError, TypeError) as error:  # a type that no column of these should hold
            raise BrokenRow("versions", since, branch, entity, str(error)) from error

    def __call__(self, entity: int, since: int) -> bytes:
        """Raises `ValueError`."""
        from documents.delta import Corrupt, Delta, Form, unpacked  # few need it, and zstd takes a while to import

        known = self._known.get(since)
        if known is not None:
            return known
        rows = self._chain(entity, since)
        if not rows:
            raise Corrupt("its state is gone")
        unread, state = self._from(rows)
        for at, _, form, samples, checksum, data in reversed(unread):
            delta = Delta(Form(form), bytes(data), bytes(checksum))
            state = unpacked(delta, state, self.samples(samples))
            self._remember(at, state)
        return state

    def samples(self, number: int) -> "Samples":
        """Raises `ValueError` where they are gone."""
        from documents.delta import Samples

        if number not in self._samples:
            self._samples[number] = Samples(b"" if number == NO_SAMPLES else self._text_of(number))
        return self._samples[number]

    def _from(self, chain: Sequence[Any]) -> tuple[Sequence[Any], bytes]:
        """The rows above the first state that is known, and that state; one that was written again is no delta any more."""
        for at, row in enumerate(chain):
            base = row[1]
            if base is None:
                return chain[: at + 1], b""
            if base in self._known:
                return chain[: at + 1], self._known[base]
        return chain, self._whole(base)

    def _remember(self, since: int, state: bytes) -> None:
        """Until others came later; `since` is not remembered yet."""
        self._known[since] = state
        self._size += len(state)
        while self._size > REMEMBERED:
            self._size -= len(self._known.popitem(last=False)[1])
