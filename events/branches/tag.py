"""Tags: a name for a commit, for ever. It is never moved, never taken away, and known on all branches."""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from pydantic import Field, model_validator

from events.branches.branch_rules import branch_key, tag_key
from events.branches.elsewhere import Commit, elsewhere
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.names import TAG, Key

aggregate: Final = "tag"


class TagCommit(Payload):
    """Name a commit: the newest that the branch has, or had at a position, or the one with this id."""

    name: Annotated[str, Field(description="letters and digits, then also `.`, `_` and `-`, at most 100: `v1.2`")]
    at: Annotated[int | None, Field(ge=1, description="position; the end of the log if not given")] = None
    commit: Annotated[
        str | None, Field(pattern=r"^[0-9a-f]{64}$", description="instead of `at`: the id of a commit of any branch")
    ] = None

    @model_validator(mode="after")
    def _one(self) -> "TagCommit":
        if self.at is not None and self.commit is not None:
            raise ValueError("say `at` or `commit`, not both")
        return self


class TagCreated(Payload):
    """A tag was created: a name, for ever, of a commit on a branch."""

    name: str
    branch: Annotated[str, Field(description="that wrote the commit")]
    position: Annotated[int, Field(description="the commit's last")]
    commit: Annotated[str, Field(description="the commit's id")]


COMMANDS: Final[tuple[type[Payload], ...]] = (TagCommit,)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {"io.oms.tag.created.v1": TagCreated}


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(_context: Context, command: Payload) -> Key | None:
    assert isinstance(command, TagCommit)
    return tag_key(command.name)


def decide(context: Context, command: Payload) -> list[Drafted]:
    assert isinstance(command, TagCommit)
    if not (TAG.fullmatch(command.name) and unicodedata.is_normalized("NFC", command.name)):
        text = f"{command.name[:200]!r} is no tag name: letters and digits, then also . _ and -, at most 100, in NFC"
        raise Refused([Finding("TAG_NAME", "/name", text)])
    commit = _named(context, command.commit) if command.commit else _newest(context, command.at or context.position)
    event = TagCreated(name=command.name, branch=commit.branch, position=commit.last, commit=commit.id)
    known = context.get(tag_key(command.name))
    if known is None:
        return [Drafted(tag_key(command.name), "-", event)]
    if known == evolve(None, event):
        return []
    text = f"{command.name} is commit {known['commit'][:12]}… (position {known['position']:,}); a tag is never moved"
    raise Refused([Finding("TAG_EXISTS", "/name", text)])


def evolve(_state: State | None, event: Payload) -> State | None:
    return event.model_dump()


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    assert isinstance(command, TagCommit)
    yield tag_key(command.name)
    yield branch_key(context.branch)


def _named(context: Context, identity: str) -> Commit:
    commit = elsewhere(context).commit_named(identity)
    if commit is None:
        raise Refused([Finding("COMMIT_UNKNOWN", "/commit", f"no commit has the id {identity}")])
    return commit


def _newest(context: Context, at: int) -> Commit:
    """Of the branch the command is sent on, or of those it came from."""
    if at > context.position:
        text = f"position {at:,} is not written yet; the log ends at {context.position:,}"
        raise Refused([Finding("BRANCH_POSITION", "/at", text)])
    log = elsewhere(context)
    for branch, _, until in log.lineage(context.branch, at):
        commit = log.commit(branch, until)
        if commit is not None:
            return commit
    text = f"nothing was written on {context.branch} at or before position {at:,}"
    raise Refused([Finding("COMMIT_UNKNOWN", "/at", text)])
