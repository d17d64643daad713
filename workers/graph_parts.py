"""Many documents in several commits, so that each holds only what leads to what is there."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from events.names import Key
from projectors.graph import Document


def cut(keys: Sequence[Key], size: int) -> list[list[Key]]:
    """Parts of at most that size, in order."""
    return [list(keys[start : start + size]) for start in range(0, len(keys), size)]


def without_links_to(later: AbstractSet[str], document: Document) -> Document:
    """The document, as it can be written before those with these ids are."""
    return {
        name: [end for end in value if end not in later] if name.startswith("_link_") else value
        for name, value in document.items()
    }
