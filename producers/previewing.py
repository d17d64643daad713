"""What a merge would do, read on the write side: the outbox plans it on a state that stands still, and nothing is written."""

from collections.abc import Generator
from typing import Any

from events.branches.elsewhere import Unasked
from events.decider import Context
from events.merges.merge_preview import preview
from events.merges.merge_words import AskPreviewMerge
from producers.elsewhere import Elsewhere
from producers.heads import Heads, Staged, Untold
from producers.outbox import Ask, LogHead, Planning, Told, Writes


def previewing(branch: str, asked: AskPreviewMerge) -> Planning[dict[str, Any]]:
    """For `Outbox.plan`: the answer to `PreviewMerge` on a branch. Raises `Refused`."""

    def run(head: LogHead) -> Generator[Ask, Told, dict[str, Any]]:
        heads = Heads()
        elsewhere = Elsewhere(heads, Writes(head))
        context = Context(branch, "", head.time + 1, str, Staged(heads, branch), head.position, elsewhere)
        while True:
            try:
                return preview(context, asked)
            except Unasked:
                yield from elsewhere.ask()
            except Untold as untold:
                yield from heads.fetch(untold.column, untold.keys)

    return run
