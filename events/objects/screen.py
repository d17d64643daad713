"""Who finds personal data in texts: a port, so that deciding needs to know neither forms nor check digits."""

from collections.abc import Sequence
from typing import Final, Protocol

Found = tuple[str, int, int]
"""What kind it is, and from where to where in the text."""


class Screen(Protocol):
    """Finds personal data. Whoever decides brings it."""

    def found(self, text: str, name: str, /) -> Sequence[Found]:
        """`name` of the property: it may say what a number is."""

    def masked(self, text: str, hits: Sequence[Found], /) -> str:
        """The text without what was found."""


class _NoScreen:
    """For those who decide without one: nothing is personal."""

    def found(self, _text: str, _name: str, /) -> Sequence[Found]:
        return ()

    def masked(self, text: str, _hits: Sequence[Found], /) -> str:
        return text


NO_SCREEN: Final[Screen] = _NoScreen()
