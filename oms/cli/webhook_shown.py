"""`oms webhook preview` and `test`: what an endpoint would be sent, and an example that it is sent now."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.connecting import run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Folder
from oms.cli.output import Json, complain, print_fields, print_json
from oms.cli.webhook_consent import consented
from oms.cli.webhook_tail import wanted_by
from oms.cli.webhook_terms import transform
from oms.cli.webhook_tries import Name, subscribed

if TYPE_CHECKING:
    from events.decider import State
    from events.subscriptions.outgoing import Answered, Failed
    from oms.settings import Settings


def preview(
    name: Name,
    event: Annotated[
        str | None,
        typer.Option("--event", help="A position of the log, or @FILE; else an example.", show_default=False),
    ] = None,
    type_: Annotated[
        str | None, typer.Option("--type", help="CloudEvents type of the example.", show_default=False)
    ] = None,
    expression: Annotated[
        str | None, typer.Option("--transform", help="JMESPath in place of the subscription's.", show_default=False)
    ] = None,
    of: Annotated[
        str | None, typer.Option("--transform-of", help="What that looks at: data or event.", show_default=False)
    ] = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Show what would be sent, and whether. Nothing is; a transformation can be tried before it is said."""
    from events.findings import EnvelopeError
    from events.subscriptions.letters import Letter
    from events.subscriptions.shaping import Unshaped, shape_faults
    from oms.outgoing import requested

    settings, state = subscribed(name, folder)
    if expression is not None:
        wrong = [each.text for each in shape_faults(expression, "")]
        if wrong:
            raise Failure(f"--transform: {'; '.join(wrong)}", "JMESPath 1.0 is the language", Exit.USAGE)
        state = {**state, "config": {**state["config"], "transform": transform(expression, of)}}
    identity, body = run(_event(settings, state, event, type_))
    wanted = wanted_by(settings, state)(body)
    try:
        request = requested(state, Letter(0, identity, body), [], 0)
    except (Unshaped, EnvelopeError) as error:
        raise Failure(f"nothing would be sent: {error}", "change the transformation", Exit.REFUSED) from None
    if as_json:
        print_json(
            {"wanted": wanted, "url": request.url, "method": request.method, "headers": request.headers}
            | _body(request.body)
        )
        return
    print_fields({f"{request.method} {request.url}": "", **request.headers}, as_json=False)
    typer.echo(request.body.decode(errors="replace"))
    if not wanted:
        complain(f"{name} does not want this event: it would not be sent")


def send_test(
    name: Name,
    type_: Annotated[
        str | None, typer.Option("--type", help="CloudEvents type of the example.", show_default=False)
    ] = None,
    event: Annotated[
        str | None, typer.Option("--event", help="A position of the log, or @FILE, instead.", show_default=False)
    ] = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Send an example now, signed and guarded as all are. Shows the answer; it is marked, and moves nothing."""
    settings, state = subscribed(name, folder)
    run(consented(settings, state))
    shown, ended = run(_sent(settings, state, event, type_))
    answer = shown | ended_json(ended)
    if as_json:
        print_json(answer)
    else:
        answer["request"] = "".join(f"\n{header}: {value}" for header, value in answer["request"].items()).strip()
        print_fields(answer, as_json=False)
    if answer["result"] != "delivered":
        raise typer.Exit(Exit.REFUSED)


async def _sent(
    settings: "Settings", state: "State", event: str | None, type_: str | None
) -> "tuple[dict[str, Any], Answered | Failed]":
    from events.subscriptions.letters import Letter
    from oms.outgoing import outgoing
    from oms.sources import reached_server

    identity, body = await _event(settings, state, event, type_)
    async with outgoing(settings, await reached_server(settings, "service")) as send:
        sent = await send(state, Letter(0, identity, body, 1, "test"))
    return {"subscription": state["name"], "event": identity, "request": dict(sent.headers)}, sent.ended


def ended_json(ended: "Answered | Failed") -> dict[str, Any]:
    """In the words of `oms webhook tries`."""
    from events.subscriptions.outgoing import Failed

    took: dict[str, Any] = {"ms": round(ended.seconds * 1e3), "address": ended.address}
    if isinstance(ended, Failed):
        return took | {"result": ended.sentence, "kind": ended.kind, "detail": ended.detail}
    result = "delivered" if 200 <= ended.status < 300 else f"status_{ended.status}"
    answer = ended.body.decode(errors="replace")
    return took | {"result": result, "status": ended.status, "answer": answer}


async def _event(settings: "Settings", state: "State", event: str | None, type_: str | None) -> tuple[str, bytes]:
    """Its id, which says that it is a test, and its body. Raises `Failure`."""
    from oms.examples import NoSuchType, example, marked

    try:
        found = example(settings, state, type_) if event is None else json.loads(await _named(settings, event))
    except NoSuchType as error:
        raise Failure(str(error), error.meant, Exit.USAGE) from None
    return marked(found)


def _in_file(path: Path) -> bytes:
    from events.findings import EnvelopeError
    from events.wire.envelope import decode

    body = path.read_bytes().strip()
    try:
        decode(body)
    except EnvelopeError as error:
        raise Failure(f"{path} is no event of OMS: {error}", "`oms log --json` shows some", Exit.USAGE) from None
    return body


async def _named(settings: "Settings", event: str) -> bytes:
    from oms.sources import source
    from projectors.projector import fetched_at

    if event.startswith("@"):
        return _in_file(Path(event[1:]))
    if not event.isascii() or not event.isdigit():
        raise Failure(f"--event {event!r} is neither a position nor @FILE", "write 14, or @event.json", Exit.USAGE)
    async with source("log", settings) as log:
        fetched = await fetched_at(log.feed, int(event)) if 0 < int(event) <= await log.last() else None
    if fetched is None:
        raise Failure(f"there is no position {event}", "`oms log` shows those that there are", Exit.USAGE)
    return fetched.body


def _body(body: bytes) -> dict[str, Any]:
    try:
        return {"body": json.loads(body)}
    except ValueError:
        return {"body": body.decode(errors="replace")}
