"""A stretch of the log that is carried out once more: cut short, it goes on where it was."""


class Replay:
    """How far a stretch of the log is carried out once more: exactly what was not settled is to be done."""

    def __init__(self, made: int, number: int, at: int) -> None:
        self._made, self._number, self._seen = made, number, at
        self._flying: dict[int, None] = {}
        self._walked = False

    @property
    def standing(self) -> tuple[int, int, int]:
        """The last that was made, the one under way, and up to where that is settled."""
        first = next(iter(self._flying), None)
        return self._made, self._number, self._seen if first is None else first - 1

    def asked(self, number: int) -> bool:
        """Whether that one was not made yet."""
        return number > self._made

    def begin(self, number: int, after: int) -> int:
        """Behind which position to begin, or to go on."""
        if number != self._number:
            self._number, self._seen = number, after
        return self._seen

    def flies(self, position: int) -> None:
        self._flying[position] = None

    def passed(self, position: int) -> None:
        """Everything up to there was taken."""
        self._seen = position

    async def settled(self, position: int) -> None:
        self._flying.pop(position, None)
        self._ended()

    def walked(self) -> None:
        """To the end of the stretch."""
        self._walked = True
        self._ended()

    def _ended(self) -> None:
        if self._walked and not self._flying:
            self._made, self._number, self._seen = self._number, 0, 0
