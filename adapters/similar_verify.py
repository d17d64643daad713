"""Where a similar view differs from one made anew, which is attached as `fresh`."""

import sqlite3

from adapters.similar_statements import SQL
from projectors.verify import Difference


def position(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT position FROM main.checkpoint").fetchone()[0])


def difference(connection: sqlite3.Connection) -> Difference | None:
    """The first slice or text that is missing, extra or another one; then passages that nothing leads to."""
    for what, since, branch, entity in connection.execute(SQL["differing"]):
        return Difference(what, since, f"{entity} on {branch}")
    for since, branch, entity in connection.execute(SQL["differing_texts"]):
        return Difference("differs", since, f"{entity} on {branch}", "text", "as its version says", "another")
    for (digest,) in connection.execute(SQL["strangers"]):
        return Difference("extra", position(connection), f"passage {digest.hex()[:12]}")
    return None
