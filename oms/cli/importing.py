"""`oms import`: rows of files become commits; what was refused lies in a file with its findings."""

from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Self
from uuid import uuid4

import typer

from oms.cli.connecting import connected, run
from oms.cli.failures import Exit, Failure
from oms.cli.import_files import Changes, Rejects
from oms.cli.options import Author, Branch, Deadline, Folder, Ontology, Wait
from oms.cli.output import Json, complain, print_json, print_rows
from oms.cli.progress import Progress

if TYPE_CHECKING:
    from oms.client import Outcome
    from oms.importing.batches import Batch
    from oms.importing.flow import Answer, Ask, Tally
    from oms.importing.mapping import Command, RowMapping

COLUMNS = ["file", "rows", "commands", "refused", "position", "seconds", "rows/s", "rejects"]


Kept = tuple[Path, bool]
"""The folder for refused rows, and whether what they hold is kept there, too."""


class Way(NamedTuple):
    """How an import goes: who is asked, and what of it is kept where."""

    branch: str
    asking: "Callable[[Path], Ask]"
    rejects: Path
    with_rows: bool
    in_flight: int


def import_(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…",
            help="CSV, NDJSON, Turtle, N-Triples, JSON-LD, OBO or Markdown, each also with .gz.",
            exists=True,
            dir_okay=False,
        ),
    ],
    mapping: Annotated[
        Path,
        typer.Option("--map", help="What a row is: TOML or JSON, see docs/import.md.", exists=True, dir_okay=False),
    ],
    branch: Branch = None,
    author: Author = None,
    rejects: Annotated[
        Path, typer.Option("--rejects", help="Folder for the rows that were refused.", file_okay=False)
    ] = Path(),
    with_rows: Annotated[
        bool, typer.Option("--with-rows", help="Keep there what the refused rows hold, too: in plain, so delete it.")
    ] = False,
    in_flight: Annotated[
        int, typer.Option("--in-flight", min=1, max=64, help="Commits under way at a time; 1 keeps the rows' order.")
    ] = 4,
    wait: Wait = "outbox",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    changes: Annotated[
        Path | None,
        typer.Option("--changes", help="With --dry-run: a file for each event that would be written.", dir_okay=False),
    ] = None,
    folder: Folder = None,
    ontology: Ontology = None,
    deadline: Deadline = None,
    as_json: Json = False,
) -> None:
    """Import rows of files. Interrupted, run it again: what was done is not done twice."""
    from oms.importing.rows import read_mapping

    if changes is not None and not dry_run:
        raise Failure("--changes goes with --dry-run", "an import that is done is shown by oms log", Exit.USAGE)
    flags = {"folder": folder, "ontology": ontology, "branch": branch, "author": author, "deadline": deadline}
    kept = (rejects, with_rows)
    carry_out(
        lambda: read_mapping(mapping),
        lambda rule: (
            _rehearsed(files, rule, kept, in_flight, changes, flags)
            if dry_run
            else imported(files, rule, kept, in_flight, wait, flags)
        ),
        as_json=as_json,
    )


def carry_out(
    mapping: "Callable[[], RowMapping]",
    work: "Callable[[RowMapping], Coroutine[Any, Any, dict[str, Any]]]",
    *,
    as_json: bool,
) -> None:
    """An import, and what became of it; ends with `REFUSED` where rows were refused."""
    from oms.importing.flow import ImportStopped
    from oms.importing.line import FileRefused
    from oms.importing.mapping import MappingRefused

    try:
        told = run(work(mapping()))
    except (MappingRefused, FileRefused) as error:
        raise Failure(str(error), code=Exit.USAGE) from None
    except ImportStopped as error:
        raise Failure(f"the import stopped at {error}", "mend it and run the same import again") from None
    _show(told, as_json=as_json)
    if any(row["refused"] for row in told["files"]):
        raise typer.Exit(Exit.REFUSED)


def _show(told: dict[str, Any], *, as_json: bool) -> None:
    if "would" not in told:
        print_rows(told["files"], COLUMNS, as_json=as_json)
    elif as_json:
        print_json(told)
    else:
        print_rows(told["files"], [c for c in COLUMNS if c != "position"], as_json=False)
        if told["would"]:
            print_rows(told["would"], ["would", "type", "count"], as_json=False)
        else:
            typer.echo("nothing would change")


