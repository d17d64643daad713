"""`oms blame`: who said what of one entity is so."""

from typing import TYPE_CHECKING

from oms.cli.cutting import Reading, cut_at, versions
from oms.cli.options import spread
from oms.cli.output import cell, complain, print_json, print_rows
from oms.cli.show import EntityKey, TypeName

if TYPE_CHECKING:
    from queries.blame import Blame

COLUMNS = ["field", "value", "position", "when", "who", "commit", "why"]


@spread
def blame(
    type_name: TypeName,
    key: EntityKey = None,
    *,
    asked: Reading,
) -> None:
    """Show who said last what each field of one thing is. When, on behalf of whom, in which commit."""
    from queries import blame as queries_blame
    from queries.called import in_names

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        cut = cut_at(opened, settings.branch, asked.as_of)
        told = queries_blame.blame(cut, type_name, key)
        values = [
            cell(each.value) if each.path == "/rid" else in_names(cut.state, cell(each.value)) for each in told.fields
        ]
    if asked.as_json:
        print_json(told.json())
        return
    print_rows(_rows(told, values), COLUMNS, as_json=False)
    for parked in told.parked:
        complain(
            f"position {parked.position} is not in this answer: {parked.reason} ({parked.code}); see `oms dead list`"
        )


def _rows(told: "Blame", values: list[str]) -> list[dict[str, str]]:
    from events.wire.instants import to_text

    rows = []
    for field, value in zip(told.fields, values, strict=True):
        by = field.version
        behalf = f" on behalf of {by.on_behalf_of}" if by.on_behalf_of else ""
        rows.append({
            "field": field.path, "value": value, "position": str(by.since), "when": to_text(by.time),
            "who": by.author + behalf, "commit": by.commit[:12], "why": by.message,
        })  # fmt: skip
    return rows
