"""From the bytes of a command message to a command with parts, or to the findings of why not. Pure.

subject  oms.cmd.<o>.<principal>.<env>.<service>.<purpose>.<command>     who may say so was checked by the server
payload  {id, type, branch, …, data}, or a CloudEvent of type io.oms.command.<name>.v1 with that as its data
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace
from pydantic import BaseModel, ValidationError

from events import catalog
from events.command import MAX_COMMAND_BYTES, MAX_COMMANDS, MAX_DEPTH, CommandMessage, Commit, PartMessage
from events.faults import fault_text
from events.findings import EnvelopeError, Finding, Refused
from events.names import BRANCH, untoken
from events.plain import reader
from events.wire import instants, strict_json
from events.wire.attributes import holds_only_allowed
from producers.command import Part, Submitted
from producers.outbox import CommandKey
from security import author as authors
from security.signers import NOBODY, Signers

Model = TypeVar("Model", bound=BaseModel)
PREVIEW_ACTION: Final = "PreviewAction"
"""The question that is a dry run of `ApplyAction`."""
LOCAL: Final = "local"
"""The principal where no authentication is configured; it may speak for any author."""

REASON: Final = "Reason: "
"""What the last line of a message begins with where somebody acted for another and said why."""

_COMMAND_TYPE: Final = re.compile(r"io\.oms\.command\.(\w+)\.v1")
_read_message: Final = reader(CommandMessage)
_read_part: Final = reader(PartMessage)
_load: Final = msgspec.json.Decoder().decode
_dump: Final = msgspec.json.Encoder().encode
_dump_sorted: Final = msgspec.json.Encoder(order="deterministic").encode


class Address(NamedTuple):
    """What a subject says; `author` is who writes if a command names nobody, `sound` whether it names a branch."""

    principal: str
    branch: str
    type: str
    author: str = ""
    sound: bool = False


@lru_cache(1024)
def address(subject: str) -> Address:
    """Of `oms.cmd.…` or `oms.queue.…`. What a subject of fewer tokens leaves out is empty, and no command's."""
    principal, env, service, purpose, command = (*subject.split(".", 7)[3:], *[""] * 8)[:5]
    who, branch = _said(principal), f"{env}/{service}/{purpose}"
    return Address(who, branch, _said(command), f"{who}@{service}", BRANCH.fullmatch(branch) is not None)


def receive(to: Address, payload: bytes, signers: Signers = NOBODY) -> Submitted:
    """The command, always: what could not be read or is not by who sends it has no parts, and says why in `findings`."""
    try:
        message = _parse(payload)
    except Refused as refused:
        return _unreadable(to, "", refused)
    try:
        _check_signature(to, message, signers)
        return _submitted(to, message)
    except Refused as refused:
        named = message.get("id")
        identity = named if isinstance(named, str) and len(named) <= 200 else ""
        unreadable = _unreadable(to, identity, refused, _digest(message))
        return replace(unreadable, dry_run=message.get("dryRun") is True)


def question(to: Address, payload: bytes, model: type[Model]) -> tuple[str, Model]:
    """The id of a message that asks, and what it asks (one of `QUESTIONS`). Raises `Refused`."""
    message = _message(_parse(payload))
    if findings := list(_envelope_findings(to, message)):
        raise Refused(findings)
    return message.id, _validated(model, message.data, "/data")


def _submitted(to: Address, message: dict[str, Any]) -> Submitted:
    command = _message(message)
    findings = [] if _plainly_sent(to, command) else list(_envelope_findings(to, command))
    parts: tuple[Part, ...] = ()
    try:
        parts = tuple(_parts(command))
    except Refused as refused:
        findings += refused.findings
    if findings:
        raise Refused(findings)
    return Submitted(
        key=CommandKey(to.principal, command.id),
        digest=_digest(message),
        type=command.type,
        branch=command.branch,
        author=command.author or to.author,
        parts=parts,
        message=_why(command),
        effective=_stored_time(command.effective, "/effective"),
        on_behalf_of=command.on_behalf_of,
        correlation=command.correlation,
        traceparent=command.traceparent,
        dry_run=command.dry_run or command.type == PREVIEW_ACTION,
    )