async def imported(
    files: list[Path], rule: "RowMapping", rejects: Kept, in_flight: int, wait: str, flags: dict[str, Any]
) -> dict[str, Any]:
    warnings = _Warnings()
    async with connected(**flags) as client:

        async def ask(identity: str, commands: "list[Command]", message: str) -> "Answer":
            outcome = await client.commit(commands, id=identity, message=message, wait=wait)
            warnings.hear(outcome)
            return _answer(outcome)

        if declarations := rule.declarations():
            _check(await ask(f"types-{uuid4()}", declarations, "types of an import"))
        way = Way(client.speaker.branch, lambda file: _asking(ask, file.name), *rejects, in_flight)
        with warnings:
            return {"files": [await import_file(file, rule, way) for file in files]}


async def _rehearsed(
    files: list[Path],
    rule: "RowMapping",
    rejects: Kept,
    in_flight: int,
    changes: Path | None,
    flags: dict[str, Any],
) -> dict[str, Any]:
    """Where the outbox lies: row upon row as it would be, in a store that is thrown away."""
    from secrets import token_bytes

    from adapters.lent_keys import LentKeys
    from adapters.rehearsal import Rehearsal
    from adapters.system_clock import new_id, now
    from oms.importing.rehearsing import Rehearsing
    from oms.keys import keys_file
    from oms.outboxes import outboxes
    from oms.settings import load
    from producers.decide import Planner
    from producers.keys import KeyRing
    from security.wrapped import KEY_BYTES, Wraps

    settings = load(flags).settings
    there = outboxes(settings)
    if await there.head() is None:
        raise Failure(f"{there.name} holds no outbox", "a dry run reads it: name the data folder with --folder")
    keys = LentKeys(keys_file(settings))
    with there.snapshot() as real:
        async with Rehearsal(real, settings.ontology) as stage:
            wraps = Wraps(token_bytes(KEY_BYTES))
            planner = Planner(settings.ontology, new_id, ring=KeyRing(keys, token_bytes), wraps=wraps)
            rehearsing = Rehearsing(stage, planner, wraps, now, settings.branch, settings.author)

            with Changes(changes, rehearsing):
                if declarations := rule.declarations():
                    _check(await rehearsing.decided("types", declarations))
                way = Way(settings.branch, lambda _: rehearsing, *rejects, in_flight)
                told = [await import_file(file, rule, way) for file in files]
    keys.close()
    return {"files": told, "would": rehearsing.counted()}


def _check(answer: "Answer") -> None:
    """Of the mapping's types. Raises `Failure`."""
    if answer.reasons:
        said = "; ".join(f"{reason.code} at {reason.path}: {reason.text}" for reason in answer.reasons)
        raise Failure(f"the mapping's types are refused: {said}", "mend the mapping and run the same import again")


async def import_file(file: Path, mapping: "RowMapping", way: Way) -> dict[str, Any]:
    """One file from its first row to its last."""
    from oms.importing.batches import batches, source_of
    from oms.importing.flow import Tally, send_all
    from oms.importing.rows import digest, lacking, points_ahead, rows_again

    for column in lacking(file, mapping.columns()):
        complain(f"{file} has no column {column!r}, which the mapping names: it counts as absent in every row")
    target = way.rejects / f"{file.name}.rejected.ndjson"
    bytes_read, done = digest(file), Tally()
    with Progress(file.name) as progress, Rejects(target, with_rows=way.with_rows) as rejected:

        def told(tally: "Tally") -> None:
            progress(tally.rows, f", {done.refused + tally.refused:,} refused" if done.refused + tally.refused else "")

        read = rows_again(file)
        for part in mapping.passes(links_last=points_ahead(file)):
            cut = batches(read(), part, source_of(bytes_read, part, way.branch))
            done = done.then(await send_all(cut, way.asking(file), rejected, told, way.in_flight))
    return {
        "file": file.name,
        **done._asdict(),
        "seconds": round(progress.seconds, 3),
        "rows/s": round(done.rows / progress.seconds),
        "rejects": str(target) if done.refused else None,
    }


def _asking(send: "Callable[[str, list[Command], str], Awaitable[Answer]]", name: str) -> "Ask":
    async def ask(identity: str, batch: "Batch") -> "Answer":
        return await send(identity, batch.commands, f"{name}: rows {batch.first} to {batch.last}")

    return ask


def _answer(outcome: "Outcome") -> "Answer":
    from oms.importing.batches import Reason
    from oms.importing.flow import Answer

    reasons = outcome.findings if outcome.status == "rejected" else ()
    return Answer(outcome.position, tuple(Reason(*finding) for finding in reasons))


class _Warnings:
    """What is worth knowing of rows that were taken: at the end, once for each code."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}
        self._number: Counter[str] = Counter()

    def hear(self, outcome: "Outcome") -> None:
        for finding in outcome.findings if outcome.status == "accepted" else ():
            self._number[finding.code] += 1
            self._first.setdefault(finding.code, finding.text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for code, number in self._number.items():
            complain(f"{number:,} × {code}: {self._first[code]}")
