"""How to get to a running OMS: by its data folder, or by the URL of its NATS server."""

import asyncio
import json
import os
from contextlib import suppress
from pathlib import Path

from nats.errors import Error as NatsError

from oms.client.client import Client
from oms.client.commands import Sign, Speaker, Split
from oms.client.steady import SteadyClient
from oms.client.trying import Unavailable

USER = "local"
CONNECT_SECONDS = 3.0
RECONNECT_SECONDS = 0.1
PING_SECONDS = 10  # twice without an answer: the connection is made anew
PENDING_BYTES = 64 << 20


async def connect(
    where: str | Path = "oms-data",
    *,
    user: str = USER,
    credentials: str | Path | None = None,
    ontology: str = "main",
    branch: str = "prod/main/main",
    author: str | None = None,
    deadline: float = 30.0,
    sign: Sign | None = None,
    split: Split | None = None,
) -> Client:
    """Connect to the data folder of a running `oms up`, or to a server's URL. `deadline`: seconds that a send may take.

    `sign` makes the signature of each command; `split`, as `oms.sections.split`, lets commands have large values, which are sent ahead. `credentials` is a file with the user's password, as `oms up` writes it; for a folder it is the one in it.
    Raises `Unavailable`.
    """
    url = str(where)
    if "://" not in url:
        url, credentials = in_folder(Path(where)), credentials or Path(where) / "nats" / "logins.json"
    password = None if credentials is None else _password(Path(credentials), user)
    nats, connected = SteadyClient(), asyncio.Event()
    urls, met = url.split(","), list[Exception]()

    async def note(error: Exception) -> None:
        """nats-py prints errors by default, and tries for ever; the first connection tries each server once."""
        if not connected.is_set():
            met.append(error)
            if len(met) >= len(urls):
                raise error

    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await nats.connect(
                urls,
                name="oms.client",
                user=user if password is not None else None,
                password=password,
                inbox_prefix=f"_INBOX.{user}".encode(),
                max_reconnect_attempts=-1,
                reconnect_time_wait=RECONNECT_SECONDS,  # type: ignore[arg-type]  # annotated int, used as seconds
                ping_interval=PING_SECONDS,
                pending_size=PENDING_BYTES,
                error_cb=note,
            )
    except BaseException as error:
        with suppress(OSError):  # a server that refused us may have hung up first
            await nats.close()
        if not isinstance(error, (NatsError, OSError)):
            raise
        number = error.errno if isinstance(error, OSError) else None
        why = os.strerror(number).lower() if number else str(error) or "it says nothing"
        raise Unavailable(f"no NATS server answers at {url}: {why}", "start one: oms up") from error
    connected.set()
    return Client(nats, Speaker(ontology, user, branch, author, sign, split), deadline)


def in_folder(folder: Path) -> str:
    """The URL of the server that was last started there. Raises `Unavailable`."""
    try:
        return (folder / "nats" / "url").read_text().strip()
    except FileNotFoundError as error:
        raise Unavailable(f"no server was ever started in {folder}", f"start one: oms up --folder {folder}") from error


def _password(file: Path, user: str) -> str:
    try:
        return str(json.loads(file.read_text())["passwords"][user])
    except OSError as error:
        raise Unavailable(
            f"{file} cannot be read: {error.strerror}", "run as the user that started `oms up`"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable(f"{file} holds no password of {user!r}", "name the file that `oms up` wrote") from error
