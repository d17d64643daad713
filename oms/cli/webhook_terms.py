"""Options that say what a subscription wants, and what they come to in its command."""

import json
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from oms.cli.failures import Exit, Failure
from oms.cli.sending import json_document
from oms.cli.texts import text_of

_PROTOCOLS: Final = {"nats": "NATS", "file": "FILE", "mailto": "MAIL"}
_MEMBERS: Final = {"type": "types", "of": "objectTypes", "on": "branches", "filters": "filters"}


class Wanting(NamedTuple):
    """`spread` makes options of it."""

    types: Annotated[
        list[str] | None, typer.Option("--type", help="CloudEvents type, or io.oms.object.*; may be repeated.")
    ] = None
    of: Annotated[list[str] | None, typer.Option("--of", help="Object type, and those below it; may be repeated.")] = (
        None
    )
    on: Annotated[list[str] | None, typer.Option("--on", help="Branch, or prod/*/main; may be repeated.")] = None
    sql: Annotated[
        list[str] | None, typer.Option("--sql", help="A CESQL 1.0 filter; may be repeated: all must pass.")
    ] = None
    filters: Annotated[
        str | None, typer.Option("--filters", help="Filters: JSON, or @FILE; --sql are added.", show_default=False)
    ] = None
    config: Annotated[
        str | None, typer.Option("--config", help='How: JSON, e.g. {"ordered": true, "rate": 50}.', show_default=False)
    ] = None
    transform: Annotated[
        str | None, typer.Option("--transform", help="What is sent instead: JMESPath.", show_default=False)
    ] = None
    transform_of: Annotated[
        str | None, typer.Option("--transform-of", help="What that looks at: data or event.", show_default=False)
    ] = None
    header: Annotated[list[str] | None, typer.Option("--header", help="NAME: VALUE, no secret; may be repeated.")] = (
        None
    )
    event_header: Annotated[
        list[str] | None, typer.Option("--event-header", help="NAME: JMESPath over the whole event; may be repeated.")
    ] = None
    method: Annotated[str | None, typer.Option("--method", help="POST, PUT or PATCH.", show_default=False)] = None
    content_type: Annotated[
        str | None, typer.Option("--content-type", help="In place of the body's own.", show_default=False)
    ] = None
    tls: Annotated[
        bool | None,
        typer.Option(
            "--tls/--no-tls", help="Of kafka and amqp: as kafkas://… and amqps://… say it.", show_default=False
        ),
    ] = None
    sasl: Annotated[
        str | None,
        typer.Option("--sasl", help="Of Kafka: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.", show_default=False),
    ] = None
    description: Annotated[
        str | None, typer.Option("--description", help="What for, and who to ask.", show_default=False)
    ] = None

    def data(self, sink: str | None) -> dict[str, Any]:
        """What was given, by the names of a command. Raises `Failure`."""
        filters = [] if self.filters is None else _list(self.filters)
        filters += [{"sql": each} for each in self.sql or ()]
        config = {} if self.config is None else json_document(self.config, "--config")
        if self.transform is not None:
            config["transform"] = transform(self.transform, self.transform_of)
        sink = self._broker(sink)
        said = {
            "sink": sink,
            "protocol": None if sink is None else _protocol(sink),
            "types": self.types or None,
            "objectTypes": self.of or None,
            "branches": self.on or None,
            "filters": filters or None,
            "config": config or None,
            "protocolsettings": self._http() or None,
            "description": self.description,
        }
        return {name: value for name, value in said.items() if value is not None}

    def _broker(self, sink: str | None) -> str | None:
        """With what is said of it beside. Raises `Failure`."""
        from events.subscriptions.places import NoBroker, broker_sink

        if self.tls is None and self.sasl is None:
            return sink
        if sink is None:
            raise Failure("--tls and --sasl say how a --sink is spoken to", "give it, too", Exit.USAGE)
        try:
            return broker_sink(sink, self.tls, self.sasl)
        except NoBroker as error:
            raise Failure(str(error), "write kafka://kafka.example.com:9093/flights", Exit.USAGE) from None

    def _http(self) -> dict[str, Any]:
        said = {
            "headers": dict(_header("--header", each) for each in self.header or ()),
            "eventheaders": dict(_header("--event-header", each) for each in self.event_header or ()),
            "method": self.method,
            "contenttype": self.content_type,
        }
        return {name: value for name, value in said.items() if value}


def _protocol(sink: str) -> str:
    from events.subscriptions.places import protocol_of

    return protocol_of(sink) or _PROTOCOLS.get(sink.partition(":")[0], "HTTP")


def member(option: str) -> str:
    """What is taken away by `--all OPTION`. Raises `Failure`."""
    if option not in _MEMBERS:
        raise Failure(f"--all {option} selects by nothing", f"it is one of {', '.join(_MEMBERS)}", Exit.USAGE)
    return _MEMBERS[option]


def transform(expression: str, of: str | None) -> dict[str, str]:
    """As `config` has it. Raises `Failure`."""
    if of not in (None, "data", "event"):
        raise Failure(f"--transform-of {of} is nothing to look at", "data or event", Exit.USAGE)
    return {"expression": expression, "of": of or "data"}


def _list(text: str) -> list[Any]:
    try:
        found = json.loads(text_of(Path(text[1:]), "--filters") if text.startswith("@") else text)
    except ValueError as error:
        raise Failure(f"--filters is no JSON: {error}", "give an array of filters, or @FILE", Exit.USAGE) from None
    return list(found) if isinstance(found, list) else [found]


def _header(option: str, text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise Failure(f"{option} {text!r} has no colon", "write NAME: VALUE", Exit.USAGE)
    return name.strip(), value.strip()
