"""What endpoints write back may repeat what they were shown: it is masked before anybody keeps it."""

import json
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

from events.subscriptions.outgoing import Answered, Failed

MASK: Final = "***"
SHORTEST: Final = 4  # characters; what is shorter is no secret, and stands in every other word


class Masking:
    """Of these texts, as they are and as JSON and URLs write them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for each in secrets if len(each) >= SHORTEST for form in _forms(each)}
        self._texts = sorted(forms, key=len, reverse=True)  # one may hold another
        self._bytes = [each.encode() for each in self._texts]

    def text(self, text: str) -> str:
        for each in self._texts:
            text = text.replace(each, MASK)
        return text

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {self.text(name): self.text(value) for name, value in headers.items()}

    def body(self, body: bytes) -> bytes:
        """A secret that the end cuts off is left out, too."""
        for each in self._bytes:
            body = body.replace(each, MASK.encode())
        for each in self._bytes:
            begun = body.find(each[:SHORTEST], max(len(body) - len(each) + 1, 0))
            while begun >= 0 and not each.startswith(body[begun:]):
                begun = body.find(each[:SHORTEST], begun + 1)
            if begun >= 0:
                body = body[:begun] + MASK.encode()
        return body

    def ended(self, ended: Answered | Failed) -> Answered | Failed:
        if not self._texts:
            return ended
        if isinstance(ended, Failed):
            return ended._replace(detail=self.text(ended.detail))
        packed = ended.headers.get("content-encoding", "identity") != "identity"  # in which nothing is found
        return ended._replace(headers=self.headers(ended.headers), body=b"" if packed else self.body(ended.body))


def _forms(secret: str) -> set[str]:
    return {
        secret, quote(secret, safe=""), quote(secret), quote_plus(secret), repr(secret)[1:-1],
        json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1],
    }  # fmt: skip
