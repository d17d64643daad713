"""API names for the RIDs in what a server says, from the versions view beside; where there is none, RIDs stay."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from events.decider import State
    from events.names import Key
    from oms.settings import Settings
    from queries.versions import Versions

PATIENCE_SECONDS: Final = 1.0  # a view that takes longer to come after is not waited for again
LOOK_SECONDS: Final = 0.02
RID: Final = "ri.oms."


class Names:
    """Reads one state of the view until a later one is needed. A context manager: it holds the view open."""

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings
        self._held = ExitStack()
        self._view: Versions | None = None
        self._patient = True

    async def told(self, text: str, position: int, branches: Sequence[str]) -> str:
        """`text` with names as these branches had them at a position, the first one first."""
        if RID not in text:
            return text
        await self._come(position)
        return text if self._view is None else _named(self._view, text, position, branches)

    async def _come(self, position: int) -> None:
        """Until the view has the position, or patience is at its end."""
        import asyncio

        now = asyncio.get_running_loop().time
        end = now() + PATIENCE_SECONDS
        while self._view is None or self._view.position() < position:
            self._reopen()
            self._patient = self._patient and self._view is not None and now() < end
            if not self._patient:
                return
            await asyncio.sleep(LOOK_SECONDS)

    def _reopen(self) -> None:
        from adapters.view_files import ViewMissing
        from oms.cli.cutting import versions
        from projectors.projector import ViewUnavailable

        self._held.close()
        try:
            self._view = self._held.enter_context(versions(self._settings))
        except (ViewMissing, ViewUnavailable):
            self._view = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()


def stored(settings: "Settings", resource: str) -> str:
    """`object/Departure/UA-1` or `objectType/Departure`, by what a type is called now on the branch, as events have it.

    What no type is called stays as it is.
    """
    from adapters.view_files import ViewMissing
    from events.findings import Refused
    from oms.cli.cutting import cut_at, versions
    from projectors.projector import ViewUnavailable
    from queries.called import in_rids
    from queries.naming import named

    kind, _, rest = resource.partition("/")
    name, below, key = rest.partition("/")
    try:
        with versions(settings) as view:
            cut = cut_at(view, settings.branch, "now")
            if kind not in ("object", "link") or not below:
                return in_rids(cut, resource)
            found = named(cut, name)
    except (Refused, ViewMissing, ViewUnavailable):
        return resource
    return f"{found.entities}{key}" if found.entities.startswith(f"{kind}/") else resource


def in_rids(flags: Mapping[str, object], key: str, source: str | None = None) -> str:
    """`objectType/Airline` as its key on the source, else on the branch of the flags; anything else as it is."""
    from events.schema.kinds import KINDS
    from oms.cli.cutting import cut_at, versions
    from oms.settings import load
    from queries import called

    if RID in key or key.partition("/")[0] not in KINDS:
        return key
    settings = load(flags).settings
    with versions(settings) as view:
        branches = (source or settings.branch, settings.branch)
        found = (called.in_rids(cut_at(view, branch, "now"), key) for branch in branches)
        return next((each for each in found if each != key), key)


def _named(view: "Versions", text: str, position: int, branches: Sequence[str]) -> str:
    from events.findings import Refused
    from events.names import ONTOLOGY_KEYS, ONTOLOGY_SCOPE
    from oms.cli.cutting import cut_at
    from queries.called import in_names

    cuts = []
    for branch in branches:
        try:
            cuts.append(cut_at(view, branch, str(min(position, view.position()))))
        except Refused:  # the view does not have the branch (yet)
            continue

    def state(key: "Key") -> "State | None":
        if key.startswith(ONTOLOGY_KEYS) and (of_all := view.at(ONTOLOGY_SCOPE, key, position)):
            return of_all.state
        return next((found for cut in cuts if (found := cut.state(key)) is not None), None)

    return in_names(state, text)
