"""`oms embed`, `oms similar` and the client on the whole program, with the model that comes with it."""

import json
import sqlite3
from contextlib import closing

import pytest

from adapters.embedding_local import local_model_fits
from adapters.view_files import live_path, live_version
from oms.cli.failures import Exit
from oms.client import Refused, Unavailable

pytestmark = pytest.mark.skipif(not local_model_fits(), reason="the model has no build for this machine")

AIRLINES = {
    "KE": "대한항공, 인천에서 출발한다",
    "WN": "Southwest, a cheap carrier from Texas",
    "CV": "Cargolux carries freight",
}


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
    assert (code, live_version(program.settings.folder, "similar")) == (Exit.UNAVAILABLE, None)
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


async def test_a_row_that_was_planted_is_found_and_gone_after_a_rebuild(cli, program, airlines):
    assert (await cli("embed"))[0] == Exit.OK
    with closing(sqlite3.connect(live_path(program.settings.folder, "similar"))) as connection, connection:
        connection.execute("UPDATE slices SET slug = 'Planted' WHERE entity = 'object/Airline/KE'")
    code, out, _ = await cli("verify", "similar")
    assert code == Exit.REFUSED
    assert "object/Airline/KE on prod/main/main" in out
    assert read(await cli("rebuild", "similar", "--json"))["build"] == 2
    assert (await cli("verify", "similar"))[0] == Exit.OK
    assert read(await cli("embed", "--json"))["embedded"] == 3, "vectors went over to the new build"
