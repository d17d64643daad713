"""Words to look for, in any script: what is written without blanks between words is taken in pairs of characters.

"KE 항공권 예매"  ─►  ke 항공 공권 예매
"""

import re
from typing import Final
from unicodedata import normalize

_WORD: Final = re.compile(
    r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff]+"
    r"|[^\W_\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff]+"
)
_PAIRED: Final = "\u1100"  # from here on, Hangul, Kana and Han


def grams(text: str) -> list[str]:
    """In order, with repetitions. Case, width and composition make no difference."""
    found: list[str] = []
    for word in _WORD.findall(normalize("NFKC", text).casefold()):
        if word < _PAIRED or len(word) == 1:
            found.append(word)
        else:
            found += [word[at : at + 2] for at in range(len(word) - 1)]
    return found
