"""What went wrong, as one sentence with its cause and its remedy, and an exit code that scripts can rely on."""

import errno
from enum import IntEnum
from typing import NamedTuple


class Exit(IntEnum):
    """Exit codes; they never change their meaning."""

    OK = 0
    REFUSED = 1  # a command was rejected, a verification found a difference, rows of an import were refused
    USAGE = 2  # the command line itself is wrong
    SETTING = 3  # a setting cannot be used
    UNAVAILABLE = 4  # no server, no answer in time, a store that refuses
    CONFLICT = 5  # log, outbox or folder are not as they must be; nothing was changed
    BUG = 70
    INTERRUPTED = 130


class Failure(Exception):
    """The end of a command that could not do what it was asked."""

    def __init__(self, cause: str, remedy: str = "", code: Exit = Exit.REFUSED) -> None:
        self.cause, self.remedy, self.code = cause, remedy, code
        super().__init__(f"{cause}; {remedy}" if remedy else cause)


class Told(NamedTuple):
    text: str
    code: Exit


CODES = {
    "Refused": Exit.REFUSED,
    "OutboxUnavailable": Exit.UNAVAILABLE,
    "ViewUnavailable": Exit.UNAVAILABLE,
    "BrokenRow": Exit.CONFLICT,
    "ViewMissing": Exit.UNAVAILABLE,
    "ViewOutdated": Exit.UNAVAILABLE,
    "GraphUnavailable": Exit.UNAVAILABLE,
    "GraphRefused": Exit.UNAVAILABLE,
    "GraphOutdated": Exit.UNAVAILABLE,
    "NoGraph": Exit.UNAVAILABLE,
    "Fenced": Exit.CONFLICT,
    "NotRebuilt": Exit.REFUSED,
    "NoWayBack": Exit.REFUSED,
    "Overtaken": Exit.UNAVAILABLE,
    "LogUnavailable": Exit.UNAVAILABLE,
    "Unavailable": Exit.UNAVAILABLE,
    "ServerAway": Exit.UNAVAILABLE,
    "ServerFailed": Exit.UNAVAILABLE,
    "ServerUnsafe": Exit.CONFLICT,
    "StreamDrift": Exit.CONFLICT,
    "RoleTaken": Exit.CONFLICT,
    "MadeByLater": Exit.CONFLICT,
    "PortTaken": Exit.CONFLICT,
    "OtherKeys": Exit.CONFLICT,
    "LogAhead": Exit.CONFLICT,
    "RowsMissing": Exit.CONFLICT,
    "LogDamaged": Exit.CONFLICT,
    "Gap": Exit.CONFLICT,
    "BadSegment": Exit.CONFLICT,
    "ChainBroken": Exit.CONFLICT,
    "SealBroken": Exit.CONFLICT,
    "Lost": Exit.CONFLICT,
    "NotRepaired": Exit.CONFLICT,
    "RepairUnderWay": Exit.CONFLICT,
    "NotAdoptable": Exit.CONFLICT,
    "NotReplayed": Exit.CONFLICT,
    "NotEmpty": Exit.CONFLICT,
    "NoSource": Exit.USAGE,
    "Unsignable": Exit.USAGE,
}
"""By the name of the error: importing them all would cost a start half a second."""


REMEDIES = {
    errno.ENOENT: "see that it is there and spelt like this",
    errno.ENOTDIR: "name another folder",
    errno.EISDIR: "name a file",
    errno.EACCES: "run as somebody who may use it, or name another place",
    errno.EPERM: "run as somebody who may use it, or name another place",
    errno.EROFS: "name a place that can be written to",
    errno.ENOSPC: "free some space there, and do it again",
    errno.EDQUOT: "free some space there, and do it again",
    errno.EMFILE: "allow the process more open files: ulimit -n",
}


_OF_FILES = "see that the data folder is whole, that its disk has space, and that you may write there"


def told(error: BaseException) -> Told:
    """The sentence and the exit code for anything that ended a command."""
    if isinstance(error, BaseExceptionGroup):
        return max(map(told, error.exceptions), key=_gravity)
    return _told_of_one(error)


def _told_of_one(error: BaseException) -> Told:
    from oms.about_settings import SettingRefused

    if isinstance(error, Failure | SettingRefused):
        return Told(str(error), error.code if isinstance(error, Failure) else Exit.SETTING)
    if isinstance(error, KeyboardInterrupt):
        return Told("interrupted", Exit.INTERRUPTED)
    name = type(error).__name__
    if name in CODES:
        return Told(str(error), CODES[name])
    if isinstance(error, UnicodeEncodeError):  # what the shell gave are bytes of another encoding
        return Told(_of_bytes(error), Exit.USAGE)
    if isinstance(error, OSError) or name == "OperationalError":  # SQLite's
        text = _of_system(error) if isinstance(error, OSError) else f"{error}; {_OF_FILES}"
        return Told(text, Exit.UNAVAILABLE)
    return Told(f"a bug in OMS: {type(error).__name__}: {error}; with OMS_LOG_LEVEL=debug it shows where", Exit.BUG)


def _gravity(end: Told) -> tuple[bool, int]:
    """Of several things at once, what stands in the data says most; the rest may follow from it."""
    return end.code == Exit.CONFLICT, end.code


def _of_bytes(error: UnicodeEncodeError) -> str:
    shown = error.object[error.start : error.end].encode("utf-8", "backslashreplace").decode()
    return f"{shown[:40]} is no text in UTF-8; write it in UTF-8"


def _of_system(error: OSError) -> str:
    where = f": {error.filename}" if error.filename else ""
    said = f"{(error.strerror or str(error) or type(error).__name__).lower()}{where}"
    return f"{said}; {REMEDIES[error.errno]}" if error.errno in REMEDIES else said
