"""What versions take as deltas, and what it takes to write and to read them, on three kinds of data."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import zstandard

from bench import documents
from bench.figures import Figure, percentile
from bench.stock import Stock
from documents.delta import Delta, Samples, base_of, packed, unpacked

HISTORIES: Final = 200
READS: Final = 2_000
GOALS: Final = {"files": 97, "elements": 95, "objects": 90}


@dataclass
class Kind:
    """Sizes in bytes; times in µs and ms."""

    whole: int = 0
    kept: int = 0
    alone: int = 0  # each compressed by itself
    writes: list[float] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    longest: int = 0

    def saved(self, size: int) -> float:
        return 100 * (1 - size / self.whole)


async def figures(stock: Stock) -> list[Figure]:
    found = []
    for name, histories in documents.kinds(stock.sized(HISTORIES)).items():
        kind = _measured(list(histories))
        beside = "each compressed by itself (zstd -9)"
        found += [
            Figure(f"versions of {name}: saved by deltas", kind.saved(kind.kept), "%", percentile(kind.writes, 0.5),
                   beside, kind.saved(kind.alone), f"≥ {GOALS[name]} %", f"chain ≤ {kind.longest}; samples counted"),
            Figure(f"one of them read, p50 (p99 {percentile(kind.reads, 0.99):.3f} ms)", percentile(kind.reads, 0.5), "ms",
                   None, "", None, "≤ 0.2 ms", "zstd frames, a checksum at the end"),
        ]  # fmt: skip
    return found


def _measured(histories: Sequence[Sequence[bytes]]) -> Kind:
    kind = Kind()
    samples = Samples.of(texts[-1] for texts in histories)
    kind.kept = len(samples.text)
    alone = zstandard.ZstdCompressor(level=9)
    chains: list[list[Delta]] = []
    for texts in histories:
        chain: list[Delta] = []
        for number, text in enumerate(texts):
            base = base_of(number)
            begun = time.perf_counter()
            delta = packed(text, None if base is None else texts[base], samples)
            kind.writes.append((time.perf_counter() - begun) * 1e6)
            chain.append(delta)
            kind.whole += len(text)
            kind.kept += len(delta.data) + len(delta.checksum)
            kind.alone += len(alone.compress(text))
        chains.append(chain)
    _read(kind, histories, chains, samples)
    return kind


def _read(kind: Kind, histories: Sequence[Sequence[bytes]], chains: list[list[Delta]], samples: Samples) -> None:
    chance = random.Random(5)
    for _ in range(READS):
        history = chance.randrange(len(histories))
        number = chance.randrange(len(histories[history]))
        begun = time.perf_counter()
        text = document(chains[history], number, samples)
        kind.reads.append((time.perf_counter() - begun) * 1e3)
        assert text == histories[history][number]
    kind.longest = max(chain_length(chain, number) for chain in chains[:20] for number in range(len(chain)))


def document(chain: Sequence[Delta], number: int, samples: Samples) -> bytes:
    """From the whole one up."""
    path = [number]
    while chain[path[-1]].form.needs_base:
        path.append(_base(path[-1]))
    text = None
    for at in reversed(path):
        text = unpacked(chain[at], text, samples)
    assert text is not None
    return text


def chain_length(chain: Sequence[Delta], number: int) -> int:
    """Deltas between a document and the whole one it rests on."""
    return 1 + chain_length(chain, _base(number)) if chain[number].form.needs_base else 0


@cache
def _base(number: int) -> int:
    base = base_of(number)
    assert base is not None
    return base
