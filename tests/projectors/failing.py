"""A view that dies before or after its n-th call, as a process does."""

from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

from projectors.projector import NO_PARKING, Checkpoint, Discarded, Find, Parked, Parking, Place, View, Work

RowT = TypeVar("RowT")
Result = TypeVar("Result")


class Died(Exception):
    pass


class Failing(Generic[RowT]):
    """`error` is raised at call number `at` (from 1), `after` it was done or before."""

    def __init__(self, view: View[RowT], at: int, *, after: bool = False, error: Exception | None = None) -> None:
        self.view, self.at, self.after, self.error = view, at, after, error or Died()
        self.calls = 0

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.calls += 1
        number = self.calls
        if number == self.at and not self.after:
            raise self.error
        yield
        if number == self.at:
            raise self.error

    async def _call(self, work: Callable[[], Awaitable[Result]]) -> Result:
        with self._counted():
            return await work()

    async def checkpoint(self) -> Checkpoint:
        return await self._call(self.view.checkpoint)

    async def rows(self, places: Iterable[Place]) -> Mapping[Place, RowT]:
        return await self._call(lambda: self.view.rows(places))

    async def commit(
        self, rows: Sequence[RowT], known: Checkpoint, reached: Checkpoint | None, parking: Parking = NO_PARKING
    ) -> None:
        await self._call(lambda: self.view.commit(rows, known, reached, parking))

    async def fold(self, work: Work[RowT], known: Checkpoint, reached: Checkpoint | None) -> None:
        def dying(find: Find[RowT]) -> Generator[RowT, None, Parking]:
            return work(lambda places: self._found(find, places))

        await self._call(lambda: self.view.fold(dying, known, reached))

    def _found(self, find: Find[RowT], places: Iterable[Place]) -> Mapping[Place, RowT]:
        with self._counted():
            return find(places)

    async def parked(self, after: int = 0, limit: int = 2**63 - 1) -> Sequence[Parked]:
        return await self._call(lambda: self.view.parked(after, limit))

    async def discarded(self) -> Sequence[Discarded]:
        return await self._call(self.view.discarded)

    async def close(self) -> None:
        await self.view.close()
