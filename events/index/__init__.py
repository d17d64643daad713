"""Reserved keys, derived from what becomes of entities: `changes` for any of them, a file for each kind that has many."""

from events.index.changes import changes

__all__ = ["changes"]
