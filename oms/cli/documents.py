"""`oms documents`: what Markdown files say in metadata frames; large documents are put by `oms.cli.large_documents`."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.cutting import Reading, cut_at, versions
from oms.cli.failures import Exit, Failure
from oms.cli.importing import carry_out, imported
from oms.cli.large_documents import app
from oms.cli.options import Author, Branch, Deadline, Folder, Ontology, Wait, spread
from oms.cli.output import Json, print_json, print_rows
from oms.cli.texts import text_of

if TYPE_CHECKING:
    from documents.frames import Frame, Source
    from oms.importing.mapping import RowMapping
    from queries.cuts import Cut

MarkdownFile = Annotated[Path, typer.Argument(metavar="FILE", help="A Markdown file.", exists=True, dir_okay=False)]
MarkdownFiles = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help="Markdown files.", exists=True, dir_okay=False)
]


@app.command("outline")
def outline(file: MarkdownFile, as_json: Json = False) -> None:
    """Show the headings, frames and references of a Markdown file."""
    from documents.frames import outline as headings_of
    from documents.frames import sections

    source = _read(file)
    headings = headings_of(source)
    if as_json:
        told = [
            {"headings": list(each.headings), "text": each.text, "references": [r._asdict() for r in each.references]}
            | (_frame(source, each.frame) if each.frame else {})
            for each in sections(source)
        ]
        problems = [each._asdict() for each in source.problems]
        print_json({"headings": [each._asdict() for each in headings], "sections": told, "problems": problems})
        return
    rows = [{"line": h.line, "what": f"{'  ' * (h.level - 1)}{h.text}", "values": ""} for h in headings]
    rows += [
        {"line": f.place.line, "what": f"frame {index}: {f.type or 'no type'}", "values": f.values}
        for index, f in enumerate(source.frames)
    ]
    print_rows(sorted(rows, key=lambda row: int(str(row["line"]))), ["line", "what", "values"], as_json=False)
    _tell(_problems([(file, source)], None), as_json=False)


@app.command("check")
@spread
def check(
    files: MarkdownFiles,
    *,
    asked: Reading,
) -> None:
    """Hold frames against the types that they name. Ends with exit code 1 if any is wrong."""
    settings = asked.settings()
    sources = [(file, _read(file)) for file in files]
    with versions(settings, asked.min_position) as opened:
        rows = list(_problems(sources, cut_at(opened, settings.branch, asked.as_of)))
    _tell(rows, as_json=asked.as_json)
    if rows:
        raise typer.Exit(Exit.REFUSED)
    if not asked.as_json:
        typer.echo(f"{sum(len(source.frames) for _, source in sources):,} frames, nothing is wrong")


@app.command("set")
def set_(
    file: MarkdownFile,
    path: Annotated[str, typer.Argument(metavar="PATH", help="JSON Pointer in the frame: /title, /parts/0/name.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="JSON; what is none is a text.")],
    frame: Annotated[int, typer.Option("--frame", min=0, help="Which frame, see `oms documents outline`.")] = 0,
    as_json: Json = False,
) -> None:
    """Set one value of a frame. No other byte of the file changes."""
    from documents.frames import EditRefused, with_value

    before = text_of(file)
    try:
        after = with_value(before, frame, path, _value(value))
    except EditRefused as refused:
        raise Failure(str(refused), code=Exit.REFUSED) from None
    if after != before:
        beside = file.with_name(f".{file.name}.new")
        beside.write_bytes(after.encode())
        beside.chmod(file.stat().st_mode)
        beside.replace(file)
    if as_json:
        print_json({"file": str(file), "frame": frame, "path": path, "changed": after != before})
    else:
        typer.echo("changed" if after != before else "unchanged")


@app.command("import")
def import_(
    files: MarkdownFiles,
    links: Annotated[
        list[str] | None,
        typer.Option("--link", help="A link type: what texts refer to becomes links of it.", show_default=False),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", help="The property that takes the text behind a frame.", show_default=False)
    ] = None,
    branch: Branch = None,
    author: Author = None,
    rejects: Annotated[
        Path, typer.Option("--rejects", help="Folder for the frames that were refused.", file_okay=False)
    ] = Path(),
    wait: Wait = "outbox",
    folder: Folder = None,
    ontology: Ontology = None,
    deadline: Deadline = None,
    as_json: Json = False,
) -> None:
    """Make objects of the metadata frames that name an object type. For anything else: `oms import` with a mapping."""
    flags = {"folder": folder, "ontology": ontology, "branch": branch, "author": author, "deadline": deadline}
    carry_out(
        lambda: _mapping(files, links or [], text, flags),
        lambda rule: imported(files, rule, (rejects, False), 1, wait, flags),
        as_json=as_json,
    )


def _mapping(files: Sequence[Path], links: Sequence[str], text: str | None, flags: dict[str, Any]) -> "RowMapping":
    from oms.importing.frames_mapping import LinkType, ObjectType, frames_mapping
    from oms.importing.mapping import MappingRefused
    from oms.importing.rows import rows
    from oms.settings import load
    from queries.naming import types

    settings = load(flags).settings
    with versions(settings) as opened:
        found = [each for each in types(cut_at(opened, settings.branch, "now")) if not each.state.get("deleted")]
    declared = {each.slug: each for each in found if each.kind == "objectType"}
    objects: dict[str, ObjectType] = {}
    for each in declared.values():
        names = {field: str(one["name"]) for field, one in each.state["properties"].items() if not one.get("removed")}
        key = [names[field] for field in each.state.get("primaryKey") or ()]
        objects[each.name] = ObjectType(each.name, key, list(names.values()))
    leading = {
        each.name: LinkType(each.name, declared[each.state["from"]].name, declared[each.state["to"]].name)
        for each in found
        if each.kind == "linkType" and {each.state["from"], each.state["to"]} <= declared.keys()
    }
    if unknown := [name for name in links if name not in leading]:
        raise MappingRefused(
            f"{', '.join(unknown)}: no link type is called so; there are {', '.join(leading) or 'none'}"
        )
    read = (line.row for file in files for line in rows(file) if line.row is not None)
    return frames_mapping(read, objects, [leading[name] for name in links], text)


def _problems(sources: "Sequence[tuple[Path, Source]]", cut: "Cut | None") -> Iterator[dict[str, Any]]:
    from queries.frames import problems

    for file, source in sources:
        found = list(source.problems)
        for frame in source.frames if cut is not None else ():
            assert cut is not None
            found += problems(cut, frame)
        for each in sorted(found, key=lambda problem: (problem.line, problem.column)):
            yield {"file": str(file), **each._asdict()}


def _tell(rows: "Iterator[dict[str, Any]] | list[dict[str, Any]]", *, as_json: bool) -> None:
    told = list(rows)
    if told or as_json:
        print_rows(told, ["file", "line", "column", "code", "text"], as_json=as_json)


def _frame(source: "Source", frame: "Frame") -> dict[str, Any]:
    told = {"frame": source.frames.index(frame), "type": frame.type, "line": frame.place.line}
    places = {path: {"line": place.line, "column": place.column} for path, place in frame.places.items()}
    return {**told, "values": frame.values, "places": places}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _read(file: Path) -> "Source":
    from documents.frames import read

    return read(text_of(file))
