"""The key store port, and the keys at hand: a key is durable before any event that needs it, and gone after its purge.

decide ─► ring makes a key ─► store.keep (fsync) ─► commit … commit of a purge ─► store.destroy (fsync)

A crash in between leaves a key that nothing uses, or one to be destroyed at the next start: `producers.erase`.
"""

import hmac
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from events.names import Key
from events.objects.sealing import PURGED, Closed, NoSeals, Seals
from security.sealed import KEY_BYTES, Sealed, nonce_of, seal, unseal

Json = Any
Chance = Callable[[int], bytes]
"""So many random bytes, others at each call."""

_TOKEN_DIGITS: Final = 32
_ID_BYTES: Final = 8
_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_decode: Final = msgspec.json.Decoder().decode


class DataKey(NamedTuple):
    """`kid` is `<token of its owner>-<random>`: an owner whose key was destroyed gets one of another name."""

    kid: str
    secret: bytes

    @property
    def owner(self) -> str:
        return owner_of(self.kid)


class Keyed(NamedTuple):
    """What a decision knew of data keys that was made beside the ring of who commits."""

    found: Mapping[str, Sequence[str]]  # by owner the keys that there were
    made: Sequence[DataKey]  # in no store yet


NO_KEYS: Final = Keyed({}, ())


class KeyStore(Protocol):
    """Where keys live: outside log, exports and backups of both. Adapters pass `tests/ports/test_keys.py` unchanged.

    Every method is one transaction, durable when it returns, and may be called from any thread. What the committer
    asks while it decides raises `OutboxUnavailable` where the store refuses: no command is refused for good for that.
    """

    def index_key(self) -> bytes:
        """The ontology's key for tokens; made when it is asked for the first time, and never changed."""

    def of(self, owner: str) -> Sequence[DataKey]:
        """The keys an owner has, in the order in which they were kept."""

    def keep(self, keys: Sequence[DataKey]) -> None: ...

    def destroy(self, kids: Collection[str]) -> int:
        """How many of these were there. None of their bytes is left in the store."""

    def count(self) -> int:
        """How many data keys there are."""


class Ring(Seals, Protocol):
    """What a planner needs of a key ring besides closing and opening."""

    doomed: set[str]

    def keep(self) -> None:
        """What was made is durable when this returns."""

    def doom(self, kids: Iterable[str]) -> None:
        """As if these were gone, as long as this command is decided."""

    def begin(self) -> None:
        """A command is about to be decided: what the one before made or doomed counts only if it was settled."""

    def settle(self) -> list[str]:
        """The command is decided: what it made will be kept, what it doomed is gone for this ring.

        Returns the doomed: `destroy` takes them once their commit is durable.
        """

    def destroy(self, kids: Collection[str]) -> None:
        """They are in no store any more when this returns; from any thread."""

    def beside(self) -> "Ring":
        """Another one over the same store, for one decision beside the commits; whatever it makes, it does not keep."""

    def keyed(self) -> Keyed:
        """What was asked of this one, and what it made."""

    def take(self, keyed: Keyed) -> bool:
        """Make what was made beside part of the command that is being decided; `False`: there are other keys by now."""

    def trim(self) -> None:
        """Past a number of owners, forget what can be read again."""

    def forget(self) -> None:
        """Whatever was made and not kept is dropped: no event names it."""


class _NoRing(NoSeals):
    """For those who have no key store."""

    def __init__(self) -> None:
        self.doomed: set[str] = set()

    def keep(self) -> None: ...

    def doom(self, kids: Iterable[str]) -> None: ...

    def begin(self) -> None: ...

    def settle(self) -> list[str]:
        return []

    def destroy(self, kids: Collection[str]) -> None: ...

    def beside(self) -> Ring:
        return self

    def keyed(self) -> Keyed:
        return NO_KEYS

    def take(self, keyed: Keyed) -> bool:
        return keyed == NO_KEYS

    def trim(self) -> None: ...

    def forget(self) -> None: ...


NO_RING: Final[Ring] = _NoRing()


