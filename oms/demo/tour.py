"""The steps of the tour, in order."""

import json
import os
import re
import shutil
from collections import Counter
from pathlib import Path

from oms.demo.stage import Stage

FLIGHTS = Path(__file__).parent / "flights"
BRANCH = "dev/flights/cancellations"
MAIN = "prod/main/main"
FLIGHT = "2013:1:1:EV:4308:EWR:1630"  # never left the gate
REVIEWER = "bo@desk"
SEEN = "projected:versions"


def free_folder(wanted: Path) -> Path:
    """`wanted`, or the first of `wanted-2`, `wanted-3` … that is not there: a tour never touches what it did not make."""
    numbered = (wanted.with_name(f"{wanted.name}-{number}") for number in range(2, 10_000))
    return next(folder for folder in (wanted, *numbered) if not folder.exists())


def play(stage: Stage, folder: Path) -> None:
    """The whole tour in a new folder, which `oms up` can go on with. Raises `Failure` where a step goes wrong."""
    files = folder / "flights"
    shutil.copytree(FLIGHTS, files)
    os.environ["OMS_FOLDER"] = str(folder)
    stage.tell("Everything is kept in one folder; these commands use it.")
    print(f"$ export OMS_FOLDER={folder}")
    program = stage.start("up")
    _import(stage, files)
    _branch(stage)
    _time(stage)
    _review(stage)
    stage.stop(program)
    _crash(stage, folder)
    _farewell(stage, folder)


def _import(stage: Stage, files: Path) -> None:
    stage.tell("Types and link types, as one commit: all or none.")
    stage.enter("send", "Commit", "--data", f"@{files}/types.json", "--message", "Airlines, airports, planes, flights")
    stage.tell("16 airlines, 1,458 airports, 3,322 planes, and the 842 flights of 2013-01-01.")
    for name in ("airlines", "airports", "planes"):
        stage.enter("import", files / f"{name}.csv.gz", "--map", files / f"{name}.toml", "--rejects", files)
    stage.tell(
        "Some flights name a plane or an airport that nobody knows. They are refused; the others are not held up."
    )
    flights = ("import", files / "flights.csv.gz", "--map", files / "flights.toml", "--rejects", files, "--wait", SEEN)
    stage.enter(*flights, ends=[1])
    _refused(files / "flights.csv.gz.rejected.ndjson")
    stage.enter("status")


def _refused(rejects: Path) -> None:
    refused = [json.loads(line) for line in rejects.read_text(encoding="utf-8").splitlines()]
    unknown = re.compile(r"no object/(\w+)/")
    kinds = Counter(kind for row in refused for finding in row["findings"] for kind in unknown.findall(finding["text"]))
    counted = ", ".join(f"{count} name an unknown {kind}" for kind, count in kinds.most_common())
    print(f"{len(refused)} flights were refused ({counted}). The first, from {rejects}:")
    print(f"  row {refused[0]['row']}: {refused[0]['findings'][0]['code']}: {refused[0]['findings'][0]['text']}")


def _branch(stage: Stage) -> None:
    stage.tell("This flight never left. A branch is a place to say so: it copies nothing.")
    stage.enter("show", "Flight", FLIGHT)
    stage.enter("send", "CreateBranch", "--data", json.dumps({"name": BRANCH}))
    stage.tell("On the branch: a new property, and a flight that has it.")
    cancelled = {"type": "Flight", "property": {"name": "cancelled", "type": "boolean"}}
    stage.enter("send", "AddProperty", "--branch", BRANCH, "--data", json.dumps(cancelled))
    patch = {"type": "Flight", "key": FLIGHT, "patch": {"cancelled": True, "scheduledArrival": 1900}}
    stage.enter("send", "UpdateObject", "--branch", BRANCH, "--data", json.dumps(patch), "--wait", SEEN)
    stage.enter("show", "Flight", FLIGHT, "--branch", BRANCH)


def _time(stage: Stage) -> None:
    stage.tell("What it was before that, how it came about, and what the branch has that its parent has not.")
    before = _position(stage.played[-2].output) - 1
    stage.enter("show", "Flight", FLIGHT, "--branch", BRANCH, "--as-of", before)
    stage.enter("history", "Flight", FLIGHT, "--branch", BRANCH)
    stage.enter("diff", "--from-branch", MAIN, "--to-branch", BRANCH)


def _review(stage: Stage) -> None:
    stage.tell(
        "Meanwhile somebody says something else of that flight; and from now on the main branch changes by review."
    )
    patch = {"type": "Flight", "key": FLIGHT, "patch": {"scheduledArrival": 1835}}
    stage.enter("send", "UpdateObject", "--data", json.dumps(patch), "--wait", SEEN)
    stage.enter("branch", "protect", MAIN)
    stage.tell("What would become of the schema, and does any data stand against it?")
    stage.enter("schema", "diff", MAIN, BRANCH)
    stage.tell("So it is proposed. The checks find what both sides changed.")
    stage.enter("proposal", "open", "Say which flights were cancelled", "--source", BRANCH, "--reviewer", REVIEWER)
    stage.enter("proposal", "check", 1)
    stage.enter("proposal", "show", 1)
    stage.tell("The branch is right about that. Who opened it cannot approve it; a reviewer can, and merges.")
    stage.enter("proposal", "resolve", 1, f"object/Flight/{FLIGHT}", "theirs", "--path", "/properties/scheduledArrival")
    stage.enter("proposal", "approve", 1, ends=[1])
    stage.enter("proposal", "approve", 1, "--author", REVIEWER)
    stage.enter("proposal", "merge", 1, "--author", REVIEWER, "--message", "One flight was cancelled")
    stage.enter("show", "Flight", FLIGHT)
    stage.enter("proposal", "list", "--all")


def _crash(stage: Stage, folder: Path) -> None:
    stage.tell("The same program in two processes; the views' one is killed, and the write side goes on.")
    writer = stage.start("up", "--without", "projectors")
    views = stage.start("up", "--role", "projectors")
    stage.kill(views)
    late = {"type": "Airline", "properties": {"carrier": "KE", "name": "대한항공"}}
    said = json.dumps(late, ensure_ascii=False)
    position = _position(stage.enter("send", "UpsertObject", "--branch", BRANCH, "--data", said))
    stage.enter("status")
    stage.tell("Started again, the views go on where they stood: rows and checkpoint are one transaction.")
    views = stage.start("up", "--role", "projectors")
    stage.enter("show", "Airline", "KE", "--branch", BRANCH, "--min-position", position)
    stage.enter("status")
    stage.tell("Views of a past moment, built from the log alone, beside the live ones.")
    stage.enter("replay", "--until", position, "--into", folder / "replayed")
    stage.tell("Is all of it true? The log's chain, the write side and the views, read again and compared.")
    stage.enter("verify")
    stage.stop(views)
    stage.stop(writer)


def _farewell(stage: Stage, folder: Path) -> None:
    stage.tell("Try next, with all of this still in place:")
    print(f"  export OMS_FOLDER={folder}")
    print("  oms up &")
    print(f"  oms log --follow --subject 'object.Flight.>'      # and, elsewhere, send something to {BRANCH}")
    print(f"  oms diff --from base --branch {BRANCH}")
    print("  oms --help")


def _position(output: str) -> int:
    found = re.search(r"at position (\d+)", output)
    assert found, output
    return int(found[1])
