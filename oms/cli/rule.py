"""`oms rule`: the rules of a branch, and which objects would not pass one. They are made and changed by `oms send`."""

from typing import Annotated

import typer

from oms.cli.cutting import Reading, cut_at, versions
from oms.cli.failures import Exit
from oms.cli.options import spread
from oms.cli.output import counted, print_json, print_rows

app = typer.Typer(
    help="The rules of a branch, and what does not keep to them.", no_args_is_help=True, rich_markup_mode=None
)
_COLUMNS = ("name", "on", "changes", "severity", "enabled", "expression")


@app.callback()
def _family() -> None:
    pass


@app.command("list")
@spread
def list_(
    *,
    asked: Reading,
) -> None:
    """Show the rules of a branch."""
    from queries.rules import rules

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        rows = [each.json() for each in rules(cut_at(opened, settings.branch, asked.as_of))]
    if not asked.as_json:
        rows = [row | {"changes": ",".join(row["changes"])} for row in rows]
    print_rows(rows, _COLUMNS, as_json=asked.as_json)


@app.command("check")
@spread
def check(
    name: Annotated[str, typer.Argument(metavar="RULE", help="API name of the rule, its slug or RID.")],
    *,
    asked: Reading,
) -> None:
    """Ask a rule, in force or not, of every object. Ends with exit code 1 if any does not pass."""
    import time

    from queries import rules

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        cut = cut_at(opened, settings.branch, asked.as_of)
        told = rules.checked(cut, rules.rule(cut, name), settings.author, time.time_ns() // 1000)
    if asked.as_json:
        print_json({"position": cut.position, **told._asdict()})
    else:
        end = f"{told.failed:,} against" if told.failed else "all pass"
        typer.echo(f"{counted(told.asked, 'object')}, {end} {name}")
        for text in told.samples:
            typer.echo(f"  {text}")
    if told.failed:
        raise typer.Exit(Exit.REFUSED)
