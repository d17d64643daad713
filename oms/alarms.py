"""Alarms of what nobody may do: events of the log that were changed, put in or taken away, commands that are not by who sent them.

reader, relay, start, `oms verify log` ──► a line with a code, at once ──► stands in the data folder ──► `oms status`
                                                      until `oms verify log` finds it whole, or `oms repair log` made it so
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from adapters import system_clock as clock
from adapters.alarm_file import Raised, end_all, stand
from events.wire.instants import to_text
from oms.process import Alarm
from producers.log import LogDamaged
from producers.outbox import Refusal
from producers.relay import LogAhead, RowsMissing
from producers.verify_log import Verified
from security.chain import ChainBroken, Gap

FORGED: Final = b'"TAMPER_SIGNATURE"'
_CODES: Final = (
    (Gap, "TAMPER_MISSING"),
    (LogDamaged, "TAMPER_MISSING"),
    (RowsMissing, "TAMPER_MISSING"),
    (ChainBroken, "TAMPER_CHAIN"),
    (LogAhead, "TAMPER_FOREIGN"),
)
_FLAWS: Final = {"LOG_GAP": "TAMPER_MISSING", "LOG_FOREIGN": "TAMPER_FOREIGN", "LOG_AHEAD": "TAMPER_FOREIGN"}


class Forged(Exception):
    """Commands that are not by who sent them; they were refused."""

    def __init__(self, commands: int, principal: str, command: str) -> None:
        self.commands, self.principal, self.command = commands, principal, command
        super().__init__(
            f"{commands:,} commands were not by who sent them; the last is {command} of {principal}: find out who sent it"
        )


def code(error: BaseException) -> str | None:
    """The code of an error of this kind, `None` for any other."""
    if isinstance(error, Forged):
        return "TAMPER_SIGNATURE"
    return next((name for kind, name in _CODES if isinstance(error, kind)), None)


def hearing(folder: Path, alarm: Alarm) -> Alarm:
    """Passes on what it hears; what was tampered with stands from then on."""

    def heard(part: str, error: BaseException) -> None:
        cause = alone(error)
        _stand(folder, part, cause)
        alarm(part, cause)

    return heard


def alone(error: BaseException) -> BaseException:
    """What happened, where tasks that ended together wrapped it: `unhandled errors in a TaskGroup` says nothing to anybody."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def told(error: BaseException) -> str:
    """What it says; what Python itself raises says too little without its kind."""
    return repr(error) if type(error).__module__ == "builtins" or not str(error) else str(error)


@contextmanager
def starting(folder: Path) -> Iterator[None]:
    """What keeps OMS from starting stands, too."""
    try:
        yield
    except (ChainBroken, LogDamaged, RowsMissing, LogAhead) as error:
        _stand(folder, "start", error)
        raise


def verified(folder: Path, found: Verified) -> None:
    """What `oms verify log` found: nothing stands any more where all is whole."""
    if found.whole:
        end_all(folder)
    for flaw in found.flaws:
        text = f"{flaw.code} {flaw.first} to {flaw.last}: {flaw.text}"
        _put(folder, _FLAWS.get(flaw.code, "TAMPER_CHAIN"), "verify", flaw.first, text)


def forged(refusals: Iterable[tuple[int, Refusal]]) -> Forged | None:
    """Of commands that were just refused, those that are not by who sent them."""
    found = [refusal for _, refusal in refusals if FORGED in refusal.findings]
    return Forged(len(found), found[-1].principal, found[-1].command_id) if found else None


def mended(folder: Path) -> None:
    """The log was given back as it was, and proved."""
    end_all(folder)


def _stand(folder: Path, part: str, error: BaseException) -> None:
    name = code(error)
    if name is not None and not isinstance(error, Forged):  # that was refused: the audit counts it, and all is whole
        _put(folder, name, part, getattr(error, "position", None), str(error))


def _put(folder: Path, name: str, part: str, position: int | None, text: str) -> None:
    now = to_text(clock.now())
    stand(folder, Raised(name, part, position, text, now, now))
