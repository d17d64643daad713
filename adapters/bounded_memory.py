"""A bound on what the whole process may take, for code that keeps its own limit not everywhere: a text of a gigabyte is none to it.

Behind the bound an allocation fails, which is an error like others; without it the machine would begin to kill.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SLACK: Final = 1 << 30  # bytes for what is no memory of the engine: threads, what was read and is on its way
_STATM: Final = Path("/proc/self/statm")


@contextmanager
def bounded(mebibytes: int) -> Iterator[None]:
    """From now on that much more, and some slack; where the system does not say what is taken, nothing is bounded."""
    if not _STATM.exists():
        yield
        return
    import resource

    pages = int(_STATM.read_text().split()[0])
    most = pages * resource.getpagesize() + (mebibytes << 20) + SLACK
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    tighter = most if soft == resource.RLIM_INFINITY else min(most, soft)
    resource.setrlimit(resource.RLIMIT_AS, (tighter, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
