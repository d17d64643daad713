"""Texts of RDF to graphs, offline: what a text would have fetched is refused."""

import json
from typing import Any

from rdflib import Graph


class NoGraph(ValueError):
    """A text that is not of its format, or asks for something from elsewhere."""


def parsed(text: str | bytes, form: str) -> Graph:
    """`form`: turtle, nt or json-ld. Prefixes are those of the text and of RDF's own words. Raises `NoGraph`."""
    if form == "json-ld":
        _check_offline(text)
    try:
        return Graph(bind_namespaces="core").parse(data=text, format=form)
    except Exception as error:
        # rdflib's parsers raise whatever they met
        raise NoGraph(f"is no {form}: {' '.join(str(error).split())[:300]}") from error


def _check_offline(text: str | bytes) -> None:
    """A context of JSON-LD that is a name would be fetched."""
    try:
        waiting: list[Any] = [json.loads(text)]
    except (ValueError, RecursionError) as error:
        raise NoGraph(f"is no JSON: {error}") from error
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            context = one.get("@context")
            named = any(isinstance(each, str) for each in (context if isinstance(context, list) else [context]))
            if named or "@import" in one:
                raise NoGraph("has an @context on the web; put what it says into the file, nothing is fetched")
            waiting += one.values()