def _check_signature(to: Address, message: Mapping[str, Any], signers: Signers) -> None:
    """Raises `Refused`: whoever sent it says to be somebody else, or it was changed on its way."""
    fault = signers.fault(to.principal, message)
    if fault is not None:
        raise Refused([Finding("TAMPER_SIGNATURE", "/signature", fault)])


def _why(command: CommandMessage) -> str:
    """The commit's message; why somebody acts for another is its last line."""
    if command.reason is None:
        return command.message or ""
    return f"{command.message}\n\n{REASON}{command.reason}" if command.message else f"{REASON}{command.reason}"


def _parse(payload: bytes) -> dict[str, Any]:
    if len(payload) > MAX_COMMAND_BYTES:
        text = f"the command has {len(payload):,} bytes, at most {MAX_COMMAND_BYTES:,} are taken; split it"
        raise Refused([Finding("COMMAND_TOO_LARGE", "", text)])
    value = _strict(payload)
    if isinstance(value, dict) and "specversion" in value:
        value = _from_cloudevent(value)
    if not isinstance(value, dict):
        raise Refused([Finding("COMMAND_SHAPE", "", "a command is a JSON object {id, type, branch, data}")])
    return value


def _strict(payload: bytes) -> Any:
    """A text that is written the way we write it holds no key twice; any other is read slowly and strictly."""
    try:
        value = _load(payload)
        if _dump(value) == payload and not (_opened(payload) > MAX_DEPTH and _deeper(value, MAX_DEPTH)):
            return value
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return _slowly(payload)


def _opened(payload: bytes) -> int:
    return payload.count(b"{") + payload.count(b"[")


def _deeper(value: Any, levels: int) -> bool:
    """Whether lists and maps are nested more than `levels` deep."""
    level = [value]
    for _ in range(levels):
        inside = (one.values() if type(one) is dict else one for one in level)
        level = [child for children in inside for child in children if type(child) is dict or type(child) is list]
        if not level:
            return False
    return True


def _slowly(payload: bytes) -> Any:
    try:
        return strict_json.parse(payload, MAX_DEPTH)
    except EnvelopeError as error:
        raise Refused([Finding(error.code.replace("EVENT_", "COMMAND_", 1), error.path, error.text)]) from None


def _from_cloudevent(value: dict[str, Any]) -> Any:
    named = _COMMAND_TYPE.fullmatch(str(value.get("type")))
    data = value.get("data")
    if named is None or not isinstance(data, dict) or not data.keys().isdisjoint(("id", "type")):
        text = "as a CloudEvent a command has type io.oms.command.<name>.v1, and {branch, data, …} as its data"
        raise Refused([Finding("COMMAND_SHAPE", "/type", text)])
    return {"id": value.get("id"), "type": named[1], **data}


def _message(value: dict[str, Any]) -> CommandMessage:
    return _read_message(value) or _validated(CommandMessage, value, "")


def _plainly_sent(to: Address, command: CommandMessage) -> bool:
    """Whether `_envelope_findings` has nothing to look at but the id, and finds nothing there."""
    return (
        to.sound
        and command.branch == to.branch
        and command.type == to.type
        and command.id.isprintable()
        and command.author is command.on_behalf_of is command.effective is None
        and command.correlation is command.traceparent is command.reason is None
    )


