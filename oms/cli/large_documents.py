"""`oms documents put`: documents of any size into properties of objects."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.connecting import connected, run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Branch, Sending, Wait, spread
from oms.cli.sending import show as show_outcome
from oms.cli.texts import text_of

if TYPE_CHECKING:
    from oms.client import Outcome

app = typer.Typer(
    help="Large documents, and Markdown files with metadata.", no_args_is_help=True, rich_markup_mode=None
)

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
    wait: Wait = "outbox",
    *,
    said: Sending,
) -> None:
    """Put a document of any size into a property. A JSON file, or a text; what is stored is not written twice."""
    from oms.cli.progress import Progress

    value = _document(file)

    async def work() -> "Outcome":
        async with connected(**said.flags(branch)) as client:
            with Progress("storing", "sections") as told:
                return await client.put(type_name, key, name, value, wait=wait, told=told, message=said.message)

    try:
        outcome = run(work())
    except ValueError as wrong:
        raise Failure(f"{file} cannot be kept in sections: {wrong}", code=Exit.USAGE) from None
    show_outcome(outcome, said.flags(branch), as_json=said.as_json)


def _document(file: Path) -> Any:
    text = text_of(file)
    if file.suffix.lower() != ".json":
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise Failure(f"{file} is no JSON: {error}", "mend it, or give it another ending", Exit.USAGE) from None
    except RecursionError:
        raise Failure(f"{file} is nested too deep", "make it flatter", Exit.USAGE) from None
