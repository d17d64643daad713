"""A thread of its own for what would block the loop: it does what it is asked, one after the other.

An executor makes two futures, a condition and three locks for each call; with small groups that is a tenth of the work.
"""

import asyncio
from collections.abc import Callable
from concurrent import futures
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

Result = TypeVar("Result")
_Asked = tuple[Callable[[], Any], asyncio.AbstractEventLoop | None, Any]


class OwnThread:
    """`close` after use; what was asked before is still done."""

    def __init__(self, name: str) -> None:
        self._asked: SimpleQueue[_Asked | None] = SimpleQueue()
        self._closed = False
        self._thread = Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Callable[[], Result]) -> "asyncio.Future[Result]":
        """What `work` returns or raises. Cancelled before its turn it is left out, else it is done to its end."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Result] = loop.create_future()
        self._ask((work, loop, answer))
        return answer

    def wait(self, work: Callable[[], Result]) -> Result:
        """As `run`, for who may block."""
        answer: futures.Future[Result] = futures.Future()
        self._ask((work, None, answer))
        return answer.result()

    def soon(self, work: Callable[[], object]) -> None:
        """Done in its turn; from any thread, and nobody hears of it."""
        self._ask((work, None, futures.Future()))

    def close(self) -> None:
        """Returns when the thread is done. Whoever asks afterwards gets a `RuntimeError`."""
        self._closed = True
        self._asked.put(None)
        self._thread.join()

    def _ask(self, asked: _Asked) -> None:
        if self._closed:
            raise RuntimeError(f"the thread {self._thread.name} is closed")
        self._asked.put(asked)

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            _do(*asked)
            del asked  # nothing is held while nothing is asked


def _do(work: Callable[[], Any], loop: asyncio.AbstractEventLoop | None, answer: Any) -> None:
    if answer.cancelled():
        return
    result, error = _tried(work)
    if loop is None:
        _tell(answer, result, error)
        return
    try:
        loop.call_soon_threadsafe(_tell, answer, result, error)
    except RuntimeError:  # the loop has ended, and with it whoever waited
        pass


def _tried(work: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return work(), None
    except BaseException as error:  # noqa: BLE001  it is for who asked
        return None, error


def _tell(answer: Any, result: Any, error: BaseException | None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)
