"""`oms import`: rows of files become commits; what was refused lies in a file with its findings."""

import json
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Self

import typer

from oms.cli.connecting import connected, run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Branch, Deadline, Folder, Ontology
from oms.cli.output import Json, print_rows
from oms.cli.progress import Progress

if TYPE_CHECKING:
    from oms.client import Client
    from oms.importing.batches import Batch, Refusal
    from oms.importing.flow import Answer, Tally
    from oms.importing.mapping import RowMapping

COLUMNS = ["file", "rows", "commands", "refused", "position", "seconds", "rows/s", "rejects"]


def import_(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="NDJSON or CSV, each also with .gz.", exists=True, dir_okay=False),
    ],
    mapping: Annotated[
        Path,
        typer.Option("--map", help="What a row is: TOML or JSON, see docs/import.md.", exists=True, dir_okay=False),
    ],
    branch: Branch = None,
    author: Annotated[str | None, typer.Option("--author", help="<user>@<service>.", show_default=False)] = None,
    rejects: Annotated[
        Path, typer.Option("--rejects", help="Folder for the rows that were refused.", file_okay=False)
    ] = Path(),
    in_flight: Annotated[
        int, typer.Option("--in-flight", min=1, max=64, help="Commits under way at a time; 1 keeps the rows' order.")
    ] = 4,
    wait: Annotated[
        str, typer.Option("--wait", help="How far a commit must be to count: outbox, log or projected:<view>.")
    ] = "outbox",
    folder: Folder = None,
    ontology: Ontology = None,
    deadline: Deadline = None,
    as_json: Json = False,
) -> None:
    """Import rows of files. Interrupted, run it again: what was done is not done twice."""
    from oms.importing.flow import ImportStopped
    from oms.importing.line import FileRefused
    from oms.importing.mapping import MappingRefused
    from oms.importing.rows import read_mapping

    async def work() -> list[dict[str, Any]]:
        rule = read_mapping(mapping)
        async with connected(
            folder=folder, ontology=ontology, branch=branch, author=author, deadline=deadline
        ) as client:
            return [await import_file(client, file, rule, rejects, in_flight, wait) for file in files]

    try:
        told = run(work())
    except (MappingRefused, FileRefused) as error:
        raise Failure(str(error), code=Exit.USAGE) from None
    except ImportStopped as error:
        raise Failure(f"the import stopped at {error}", "mend it and run the same import again") from None
    print_rows(told, COLUMNS, as_json=as_json)
    if any(row["refused"] for row in told):
        raise typer.Exit(Exit.REFUSED)


async def import_file(
    client: "Client", file: Path, mapping: "RowMapping", rejects: Path, in_flight: int, wait: str
) -> dict[str, Any]:
    """One file from its first row to its last."""
    from oms.importing.batches import batches, source_of
    from oms.importing.flow import send_all
    from oms.importing.rows import digest, rows

    source = source_of(digest(file), mapping, client.speaker.branch)
    target = rejects / f"{file.name}.rejected.ndjson"
    with Progress(file.name) as progress, _Rejects(target) as rejected:

        def told(tally: "Tally") -> None:
            progress(tally.rows, f", {tally.refused:,} refused" if tally.refused else "")

        tally = await send_all(
            batches(rows(file), mapping, source), _asking(client, file.name, wait), rejected, told, in_flight
        )
    return {
        "file": file.name,
        **tally._asdict(),
        "seconds": round(progress.seconds, 3),
        "rows/s": round(tally.rows / progress.seconds),
        "rejects": str(target) if tally.refused else None,
    }


def _asking(client: "Client", name: str, wait: str) -> Any:
    async def ask(identity: str, batch: "Batch") -> "Answer":
        from oms.importing.batches import Reason
        from oms.importing.flow import Answer

        message = f"{name}: rows {batch.first} to {batch.last}"
        outcome = await client.commit(batch.commands, id=identity, message=message, wait=wait)
        return Answer(
            outcome.position,
            tuple(Reason(*finding) for finding in outcome.findings) if outcome.status == "rejected" else (),
        )

    return ask


class _Rejects:
    """A file that is there only if a row was refused; begun anew by each import, since each meets the same refusals."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def __call__(self, refusal: "Refusal") -> None:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8")
        findings = [reason._asdict() for reason in refusal.reasons]
        line = {"row": refusal.line.number, "data": refusal.line.row, "findings": findings}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
