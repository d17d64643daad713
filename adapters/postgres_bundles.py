"""What left the tables of a versions view in PostgreSQL for bundles; few views have any, and Arrow takes a while to import."""

from functools import partial
from typing import TYPE_CHECKING

from adapters.postgres_session import PostgresSession
from projectors.verify import Range

if TYPE_CHECKING:
    from adapters.bundled_versions import BundledVersions


def bundles(session: PostgresSession, without_broken: bool = False) -> "BundledVersions | None":
    """`None` where nothing left."""
    if session.value("SELECT to_regclass('bundles')") is None or not session.value("SELECT 1 FROM bundles LIMIT 1"):
        return None
    from adapters.bundled_versions import BundledVersions
    from adapters.postgres_saying import PostgresSaying

    return BundledVersions(PostgresSaying(session), without_broken)


def move(session: PostgresSession, before: int) -> int | None:
    """See `oms.shelves.Kept.move`; ends the session's transaction."""
    from adapters.postgres_saying import PostgresSaying
    from adapters.postgres_versions import packed_states, told
    from adapters.postgres_view import complete
    from adapters.version_moving import plan, write

    complete(session)
    say, packed = PostgresSaying(session), packed_states(session)
    made = plan(say, partial(told, packed=packed), packed, before)
    if made is None:
        return None
    written = write(say, made)
    session.run("COMMIT")
    return len(made.gone) if written else 0


def mend(session: PostgresSession, range_: Range) -> None:
    """What of a range that was written again in its tables had left them; within a transaction."""
    if not session.value("SELECT 1 FROM moving WHERE position > 0"):
        return
    from adapters.bundle_mending import mend_bundles
    from adapters.postgres_saying import PostgresSaying
    from adapters.postgres_versions import packed_states, told

    mend_bundles(PostgresSaying(session), partial(told, packed=packed_states(session)), range_)
