"""`oms webhook consent`: whether an endpoint wants to be sent to, for subscriptions that ask for that."""

from typing import TYPE_CHECKING, Annotated

import typer

from oms.cli.connecting import run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Folder
from oms.cli.output import Json, print_fields
from oms.cli.webhook_showing import secret_text
from oms.cli.webhook_tries import Name, subscribed

if TYPE_CHECKING:
    from events.decider import State
    from oms.settings import Settings


async def consented(settings: "Settings", state: "State") -> None:
    """Raises `Failure` where an endpoint that is asked for its consent has not given it."""
    from events.subscriptions.consent import WAITS, carried, is_asked_for
    from oms.deliveries import deliveries

    if not is_asked_for(state):
        return
    async with deliveries(settings) as kept:
        known = (await kept.consents()).get(state["id"])
    if carried({**state, "status": "active"}, known, settings.webhook_origin)["status"] == WAITS:
        text = f"the endpoint of {state['name']} has not consented to being sent to"
        raise Failure(text, f"oms webhook consent {state['name']}", Exit.REFUSED)


def consent(
    name: Name,
    token: Annotated[
        str | None,
        typer.Option("--token", help="Consent with the token of a callback, in FILE or -.", show_default=False),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Ask anew, now, whatever was answered.")] = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Show whether an endpoint consents to deliveries. Consent in its place with what it was sent, or ask it again."""

    async def work() -> None:
        from events.subscriptions.consent import is_asked_for, shown
        from events.wire.instants import to_text
        from oms.consents import consent_door
        from oms.deliveries import deliveries

        settings, state = subscribed(name, folder)
        if not is_asked_for(state):
            remedy = f"""oms webhook update {name} --config '{{"handshake": true}}'"""
            raise Failure(f"subscription {name} asks nobody", remedy, Exit.REFUSED)
        if token is not None:
            text = secret_text("--token", token).rpartition("/")[2]
            async with consent_door(settings) as given:
                if not await given(text, {}):
                    raise Failure(
                        "nobody was sent that token", "take the callback's URL, or its last part", Exit.REFUSED
                    )
        async with deliveries(settings) as kept:
            if again:
                await kept.ask_anew(state["id"])
            told = shown((await kept.consents()).get(state["id"]), to_text)
        print_fields({"subscription": name} | told, as_json=as_json)

    run(work())
