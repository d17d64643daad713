"""A process that dies at its n-th call of a port: nothing it does behind that has an effect any more."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Died(BaseException):
    """The process is gone; nothing between here and its end may catch it."""


class Fate:
    """Dies before or after the effect of call `die_at`, counted from 1 over all ports; 0 = lives."""

    def __init__(self, die_at: int = 0, *, before: bool = True) -> None:
        self.die_at, self.first, self.calls = die_at, before, 0
        self._loop = asyncio.get_running_loop()
        self._dead = asyncio.Event()
        self._is_dead = False

    def __str__(self) -> str:
        return f"a death {'before' if self.first else 'after'} call {self.die_at}"

    def before(self) -> None:
        self.calls += 1
        if self._is_dead or (self.first and self.calls == self.die_at):
            self._die()

    def after(self) -> None:
        if self._is_dead or (not self.first and self.calls == self.die_at):
            self._die()

    async def lived(self, life: Coroutine[Any, Any, None]) -> bool:
        """Whether it came to its end; whatever was still at work when the process died is gone with it."""
        living, dying = asyncio.ensure_future(life), asyncio.ensure_future(self._dead.wait())
        await asyncio.wait((living, dying), return_when=asyncio.FIRST_COMPLETED)
        for each in (living, dying):
            each.cancel()
        ended, _ = await asyncio.gather(living, dying, return_exceptions=True)
        if not self._is_dead and isinstance(ended, BaseException):
            raise ended
        return not self._is_dead

    def _die(self) -> None:
        self._is_dead = True
        self._loop.call_soon_threadsafe(self._dead.set)
        raise Died


class Mortal:
    """A port of a process with this fate."""

    def __init__(self, port: Any, fate: Fate) -> None:
        self._port, self._fate = port, fate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if asyncio.iscoroutinefunction(found):
            return self._awaited(found)
        return self._called(found) if callable(found) else found

    def _awaited(self, found: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*arguments: Any, **named: Any) -> Any:
            self._fate.before()
            result = await found(*arguments, **named)
            self._fate.after()
            return result

        return call

    def _called(self, found: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self._fate.before()
            result = found(*arguments, **named)
            self._fate.after()
            return result

        return call
