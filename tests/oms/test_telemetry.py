"""What is told on standard error."""

import subprocess
import sys
from pathlib import Path

import pytest

TELLING = """
import sys
from oms.telemetry import logger
log = logger("info", as_json={as_json})
log.info("가", part="relay")
log.debug("not this")
print("goes on")
"""


@pytest.mark.parametrize("as_json", [True, False])
def test_lines_are_told(as_json):
    done = subprocess.run(
        [sys.executable, "-c", TELLING.format(as_json=as_json)], capture_output=True, check=True, encoding="utf-8"
    )
    assert done.stdout == "goes on\n"
    assert len(done.stderr.splitlines()) == 1
    assert "가" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a device that is always full")
def test_a_disk_that_is_full_ends_nothing():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", TELLING.format(as_json=True)],
            check=False,
            stdout=subprocess.PIPE,
            stderr=full,
            encoding="utf-8",
        )
    assert done.stdout == "goes on\n"
