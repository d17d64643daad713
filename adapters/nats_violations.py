"""What a nats-server refused, as its log tells: who wanted to speak or listen where, and who could not log in.

[ERR] 127.0.0.1:4242 - cid:8 - "v2:python3:x" - "CLIENTS/user:local" - Publish Violation - Subject "oms.evt.main.x"
[ERR] 127.0.0.1:4242 - cid:9 - authentication error - User "local"
"""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Final, Literal, NamedTuple

from adapters.nats_checks import PROBE

_LINE: Final = re.compile(
    r"\[ERR\] (?P<address>\S+) - \w+:\d+ - (?:"
    r'.*"[^"]*user:(?P<who>[^"]*)" - (?P<act>Publish|Subscription) Violation - Subject (?P<subject>"(?:[^"\\]|\\.)*")'
    r'|authentication error(?: - User (?P<user>"(?:[^"\\]|\\.)*"))?)'
)
_PROBE: Final = re.compile(rf"publish oms\.evt\.[^.]+\.{PROBE}")  # OMS itself asks so, whenever a part of it starts
_ACTS: Final = {"Publish": "publish", "Subscription": "subscribe"}


class Violation(NamedTuple):
    """`user` is who logged in or tried to, `""` for nobody; `host` from where; `what` was wanted."""

    kind: Literal["denied", "failedLogin"]
    user: str
    host: str
    what: str


class Violations:
    """Of the server that writes this log, from now on."""

    def __init__(self, log: Path) -> None:
        self._path = log
        self._read = self._size()

    def new(self) -> Counter[Violation]:
        """What came since it was asked last, and how often."""
        size = self._size()
        if size < self._read:  # somebody began the log anew
            self._read = 0
        if size == self._read:
            return Counter()
        with self._path.open("rb") as file:
            file.seek(self._read)
            lines = file.read(size - self._read)
        whole = lines[: lines.rfind(b"\n") + 1]
        self._read += len(whole)
        found = map(violation, whole.decode("utf-8", "replace").splitlines())
        return Counter(one for one in found if one is not None)

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0


def violation(line: str) -> Violation | None:
    """`None` for all else that the server has to say."""
    found = _LINE.search(line)
    if found is None:
        return None
    host = found["address"].rpartition(":")[0]
    if found["act"]:
        what = f"{_ACTS[found['act']]} {_unquoted(found['subject'])}"
        return None if _PROBE.fullmatch(what) else Violation("denied", found["who"], host, what)
    return Violation("failedLogin", _unquoted(found["user"] or '""'), host, "log in")


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:  # Go knows an escape more
        return text[1:-1]
