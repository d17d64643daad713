"""Refusals of a query: a code, and a sentence that begins with the place in its text."""

from collections.abc import Iterator
from contextlib import contextmanager

from events.findings import Finding, Refused
from queries.sql.when import Place

PATH = "/sql"


def refused(code: str, text: str, place: Place | None = None) -> Refused:
    return Refused([Finding(code, PATH, f"{place}: {text}" if place else text)])


@contextmanager
def placed(place: Place) -> Iterator[None]:
    """What is refused inside is refused with this place."""
    try:
        yield
    except Refused as found:
        first = found.findings[0]
        raise refused(first.code, first.text, place) from None
