"""The tour, played whole: every step ends as it should, and the folder goes on."""

import asyncio
import json
import os
import sys
from pathlib import Path

from oms.demo.tour import free_folder

ROOT = Path(__file__).parents[3]
SECONDS = 420  # on a machine that does other things too; alone it takes some 30


def step(steps, start):
    return next(each for each in steps if each["command"].startswith(start))


async def test_the_tour_ends_well_and_leaves_a_folder_to_go_on_with(tmp_path):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "oms", "demo", "--json",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    async with asyncio.timeout(SECONDS):
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    told = json.loads(out)
    steps = told["steps"]
    assert told["folder"] == "oms-demo"
    assert "842   3380      166" in step(steps, "oms import oms-demo/flights/flights")["output"]
    assert "cancelled           true" in step(steps, "oms show Flight 2013:1:1:EV:4308:EWR:1630 --branch")["output"]
    assert "not moving" in [each for each in steps if each["command"] == "oms status"][1]["output"]
    assert "0 created, 2 updated, 0 deleted" in step(steps, "oms diff")["output"]
    assert "scheduledArrival: it was 1815" in step(steps, "oms proposal show")["output"]
    merged = next(at for at, each in enumerate(steps) if each["command"].startswith("oms proposal merge"))
    assert "scheduledArrival    1900" in steps[merged + 1]["output"]
    assert step(steps, "oms verify")["exit_code"] == 0
    refused = (tmp_path / "oms-demo" / "flights" / "flights.csv.gz.rejected.ndjson").read_text().splitlines()
    assert len(refused) == 166
    assert (tmp_path / "oms-demo" / "replayed").exists()


def test_a_tour_touches_no_folder_that_is_there(tmp_path):
    assert free_folder(tmp_path / "new") == tmp_path / "new"
    (tmp_path / "new").mkdir()
    (tmp_path / "new-2").mkdir()
    assert free_folder(tmp_path / "new") == tmp_path / "new-3"
