"""Decides a group of commands against one head of the log. Sans-I/O: asks for what it must read, returns what to write.

    Ask(commands) ─► Ask(heads)… ─► for each command in order: decide ─► draw rows ─► fold heads ─► Writes

A refused command spoils only itself. A command that was answered before is answered the same again.
"""

from collections.abc import Generator, Sequence
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from events.branches.ancestry import Lasting
from events.decider import Drafted
from events.findings import Finding, Refused, listed
from events.objects.section import SECTION_UNKNOWN
from producers.again import FEW
from producers.ahead import (
    ATTEMPTS,
    MOMENTARY,
    Ahead,
    Journal,
    Move,
    Moved,
    Worded,
    moves_in,
    schema_in,
    touches_all,
    words_of,
)
from producers.command import Limits, NewId, Submitted
from producers.command_digests import CommandDigests
from producers.deciding import Decider
from producers.draft import Drawing, Drawn, at_once, draw, handed_over
from producers.heads import Staged
from producers.keys import NO_RING, Ring
from producers.loading import PutOff
from producers.outbox import (
    Ask,
    CommandKey,
    CommitWrite,
    LogHead,
    OutboxUnavailable,
    Planning,
    Refusal,
    Remembered,
    Told,
    UploadKey,
    Work,
    Writes,
)
from producers.outcome import failed, outcome_of
from producers.patch import whole
from producers.prefetch import Reading, prefetch
from producers.tips import Tips, check_bases
from security.wrapped import Wraps

AGAIN: Final = b""
"""Instead of an outcome: to be decided ahead once more."""
_encode: Final = msgspec.json.Encoder().encode


