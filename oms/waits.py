"""How far a commit can be waited for: durable, in the log, in a view. Imports nothing, so that a command line may ask first."""

from typing import Final

VIEWS: Final = ("versions", "audit", "graph", "similar")
WAITS: Final = ("outbox", "log", *(f"projected:{view}" for view in VIEWS))
SAID: Final = "outbox, log or projected:<view>, where view is " + ", ".join(VIEWS[:-1]) + f" or {VIEWS[-1]}"


def unknown(wait: str) -> str:
    """Why it cannot be waited for; "" if it can, as far as one can tell from afar."""
    return "" if wait in WAITS else f"cannot wait for {wait!r}; there are {', '.join(WAITS)}"
