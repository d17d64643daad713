"""`oms history`: every version of one entity, as a timeline."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from oms.cli.changes import print_changes
from oms.cli.cutting import Reading, cut_at, versions
from oms.cli.options import spread
from oms.cli.output import complain, console, print_json
from oms.cli.show import EntityKey, TypeName

if TYPE_CHECKING:
    from queries.timeline import History


@spread
def history(
    type_name: TypeName,
    key: EntityKey = None,
    *,
    asked: Reading,
) -> None:
    """Show how an object, a link or a type came to be. Who changed what, when."""
    from queries import timeline
    from queries.called import in_names

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        told = timeline.history(cut_at(opened, settings.branch, asked.as_of), type_name, key)
        if asked.as_json:
            print_json(told.json())
        else:
            title = told.type if key is None else f"{told.type} {told.key}"
            _print(title, told, lambda position: partial(in_names, cut_at(opened, told.branch, str(position)).state))
    for parked in () if asked.as_json else told.parked:
        complain(
            f"position {parked.position} is not in this answer: {parked.reason} ({parked.code}); see `oms dead list`"
        )


def _print(title: str, told: "History", named: Callable[[int], Callable[[str], str]]) -> None:
    """`named` gives what puts names for RIDs as they were at a position."""
    from events.wire.instants import to_text

    out = console()
    out.print(title, style="bold", end="  ")
    out.print(
        f"{told.branch} at position {told.position}, {len(told.steps)} version{'s' * (len(told.steps) > 1)}",
        style="dim",
    )
    for step in told.steps:
        out.print(f"● {step.position}", style="bold cyan", end="  ")
        behalf = f" on behalf of {step.on_behalf_of}" if step.on_behalf_of else ""
        out.print(f"{to_text(step.time)}  {step.event} by {step.author}{behalf}", end="  ")
        out.print(f"{step.branch}  commit {step.commit[:12]}", style="dim")
        for line in step.message.splitlines():
            out.print(f"│   {line}", style="italic")
        if step.effective != step.time:
            out.print(f"│   valid from {to_text(step.effective)}")
        if step.reason:
            out.print(f"│   reason: {step.reason}", style="red")
        print_changes(step.changes, margin="│   ", named=named(step.position))
