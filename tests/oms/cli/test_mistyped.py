"""What somebody types who is new: a folder that is none, a server that does not run, an empty id, no time."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from oms.cli.failures import Exit
from oms.client import Unavailable, connect
from tests.silent import silent_server

ROOT = Path(__file__).parents[3]
AIRLINE = '{"type": "Airline", "properties": {"carrier": "UA"}}'


@pytest.mark.parametrize("command", [["status"], ["dead", "list"], ["dead", "list", "--discarded"]])
def test_a_folder_that_is_none_is_refused(typed, tmp_path, command):
    code, said = typed(*command, "--folder", tmp_path / "없음")
    assert code == Exit.USAGE
    assert said.startswith(f"oms: {tmp_path / '없음'} holds no outbox and no log; name the data folder with --folder")
    assert not (tmp_path / "없음").exists()


@pytest.mark.parametrize(
    ("command", "ended"),
    [
        (["webhook", "register", "탑승구", "--sink", "http://127.0.0.1:1/"], Exit.UNAVAILABLE),
        (["verify", "similar"], Exit.UNAVAILABLE),
        (["gateway", "forget", "아무도"], Exit.REFUSED),
    ],
)
def test_nothing_is_written_into_a_folder_that_is_none(typed, tmp_path, command, ended):
    assert typed(*command, "--folder", tmp_path / "없음")[0] == ended
    assert not (tmp_path / "없음").exists()


async def test_an_empty_id_is_no_id(oms, cli):
    code, out, _ = await cli("send", "CreateObject", "--data", AIRLINE, "--id", "", "--json")
    assert code == Exit.REFUSED
    assert [each["path"] for each in json.loads(out)["findings"]] == ["/id"]


async def test_a_time_that_is_none_is_said_where_it_stands(oms, cli):
    for option in ("--since", "--until"):
        code, _, err = await cli("audit", "search", option, "어제")
        assert (code, err.startswith(f"oms: {option}: '어제' is no time; ")) == (Exit.USAGE, True), err


async def test_what_needs_the_server_says_that_it_does_not_run(oms, program, cli):
    code, out, _ = await cli("webhook", "register", "탑승구", "--sink", "http://127.0.0.1:9/")
    assert code == Exit.OK, out
    last = await oms.last()
    (program.settings.folder / "oms.toml").write_text('nats_url = "nats://127.0.0.1:1"\n')
    for command in (["test", "탑승구"], ["resend", "탑승구", last], ["tail", "탑승구", "--events"]):
        code, _, err = await cli("webhook", *command)
        assert code == Exit.UNAVAILABLE, err
        assert err.startswith("oms: no NATS server answers at nats://127.0.0.1:1: connection refused; ")


async def test_a_server_that_says_nothing_is_said_in_words(tmp_path):
    async with silent_server() as (url, _):
        with pytest.raises(Unavailable, match=r"no NATS server answers at .*: it says nothing; start one"):
            await connect(url)


@pytest.mark.parametrize(
    "command",
    [["log"], ["log", "--json"], ["show", "Airline"], ["history", "Airline"], ["diff"], ["status"], ["--help"]],
)
async def test_a_reader_that_went_away_is_no_refusal(oms, program, command):
    await oms.send("CreateObject", json.loads(AIRLINE), wait="projected:versions")
    read, write = os.pipe()
    os.close(read)
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "oms", *command, stdout=write, stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT), "OMS_FOLDER": str(program.settings.folder)},
        )  # fmt: skip
        async with asyncio.timeout(60):
            _, said = await process.communicate()
    finally:
        os.close(write)
    assert (process.returncode, said) == (Exit.OK, b"")
