"""What a run has: its sizes, its folder, and what one figure made that others use too."""

from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import Took


@dataclass(slots=True)
class Stock:
    """`events`: the length of the long history; `quick` makes the other sizes a tenth; `postgres`: URL for the peer that needs one."""

    folder: Path
    events: int
    rounds: int
    quick: bool = False
    postgres: str = ""
    tenths: list[Took] = field(default_factory=list)  # of writing the long history
    relayed: Took | None = None  # the long history

    def sized(self, items: int) -> int:
        return items // 10 if self.quick else items

    @property
    def outbox(self) -> Path:
        """The long history as it was written; made by `history.written`."""
        return self.folder / "history" / "outbox.db"

    @property
    def nats(self) -> Path:
        """The server's folder with the long history; made by `history.relayed`."""
        return self.folder / "history" / "nats"
