"""`oms embed`, `oms similar` and the client on the whole program, with the model that comes with it: in files, and in PostgreSQL."""

import json
import sqlite3
from contextlib import AsyncExitStack, closing

import pytest

from adapters.embedding_local import local_model_fits
from adapters.postgres import connected
from oms.cli.failures import Exit
from oms.client import Refused, Unavailable
from oms.running import running
from oms.settings import Settings
from tests.postgres.database import database

pytestmark = pytest.mark.skipif(not local_model_fits(), reason="the model has no build for this machine")

AIRLINES = {
    "KE": "대한항공, 인천에서 출발한다",
    "WN": "Southwest, a cheap carrier from Texas",
    "CV": "Cargolux carries freight",
}


@pytest.fixture(params=["files", "postgres"])
async def program(request, tmp_path):
    folder = tmp_path / "data"
    alarms = []
    async with AsyncExitStack() as stack:
        url = ""
        if request.param == "postgres":
            url = await stack.enter_async_context(database(request.getfixturevalue("pgvector_server_url")))
            folder.mkdir()
            (folder / "oms.toml").write_text(f'postgres_url = "{url}"\n')
        settings = Settings(folder=folder, postgres_url=url)
        yield await stack.enter_async_context(running(settings, lambda *alarm: alarms.append(alarm)))
    assert alarms == []


@pytest.fixture
def planted(program):
    """Write to the live build behind its back."""

    async def write(build, statement):
        if program.settings.postgres_url:
            connection = await connected(program.settings.postgres_url, search_path=f"oms_main_similar_v{build}")
            await connection.execute(statement)
            await connection.close()
        else:
            with closing(sqlite3.connect(program.shelves.similar().shelf.path(build))) as connection, connection:
                connection.execute(statement)

    return write


@pytest.fixture
async def airlines(oms):
    for carrier, name in AIRLINES.items():
        properties = {"carrier": carrier, "name": name}
        await oms.send("CreateObject", {"type": "Airline", "properties": properties}, wait="projected:versions")
    return oms


def read(told):
    code, out, err = told
    assert code == Exit.OK, err
    return json.loads(out)


async def test_nothing_is_embedded_before_it_is_asked_for(cli, program, airlines):
    code, _, err = await cli("similar", "cheap flights")
    assert (code, program.shelves.similar().shelf.live()) == (Exit.UNAVAILABLE, None)
    assert "`oms embed` makes it" in err
    with pytest.raises(Unavailable, match="oms embed"):
        await airlines.similar("cheap flights", deadline=0.3)


async def test_found_by_meaning_on_the_command_line_and_from_python(cli, airlines):
    told = read(await cli("embed", "--json"))
    assert (told["passages"], told["embedded"], told["waiting"]) == (3, 3, 0)
    found = read(await cli("similar", "inexpensive flights", "--json"))["found"]
    assert found[0]["key"] == "WN"
    assert (await airlines.similar("freight planes", "Airline", limit=1))["found"][0]["key"] == "CV"
    code, out, err = await cli("similar", "인천 출발")
    assert (code, err) == (Exit.OK, "")
    assert "  1  Airline KE  1. by meaning, 1. by words" in out.splitlines()
    with pytest.raises(Refused, match="TYPE_UNKNOWN"):
        await airlines.similar("a", "Wing")
    for text in (" ", "\udcff"):
        code, _, err = await cli("similar", text)
        assert (code, err.startswith("oms: SIMILAR_TEXT at /text: ")) == (Exit.REFUSED, True)
    allied = {"name": "Allied", "from": "Airline", "to": "Airline", "cardinality": "n-n"}
    assert (await airlines.send("CreateLinkType", allied, wait="projected:versions")).status == "accepted"
    with pytest.raises(Refused, match="TYPE_UNKNOWN: Allied is a link type"):
        await airlines.similar("a", "Allied")
    with pytest.raises(Refused, match="COMMAND_SHAPE"):
        await airlines.similar(" ")


