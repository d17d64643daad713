"""One connection to OMS: commands go out, outcomes and events come in. Reconnects for ever."""

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nats.aio.client import Client as Nats
from nats.errors import Error as NatsError

from oms.client import reading
from oms.client.messages import Event, Outcome, command_of, outcome_of, refused_here, subject_of
from oms.client.trying import Unavailable, until_answered

USER = "local"
CONNECT_SECONDS = 3.0
RECONNECT_SECONDS = 0.1
PENDING_BYTES = 64 << 20


@dataclass(frozen=True, kw_only=True)
class Client:
    """From `connect`. Safe for many tasks at once; concurrent sends travel together and are decided in the order sent."""

    nats: Nats
    principal: str
    ontology: str
    branch: str
    author: str | None
    deadline: float  # seconds

    async def send(
        self,
        command: str,
        data: Mapping[str, Any],
        *,
        id: str | None = None,  # noqa: A002  the word of the contract
        branch: str | None = None,
        author: str | None = None,
        expected: int | None = None,
        message: str | None = None,
        effective: str | None = None,
        wait: str = "outbox",
        deadline: float | None = None,
    ) -> Outcome:
        """Send one command, and again under the same id while there is no answer. Raises `Unavailable`.

        `wait`: the outcome comes when the commit is in the `outbox` (durable), in the `log`, or in a view
        (`projected:<view>`). `expected` is the position at which the target last changed, 0 if it must not exist.
        """
        identity, branch = id or str(uuid.uuid4()), branch or self.branch
        parts = {
            "id": identity,
            "type": command,
            "branch": branch,
            "author": author or self.author,
            "expected": expected,
        }
        body = command_of({**parts, "message": message, "effective": effective, "data": dict(data)})
        if refusal := refused_here(identity, branch, command, body):
            return refusal
        subject = subject_of("cmd", self.ontology, self.principal, branch, command)

        async def ask(seconds: float) -> Outcome:
            headers = {"Oms-Wait": wait, "Oms-Deadline": f"{seconds:.3f}"} if wait != "outbox" else None
            reply = await self.nats.request(subject, body, timeout=seconds + 0.1, headers=headers)
            return outcome_of(reply.data)

        return await until_answered(ask, identity, self.deadline if deadline is None else deadline)

    async def commit(self, commands: Sequence[Mapping[str, Any]], **options: Any) -> Outcome:
        """Several commands `{type, data, expected?}` as one commit: all or none. Options as of `send`."""
        return await self.send("Commit", {"commands": [dict(one) for one in commands]}, **options)

    async def last(self) -> int:
        """The log's last position, 0 when it is empty. Raises `Unavailable`."""
        try:
            return await reading.last(self.nats, self.ontology, min(self.deadline, reading.PAGE_SECONDS))
        except (NatsError, OSError) as error:
            raise Unavailable(
                f"the log does not answer: {error or type(error).__name__}", "is `oms up` running?"
            ) from error

    async def subscribe(
        self, after: int = 0, subjects: Sequence[str] = (), *, until: int | None = None
    ) -> AsyncGenerator[Event, None]:
        """Events behind `after` in position order, without a gap; then those to come, unless `until` ends it.

        `subjects`: only these, `*` for one token and `>` for the rest. Raises `Gap`; with `until` also `Unavailable`.
        """
        if until is None:
            async for event in reading.follow(self.nats, self.ontology, after, subjects):
                yield event
            return
        end = min(until, await self.last())
        try:
            async for event in reading.until(self.nats, self.ontology, after, end, subjects):
                yield event
        except (NatsError, OSError) as error:
            raise Unavailable(
                f"the log stopped answering: {error or type(error).__name__}", "read on behind the last event"
            ) from error

    async def close(self) -> None:
        with suppress(OSError):  # the server may be gone already
            await self.nats.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def connect(
    where: str | Path = "oms-data",
    *,
    user: str = USER,
    credentials: str | Path | None = None,
    ontology: str = "main",
    branch: str = "prod/main/main",
    author: str | None = None,
    deadline: float = 30.0,
) -> Client:
    """Connect to the data folder of a running `oms up`, or to a server's URL. `deadline`: seconds that a send may take.

    `credentials` is a file with the user's password, as `oms up` writes it; for a folder it is the one in it.
    Raises `Unavailable`.
    """
    url = str(where)
    if "://" not in url:
        url, credentials = _in_folder(Path(where)), credentials or Path(where) / "nats" / "logins.json"
    password = None if credentials is None else _password(Path(credentials), user)
    nats, connected = Nats(), asyncio.Event()

    async def note(error: Exception) -> None:
        """nats-py prints errors by default, and tries for ever; the first connection tries once."""
        if not connected.is_set():
            raise error

    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await nats.connect(
                url,
                name="oms.client",
                user=user if password is not None else None,
                password=password,
                inbox_prefix=f"_INBOX.{user}".encode(),
                max_reconnect_attempts=-1,
                reconnect_time_wait=RECONNECT_SECONDS,  # type: ignore[arg-type]  # annotated int, used as seconds
                pending_size=PENDING_BYTES,
                error_cb=note,
            )
    except (NatsError, OSError) as error:
        await nats.close()
        raise Unavailable(
            f"no NATS server answers at {url}: {error or type(error).__name__}", "start one: oms up"
        ) from error
    connected.set()
    return Client(nats=nats, principal=user, ontology=ontology, branch=branch, author=author, deadline=deadline)


def _in_folder(folder: Path) -> str:
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
