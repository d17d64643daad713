"""TLS of a server of HTTP: a certificate and its key in files, which are read again when they have changed."""

import ssl
from pathlib import Path


class BadCertificate(ValueError):
    """Files that are no certificate and its key."""

    def __init__(self, certificate: Path, key: Path, why: str) -> None:
        super().__init__(
            f"{certificate} and {key} are not a certificate and its private key, without a password: {why}"
        )


class ServerTls:
    """`context` shows what the files held when they were last good. Raises `BadCertificate`."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = certificate, key
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._seen: tuple[object, ...] = ()
        self.renew()

    def renew(self) -> None:
        """What is renewed counts for connections from then on. Raises `BadCertificate`, once for what the files hold."""
        seen = tuple(map(_stamp, self._files))
        if seen == self._seen:
            return
        self._seen = seen
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(*self._files, password=_nobody_types)
            self.context.load_cert_chain(*self._files, password=_nobody_types)
        except (OSError, ValueError) as error:  # an SSLError is an OSError
            raise BadCertificate(*self._files, str(error)) from error


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Another one for other content; `None` for a file that is not there."""
    try:
        there = path.stat()
    except OSError:
        return None
    return there.st_mtime_ns, there.st_size, there.st_ino


def _nobody_types() -> str:
    raise ValueError("the key has a password")
