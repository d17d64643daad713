"""The garbage collector, set for a long-lived process with many small live objects.

Reference counts free nearly everything here. What is left are cycles, mostly of errors and their tracebacks, and they
die young; but a collection of all generations walks every known head and every loaded module, for tens of milliseconds,
while every command waits.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

YOUNG: Final = 20_000  # new containers between two looks at the youngest: about 2 ms each
MIDDLE: Final = 50  # of those looks between two at the middle generation
OLD: Final = 100  # of these between two at all of them


def calm() -> None:
    """Leave what the program has loaded out of every collection from now on, and look at the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


@contextmanager
def calmly() -> Iterator[None]:
    """As `calm`, for a while: what was loaded before is looked through again afterwards."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(10 * YOUNG, MIDDLE, OLD)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
