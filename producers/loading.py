"""Loads what one decision lacks. One that needs many sections takes long: where others wait for it, it is put off."""

from collections.abc import Generator
from typing import Final

from events.objects.section import SECTIONS
from producers.elsewhere import Elsewhere
from producers.heads import Untold
from producers.outbox import Ask, Told
from producers.uploads import Uploaded

FEW: Final = 32
"""Sections, which is more than a value has that fits into one command."""

Asking = Generator[Ask, Told, None]


class PutOff(Exception):
    """It is to be decided ahead, beside the commits."""


class Loading:
    """`hurried`: others wait until it is decided. Then both raise `PutOff` where more than `FEW` sections are needed."""

    def __init__(self, elsewhere: Elsewhere, uploaded: Uploaded, *, hurried: bool) -> None:
        self._elsewhere, self._uploaded, self._hurried = elsewhere, uploaded, hurried
        self._found = 0  # stored sections

    def noted(self) -> Asking:
        """What was noted when `Unasked` was raised."""
        if self._hurried and self._uploaded.count > FEW:
            raise PutOff
        yield from self._elsewhere.ask()
        yield from self._uploaded.ask()

    def missing(self, untold: Untold) -> Asking:
        """What `Untold` names; sections some at a time, until it is seen that too many are there."""
        heads, keys = self._elsewhere.heads, untold.keys
        if not (self._hurried and keys[0].startswith(SECTIONS)):
            yield from heads.fetch(untold.column, keys)
            return
        for start in range(0, len(keys), FEW):
            some = keys[start : start + FEW]
            yield from heads.fetch(untold.column, some)
            self._found += sum(heads.known(untold.column, key).state is not None for key in some)
            if self._found > FEW:
                raise PutOff