def _envelope_findings(to: Address, command: CommandMessage) -> Iterator[Finding]:
    if command.type != to.type:
        yield Finding("COMMAND_SUBJECT", "/type", f"the body says {command.type!r}, the subject {to.type!r}")
    if not BRANCH.fullmatch(command.branch):
        text = f"{command.branch!r} is no branch name; it is <env>/<service>/<purpose> in lower case, e.g. prod/flights/main"
        yield Finding("BRANCH_NAME", "/branch", text)
    elif command.branch != to.branch:
        yield Finding("COMMAND_SUBJECT", "/branch", f"the body says {command.branch!r}, the subject {to.branch!r}")
    for path, name in (("/author", command.author), ("/onBehalfOf", command.on_behalf_of)):
        if name is not None:
            yield from _author_findings(to, path, name)
    if command.reason is not None and command.on_behalf_of is None:
        text = "a reason is why the author acts for somebody else; say for whom, or write it into the message"
        yield Finding("COMMAND_REASON", "/reason", text)
    ids = {"/id": command.id, "/correlation": command.correlation, "/traceparent": command.traceparent}
    for path, value in ids.items():
        if value is not None and not holds_only_allowed(value):
            yield Finding("COMMAND_CHARACTER", path, f"{value[:64]!a} holds a control character or a noncharacter")
    try:
        _stored_time(command.effective, "/effective")
    except Refused as refused:
        yield from refused.findings


def _author_findings(to: Address, path: str, name: str) -> Iterator[Finding]:
    try:
        user = authors.parse(name).user
    except authors.AuthorRefused as error:
        yield Finding("COMMAND_AUTHOR", path, str(error))
        return
    if path == "/author" and to.principal not in (LOCAL, user):
        yield Finding("COMMAND_AUTHOR", path, f"{to.principal} cannot write as {name}; leave the author out")


def _parts(command: CommandMessage) -> Iterator[Part]:
    if command.type == PREVIEW_ACTION:
        command = command.model_copy(update={"type": "ApplyAction"})
    if command.type != "Commit":
        yield _part(command, "/data")
        return
    findings: list[Finding] = []
    for index, part in enumerate(_plain_parts(command.data) or _validated(Commit, command.data, "/data").commands):
        path = f"/data/commands/{index}"
        try:
            yield _part(part, f"{path}/data", _stored_time(part.effective, f"{path}/effective"))
        except Refused as refused:
            findings += refused.findings
    if findings:
        raise Refused(findings)


def _plain_parts(data: Mapping[str, Any]) -> list[PartMessage]:
    """The parts of a commit, `[]` where any of them, or the commit itself, is not plainly right."""
    given = data.get("commands")
    if len(data) != 1 or type(given) is not list or len(given) > MAX_COMMANDS:
        return []
    parts = []
    for one in given:
        part = _read_part(one)
        if part is None:
            return []
        parts.append(part)
    return parts


def _part(part: CommandMessage | PartMessage, path: str, effective: str | None = None) -> Part:
    try:
        return Part(part.type, catalog.command(part.type, part.data), part.expected, path, effective)
    except Refused as refused:
        raise Refused(f._replace(path=_within(path, f)) for f in refused.findings) from None


def _stored_time(given: str | None, path: str) -> str | None:
    """Raises `Refused`."""
    try:
        return None if given is None else instants.to_text(instants.from_text(given))
    except instants.NotAnInstant as error:
        raise Refused([Finding("TIME_FORMAT", path, str(error))]) from None


def _within(path: str, finding: Finding) -> str:
    """Findings of the catalog point into `data`, but for the type, which stands beside it."""
    return path.removesuffix("/data") + "/type" if finding.code == "COMMAND_TYPE_UNKNOWN" else path + finding.path


def _validated(model: type[Model], value: object, path: str) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        fields = [field.alias or name for name, field in model.model_fields.items()]
        raise Refused(
            Finding("COMMAND_SHAPE", path + "".join(f"/{step}" for step in found["loc"]), fault_text(found, fields))
            for found in error.errors(include_url=False, include_input=False)
        ) from None


def _unreadable(to: Address, named: str, refused: Refused, digest: str = "") -> Submitted:
    return Submitted(CommandKey(to.principal, named), digest, to.type, to.branch, "", findings=refused.findings)


def _digest(message: dict[str, Any]) -> str:
    return sha256(_dump_sorted({**message, "id": ""})).hexdigest()


def _said(token: str) -> str:
    try:
        return untoken(token)
    except UnicodeDecodeError:  # an escape that we never write
        return token
