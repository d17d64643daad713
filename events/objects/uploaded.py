"""Sections that were sent ahead of a command: a port, so that deciding needs to know nothing of where they wait."""

from typing import Any, Final, Protocol

Json = Any


class Uploaded(Protocol):
    """What the principal of the command that is decided has sent ahead. Whoever decides brings it."""

    def section(self, digest: str, /) -> Json | None:
        """Its content; `None`: it was not sent, or is thrown away already. Raises `Unread`."""


class _NoUploads:
    """For those who decide without any."""

    def section(self, _digest: str, /) -> Json | None:
        return None


NO_UPLOADS: Final[Uploaded] = _NoUploads()
