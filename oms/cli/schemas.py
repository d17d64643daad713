"""`oms schemas`: the contracts at the edges, as they lie beside the code."""

import json
from pathlib import Path
from typing import Annotated

import typer

from oms.cli.failures import Exit, Failure
from oms.cli.output import Json, print_json, print_rows


def schemas(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="Which one to print, e.g. object.created.v1 or asyncapi.", show_default=False
        ),
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", help="Copy all of them into this folder.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """List or print the schemas of commands and events. And the AsyncAPI document; or copy all into a folder."""
    found = _files()
    if into is not None:
        print_rows(
            [{"schema": key, "file": str(_copy(source, into))} for key, source in found.items()],
            ["schema", "file"],
            as_json=as_json,
        )
    elif name is None:
        print_rows(
            [{"schema": key, "bytes": source.stat().st_size} for key, source in found.items()],
            ["schema", "bytes"],
            as_json=as_json,
        )
    else:
        found_one = _one(name, found)
        print_json(found_one) if as_json else typer.echo(json.dumps(found_one, ensure_ascii=False, indent=2))


def _one(name: str, found: dict[str, Path]) -> object:
    from difflib import get_close_matches

    if name not in found:
        near = get_close_matches(name, found, 3)
        raise Failure(
            f"no schema {name!r}",
            f"did you mean {' or '.join(near)}?" if near else "`oms schemas` lists all",
            Exit.USAGE,
        )
    return json.loads(found[name].read_text(encoding="utf-8"))


def _files() -> dict[str, Path]:
    import schemas as package

    files = sorted(path for folder in package.__path__ for path in Path(folder).rglob("*.json"))
    return {path.name.removesuffix(".json"): path for path in files}


def _copy(source: Path, into: Path) -> Path:
    """Below `into` as below `schemas/`: names differ by more than their case there."""
    parts = source.parts
    target = into.joinpath(*parts[len(parts) - parts[::-1].index("schemas") :])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())
    return target