class Planner:
    """Decides for one ontology; keeps what it knows of the heads from group to group."""

    def __init__(
        self,
        ontology: str,
        new_id: NewId,
        limits: Limits | None = None,
        ring: Ring | None = None,
        wraps: Wraps | None = None,
    ) -> None:
        """`wraps`: of what is uploaded; without it nothing is."""
        self.ontology, self.new_id, self.limits = ontology, new_id, limits or Limits()
        self.ring = ring or NO_RING
        self._digests = CommandDigests(self.ring)
        self.decider = Decider(ontology, new_id, self.limits, self.ring, wraps)
        self.heads = self.decider.heads
        self._left: LogHead | None = None  # where the last group left the log
        self._tips = Tips(self.heads)
        self._vectors = Lasting()
        self._last = False  # whether nothing is decided behind it in its group
        self._beside = False  # whether somebody decides ahead what takes long
        self.journal = Journal()

    def work(self, group: Sequence[Submitted], now: int, *, beside: bool = False) -> Work:
        """A unit of work for the outbox; `now` in µs. The outcome of group[i] is `writes.outcomes[i]`.

        `beside`: somebody decides ahead what is `AGAIN`, and asks again for all that is so of the same line behind it.
        """

        def run(head: LogHead) -> Generator[Ask, Told, Writes]:
            self.journal.begin(head.position, known=head == self._left)
            if head != self._left:
                self.forget()
            self._left = None  # until the end: an interrupted group leaves nothing to trust
            told = yield Ask(commands=[s.key for s in group if s.key.id])
            self.heads.trim()
            self.ring.trim()
            yield from prefetch(Reading(self.heads, self.new_id, self.ring), group)
            writes = Writes(head)
            self.decider.begin(writes, self._vectors)
            answered = dict(told.commands)
            self._beside, put_off = beside, set[tuple[str, str]]()
            for submitted in group:
                self._last = submitted is group[-1]
                self._unfold(writes)
                if put_off and submitted.line in put_off:  # nobody overtakes
                    writes.outcomes.append(AGAIN)
                    continue
                writes.outcomes.append((yield from self._answer(submitted, answered, writes, now)))
                if writes.outcomes[-1] == AGAIN:
                    put_off.add(submitted.line)
            writes.heads = self.heads.flush()
            self.journal.add(writes.heads)
            if writes.prepared is not None:
                self.journal.add(writes.prepared.heads, writes.prepared.after)
            self.ring.keep()  # before the events that need them
            self._left = writes.head
            return writes

        return run

    def _unfold(self, writes: Writes) -> None:
        """Whoever comes behind a long command in its group sees what that wrote."""
        if writes.prepared is not None:
            self.heads.put([*writes.prepared.written()])
            writes.prepared = None

    def forget(self) -> None:
        """Drop all that is known, as after a transaction that was lost."""
        self.heads.clear()
        self.ring.forget()
        self._tips.clear()
        self._vectors.found = ()
        self._left = None

    def _answer(
        self, submitted: Submitted, answered: dict[CommandKey, Remembered], writes: Writes, now: int
    ) -> Generator[Ask, Told, bytes]:
        before = None if submitted.dry_run else answered.get(submitted.key)
        if before is not None:
            if self._digests.may_be_same(before.digest, submitted.digest):
                return before.outcome
            text = f"the id {submitted.key.id} was used for another command; send this one under an id of its own"
            return self._refuse(submitted, [Finding("COMMAND_ID_REUSED", "/id", text)], writes, now)
        if submitted.dry_run:
            return (yield from self._rehearse(submitted, writes, now))
        ahead = writes.head.time - now
        if ahead > self.limits.clock_ahead:
            text = f"the log's last event is {ahead / 1e6:.0f} s ahead of this machine's clock; set the clock right"
            return self._refuse(submitted, [Finding("TIME_CLOCK_BEHIND", "", text)], writes, now)
        kept = bool(submitted.key.id)  # not where sections are lacking: sent again behind them it is decided
        try:
            outcome = yield from self._accept(submitted, writes, now)
        except Refused as refused:
            outcome = self._refuse(submitted, refused.findings, writes, now)
            kept = kept and not any(finding.code == SECTION_UNKNOWN for finding in refused.findings)
        except OutboxUnavailable:  # without the key store nothing is decided, so nothing is refused for good
            raise
        except Exception as fault:  # noqa: BLE001  a fault in one decision must not stop the decisions of others
            return AGAIN if isinstance(fault, PutOff) else self._refuse(submitted, [failed(fault)], writes, now)
        if kept:
            remembered = Remembered(self._digests.kept(submitted.digest), outcome, now)
            answered[submitted.key] = remembered
            writes.commands.append((submitted.key, remembered))
        return outcome

    def _accept(self, submitted: Submitted, writes: Writes, now: int) -> Generator[Ask, Told, bytes]:
        planned = yield from self._plan(submitted, writes, now)
        if planned is None:
            return outcome_of(submitted, "unchanged", writes.head.position, [], [])
        if planned.moved is None:
            drawn = at_once(planned.drawing)
            planned.staged.settle()
        else:
            prepared = planned.moved.prepared
            drawing = handed_over(planned.drawing, prepared, writes.rows)
            drawn = (yield from drawing) if self._last else at_once(planned.drawing)
            writes.prepared = prepared
            self.heads.forget()  # it can be read again
        self._write(submitted, drawn, writes)
        writes.taken += planned.taken
        return outcome_of(submitted, "accepted", drawn.head.position, drawn.event_ids, planned.warnings)

    def _rehearse(self, submitted: Submitted, writes: Writes, now: int) -> Generator[Ask, Told, bytes]:
        """Decided in full, drawn until nothing more can be refused, and let go: nobody will know of it but who asked."""
        position = writes.head.position
        try:
            planned = yield from self._plan(submitted, writes, now)
            if planned is not None:
                next(planned.drawing, None)
        except Refused as refused:
            return outcome_of(submitted, "rejected", position, [], listed(refused.findings), [])
        except OutboxUnavailable:
            raise
        except Exception as fault:  # noqa: BLE001  as of any other command
            if isinstance(fault, PutOff):
                return AGAIN
            return outcome_of(submitted, "rejected", position, [], [failed(fault)], [])
        finally:
            self.ring.begin()
        if planned is None:
            return outcome_of(submitted, "unchanged", position, [], [], [])
        return outcome_of(submitted, "accepted", position, [], planned.warnings, planned.words)

    def _plan(self, submitted: Submitted, writes: Writes, now: int) -> Generator[Ask, Told, "_Planned | None"]:
        """All that would be written, `None` if nothing. Raises `Refused`, and so does its drawing."""
        if submitted.findings:
            raise Refused(submitted.findings)
        moved = yield from self._still(submitted, writes.head)
        if moved is None:
            drafted, staged, warnings, _, taken = yield from self.decider.decide(
                submitted, writes.head, now, hurried=self._beside
            )
            moves: Sequence[Move] = moves_in(drafted)
            words: Sequence[Worded] = words_of(self.ontology, submitted.branch, drafted)
        else:
            staged = Staged(self.heads, submitted.branch)
            words, moves, _, warnings, taken = moved
        if not words:
            return None
        if moves:
            yield from check_bases(moves, writes)
        parents = None if moves else self._tips.at_hand(submitted.branch)
        if parents is None:
            parents = yield from self._tips.parents(submitted.branch, moves, writes.commits)
        drawing = draw(self.ontology, submitted, words, parents=parents, head=writes.head, now=now, limits=self.limits)
        return _Planned(words, staged, drawing, warnings, moved, taken)

    def ahead(self, submitted: Submitted, now: int, attempt: int) -> Planning[Ahead]:
        """Decides a command beside the commits, for its turn to come. What needs keys cannot be decided so, unless large."""

        def run(head: LogHead) -> Generator[Ask, Told, Ahead]:
            ring = self.ring.beside() if submitted.large else NO_RING
            beside = self.decider.beside(ring)
            beside.begin(Writes(head), self._vectors)
            before = submitted.ahead
            if before is not None:
                written = self.journal.behind(before.position, head.position)
                anew = yield from beside.again(submitted, before, written, head, self.limits.commit_events)
                if anew is not None:
                    return replace(whole(anew), attempt=attempt)
            refusals: Sequence[Finding] = submitted.findings
            drafted: list[Drafted] = []
            warnings: Sequence[Finding] = ()
            staged = Staged(beside.heads, submitted.branch)
            grounds = None
            taken: Sequence[UploadKey] = ()
            if not refusals:
                try:
                    drafted, staged, warnings, grounds, taken = yield from beside.decide(submitted, head, now)
                except Refused as refused:
                    refusals = refused.findings
            counts = staged.counts()
            keys, prefixes = beside.heads.told_of()
            beside.heads.forget()  # nothing more is looked up, and it is much
            heads = staged.intervals(head.position)
            schema = schema_in(heads)
            moves = moves_in(drafted)
            words = words_of(self.ontology, submitted.branch, drafted)
            return Ahead(
                head.position, attempt, words, moves, heads, warnings, refusals, keys, prefixes,
                bool(refusals) or touches_all(submitted.type, moves, grounds, schema), schema, submitted.type in MOMENTARY, grounds,
                taken=taken, keyed=ring.keyed(), counts={} if grounds else counts,
            )  # fmt: skip

        return run

    def _still(self, submitted: Submitted, head: LogHead) -> Generator[Ask, Told, Moved | None]:
        """What was decided ahead, as it is now; `None` = decide it here. Raises `Refused`, `PutOff` = ahead once more."""
        ahead = submitted.ahead
        if ahead is None or ahead.keyless:
            return None
        if ahead.refusals and ahead.attempt > 1:  # then all that its line sent before was written: it is of that moment
            raise Refused(ahead.refusals)
        written = self.journal.behind(ahead.position)
        if written is not None:
            written += self.heads.unflushed
        last = ahead.attempt >= ATTEMPTS
        now = yield from self.decider.again(submitted, ahead, written, head, self.limits.commit_events if last else FEW)
        if now is None:
            if last:
                return None
            raise PutOff
        if now.refusals:
            raise Refused(now.refusals)
        self.ring.begin()
        if not self.ring.take(now.keyed):
            if last:
                return None
            raise PutOff
        return now.moved(self.ontology, submitted.branch, head.position)

    def _write(self, submitted: Submitted, drawn: Drawn, writes: Writes) -> None:
        first = writes.head.position + 1
        writes.rows += drawn.rows
        writes.head = drawn.head
        writes.commits.append(CommitWrite(submitted.branch, first, drawn.head.position, drawn.commit_id))
        self._tips.wrote(submitted.branch, drawn.commit_id)
        writes.destroyed += self.ring.settle()

    def _refuse(self, submitted: Submitted, findings: Sequence[Finding], writes: Writes, now: int) -> bytes:
        principal, command_id = submitted.key
        findings = listed(findings)
        refusal = Refusal(now, principal, submitted.branch, command_id, submitted.type, _encode(findings))
        writes.refusals.append(refusal)
        return outcome_of(submitted, "rejected", writes.head.position, [], findings)


class _Planned(Struct, frozen=True, gc=False):
    words: Sequence[Worded]
    staged: Staged
    drawing: Drawing
    warnings: Sequence[Finding]
    moved: Moved | None  # what was decided ahead, where it is that
    taken: Sequence[UploadKey]  # sections that are events of it
