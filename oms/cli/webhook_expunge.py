"""`oms webhook expunge`: what was sent and answered goes out of tries, said with a reason."""

from typing import Annotated

import typer

from oms.cli.failures import Exit, Failure
from oms.cli.options import Branch, Sending
from oms.cli.webhook_secrets import sent_with_secrets
from oms.cli.webhook_tries import Name, micros


def expunge(
    name: Name,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the log.")],
    position: Annotated[
        int | None, typer.Option("--position", min=1, help="Of the event there alone.", show_default=False)
    ] = None,
    before: Annotated[
        str | None, typer.Option("--before", help="Of tries before: a date or an instant.", show_default=False)
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Of all tries up to now.")] = False,
    branch: Branch = None,
    *,
    said: Sending,
) -> None:
    """Take out of tries what was sent and answered. Of a deleted one, too. How they ended stays, and so does the event in the log."""
    from adapters import system_clock
    from events.wire.instants import to_text

    if position is None and before is None and not all_:
        raise Failure("it is not said of which tries", "--position, --before or --all", Exit.USAGE)
    if all_ and (before is not None or position is not None):
        raise Failure("--all is of all tries", "leave it out, or --before and --position", Exit.USAGE)
    moment = to_text(system_clock.now() if before is None else micros(before))
    data = {"subscription": name, "before": moment, "position": position, "reason": reason}
    sent_with_secrets("ExpungeSubscriptionTries", data, said, branch)
