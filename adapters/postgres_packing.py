"""Packs closed versions in a PostgreSQL schema (`version_packing`), beside whoever writes to it."""

from adapters.postgres_saying import PostgresSaying
from adapters.postgres_session import PostgresSession
from adapters.postgres_versions import packed_states
from adapters.version_packing import plan, write


def pack(session: PostgresSession, before: int) -> int | None:
    """See `oms.shelves.Kept.pack`; ends the session's transaction."""
    say = PostgresSaying(session)
    made = plan(say, packed_states(session), before)
    if made is None:
        return None
    written = write(say, made)
    session.run("COMMIT")
    return len(made.deltas) if written else 0
