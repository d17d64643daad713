"""Who may come in by HTTP: a file beside the data keys, by principal; it is read again whenever it has changed.

[ana]                               Authorization: Bearer oms_…
token = "<SHA-256 of it, hex>"
may = ["read", "write"]

[gates]                             a sender that signs as Standard Webhooks have it
secret = "whs-…"                    the id of the secret; of Ed25519 the sender's public half: "whpk_…"
may = ["write"]

[gates-owner]                       one who sees these endpoints of webhooks in the portal, and nothing else
token = "…"
may = ["webhooks"]
subscriptions = ["gates-out"]
"""

import hmac
import json
import os
import secrets
import tomllib
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from adapters import system_clock as clock
from oms.keys import keys_file
from oms.secrets import made, secret_files
from oms.settings import Settings
from producers.receive import LOCAL
from security.author import AuthorRefused, parse
from security.webhook_signatures import BadSecret, verified

FILE: Final = "callers.toml"
RIGHTS: Final = ("read", "write", "webhooks")
_BEGINS: Final = "oms_"  # so that a token that was published by mistake is found


class BadCallers(OSError):
    """A file that does not say who may come in: then nobody may."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} {why}; mend it, or take it away and use `oms gateway allow`")


class Known(NamedTuple):
    """`token` is a digest, `secret` an id or a public key; one of them is empty. `subscriptions`: that it sees; `None`: all."""

    principal: str
    may: frozenset[str]
    token: str = ""
    secret: str = ""
    subscriptions: frozenset[str] | None = None


class CallersFile:
    def __init__(self, settings: Settings) -> None:
        self.path = keys_file(settings).parent / FILE
        self._secrets = secret_files(settings)
        self._seen: tuple[int, int, int] | None = None
        self._known: Sequence[Known] = ()

    def begun(self) -> bool:
        """Whether somebody was ever let in by name: who takes the last name away opens no door."""
        return self.path.exists()

    def known(self) -> Sequence[Known]:
        """In the file's order. Raises `OSError`, which `BadCallers` is."""
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return ()
        seen = (there.st_mtime_ns, there.st_size, there.st_ino)
        if seen != self._seen:
            self._known, self._seen = _read(self.path), seen
        return self._known

    def by_token(self, token: str) -> Known | None:
        digest = _digest(token)
        found = [
            each for each in self.known() if each.token and hmac.compare_digest(each.token.encode(), digest.encode())
        ]
        return found[0] if found else None

    def by_signature(self, headers: Mapping[str, str], body: bytes) -> Known | None:
        """Raises `OSError`."""
        for each in self.known():
            try:
                if each.secret and verified(headers, body, [self._key(each)], clock.now() / 1e6):
                    return each
            except (BadSecret, LookupError) as error:
                raise BadCallers(self.path, f"names a secret of {each.principal} that is none: {error}") from error
        return None

    def _key(self, known: Known) -> str:
        secret = known.secret
        return secret if secret.startswith("whpk_") else self._secrets.get(secret, _signs(known.principal))


def allow(settings: Settings, principal: str, may: Sequence[str], subscriptions: Sequence[str] | None = None) -> str:
    """A new token for the principal, which is shown once; one that it had is over. `subscriptions`: it sees these alone.

    Raises `AuthorRefused`, `OSError`.
    """
    token = _BEGINS + secrets.token_urlsafe(32)
    bound = {} if subscriptions is None else {"subscriptions": list(subscriptions)}
    _write(settings, principal, {"token": _digest(token), "may": list(may), **bound})
    return token


def trust(settings: Settings, principal: str, may: Sequence[str], public: str | None = None) -> str:
    """A sender that signs: with a new secret, which is shown once, or with the key that it has shown (`whpk_…`)."""
    if public is not None:
        verified({"webhook-id": "-", "webhook-timestamp": "0", "webhook-signature": "-"}, b"", [public], 0.0)
        _write(settings, principal, {"secret": public, "may": list(may)})
        return public
    _check_name(principal)  # before there is a secret of nobody
    secret = made(settings, "v1", _signs(principal))
    _write(settings, principal, {"secret": secret.id, "may": list(may)})
    return secret.shown


def forget(settings: Settings, principal: str) -> bool:
    """Whether it was there; from now on it is not let in. Where it was not nothing is written, so no door is shut."""
    known = any(each.principal == principal for each in CallersFile(settings).known())
    return known and _write(settings, principal, None)


def _check_name(principal: str) -> None:
    """`local` may speak for any author: nobody is let in as that. Raises `AuthorRefused`."""
    if principal == LOCAL or parse(f"{principal}@gateway").user != principal:
        raise AuthorRefused(principal)


def _signs(principal: str) -> str:
    """Whom the secret is for."""
    return f"what {principal} sends"


def _write(settings: Settings, principal: str, said: Mapping[str, Any] | None) -> bool:
    """The file with one entry changed, or taken away; the secret that it had is destroyed. Raises `AuthorRefused`, `OSError`."""
    if said is not None:
        _check_name(principal)
    path = keys_file(settings).parent / FILE
    table: dict[str, Mapping[str, Any]] = {each.principal: _entry(each) for each in CallersFile(settings).known()}
    before = table.pop(principal, None)
    if said is not None:
        table[principal] = said
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    part = path.with_name(f".{FILE}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines(_lines(table))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    if before is not None and str(before.get("secret", "")).startswith("whs-"):
        secret_files(settings).destroy(before["secret"])
    return before is not None


def _lines(table: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """TOML: its texts and lists of texts are written as JSON writes them."""
    lines = []
    for principal, said in table.items():
        lines.append(f"[{json.dumps(principal, ensure_ascii=False)}]\n")
        lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in said.items()]
        lines.append("\n")
    return lines


def _entry(known: Known) -> dict[str, Any]:
    held = {"token": known.token} if known.token else {"secret": known.secret}
    bound = {} if known.subscriptions is None else {"subscriptions": sorted(known.subscriptions)}
    return {**held, "may": sorted(known.may), **bound}


def _read(path: Path) -> list[Known]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return [_one(principal, said) for principal, said in table.items()]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, AuthorRefused) as error:
        raise BadCallers(path, f"is not as it must be: {error}") from error
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise BadCallers(
            path, "says of somebody something else than `may`, `subscriptions` and one of `token` and `secret`"
        ) from error


def _one(principal: str, said: Mapping[str, Any]) -> Known:
    _check_name(principal)
    may, bound = frozenset(said["may"]), said.get("subscriptions")
    ((held, value),) = ((name, value) for name, value in said.items() if name not in ("may", "subscriptions"))
    if held not in ("token", "secret") or not isinstance(value, str) or not value or not may <= frozenset(RIGHTS):
        raise TypeError(principal)
    if bound is not None and (may != {"webhooks"} or not isinstance(bound, list)):
        raise TypeError(principal)  # who reads or writes is bound to no subscription
    return Known(principal, may, subscriptions=None if bound is None else frozenset(map(str, bound)), **{held: value})


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
