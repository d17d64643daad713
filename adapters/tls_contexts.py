"""TLS with a certificate of ours, or with an authority of their own: PEM texts become contexts of the library.

The library takes a private key from a file alone. So it is written encrypted, under a password that only this process
knows and forgets: no disk sees the key.
"""

import asyncio
import secrets
import ssl
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from events.subscriptions.outgoing import ClientTls

MOST: Final = 500  # contexts that are kept; a connection lives as long as its own


class BadPem(ValueError):
    """Not what it should be."""


class TlsContexts:
    """The same for the same texts, so that connections are used again."""

    def __init__(self) -> None:
        self._made: OrderedDict[ClientTls, ssl.SSLContext] = OrderedDict()

    async def of(self, tls: ClientTls) -> ssl.SSLContext:
        """Raises `BadPem`."""
        if tls not in self._made:
            self._made[tls] = await asyncio.to_thread(tls_context, tls)
        self._made.move_to_end(tls)
        while len(self._made) > MOST:
            self._made.popitem(last=False)
        return self._made[tls]


def tls_context(tls: ClientTls) -> ssl.SSLContext:
    """What is public stays trusted beside the authority. Raises `BadPem`, without a word of the key."""
    context = ssl.create_default_context()
    try:
        if tls.authority is not None:
            context.load_verify_locations(cadata=tls.authority)
        if tls.identity is not None:
            _load(context, tls.identity)
    except (ValueError, TypeError, UnsupportedAlgorithm, ssl.SSLError):
        what = "certificates" if tls.identity is None else "a certificate and its private key, without a password"
        raise BadPem(f"it is not {what} in PEM") from None
    return context


def _load(context: ssl.SSLContext, identity: str) -> None:
    pem, password = identity.encode(), secrets.token_bytes(32).hex()
    key = load_pem_private_key(pem, None)
    sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode()))
    shown = b"".join(each.public_bytes(Encoding.PEM) for each in x509.load_pem_x509_certificates(pem))
    with tempfile.TemporaryDirectory(prefix="oms-tls-") as folder:
        path = Path(folder) / "identity.pem"
        path.write_bytes(shown + sealed)
        context.load_cert_chain(path, password=password)
