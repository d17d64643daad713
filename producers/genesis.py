"""The first commit of every ontology: its default branch. So the log alone says everything, even that."""

from collections.abc import Generator

from events import catalog
from events.branches.branch import genesis as default_branch
from producers.ahead import worded
from producers.command import Limits, Submitted
from producers.draft import at_once, draw
from producers.heads import Heads, Staged
from producers.outbox import Ask, CommandKey, CommitWrite, LogHead, Told, Work, Writes

AUTHOR = "system@oms"


def genesis(ontology: str, branch: str, now: int) -> Work:
    """A unit of work that writes position 1, and nothing at all in an ontology that has begun."""

    def run(head: LogHead) -> Generator[Ask, Told, Writes]:
        if head.position:
            return Writes(head)
        draft = default_branch(branch)
        key = draft.key
        heads = Heads()
        reads = heads.reads(heads.wanted(branch, [key]))
        heads.tell(reads, (yield Ask(heads=[read for chain in reads.values() for read in chain])).heads)
        submitted = Submitted(CommandKey("", "genesis"), "", "CreateBranch", branch, AUTHOR)
        words = [worded(ontology, branch, draft)]
        drawn = at_once(draw(ontology, submitted, words, parents=[], head=head, now=now, limits=Limits()))
        staged = Staged(heads, branch)
        for changed, state in list(catalog.fold(staged.get, key, draft.payload)):
            staged.change(changed, 1, state)
        staged.settle()
        return Writes(
            drawn.head,
            rows=drawn.rows,
            heads=heads.flush(),
            commits=[CommitWrite(branch, 1, 1, drawn.commit_id)],
        )

    return run
