"""An event loop in a thread of its own, for work that waits for a database and computes in between."""

import asyncio
from collections.abc import Callable, Coroutine
from threading import Thread
from typing import Any, TypeVar

Result = TypeVar("Result")


class OwnLoop:
    """`close` after use, when nothing is asked any more."""

    def __init__(self, name: str) -> None:
        self._loop = _new_loop()
        self._thread = Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """What `work` comes to. Who is cancelled stops waiting; what has begun is done to its end."""
        return await asyncio.shield(asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), self._loop)))

    def wait(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """As `run`, for who may block."""
        return asyncio.run_coroutine_threadsafe(work(), self._loop).result()

    def close(self) -> None:
        """Returns when the thread is done."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _work(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()


def _new_loop() -> asyncio.AbstractEventLoop:
    """The same kind as the program's own."""
    try:
        from uvloop import new_event_loop
    except ImportError:  # there is none for Windows
        return asyncio.new_event_loop()
    return new_event_loop()
