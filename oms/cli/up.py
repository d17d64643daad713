"""`oms up`: the whole program in one process and one folder, or the parts of it that are asked for."""

import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.connecting import run
from oms.cli.options import Folder, Ontology

if TYPE_CHECKING:
    from oms.process import Alarm, Running
    from oms.settings import Settings


def up(
    folder: Folder = None,
    ontology: Ontology = None,
    branch: Annotated[str | None, typer.Option(help="The default branch of a new ontology.")] = None,
    nats_port: Annotated[int | None, typer.Option(help="Port of the embedded server; 0: one that is free.")] = None,
    role: Annotated[list[str] | None, typer.Option(help="Run only this part, see `oms settings`. Repeatable.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="Run everything but this part. Repeatable.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="A file of settings (TOML), such as production.toml.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say it in JSON, one object a line.")] = False,
) -> None:
    """Run OMS until it is told to stop. Server, write side, relay and views; Ctrl-C and SIGTERM end it."""
    from oms import settings
    from oms.about_settings import ROLES

    roles = tuple(r for r in (role or ROLES) if r not in (without or ())) if role or without else None
    flags = {"folder": folder, "ontology": ontology, "branch": branch, "nats_port": nats_port, "roles": roles}
    loaded = settings.load(flags, config=config).settings
    run(_up(loaded, as_json=as_json))


async def _up(settings: "Settings", *, as_json: bool) -> None:
    import asyncio

    from oms.running import running
    from oms.telemetry import logger

    log = logger(settings.log_level, as_json=as_json)
    stop, starting = asyncio.Event(), asyncio.current_task()
    loop = asyncio.get_running_loop()

    def end() -> None:
        """While it starts, whatever it waits for may never come."""
        stop.set()
        if starting is not None:
            starting.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    try:
        async with running(settings, _alarm(log, as_json=as_json)) as here:
            starting = None
            await _tell(here, log, as_json=as_json)
            await stop.wait()
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
    _say({"stopped": True}, "stopped", as_json=as_json)


def _alarm(log: Any, *, as_json: bool) -> "Alarm":
    from oms.alarms import code, told

    def alarm(where: str, error: BaseException) -> None:
        tampered = code(error)
        said = {"error": told(error)} if tampered is None else {"code": tampered, "error": told(error)}
        log.error("stopped" if tampered is None else "tampered", part=where, **said)
        if as_json:  # a program reads one stream
            _say({"alarm": where, **said}, "", as_json=True)

    return alarm


async def _tell(here: "Running", log: Any, *, as_json: bool) -> None:
    from oms import garbage

    settings = here.settings
    position = (await here.outbox.head()).position if here.outbox else None
    waits = "committer" in settings.roles and here.outbox is None
    ready = {
        "ready": True,
        "url": here.endpoint.url,
        "folder": str(settings.folder),
        "position": position,
        "waits": waits,
        "gateway": here.gateway.url if here.gateway else None,
        "scheduler": here.scheduler.url if here.scheduler else None,
    }
    where = f"position {position}" if here.outbox else f"for {' and '.join(settings.roles)}"
    where += ", another process commits; this one waits to take over" if waits else ""
    _say(ready, f"ready: {here.endpoint.url}, data in {settings.folder}, {where}", as_json=as_json)
    garbage.calm()
    for part, door in (("gateway", here.gateway), ("scheduler", here.scheduler)):
        if door and door.trouble:
            log.warning(part, what=door.trouble)
        elif door:
            log.info(part, url=door.url)
    for drift in here.drifts:
        log.warning("drift", what=str(drift))


def _say(fields: dict[str, Any], text: str, *, as_json: bool) -> None:
    sys.stdout.write((json.dumps(fields, ensure_ascii=False) if as_json else text) + "\n")
    sys.stdout.flush()
