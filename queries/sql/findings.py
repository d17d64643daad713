"""Refusals of a query: a code, and a sentence that begins with the place in its text."""

from events.findings import Finding, Refused
from queries.sql.when import Place

PATH = "/sql"


def refused(code: str, text: str, place: Place | None = None) -> Refused:
    return Refused([Finding(code, PATH, f"{place}: {text}" if place else text)])
