"""Decides one command on what is known of the heads, and asks for what is not. Sans-I/O.

each part in order: decide_part ─► drafts, staged changes ─► all of them past the hooks ─► Decision
"""

from collections.abc import Generator, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from events.branches.ancestry import Lasting
from events.branches.elsewhere import Unasked
from events.decider import Context, Drafted
from events.findings import Finding, Refused
from events.merges.again import Grounds
from events.objects.purging import COMMANDS as PURGES
from events.objects.purging import DataKeyDestroyed
from producers import hooks, splitting
from producers.again import decided_again
from producers.ahead import Ahead
from producers.command import Limits, NewId, Submitted
from producers.decide_part import Ids, decide_part
from producers.elsewhere import Elsewhere
from producers.heads import Heads, Staged, Untold
from producers.keys import Ring
from producers.loading import Loading
from producers.outbox import Ask, HeadWrite, LogHead, Told, UploadKey, Writes
from producers.uploads import Uploaded
from security import pii
from security.wrapped import Wraps

_PURGES: Final = frozenset(model.__name__ for model in PURGES)


class Decision(NamedTuple):
    drafted: list[Drafted]
    staged: Staged
    warnings: Sequence[Finding]  # of the hooks
    grounds: Grounds | None  # if it was a merge
    taken: Sequence[UploadKey]


class Decider:
    """Keeps what it knows of the heads from group to group; `begin` each of them."""

    elsewhere: Elsewhere  # of the group that is decided

    def __init__(self, ontology: str, new_id: NewId, limits: Limits, ring: Ring, wraps: Wraps | None) -> None:
        self.ontology, self.new_id, self.limits = ontology, new_id, limits
        self.ring, self._wraps = ring, wraps
        self.heads = Heads()

    def beside(self, ring: Ring) -> "Decider":
        """Another one, that knows nothing yet, for one decision beside the commits."""
        return Decider(self.ontology, self.new_id, self.limits, ring, self._wraps)

    def begin(self, writes: Writes, lasting: Lasting) -> None:
        """`writes`: nothing yet."""
        self.elsewhere = Elsewhere(self.heads, writes, lasting)

    def decide(
        self, submitted: Submitted, head: LogHead, now: int, *, hurried: bool = False
    ) -> Generator[Ask, Told, Decision]:
        """All parts in order, each seeing what the ones before it changed. Raises `Refused` with all findings.

        `hurried`: others wait until it is decided, so one that needs much raises `PutOff`.
        """
        staged = Staged(self.heads, submitted.branch)
        ids = Ids(self.new_id)
        context = self._context(submitted, staged, head, max(now, head.time + 1), ids)
        context.uploaded = uploaded = Uploaded(submitted.key.principal, self._wraps)
        hurried = hurried and not submitted.long and all(part.type not in _PURGES for part in submitted.parts)
        loading = Loading(self.elsewhere, uploaded, hurried=hurried)
        self.ring.begin()
        parts: list[hooks.Decided] = []
        drafted: list[Drafted] = []
        findings: list[Finding] = []
        for part in submitted.parts:
            position = head.position + len(drafted) + 1
            while True:
                try:
                    decided, changes, behind = decide_part(context, part, position, staged)
                    break
                except Unasked:
                    ids.rewind()
                    yield from loading.noted()
                except Untold as untold:  # load it and decide this part again, with the same ids
                    ids.rewind()
                    yield from loading.missing(untold)
                except Refused as refused:
                    findings += [f._replace(path=part.path + f.path) for f in refused.findings]
                    decided, changes, behind = [], {}, staged
                    break
            ids.keep()
            context.notes.clear()
            if part.type in _PURGES:
                self.ring.doom(d.payload.kid for d in decided if isinstance(d.payload, DataKeyDestroyed))
            parts.append(hooks.Decided(part, decided))
            drafted += decided if part.effective is None else [replace(d, effective=part.effective) for d in decided]
            staged.add(changes)
            context.heads = staged = behind
        if len(drafted) > self.limits.commit_events:
            text = f"a commit has at most {self.limits.commit_events:,} events, this one would have {len(drafted):,}"
            findings.append(Finding("COMMIT_TOO_LARGE", "/data", text))
        refusals, warnings = (yield from self._passed(context, parts)) if drafted else hooks.NOTHING
        if findings or refusals:
            raise Refused([*findings, *refusals])
        return Decision(drafted, staged, warnings, context.grounds, uploaded.found)

    def again(
        self, submitted: Submitted, ahead: Ahead, written: Sequence[HeadWrite] | None, head: LogHead, most: int
    ) -> Generator[Ask, Told, Ahead | None]:
        """What was decided ahead, as of this head of the log, behind what was `written` since (`None`: nobody knows).

        `None` = to be decided as a whole. `most`: keys that may be looked at again.
        """
        touched = None if written is None else ahead.touched(submitted.branch, written)
        if touched is None or len(touched.read) + len(touched.left) > most:
            return None
        staged = Staged(self.heads, submitted.branch)
        context = self._context(submitted, staged, head, head.time + 1, self.new_id)
        now = yield from decided_again(self.elsewhere, context, submitted.parts, ahead, touched, self.ontology)
        return now and replace(now, alone=ahead.alone_behind(submitted.branch, written or ()))

    def _context(self, submitted: Submitted, staged: Staged, head: LogHead, time: int, new_id: NewId) -> Context:
        where = (staged, head.position, self.elsewhere, self.ring)
        context = Context(submitted.branch, submitted.author, time, new_id, *where)
        context.screen, context.splits = pii, splitting
        return context

    def _passed(self, context: Context, parts: Sequence[hooks.Decided]) -> Generator[Ask, Told, hooks.Passed]:
        """What the hooks say of it, once all that they read is loaded."""
        while True:
            try:
                return hooks.passed(context, lambda: Staged(self.heads, context.branch).get, parts)
            except Untold as untold:
                yield from self.heads.fetch(untold.column, untold.keys)
