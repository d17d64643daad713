"""`oms schema`: what the types of a branch are, how they differ from others, and how they travel elsewhere."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from oms.cli.cutting import MOMENT, MinPosition, Reading, cut_at, versions
from oms.cli.failures import Exit
from oms.cli.options import Deadline, Folder, spread
from oms.cli.output import Json, console, print_json, print_rows
from oms.cli.schema_exchange import export, import_

if TYPE_CHECKING:
    from events.schema.schema_change import Severity
    from queries.schema_diff import Graded

app = typer.Typer(
    help="The schema of a branch: what it is, how it changes and travels.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
PLACE = f"BRANCH, or BRANCH@MOMENT; MOMENT is {MOMENT}"
_STYLES: "dict[Severity, str]" = {"MAJOR": "bold red", "REVIEW": "bold magenta", "MINOR": "yellow", "PATCH": "dim"}


@app.command("list")
@spread
def list_(
    *,
    asked: Reading,
) -> None:
    """List what the schema consists of. Types, and what they are made of."""
    from events.schema.kinds import KINDS

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        cut = cut_at(opened, settings.branch, asked.as_of)
        states = [(kind, version.state) for kind in KINDS for version in cut.valid(f"{kind}/")]
    rows = [
        {"kind": KINDS[kind]} | {name: state.get(name) for name in ("name", "status", "title", "rid")}
        for kind, state in states
        if not state.get("deleted")
    ]
    if not asked.as_json:
        rows = [row | {"status": row["status"] or "active"} for row in rows]
    print_rows(rows, ["kind", "name", "status", "title"], as_json=asked.as_json)


app.command("export")(export)
app.command("import")(import_)


@app.command("diff")
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help=f"The schema that is, with its data: {PLACE}.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The schema that shall be: the same.")],
    check: Annotated[bool, typer.Option("--check", help="End with exit code 1 if a change is MAJOR.")] = False,
    min_position: MinPosition = 0,
    deadline: Deadline = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Show how the schema of B differs from that of A. How grave each change is, and which data of A would break it."""
    from oms.settings import load
    from queries.schema_diff import gravest, schema_diff

    settings = load({"folder": folder, "deadline": deadline}).settings
    with versions(settings, min_position) as opened:
        one, other = (cut_at(opened, *_place(text)) for text in (before, after))
        found = schema_diff(one, other)
    gravest_of_all = gravest(found)
    if as_json:
        ends = {name: {"branch": cut.branch, "position": cut.position} for name, cut in (("from", one), ("to", other))}
        print_json({**ends, "severity": gravest_of_all, "changes": [each.json() for each in found]})
    else:
        _print(found)
    if check and gravest_of_all == "MAJOR":
        raise typer.Exit(Exit.REFUSED)


@app.command("impact")
@spread
def impact(
    type_name: Annotated[str, typer.Argument(metavar="TYPE", help="API name of an element, its slug or RID.")],
    property_name: Annotated[
        str | None,
        typer.Argument(
            metavar="PROPERTY", help="One of its properties. Without it: the type as a whole.", show_default=False
        ),
    ] = None,
    *,
    asked: Reading,
) -> None:
    """Show what a change of an element or a property would reach. All that stands at it, counted."""
    from queries import impact as impacts

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        found = impacts.impact(cut_at(opened, settings.branch, asked.as_of), type_name, property_name)
    if asked.as_json:
        print_json(found.json())
        return
    out = console()
    out.print(found.type if found.property is None else f"{found.type}.{found.property}", style="bold", end="  ")
    out.print(f"{found.branch} at position {found.position}", style="dim")
    for each in found.found:
        out.print(f"  {each.what:13} {each.name}{'' if each.number is None else f'  {each.number:,}'}")


def _place(text: str) -> tuple[str, str]:
    branch, _, moment = text.partition("@")
    return branch, moment or "now"


def _print(found: "list[Graded]") -> None:
    out = console()
    for each in found:
        data = each.violations
        broken = "" if data is None else f"  [{data.number:,} in the way]" if data.number else "  [no data in the way]"
        by = f"  migrate by {', '.join(each.migrate_by)}" if each.migrate_by else ""
        out.print(
            f"{each.severity:6} {each.change.code:18} {each.change.text}{broken}{by}", style=_STYLES[each.severity]
        )
        if data is not None and data.number:
            more = ", …" if data.number > len(data.samples) else ""
            out.print(f"{'':26}{', '.join(data.samples)}{more}", style="dim")
    counted = Counter(each.severity for each in found)
    out.print(", ".join(f"{counted[severity]} {severity}" for severity in _STYLES if counted[severity]) or "the same")
