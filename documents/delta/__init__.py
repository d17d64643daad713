"""A document told by what differs from an earlier one of its chain: small to keep, quick to read, checked when read.

version   0        1      2      3      4        5 …
          ■ ◄───── δ ◄─── δ ◄─── δ
          ▲─────────────────────────────δ ◄───── δ          ■ whole document, δ delta against the one it points to
"""

from documents.delta.chain import base_of
from documents.delta.form import Corrupt, Delta, Form, checksum, packed, unpacked
from documents.delta.frames import Samples

__all__ = ["Corrupt", "Delta", "Form", "Samples", "base_of", "checksum", "packed", "unpacked"]
