"""What a program can say to OMS, and hear of it: commands, questions, and the log."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, Unpack

from nats.errors import Error as NatsError

from oms.client import reading
from oms.client.asking import Refused, ask, decided, queued, remembered
from oms.client.commands import Message, Said, Sections, message_of
from oms.client.messages import Event, Finding, Outcome
from oms.client.questions import Questions
from oms.client.trying import Unavailable, until_answered
from oms.client.uploading import UPLOAD, Told, lacks, smaller, upload
from oms.waits import unknown

UPLOADS = 3  # tries to have all sections there at once


class Client(Questions):
    """From `connect`. Safe for many tasks at once; concurrent sends travel together and are decided in the order sent.

    Every `deadline` is in seconds, tries included; `None`: the connection's.
    """

    async def send(
        self,
        command: str,
        data: Mapping[str, Any],
        *,
        wait: str = "outbox",
        deadline: float | None = None,
        **said: Unpack[Said],
    ) -> Outcome:
        """Send one command, and again under the same id while there is no answer. Raises `Unavailable`.

        Of one that is too large for a message the large values are sent ahead, in sections: for unfoldable properties.
        `wait`: the outcome comes when the commit is in the `outbox` (durable), in the `log`, or in a view
        (`projected:<view>`); one that there is not is refused, and nothing is sent.
        """
        message, sections = await self._message("cmd", command, data, said)
        return await self._sent(message, sections, wait, deadline)

    async def put(
        self,
        type_name: str,
        key: str,
        property_name: str,
        document: Any,
        *,
        wait: str = "outbox",
        deadline: float | None = None,
        told: Told | None = None,
        **said: Unpack[Said],
    ) -> Outcome:
        """Put a document of any size into an unfoldable property of an object. Raises `Unavailable`, `ValueError`.

        What is stored already is not sent; `told` hears how many sections were. `ValueError`: it cannot be kept in sections.
        Connected without `split`, a document has to fit into a message.
        """
        split = self.speaker.split
        found = None if split is None else await asyncio.to_thread(split, document)
        data: dict[str, Any] = {"type": type_name, "key": key}
        if found is None:  # a patch would be merged into what is there
            path = "/" + property_name.replace("~", "~0").replace("/", "~1")
            data["operations"] = [{"op": "add", "path": path, "value": document}]
        else:
            data["patch"] = {property_name: found.stub}
        sections = {} if found is None else found.sections
        message = message_of(self.speaker, "cmd", "UpdateObject", data, said)
        return await self._sent(message, sections, wait, deadline, told)

    async def commit(
        self,
        commands: Sequence[Mapping[str, Any]],
        *,
        wait: str = "outbox",
        deadline: float | None = None,
        **said: Unpack[Said],
    ) -> Outcome:
        """Several commands `{type, data, expected?}` as one commit: all or none. Raises `Unavailable`."""
        data = {"commands": [dict(one) for one in commands]}
        return await self.send("Commit", data, wait=wait, deadline=deadline, **said)

    async def queue(
        self, command: str, data: Mapping[str, Any], *, deadline: float | None = None, **said: Unpack[Said]
    ) -> str:
        """Leave a command in the durable queue, to be decided in order; its id. Raises `Refused`, `Unavailable`."""
        message, sections = await self._message("queue", command, data, said)
        if message.refusal:
            raise Refused(message.refusal)
        await self._upload(message, sections, deadline)

        async def once(seconds: float) -> str:
            queued((await self.nats.request(message.subject, message.body, timeout=seconds)).data)
            return message.id

        return await until_answered(
            once, f"command {message.id} was not queued", _remedy(message.id), self._limit(deadline)
        )

    async def outcome(self, command_id: str) -> Outcome | None:
        """What became of a command; `None`: never decided, or forgotten since. Raises `Unavailable`."""
        return await remembered(self.nats, self.speaker, command_id, self.deadline)

    async def wait(self, command_id: str, *, deadline: float | None = None) -> Outcome:
        """The outcome of a queued command, as soon as there is one. Raises `Unavailable`."""
        return await decided(self.nats, self.speaker, command_id, self._limit(deadline))

    async def _message(self, door: str, command: str, data: Mapping[str, Any], said: Said) -> tuple[Message, Sections]:
        """The message, and what must be there before it comes: one that is too large says its large values by stubs."""
        message = message_of(self.speaker, door, command, data, said)
        split = self.speaker.split
        if not message.large or split is None:
            return message, {}
        smaller_data, sections = await asyncio.to_thread(smaller, command, message.body, split)
        return message_of(self.speaker, door, command, smaller_data, {**said, "id": message.id}), sections

    async def _sent(
        self,
        message: Message,
        sections: Sections,
        wait: str,
        deadline: float | None,
        told: Told | None = None,
    ) -> Outcome:
        if message.refusal:
            return message.refusal
        if nowhere := unknown(wait):
            return Outcome(message.id, "rejected", 0, (), (Finding("WAIT_UNKNOWN", "", nowhere),))

        async def once(seconds: float) -> Outcome:
            return await ask(self.nats, message, wait, seconds)

        what = f"no outcome of command {message.id}"
        for _ in range(UPLOADS):
            try:
                await self._upload(message, sections, deadline, told)
            except Refused as refused:
                return refused.outcome._replace(command=message.id)
            outcome = await until_answered(once, what, _remedy(message.id), self._limit(deadline))
            if not (sections and lacks(outcome)):
                break
        return outcome

    async def _upload(
        self, message: Message, sections: Sections, deadline: float | None, told: Told | None = None
    ) -> None:
        """Raises `Refused`, `Unavailable`."""
        await upload(lambda data: self._asked(UPLOAD, data, message.branch, deadline), sections, told)

    async def last(self) -> int:
        """The log's last position, 0 when it is empty. Raises `Unavailable`."""
        try:
            return await reading.last(self.nats, self.speaker.ontology, min(self.deadline, reading.PAGE_SECONDS))
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
            async for event in reading.follow(self.nats, self.speaker.ontology, after, subjects):
                yield event
            return
        end = min(until, await self.last())
        try:
            async for event in reading.until(self.nats, self.speaker.ontology, after, end, subjects):
                yield event
        except (NatsError, OSError) as error:
            raise Unavailable(
                f"the log stopped answering: {error or type(error).__name__}", "read on behind the last event"
            ) from error

    async def close(self) -> None:
        if not self.nats.is_connected:  # nats-py would write what is left to a connection that is gone
            self.nats._pending.clear()  # noqa: SLF001
            self.nats._pending_data_size = 0  # noqa: SLF001
        with suppress(OSError, TypeError):  # just lost; from Python 3.12 on that is a TypeError
            await self.nats.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _remedy(identity: str) -> str:
    return f"it may yet be decided; send it again under the same id, or ask: oms outcome {identity}"
