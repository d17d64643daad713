"""The extension `vector` of PostgreSQL: numbers as halves (f16), and an index that finds the nearest of them (HNSW)."""

from typing import Final

from asyncpg import FeatureNotSupportedError, InsufficientPrivilegeError, UndefinedFileError

from adapters.postgres_session import PostgresSession
from projectors.projector import ViewUnavailable

LEAST: Final = (0, 7)  # the first with halves
INDEXED: Final = 4_000  # dimensions; of more there is no index, and all are looked at
_REMEDY: Final = "have pgvector 0.7 or newer installed on the server (a package postgresql-<n>-pgvector), then `CREATE EXTENSION vector` as who may"


def vectors_of(session: PostgresSession, view: str) -> str:
    """The schema that the extension is in; made if it can be. In a transaction. Raises `ViewUnavailable` with the remedy."""
    found = session.row(_FOUND)
    if found is None:
        try:
            session.run("CREATE EXTENSION vector")
        except (FeatureNotSupportedError, UndefinedFileError) as error:
            raise ViewUnavailable(view, "PostgreSQL has no pgvector, which it is kept with", _REMEDY) from error
        except InsufficientPrivilegeError as error:
            raise ViewUnavailable(view, f"pgvector is not in this database: {error}", _REMEDY) from error
        found = session.row(_FOUND)
        assert found is not None, "it was made"
    schema, version = found
    if tuple(map(int, version.split(".")[:2])) < LEAST:
        remedy = "install pgvector 0.7 or newer on the server, then `ALTER EXTENSION vector UPDATE`"
        raise ViewUnavailable(view, f"its pgvector is {version}, which has no vectors of halves", remedy)
    return str(schema)


def partition(session: PostgresSession, space: int) -> None:
    """A table for the vectors of this space: it goes in one go."""
    session.run(f"CREATE TABLE IF NOT EXISTS vectors_{space} PARTITION OF vectors FOR VALUES IN ({space})")


def index(session: PostgresSession, space: int, dimensions: int) -> None:
    """Of what is in this table, and of what comes into it. At most of `INDEXED` dimensions."""
    session.run(
        f"CREATE INDEX IF NOT EXISTS vectors_{space}{SUFFIX} ON vectors_{space} "
        f"USING hnsw ((numbers::halfvec({dimensions})) halfvec_ip_ops) WITH (m = {LINKS}, ef_construction = {CONSIDERED})"
    )
    session.run(f"DROP INDEX IF EXISTS vectors_{space}_nearest")  # of earlier builds, with half as many links


LINKS: Final = 32  # of each vector to others; 16 need two and a half times as many candidates to find as much
SUFFIX: Final = f"_nearest_{LINKS}"
CONSIDERED: Final = 64  # vectors, before these are chosen
_FOUND: Final = "SELECT n.nspname, e.extversion FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'"
