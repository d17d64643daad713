"""What `oms replay` does with a moment that was found in the log: explain, stream, build, or count what was there."""

import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from oms.cli.failures import Exit, Failure
from oms.cli.output import print_fields, print_rows
from oms.cli.progress import Progress

if TYPE_CHECKING:
    from oms.settings import Settings
    from oms.sources import Source
    from queries.folded import Folded
    from queries.states import Kept
    from queries.upto import End
    from queries.wanted import Wanted


class Asked(NamedTuple):
    from_log: str
    as_of: str
    until: int | None
    since: str | None
    branches: list[str]
    types: list[str]
    views: list[str]
    into: Path | None
    onto: Path | None
    snapshots: bool
    explain: bool
    prove: bool
    as_json: bool


class Found(NamedTuple):
    """What was asked, found in the log."""

    asked: Asked
    settings: "Settings"
    log: "Source"
    end: "End"
    wanted: "Wanted"
    told: Progress


async def explain(found: Found) -> None:
    """What would be read, and why."""
    from queries.snapshots import nearest_named

    asked, end = found.asked, found.end
    begun, why = 0, "nothing is at hand that it could go on from"
    if asked.since is not None:
        begun, why = await _since(found, asked.since), "all behind that moment"
    elif asked.onto is not None:
        why = f"from where {asked.onto} is"
    elif asked.into is None and (kept := _kept(found)):
        rests = await nearest_named(kept.snapshots, found.log, end.position)
        if rests:
            begun, why = rests.position, "behind the nearest snapshot"
    fields = {
        "from log": found.log.name,
        **_of_end(end),
        "last of the log": await found.log.last(),
        "branches": sorted(found.wanted.branches) if found.wanted.branches is not None else "all",
        "types": sorted(found.wanted.slugs) if found.wanted.slugs is not None else "all",
        "views": asked.views or ("versions, audit" if asked.into else "none: states in memory"),
        "reads": f"{end.position - begun:,} events: {begun + 1:,} to {end.position:,}"
        if end.position > begun
        else "none",
        "because": why,
    }
    print_fields(fields, as_json=asked.as_json)


async def _since(found: Found, since: str) -> int:
    from queries.moments import moment
    from queries.upto import end_of

    return (await end_of(found.log, moment(since))).position


async def stream(found: Found, since: str) -> None:
    from queries.folded import fact
    from queries.upto import UpTo

    begun = await _since(found, since)
    found.told.skip(begun)
    async with aclosing(UpTo(found.log, found.end.position).read(begun)) as chunks:
        async for chunk in chunks:
            for _, _, body in chunk:
                event = fact(body)
                if found.wanted(event.branch, event.subject):
                    sys.stdout.write(body.decode() + "\n")
            found.told(chunk[-1].position)


async def build(found: Found, into: Path) -> None:
    from adapters.sqlite_versions_reader import reading
    from oms import replaying
    from oms.apart import Apart
    from queries.checksums import checksum, of_view
    from queries.upto import UpTo

    asked = found.asked
    plan = replaying.Plan(found.settings.ontology, found.end, asked.views, found.wanted, asked.onto)
    try:
        beside = Apart(asked.from_log, found.settings)
        built = await replaying.build(plan, UpTo(found.log, found.end.position), into, found.told, beside)
    except (replaying.AlreadyThere, LookupError) as wrong:
        raise Failure(str(wrong), code=Exit.USAGE) from wrong
    fields: dict[str, Any] = {
        "into": str(into),
        **_of_end(found.end),
        "hash": built.reached.hash,
        "parked": built.parked,
    }
    if any(model.projector.name == "versions" for model in plan.models):
        with reading(plan.made(into, "versions")) as versions:
            fields["checksum"] = checksum(of_view(versions, found.end.position, found.wanted))
    _print_end(found, fields, built.begun)


async def summary(found: Found) -> None:
    """How much of what was there, on each branch that wrote something; of branches that were asked for, all they see."""
    from events import catalog
    from queries.checksums import checksum, of_fold
    from queries.states import states
    from queries.upto import UpTo

    feed, asked = UpTo(found.log, found.end.position), found.asked
    fold = await states(found.settings.ontology, feed, catalog.proven, catalog.evolve, found.told, _kept(found))
    rows = _counted(fold, found)
    fields = {**_of_end(found.end), "checksum": checksum(of_fold(fold, found.wanted))}
    if asked.as_json:
        _print_end(found, {**fields, "counts": rows})
    else:
        print_rows(rows, ["branch", "what", "there", "deleted"], as_json=False)
        _print_end(found, fields)


def _counted(fold: "Folded", found: Found) -> list[dict[str, Any]]:
    alive: Counter[tuple[str, str]] = Counter()
    deleted: Counter[tuple[str, str]] = Counter()
    seen: Iterable[tuple[str, Any]] = [(branch, fold.seen(branch)) for branch in found.asked.branches] or [
        (branch, mine.items()) for branch, mine in fold.held.items()
    ]
    for branch, entities in seen:
        for key, held in entities:
            if not found.wanted(branch, key):
                continue
            aggregate, _, rest = key.partition("/")
            kind = f"{aggregate} {rest.partition('/')[0]}" if aggregate in {"object", "link"} else aggregate
            state = held.state
            (deleted if state and state.get("deleted") else alive)[branch, kind] += 1
    return [
        {"branch": branch, "what": kind, "there": alive[branch, kind], "deleted": deleted[branch, kind]}
        for branch, kind in sorted({*alive, *deleted})
    ]


def _print_end(found: Found, fields: dict[str, Any], begun: int = 0) -> None:
    if found.asked.prove:
        fields["live view"] = live = _live(found)
    fields |= {
        "seconds": round(found.told.seconds, 2),
        "rate": round((found.end.position - begun) / found.told.seconds),
    }
    print_fields(fields, as_json=found.asked.as_json)
    if found.asked.prove and live != fields.get("checksum"):
        raise Failure(
            f"the live view's checksum as of position {found.end.position:,} is another",
            "`oms verify versions` names the first row that differs",
        )


def _live(found: Found) -> str:
    from oms.shelves import kept
    from queries.checksums import checksum, of_view

    with kept(found.settings) as shelves, shelves.versions() as versions:
        if versions.position() < found.end.position:
            text = f"the live view is at position {versions.position():,}, not yet at {found.end.position:,}"
            raise Failure(text, "let `oms up` go on, then ask again", Exit.UNAVAILABLE)
        return checksum(of_view(versions, found.end.position, found.wanted))


def _of_end(end: "End") -> dict[str, Any]:
    from events.wire.instants import to_text

    return {
        "position": end.position,
        "time": to_text(end.time) if end.position else None,
        "commit": end.commit or None,
    }


def _kept(found: Found) -> "Kept | None":
    from adapters.snapshot_folder import SnapshotFolder
    from queries.states import Kept

    every = found.settings.snapshot_every
    if not (every and found.asked.snapshots):
        return None
    return Kept(SnapshotFolder(found.settings.folder / "snapshots" / found.settings.ontology), every)
