"""`oms import` of a file of objects and links into a real `oms up`, through to its views; and of the same rows again."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.processes import ROOT, Program, megabytes, up
from bench.stock import Stock
from oms.client import connect

ROWS, LINKS_OF = 300_000, (1, *[2] * 14)  # of each fifteenth row one: 300,000 objects with 580,000 links
MAPPING = """
[[types]]
name = "Term"
primaryKey = ["id"]
properties = [{ name = "id", type = "integer" }, { name = "name", type = "string" }, { name = "synonyms", type = "string", array = true }]
[[linkTypes]]
name = "isA"
from = "Term"
to = "Term"
[[objects]]
type = "Term"
properties = { id = "id", name = "name", synonyms = "synonyms" }
[[links]]
type = "isA"
from = "id"
to = "parents"
"""


async def figures(stock: Stock) -> list[Figure]:
    rows = ROWS // 10 if stock.quick else ROWS
    file, mapping = stock.folder / "terms.ndjson", stock.folder / "terms.toml"
    links = _write(file, rows)
    mapping.write_text(MAPPING)
    async with up(stock.folder / "import of a file") as program:
        first = await _import(program, file, mapping)
        least = megabytes(program.pid)
        with file.open("a") as lines:
            lines.write("\n")  # other bytes, so other command ids: every row is decided again
        again = await _import(program, file, mapping)
        most = megabytes(program.pid, "VmHWM")
    assert again.position == first.position, "the second import wrote something"
    total = rows + links
    return [
        Figure(f"`oms import` of {rows:,} objects with {links:,} links, through to all views", first.seconds, "s", None, "", None, "< 240 s", "links: two ends are looked up for each"),
        Figure("its rate", total / first.seconds, "events/s", None, "", None, "", "one Python process has one core"),
        Figure("the same rows again: nothing is written", again.seconds, "s", None, "the first time", first.seconds, "0 events", "every row is decided"),
        Figure("memory of `oms up`, most", most, "MB", None, "after the first import", least, "flat", "SQLite's caches, known heads and versions"),
    ]  # fmt: skip


class _Done:
    def __init__(self, seconds: float, position: int) -> None:
        self.seconds, self.position = seconds, position


async def _import(program: Program, file: Path, mapping: Path) -> _Done:
    began = time.perf_counter()
    arguments = ["-m", "oms", "import", str(file), "--map", str(mapping), "--folder", str(program.folder), "--json"]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    (told,) = json.loads(out)
    assert told["refused"] == 0, told
    async with await connect(program.folder, deadline=120) as client:
        for view in ("versions", "audit"):
            known = {"type": "Term", "properties": {"id": 0}}
            outcome = await client.send("UpsertObject", known, wait=f"projected:{view}")
    return _Done(time.perf_counter() - began, outcome.position)


def _write(file: Path, rows: int) -> int:
    links = 0
    with file.open("w") as lines:
        for number in range(rows):
            parents = list(_parents(number))
            links += len(parents)
            row = {"id": number, "name": f"용어 {number}", "synonyms": [f"term {number}"], "parents": parents}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    return links


def _parents(number: int) -> Iterator[int]:
    """Each another one that stands before it in the file."""
    step = 7_919
    for nth in range(1, min(number, LINKS_OF[number % 15]) + 1):
        yield (number * step * nth + nth) % number if number > 2 else nth - 1
