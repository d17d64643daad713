"""The graph's store, as the projector needs it: databases with branches, each a schema and documents by id.

Every write is one commit or nothing. Adapters pass `tests/terminusdb/test_contract.py` unchanged.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from projectors.graph import Document
from projectors.graph_classes import Class


class Where(NamedTuple):
    """A branch of a database, by the name that the graph knows it by; `commit`: as it was then, to be read only."""

    database: str
    branch: str
    commit: str = ""

    def at(self, version: str) -> "Where":
        """The branch as it is at this version, whoever writes to it meanwhile."""
        return self._replace(commit=version.partition(":")[2])


class Told(NamedTuple):
    """What a commit says of itself; neither is empty."""

    author: str
    message: str


class Read(NamedTuple):
    """`version` names the branch's newest commit."""

    document: Document | None
    version: str


class GraphUnavailable(Exception):
    """No answer, or one that does not say what became of the call: it may have been done, and may be repeated."""

    def __init__(self, call: str, cause: str) -> None:
        self.call, self.cause = call, cause
        super().__init__(f"{call}: {cause}; see that its server runs; an `oms up` that runs tries again by itself")


class GraphRefused(Exception):
    """The graph's store said no; nothing was written. `kind` is its own name for it."""

    def __init__(
        self, call: str, status: int, kind: str, text: str, witnesses: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        self.call, self.status, self.kind, self.text, self.witnesses = call, status, kind, text, witnesses
        super().__init__(f"{call}: {status} {kind}: {text}")

    @property
    def unfit(self) -> bool:
        """Something in what was sent breaks the schema."""
        return self.kind == "api:SchemaCheckFailure"

    @property
    def stale(self) -> bool:
        """Somebody else wrote meanwhile."""
        return self.kind == "api:DataVersionMismatch"


class Graph(Protocol):
    """All calls raise `GraphRefused` and `GraphUnavailable`."""

    async def databases(self) -> list[str]:
        """Those that are there, by name."""

    async def create(self, database: str, label: str, context: Class) -> None:
        """With a branch `main` that holds nothing; done already = fine."""

    async def drop(self, database: str) -> None:
        """Not there = fine."""

    async def branches(self, database: str) -> list[str]: ...

    async def fork(self, new: Where, origin: str) -> None:
        """A branch of the same database that holds what `origin` holds; done already = fine."""

    async def cut_off(self, where: Where) -> None:
        """Delete a branch; not there = fine."""

    async def schema(self, where: Where) -> list[Class]:
        """The context and all classes."""

    async def reshape(self, where: Where, classes: Sequence[Class], told: Told) -> None:
        """Put another schema in place of the one that is there."""

    async def get(self, where: Where, identity: str) -> Read:
        """One document; `None` if it is not there, or not any more."""

    def documents(self, where: Where, of: str = "") -> AsyncGenerator[Document, None]:
        """All of a branch, or those of a class, streamed, in no order."""

    async def put(self, where: Where, documents: Sequence[Document], told: Told, version: str = "") -> str:
        """Write whole documents, new or not; the version behind them. With `version`: refused if it is another one."""

    async def remove(self, where: Where, identities: Sequence[str], told: Told) -> None:
        """Those of them that are there."""

    async def swap(self, where: Where, identity: str, field: str, values: tuple[int, int], told: Told) -> bool:
        """Change a document's number from one value to another; False = it was not that one. Of two only one succeeds."""

    async def optimize(self, where: Where) -> None:
        """Keep the cost of a commit flat: of the branch, and of what the database keeps about its commits."""

    async def close(self) -> None: ...
