"""Small ontologies with a history, and what the graph must say of them."""

from contextlib import contextmanager

from adapters.memory_versions import MemoryVersions
from events.names import Key
from projectors.graph import identity
from projectors.graph_names import branch_id
from projectors.graph_store import Where
from queries.graph_cuts import branches_at, graph_cut
from tests.queries.histories import MAIN, History, made, object_type
from workers.graph import GraphProjector
from workers.graph_verifying import comparable

FLIGHT = [
    {"field": "id", "name": "id", "type": "string", "required": True},
    {"field": "seats", "name": "seats", "type": "integer"},
    {"field": "status", "name": "status", "type": "enum", "values": ["on time", "지연"]},
    {"field": "tags", "name": "tags", "type": "string", "array": True},
    {"field": "departs", "name": "departs", "type": "timestamp"},
    {"field": "extra", "name": "extra", "type": "json"},
]
PILOT = [
    {"field": "id", "name": "id", "type": "string"},
    {"field": "name", "name": "name", "type": "string", "marking": "encrypt"},
]
CLOSED = {"kid": f"{'0' * 32}-{'1' * 16}", "nonce": "bm9uY2U=", "ct": "Y3Q="}


def link_type(slug: str, from_: str, to: str, *, change: str = "created", **more):
    state = {
        "rid": f"ri.{slug}",
        "slug": slug,
        "name": slug,
        "from": from_,
        "to": to,
        "cardinality": "n-n",
        "properties": {},
    }
    return Key(f"linkType/ri.{slug}"), change, state | more


def link(slug: str, from_: str, to: str, *, change: str = "created"):
    state = {"type": f"ri.{slug}", "slug": slug, "from": from_, "to": to, "deleted": change == "deleted"}
    return Key(f"link/{slug}/{from_}~{to}"), change, state


def flights() -> History:
    """Two types and a link type, three objects and a link, on the main branch."""
    history = History()
    history.commit(
        MAIN, [object_type("Flight", FLIGHT), object_type("Pilot", PILOT), link_type("flownBy", "Flight", "Pilot")]
    )
    history.commit(MAIN, [made("Flight", "UA:1", seats=180, status="지연", tags=["b", "a", "a"], extra={"a": [1.50]})])
    history.commit(
        MAIN, [made("Pilot", "김 / ~", name=CLOSED), made("Flight", "KE-2", departs="2024-02-29T12:00:00.120000Z")]
    )
    history.commit(MAIN, [link("flownBy", "UA:1", "김 / ~")])
    return history


class World:
    """A history, the view of it, and a projector that follows it into a graph."""

    def __init__(self, history: History, graph, database: str = "oms_main", part: int = 5_000) -> None:
        self.history, self.graph, self.database = history, graph, database
        self.projector = GraphProjector(graph, database, "main", self.opened, part)

    @contextmanager
    def opened(self):
        yield self.history.into(MemoryVersions())

    async def follow(self) -> None:
        """Until the graph is where the history ends."""
        while await self.projector.step():
            pass
        await self.projector.settle()

    async def one_by_one(self) -> None:
        """Every commit before the next one is made: as when nothing waits."""
        told = self.history.told
        for count in range(1, len(told) + 1):
            self.history.told = told[:count]
            await self.follow()

    def expected(self) -> dict[str, dict]:
        """By branch and id every document, made anew from the newest cut."""
        with self.opened() as versions:
            at = versions.position()
            found = {}
            for branch in branches_at(versions, at):
                cut = graph_cut(versions, "main", branch, at)
                found[branch] = {identity(each): each for each in cut.documents(cut.entities())}
            return found

    async def found(self) -> dict[str, dict]:
        """What the graph holds, without what it keeps for itself."""
        held = {}
        for name in await self.graph.branches(self.database):
            if name != "main":
                where = Where(self.database, name)
                documents = [each async for each in self.graph.documents(where)]
                held[name] = {each["@id"]: each for each in documents if not each["@id"].startswith("OMS_")}
        return held

    async def exact(self) -> None:
        wanted = {branch_id(name): comparable(documents) for name, documents in self.expected().items()}
        found = {name: comparable(documents) for name, documents in (await self.found()).items()}
        assert found == wanted
