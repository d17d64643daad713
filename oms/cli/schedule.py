"""`oms schedule`: commands that are sent at their times, and what became of them."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from oms.cli.connecting import run as run_
from oms.cli.cutting import Reading, cut_at, versions
from oms.cli.failures import Exit, Failure
from oms.cli.options import Branch, Sending, spread
from oms.cli.output import counted, print_fields, print_json, print_rows
from oms.cli.schedule_terms import Terms, day, member
from oms.cli.sending import SEEN, send_given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from events.schedules.running import Run
    from oms.settings import Settings

app = typer.Typer(help="Commands that are sent at their times.", no_args_is_help=True, rich_markup_mode=None)
_COLUMNS: Final = ("name", "status", "when", "zone", "command", "branch", "author", "next")
_RUNS: Final = ("nominal", "trigger", "status", "position", "late", "ms", "findings")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The schedule's name.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why.", show_default=False)]


@app.command()
@spread
def create(
    name: Name,
    branch: Branch = None,
    *,
    terms: Terms,
    said: Sending,
) -> None:
    """Send a command at a time, every so often or by cron, as you. Its data is checked now."""
    if terms.command is None:
        raise Failure("nothing is said that is to be sent", "say --command, and --data", Exit.USAGE)
    send_given("CreateSchedule", {"name": name, **terms.said()}, said, branch, SEEN)


@app.command()
@spread
def update(
    name: Name,
    no: Annotated[
        list[str] | None,
        typer.Option("--no", help="Take away: until, max-runs, calendar, except, description; may be repeated."),
    ] = None,
    branch: Branch = None,
    *,
    terms: Terms,
    said: Sending,
) -> None:
    """Say it otherwise, for runs from now on. What is not given stays; it runs as you."""
    taken = dict.fromkeys(member(each) for each in no or ())
    send_given("UpdateSchedule", {"schedule": name, **terms.said()}, said, branch, SEEN, taken)


@app.command()
@spread
def pause(name: Name, reason: Reason = None, branch: Branch = None, *, said: Sending) -> None:
    """Run no more until it is resumed. What would have run meanwhile does not."""
    send_given("PauseSchedule", {"schedule": name, "reason": reason}, said, branch, SEEN)


@app.command()
@spread
def resume(name: Name, branch: Branch = None, *, said: Sending) -> None:
    """Run again, from the next time on."""
    send_given("ResumeSchedule", {"schedule": name}, said, branch, SEEN)


@app.command()
@spread
def run(name: Name, reason: Reason = None, branch: Branch = None, *, said: Sending) -> None:
    """Run once more, now. What became of it: oms schedule history NAME."""
    send_given("RunScheduleNow", {"schedule": name, "reason": reason}, said, branch, SEEN)


@app.command()
@spread
def delete(name: Name, branch: Branch = None, *, said: Sending) -> None:
    """It is over. Its name may be given again."""
    send_given("DeleteSchedule", {"schedule": name}, said, branch, SEEN)


@app.command("list")
@spread
def list_(
    deleted: Annotated[bool, typer.Option("--deleted", help="Those that are over, too.")] = False,
    *,
    asked: Reading,
) -> None:
    """List schedules. When each runs next."""
    import time

    from oms.runs import standings
    from queries.schedules import schedules

    settings = asked.settings()
    now = time.time_ns() // 1_000
    with versions(settings, asked.min_position) as opened:
        found = schedules(cut_at(opened, settings.branch, asked.as_of), run_(standings(settings)), deleted=deleted)
        print_rows(
            [each.json(now) if asked.as_json else each.row(now) for each in found], _COLUMNS, as_json=asked.as_json
        )


@app.command()
@spread
def show(name: Name, *, asked: Reading) -> None:
    """Show a schedule. What it says, when it runs next, and how often it changed."""
    import time

    from oms.runs import standings
    from queries.schedules import history, schedule

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        cut = cut_at(opened, settings.branch, asked.as_of)
        told = schedule(cut, name, run_(standings(settings))).json(time.time_ns() // 1_000)
        changes = [{"position": each.since, "status": each.state["status"]} for each in history(cut, name)]
    if asked.as_json:
        print_json(told | {"history": changes})
        return
    print_fields(told, as_json=False)
    typer.echo(f"{counted(len(changes), 'version')}, the last at position {changes[-1]['position']:,}")


@app.command("next")
@spread
def next_(
    name: Name,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="How many.")] = 10,
    after: Annotated[
        str | None, typer.Option("--after", help="Behind then, RFC 3339; else now.", show_default=False)
    ] = None,
    *,
    asked: Reading,
) -> None:
    """Show when a schedule runs next. In its own time zone, too."""
    import time

    from events.wire.instants import NotAnInstant, from_text
    from oms.runs import standings
    from queries.schedules import schedule, told_time

    settings = asked.settings()
    try:
        behind = None if after is None else from_text(after)
    except NotAnInstant as error:
        raise Failure(f"--after: {error}", "write 2026-01-31T12:00:00Z", Exit.USAGE) from None
    with versions(settings, asked.min_position) as opened:
        found = schedule(cut_at(opened, settings.branch, asked.as_of), name, run_(standings(settings)))
        rows = [told_time(found, each) for each in found.next(time.time_ns() // 1_000, limit, behind)]
    print_rows(rows, ("time", "local"), as_json=asked.as_json)


@app.command()
@spread
def history(
    name: Name,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many, the last ones first.")] = 20,
    failed: Annotated[bool, typer.Option("--failed", help="Only those that were rejected, skipped or missed.")] = False,
    *,
    asked: Reading,
) -> None:
    """Show what became of runs, the last first. With --json also what was sent."""
    from oms.runs import told
    from queries.schedules import schedule

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        identity = str(schedule(cut_at(opened, settings.branch, asked.as_of), name).state["id"])
    found = run_(_last(settings, identity, limit))
    found = [each for each in found if not failed or each.status in ("rejected", "skipped", "missed")]
    print_rows([told(each) if asked.as_json else _row(each) for each in found], _RUNS, as_json=asked.as_json)


@app.command()
@spread
def calendars(*, asked: Reading) -> None:
    """List calendars. On their days, schedules that name them do not run."""
    from queries.schedules import calendars as calendars_of

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        found = calendars_of(cut_at(opened, settings.branch, asked.as_of))
    shown = [{name: each.get(name) for name in ("name", "description", "days")} for each in found]
    print_rows(shown, ("name", "description", "days"), as_json=asked.as_json)


@app.command()
@spread
def calendar(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The calendar's name.")],
    days: Annotated[
        list[str] | None,
        typer.Option("--day", help="DAY or DAY..DAY: 2026-02-16, 12-25 of every year, SAT; all of them, repeated."),
    ] = None,
    delete_: Annotated[bool, typer.Option("--delete", help="It is over.")] = False,
    branch: Branch = None,
    *,
    said: Sending,
) -> None:
    """Make a calendar, or give it other days. Or delete it."""
    if delete_ == bool(days):
        raise Failure("neither days are given, nor is it to go", "say --day, or --delete", Exit.USAGE)
    if delete_:
        send_given("DeleteCalendar", {"calendar": name}, said, branch, SEEN)
    else:
        send_given("SetCalendar", {"name": name, "days": [day(each) for each in days or ()]}, said, branch, SEEN)


async def _last(settings: "Settings", identity: str, limit: int) -> "Sequence[Run]":
    from oms.runs import runs

    async with runs(settings) as kept:
        return await kept.last(identity, limit)


def _row(run: "Run") -> dict[str, Any]:
    from events.wire.instants import to_text

    late = None if run.begun is None else f"{(run.begun - run.due) / 1e6:.3f} s"
    taken = None if run.begun is None or run.ended is None else round((run.ended - run.begun) / 1_000)
    return {
        "nominal": to_text(run.nominal), "trigger": run.trigger, "status": run.status, "position": run.position,
        "late": late, "ms": taken, "findings": "; ".join(f"{code}: {text}" for code, _, text in run.findings),
    }  # fmt: skip
