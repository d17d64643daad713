"""`oms documents put`: documents of any size into properties of objects."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.connecting import connected, run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Branch, Sending, spread
from oms.cli.sending import show as show_outcome

if TYPE_CHECKING:
    from oms.client import Client, Outcome

app = typer.Typer(
    help="Large documents, and Markdown files with metadata.", no_args_is_help=True, rich_markup_mode=None
)
BATCH_BYTES = 900_000  # of sections in one command

File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)]


@app.callback()
def _family() -> None:
    pass


@app.command("put")
@spread
def put(
    type_name: Annotated[str, typer.Argument(metavar="TYPE", help="API name of the object type.")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="Primary key of the object, which must be there.")],
    name: Annotated[str, typer.Argument(metavar="PROPERTY", help="An unfoldable json property.")],
    file: File,
    branch: Branch = None,
    wait: Annotated[str, typer.Option("--wait", help="outbox, log or projected:<view>.")] = "outbox",
    *,
    said: Sending,
) -> None:
    """Put a document of any size into a property. A JSON file, or a text; what is stored is not written twice."""
    from documents.splitting import split

    value = _document(file)
    try:
        found = split(value)
    except ValueError as wrong:
        raise Failure(f"{file} cannot be kept in sections: {wrong}", code=Exit.USAGE) from None
    stored = value if found is None else found.stub.json()

    async def work() -> "Outcome":
        async with connected(**said.flags(branch)) as client:
            patch = {"type": type_name, "key": key, "patch": {name: stored}}
            if found is not None:
                would = await client.send("UpdateObject", patch, dry_run=True)
                lacking = [each.code for each in would.findings] == ["SECTION_UNKNOWN"]
                refused = await _sent(client, list(found.sections.values())) if lacking else None
                if refused is not None:
                    return refused
            return await client.send("UpdateObject", patch, message=said.message, wait=wait)

    show_outcome(run(work()), said.flags(branch), as_json=said.as_json)


async def _sent(client: "Client", sections: list[Any]) -> "Outcome | None":
    """The outcome of the first batch that was refused."""
    from oms.cli.progress import Progress

    with Progress("storing", "sections") as told:
        done = 0
        for batch in _batches(sections):
            outcome = await client.send("StoreSections", {"sections": batch})
            if outcome.status == "rejected":
                return outcome
            done += len(batch)
            told(done)
    return None


def _batches(sections: list[Any]) -> Iterator[list[Any]]:
    from documents.sections import encoded

    batch: list[Any] = []
    size = 0
    for each in sections:
        more = len(encoded(each)) + 1
        if batch and size + more > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += more
    yield batch


def _document(file: Path) -> Any:
    text = file.read_text(encoding="utf-8")
    if file.suffix.lower() != ".json":
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise Failure(f"{file} is no JSON: {error}", code=Exit.USAGE) from None
