"""`oms dead` for endpoints: what a fault of our own keeps from them is sent again, or given up."""

from typing import TYPE_CHECKING

import typer

from oms.cli.connecting import run
from oms.cli.failures import Failure
from oms.cli.output import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oms.settings import Settings
    from oms.unsent import DeadLetter


def sent_again(settings: "Settings", *, yes: bool) -> tuple[int, int] | None:
    """How many are sent, and how many stay, whose subscription is disabled; `None` where nothing is parked."""
    from oms.unsent import VIEW, send_now

    letters = _letters(settings)
    if not letters:
        typer.echo(f"nothing is parked in {VIEW}", err=True)
        return None
    if not yes:
        typer.confirm(f"send {counted(len(letters), 'parked event')} again?", abort=True, err=True)
    sent = run(send_now(settings, letters))
    return sent, len(letters) - sent


def given_up(settings: "Settings", positions: list[int], name: str | None, why: str, *, yes: bool) -> int:
    """Of one subscription, or of all for which an event there is parked. How many were. Raises `Failure`."""
    from oms.unsent import VIEW, give_up

    letters = [each for each in _letters(settings) if name in (None, each.name)]
    wanted = [each for each in letters if each.letter.position in positions]
    if unknown := sorted(set(positions) - {each.letter.position for each in wanted}):
        of = "" if name is None else f" for {name}"
        text = f"not parked in {VIEW}{of}: {', '.join(map(str, unknown))}"
        raise Failure(text, "`oms dead list` shows what is")
    if not yes:
        typer.confirm(f"discard {_told(wanted)} of {VIEW}?", abort=True, err=True)
    return run(give_up(settings, wanted, why))


def _letters(settings: "Settings") -> "list[DeadLetter]":
    from oms.shelves import kept
    from oms.unsent import dead_letters

    with kept(settings) as shelves:
        return run(dead_letters(settings, shelves))


def _told(letters: "Sequence[DeadLetter]") -> str:
    names = sorted({each.name for each in letters})
    return f"{counted(len(letters), 'parked event')} for {', '.join(names)}"