async def test_what_is_written_later_is_embedded_beside_and_can_be_waited_for(cli, airlines):
    assert (await cli("embed"))[0] == Exit.OK
    new = {"carrier": "SQ", "name": "싱가포르항공"}
    at = (await airlines.send("CreateObject", {"type": "Airline", "properties": new})).position
    now = await airlines.similar("싱가포르", min_position=at)  # by its words at least
    assert {one["key"]: one["ranks"].get("words") for one in now["found"]}["SQ"] == 1
    before = await airlines.similar("싱가포르", as_of=at - 1)
    assert "SQ" not in {one["key"] for one in before["found"]}
    _, _, bar = await cli("embed", "--progress")
    assert "4/4" in bar


async def test_it_can_be_waited_for_like_any_view(cli, program, airlines):
    new = {"type": "Airline", "properties": {"carrier": "SQ", "name": "싱가포르항공"}}
    outcome = await airlines.send("CreateObject", new, wait="projected:similar")
    assert [(each.code, "`oms embed` makes it" in each.text) for each in outcome.findings] == [("WAIT_UNKNOWN", True)]
    assert (await cli("embed"))[0] == Exit.OK
    newer = {"type": "Airline", "properties": {"carrier": "OZ", "name": "아시아나항공"}}
    outcome = await airlines.send("CreateObject", newer, wait="projected:similar")
    assert not outcome.findings
    assert program.shelves.similar().shelf.position() >= outcome.position
    assert "OZ" in {one["key"] for one in (await airlines.similar("아시아나"))["found"]}


async def test_a_row_that_was_planted_is_found_and_gone_after_a_rebuild(cli, program, airlines, planted):
    assert (await cli("embed"))[0] == Exit.OK
    assert (await cli("rebuild", "similar", "--back"))[0] == Exit.REFUSED  # there is none before
    await planted(1, "UPDATE slices SET slug = 'Planted' WHERE entity = 'object/Airline/KE'")
    code, out, _ = await cli("verify", "similar")
    assert code == Exit.REFUSED
    assert "object/Airline/KE on prod/main/main at position 3: slug is 'Planted'" in out
    code, out, err = await cli("verify", "similar", "--mend", "--json")
    ((first, last),) = json.loads(out)[0]["mended"]
    assert (code, first, last >= 5) == (Exit.OK, 0, True), out + err
    assert read(await cli("embed", "--json"))["embedded"] == 3, "vectors stay"
    await planted(1, "UPDATE slices SET slug = 'Planted' WHERE entity = 'object/Airline/KE'")
    assert read(await cli("rebuild", "similar", "--json"))["build"] == 2
    assert (await cli("verify", "similar"))[0] == Exit.OK
    assert read(await cli("embed", "--json"))["embedded"] == 3, "vectors went over to the new build"
    code, _, err = await cli("rebuild", "similar", "--back")
    assert (code, "slug is 'Planted'" in err) == (Exit.REFUSED, True), "the build before is still the tampered one"
    await planted(1, "UPDATE slices SET slug = 'Airline' WHERE entity = 'object/Airline/KE'")
    new = {"type": "Airline", "properties": {"carrier": "OZ", "name": "아시아나항공"}}
    await airlines.send("CreateObject", new, wait="projected:similar")
    assert read(await cli("rebuild", "similar", "--back", "--json"))["build"] == 1
    assert read(await cli("embed", "--json"))["embedded"] == 4, "what came meanwhile is in it"
    assert (await cli("verify", "similar"))[0] == Exit.OK


async def test_how_far_it_is_stands_among_the_views(cli, airlines):
    assert (await cli("embed"))[0] == Exit.OK
    views = read(await cli("status", "--json"))["views"]
    assert [(view["version"], view["live"], view["lag"]) for view in views if view["view"] == "similar"] == [
        (1, True, 0)
    ]
