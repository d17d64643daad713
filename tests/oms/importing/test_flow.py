"""The import's flow: rows stand or fall alone, and a restart after a kill doubles nothing."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.importing import batches as batching
from oms.importing.batches import Reason, batches
from oms.importing.flow import Answer, ImportStopped, send_all
from oms.importing.line import Line
from oms.importing.mapping import mapping_of

MAPPING = mapping_of(
    {
        "objects": [{"type": "Node", "properties": {"id": "id", "bad": "bad"}}],
        "links": [{"type": "under", "from": "id", "to": "parent"}],
    }
)


class Killed(Exception):
    """The importing process died."""


class Ontology:
    """Decides commits in the order they come, all or none, and remembers its answers."""

    def __init__(self):
        self.nodes, self.links, self.remembered, self.asked, self.dies_at = set(), set(), {}, 0, None

    async def __call__(self, identity, batch):
        self.asked += 1
        if self.asked == self.dies_at:
            raise Killed
        if identity not in self.remembered:
            self.remembered[identity] = self.decide(batch.commands)
        await asyncio.sleep(0)
        return self.remembered[identity]

    def decide(self, commands):
        nodes, links, reasons = set(self.nodes), set(self.links), []
        for index, command in enumerate(commands):
            data = command["data"]
            if command["type"] == "CreateLink":
                ends = data["from"][0], data["to"][0]
                reasons += [
                    Reason("OBJECT_UNKNOWN", f"/data/commands/{index}/data/to", end) for end in ends if end not in nodes
                ]
                links.add(ends)
            elif "bad" in data["properties"]:
                reasons.append(Reason("VALUE", f"/data/commands/{index}/data/properties/bad", "bad"))
            else:
                nodes.add(data["properties"]["id"])
        if reasons:
            return Answer(0, tuple(reasons))
        assert not (links - self.links) & self.links
        self.nodes, self.links = nodes, links
        return Answer(len(nodes) + len(links), ())


async def run(ontology, rows, in_flight):
    refused = []
    lines = [Line(number, row) for number, row in enumerate(rows, 1)]
    tally = await send_all(batches(lines, MAPPING, "s"), ontology, refused.append, in_flight=in_flight)
    return tally, [(refusal.line.number, [(r.code, r.path) for r in refusal.reasons]) for refusal in refused]


@pytest.fixture(autouse=True, scope="module")
def small_batches():
    rows, batching.BATCH_ROWS = batching.BATCH_ROWS, 3
    yield
    batching.BATCH_ROWS = rows


@st.composite
def forests(draw):
    """Rows whose parents stand before them, are missing, or are bad."""
    count = draw(st.integers(0, 25))
    rows = []
    for n in range(count):
        row = {"id": str(n)}
        parent = draw(st.one_of(st.none(), st.integers(0, n), st.just(99)))
        if parent is not None:
            row["parent"] = str(parent)
        if draw(st.integers(0, 5)) == 0:
            row["bad"] = "x"
        rows.append(row)
    return rows


@given(forests(), st.integers(1, 5))
def test_many_in_flight_end_like_one_at_a_time(rows, in_flight):
    one, many = Ontology(), Ontology()
    alone, together = asyncio.run(run(one, rows, 1)), asyncio.run(run(many, rows, in_flight))
    assert (one.nodes, one.links) == (many.nodes, many.links)
    assert alone[1] == together[1]
    assert (alone[0].rows, alone[0].refused, alone[0].commands) == (
        together[0].rows,
        together[0].refused,
        together[0].commands,
    )
    assert alone[0].rows == len(rows)
    assert alone[0].refused == len(alone[1])


@given(forests(), st.integers(1, 5), st.integers(1, 20))
def test_a_kill_and_a_restart_end_like_one_run(rows, in_flight, dies_at):
    whole, broken = Ontology(), Ontology()
    expected = asyncio.run(run(whole, rows, in_flight))
    broken.dies_at = dies_at
    try:
        asyncio.run(run(broken, rows, in_flight))
    except Killed:
        pass
    broken.dies_at = None
    assert asyncio.run(run(broken, rows, in_flight)) == expected
    assert (whole.nodes, whole.links) == (broken.nodes, broken.links)


async def test_a_refused_row_is_named_with_paths_into_its_own_commands():
    rows = [{"id": "a"}, {"id": "b", "parent": "zz"}, {"id": "c", "bad": "x"}]
    tally, refused = await run(Ontology(), rows, 2)
    assert refused == [(2, [("OBJECT_UNKNOWN", "/1/data/to")]), (3, [("VALUE", "/0/data/properties/bad")])]
    assert (tally.rows, tally.commands, tally.refused) == (3, 1, 2)


async def test_a_refusal_that_names_no_row_stops_the_import():
    async def ask(_identity, _batch):
        return Answer(0, (Reason("BRANCH_UNKNOWN", "/branch", "there is no branch x"),))

    with pytest.raises(ImportStopped, match="rows 1 to 1: BRANCH_UNKNOWN: there is no branch x"):
        await run(ask, [{"id": "a"}], 4)


def test_batches_are_bounded_by_bytes_and_named_by_their_source():
    lines = [Line(n, {"id": "x" * 300_000}) for n in range(1, 6)]
    found = list(batches(lines, MAPPING, "s"))
    assert [(batch.first, batch.last) for batch in found] == [(1, 2), (3, 4), (5, 5)]
    assert len({batch.identity for batch in found} | {batch.identity for batch in batches(lines, MAPPING, "t")}) == 6
    rest, refused = found[0].split([Reason("X", "/data/commands/1/data", "why")])
    assert rest.identity != found[0].identity
    assert [refusal.line.number for refusal in refused] == [2]