class KeyRing:
    """`Ring` over a store."""

    def __init__(self, store: KeyStore, chance: Chance, limit: int = 10_000) -> None:
        self.store, self.chance, self.limit = store, chance, limit
        self.doomed: set[str] = set()  # destroyed by the commit that is being decided
        self._known: dict[str, list[DataKey]] = {}
        self._tried: list[DataKey] = []  # made by the command that is being decided
        self._made: list[DataKey] = []
        self._index_key = b""

    def sealed(self, owners: Sequence[str], entity: Key, path: str, value: Json) -> Closed:
        keys = [self._current(owner) for owner in owners]
        text, secret = _encode(value), _combined(keys)
        made = seal(text, _joined(keys), secret, nonce_of(text, secret, entity, path), entity, path)
        return {"kid": made.kid, "nonce": made.nonce, "ct": made.ct}

    def opened(self, closed: Closed, entity: Key, path: str) -> Json:
        return opened(self._alive, closed, entity, path)

    def document_key(self, owners: Sequence[str], entity: Key, path: str) -> str:
        secret = _combined([self._current(owner) for owner in owners])
        return hmac.new(secret, b"document" + _encode((entity, path)), sha256).hexdigest()

    def token(self, *parts: Json) -> str:
        if not self._index_key:
            self._index_key = self.store.index_key()
        return hmac.new(self._index_key, _encode(parts), sha256).hexdigest()[:_TOKEN_DIGITS]

    def kids(self, owner: str) -> list[str]:
        return [key.kid for key in self._alive(owner)]

    def keep(self) -> None:
        if self._made:
            self.store.keep(self._made)
            self._made = []

    def doom(self, kids: Iterable[str]) -> None:
        self.doomed.update(kids)

    def begin(self) -> None:
        if not self._tried and not self.doomed:
            return
        for key in self._tried:
            self._known[key.owner].remove(key)
        self._tried.clear()
        self.doomed.clear()

    def settle(self) -> list[str]:
        if not self._tried and not self.doomed:
            return []
        self._made += self._tried
        self._tried.clear()
        lost = sorted(self.doomed)
        for kid in lost:
            owner = owner_of(kid)
            self._known[owner] = [key for key in self._of(owner) if key.kid != kid]
        self._made = [key for key in self._made if key.kid not in self.doomed]
        self.doomed.clear()
        return lost

    def destroy(self, kids: Collection[str]) -> None:
        self.store.destroy(kids)

    def beside(self) -> "KeyRing":
        return KeyRing(self.store, self.chance, self.limit)

    def keyed(self) -> Keyed:
        made = {key.kid for key in self._tried}
        found = {owner: [key.kid for key in keys if key.kid not in made] for owner, keys in self._known.items()}
        return Keyed(found, list(self._tried))

    def take(self, keyed: Keyed) -> bool:
        if any(self.kids(owner) != kids for owner, kids in keyed.found.items()):
            return False
        for key in keyed.made:
            self._known[key.owner].append(key)
        self._tried += keyed.made
        return True

    def trim(self) -> None:
        if len(self._known) > self.limit and not self._made and not self._tried:
            self._known.clear()

    def forget(self) -> None:
        self._known.clear()
        self._tried.clear()
        self._made.clear()
        self.doomed.clear()

    def _of(self, owner: str) -> list[DataKey]:
        if owner not in self._known:
            self._known[owner] = list(self.store.of(owner))
        return self._known[owner]

    def _current(self, owner: str) -> DataKey:
        alive = self._alive(owner)
        return alive[-1] if alive else self._new(owner)

    def _alive(self, owner: str) -> list[DataKey]:
        return [key for key in self._of(owner) if key.kid not in self.doomed]

    def _new(self, owner: str) -> DataKey:
        key = DataKey(f"{owner}-{self.chance(_ID_BYTES).hex()}", self.chance(KEY_BYTES))
        self._known[owner].append(key)
        self._tried.append(key)
        return key


def opened(of: Callable[[str], Sequence[DataKey]], closed: Closed, entity: Key, path: str) -> Json:
    """The value that was closed for this place; `of` gives the keys of an owner. Raises `SealBroken`."""
    keys = []
    for kid in closed["kid"].split("+"):
        found = next((key for key in of(owner_of(kid)) if key.kid == kid), None)
        if found is None:
            return PURGED
        keys.append(found)
    sealed = Sealed(closed["kid"], closed["nonce"], closed["ct"])
    return _decode(unseal(sealed, _combined(keys), entity, path))


def owner_of(kid: str) -> str:
    return kid.rpartition("-")[0]


def _joined(keys: Sequence[DataKey]) -> str:
    return "+".join(key.kid for key in keys)


def _combined(keys: Sequence[DataKey]) -> bytes:
    """The key of a value that several keys protect: HMAC-SHA256 from the one to the next, so all of them are needed.

    NOTE stored format: what was closed is opened so for ever.
    """
    secret = keys[0].secret
    for key in keys[1:]:
        secret = hmac.new(secret, key.secret, sha256).digest()
    return secret
