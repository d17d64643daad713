"""What is asked of migrations."""

from typing import Annotated, Final, Literal

from pydantic import Field

from events.decider import Payload
from events.schema.values import Json

MigrationNamed = Annotated[str | int, Field(description="its number on the branch, or its RID")]


class PlannedChange(Payload):
    """A command that changes the schema and is refused for the data that is there."""

    type: Annotated[str, Field(description="a command that changes the schema, e.g. SetRequired")]
    data: Annotated[dict[str, Json], Field(description="as the command takes it")]


class Fix(Payload):
    """What becomes of data that does not fit."""

    kind: Annotated[
        Literal["default", "map", "drop", "cast", "first", "last", "redirect", "move"],
        Field(
            description="`default` another value, `map` each to its own, `drop` the value, the object or the link, "
            "`cast` what says the same, `first` or `last` of several, `redirect` to a link of another type, "
            "`move` to another property, key or type"
        ),
    ]
    value: Annotated[Json, Field(description="of `default`, and of `otherwise: default`")] = None
    values: Annotated[
        dict[str, Json] | None,
        Field(
            description="of `map`: new values by old ones; of `move` to another type: its properties by those of before"
        ),
    ] = None
    from_: Annotated[
        str | None, Field(alias="from", description="of `map`: the property, by API name, whose values are mapped")
    ] = None
    to: Annotated[
        str | None,
        Field(
            description="of `redirect`: link type, by API name, slug or RID; of `move`: property, by API name, "
            "also of the object that a reference names (`plane.seats`), or object type, by API name, slug or RID"
        ),
    ] = None
    links: Annotated[
        Literal["refuse", "follow"],
        Field(
            description="of `move` to another type: links that would keep an object from going, and references to it, "
            "`refuse` that, or `follow` it"
        ),
    ] = "refuse"
    otherwise: Annotated[
        Literal["refuse", "default", "drop"],
        Field(description="of `map`, `cast` and `move`: what becomes of other values; `refuse` stops the migration"),
    ] = "refuse"


def each_alone(fix: Fix) -> Fix:
    """As it looks at each entity by itself, without what stands round it."""
    return fix.model_copy(update={"links": "refuse"})


class PlanMigration(Payload):
    """Say how a change of the schema is to be made that the data stands against. Nothing is changed yet."""

    change: PlannedChange
    fix: Fix


class OfMigration(Payload):
    """A command about a migration."""

    migration: MigrationNamed


class ApproveMigration(OfMigration):
    """It may run. On a protected branch somebody else than who planned it says so."""


class RunMigration(OfMigration):
    """Begin: it goes on by itself, batch by batch. Migrations of a branch run in the order of their numbers."""


class PauseMigration(OfMigration):
    """Stand still behind the batch that was applied last."""

    reason: Annotated[str | None, Field(max_length=2_000, description="why")] = None


class ResumeMigration(OfMigration):
    """Go on where it stood still."""


class RevertMigration(OfMigration):
    """Take back what it changed, but what was written since; one that did not begin is taken off the list."""


class ApplyMigrationBatch(OfMigration):
    """Convert what comes next. OMS sends it itself as long as a migration runs; again, it decides nothing."""

    step: Annotated[int, Field(ge=0, description="how many batches were applied before")]


COMMANDS: Final[tuple[type[Payload], ...]] = (
    PlanMigration,
    ApproveMigration,
    RunMigration,
    PauseMigration,
    ResumeMigration,
    RevertMigration,
    ApplyMigrationBatch,
)
