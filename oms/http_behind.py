"""What stands behind every door of HTTP: who may come in, who decides commands, the live versions, and where the log ends."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

from adapters.nats_commands import Requests, Unanswered
from adapters.nats_reader import NatsReader
from adapters.nats_wire import WireLost, WireRefused
from adapters.view_files import ViewMissing
from gateways.http.ports import Ask, Caller, NoAnswer, Told
from gateways.reads import ViewUnreadable
from oms.callers import CallersFile, Known
from oms.http_role import LOOPBACK, Alarm
from oms.settings import Settings
from oms.shelves import Shelves
from projectors.projector import ViewUnavailable
from queries.versions import Versions


class Admitted:
    """Where it listens on this machine alone, anybody may come in until the first was given a token."""

    def __init__(self, settings: Settings) -> None:
        self._file, self._here = CallersFile(settings), settings.bind in LOOPBACK

    def anybody(self) -> bool:
        return self._here and not self._file.begun()

    def by_token(self, token: str) -> Caller | None:
        return _caller(self._file.by_token(token))

    def by_signature(self, headers: Mapping[str, str], body: bytes) -> Caller | None:
        return _caller(self._file.by_signature(headers, body))


def _caller(known: Known | None) -> Caller | None:
    return None if known is None else Caller(known.principal, known.may, known.subscriptions)


def asking(asked: Requests) -> Ask:
    async def ask(subject: str, payload: bytes, headers: Mapping[str, str], seconds: float) -> bytes:
        try:
            return await asked.request(subject, payload, headers, seconds)
        except Unanswered as unanswered:
            raise NoAnswer(f"{unanswered.reason}: send it again, it is decided once") from unanswered

    return ask


def once(part: str, alarm: Alarm) -> Told:
    """What is the matter is told once, until it is something else: nobody fills the log by asking."""
    said = ""

    def told(error: BaseException) -> None:
        nonlocal said
        if repr(error) != said:
            alarm(part, error)
        said = repr(error)

    return told


def ending(reader: NatsReader) -> Callable[[], Awaitable[int]]:
    """Where the log ends; raises `ConnectionError`."""

    async def log_end() -> int:
        try:
            return await reader.last()
        except (WireLost, WireRefused) as error:
            raise ConnectionError(str(error)) from error

    return log_end


@contextmanager
def live(shelves: Shelves) -> Iterator[Versions]:
    try:
        with shelves.versions() as versions:
            yield versions
    except (ViewMissing, ViewUnavailable) as error:
        raise ViewUnreadable(str(error)) from error
