"""Threads that take turns: whoever wants the interpreter gets it after 0.5 ms, not after 5, while somebody asks for that.

SQLite gives it away at each statement; beside a long computation it waits each time to get it back.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

SWITCH_SECONDS: Final = 0.0005


class _Courtesy:
    def __init__(self) -> None:
        self._lock = Lock()
        self._asked = 0
        self._before = sys.getswitchinterval()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        self._change(1)
        try:
            yield
        finally:
            self._change(-1)

    def _change(self, by: int) -> None:
        with self._lock:
            if not self._asked:
                self._before = sys.getswitchinterval()
            self._asked += by
            sys.setswitchinterval(SWITCH_SECONDS if self._asked else self._before)


courteous: Final = _Courtesy()
"""For the block; blocks of several threads may overlap."""
