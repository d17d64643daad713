"""Alarms that stand: one small file in the data folder, replaced as a whole, so that whoever asks sees it without OMS."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

NAME: Final = "alarms.json"


class Raised(msgspec.Struct, frozen=True):
    """`since` and `last` are RFC 3339, when it was raised first and last; `times` counts how often."""

    code: str
    part: str
    position: int | None
    text: str
    since: str
    last: str
    times: int = 1

    def json(self) -> dict[str, Any]:
        return msgspec.structs.asdict(self)


def standing(folder: Path) -> list[Raised]:
    """In the order in which they were raised first."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=list[Raised])
    except FileNotFoundError:
        return []


def stand(folder: Path, alarm: Raised) -> None:
    """Raise one; it is one with those of its code and part that stand. Durable when it returns."""
    stand_already = {(each.code, each.part): each for each in standing(folder)}
    before = stand_already.pop((alarm.code, alarm.part), None)
    if before is not None:
        alarm = msgspec.structs.replace(alarm, since=before.since, times=before.times + 1)
    _put(folder, [*stand_already.values(), alarm])


def end_all(folder: Path) -> None:
    (folder / NAME).unlink(missing_ok=True)


def _put(folder: Path, alarms: Sequence[Raised]) -> None:
    part = folder / f"{NAME}.{os.getpid()}.part"  # two processes may raise one at the same time
    with part.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(alarms), indent=2))
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / NAME)
