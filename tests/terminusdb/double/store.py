"""Databases, their branches and commits. A commit never changes; a branch is a name for one."""

import json
import random
import time
from dataclasses import dataclass, field, replace
from hashlib import sha1, sha256

from tests.terminusdb.double.refusals import refusal
from tests.terminusdb.double.schema import Held, Schema
from tests.terminusdb.double.values import Json, Link, said

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
PREFIXES = {"@base": "terminusdb:///data/", "@schema": "terminusdb:///schema#"}


def commit_id() -> str:
    return "".join(random.choices(ALPHABET, k=31))


@dataclass(frozen=True)
class State:
    """What a commit holds: `documents` by full id; `born` says in which order their names came."""

    schema: Schema
    documents: dict
    born: dict
    gone: frozenset = frozenset()  # ids that were there once

    def differs(self, other: "State") -> bool:
        return self.documents != other.documents or self.schema.documents != other.schema.documents

    def of_class(self, name: str):
        """Ids of its documents and of those of classes below it, in the server's order."""
        found = [each for each, doc in self.documents.items() if self.schema.below(doc["@type"], name)]
        return sorted(found, key=self.born.__getitem__)

    def all(self):
        """Ids of all that is no part of another, by class."""
        schema = self.schema
        found = [each for each, doc in self.documents.items() if not schema.is_subdocument(doc["@type"])]
        return sorted(found, key=lambda each: (self.born[schema.iri(self.documents[each]["@type"])], self.born[each]))


@dataclass(frozen=True)
class Commit:
    identity: str
    parent: "Commit | None"
    author: str
    message: str
    user: str
    state: State
    timestamp: float
    migration: list | None = None
    kind: str = "ValidCommit"

    def told(self):
        told = {
            "@id": f"{self.kind}/{self.identity}",
            "@type": self.kind,
            "author": self.author,
            "identifier": self.identity,
            "message": self.message,
            "schema": layer(self.state.schema.documents),
            "timestamp": self.timestamp,
        }
        if self.user:
            told["user"] = self.user
        if self.state.documents:
            told["instance"] = layer(self.state.documents)
        if self.migration is not None:
            told["migration"] = self.migration
        if self.parent is not None:
            told["parent"] = f"{self.parent.kind}/{self.parent.identity}"
        return told

    def line(self):
        """This commit and those before it, newest first."""
        each = self
        while each is not None:
            yield each
            each = each.parent


@dataclass
class Database:
    name: str
    label: str
    comment: str
    prefixes: dict
    identity: str = field(default_factory=lambda: "UserDatabase/" + "".join(random.choices(ALPHABET, k=16)))
    created: str = field(default_factory=lambda: time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()))
    branches: dict = field(default_factory=dict)
    commits: dict = field(default_factory=dict)
    layers: int = 0  # commits since the last optimization

    def __post_init__(self):
        self.branches["main"] = self.root(self.prefixes)

    def root(self, prefixes, *, first: bool = True) -> Commit:
        context = {"@type": "@context", **prefixes}
        state = State(Schema.of([context]), {}, {})
        migration = [{"@type": "ReplaceContext", "context": {**prefixes, "@type": "Context"}}] if first else None
        user = "terminusdb://system/data/User/admin"
        made = Commit(
            commit_id(), None, "system", "create initial schema", user, state, time.time(), migration, "InitialCommit"
        )
        self.commits[made.identity] = made
        return made

    def commit(self, branch: str, state: State, author: str, message: str, user: str, migration=None) -> Commit:
        """The branch's newest one, a new one if there is something new."""
        parent = self.branches[branch]
        made = Commit(
            commit_id(),
            None if parent.kind == "InitialCommit" else parent,
            author,
            message,
            user,
            state,
            time.time(),
            migration,
        )
        self.commits[made.identity] = self.branches[branch] = made
        self.layers += 1
        return made

    @property
    def repo_version(self) -> str:
        heads = {name: head.identity for name, head in self.branches.items()}
        return "repo:" + sha1(json.dumps(heads, sort_keys=True).encode()).hexdigest()


def layer(content) -> str:
    return "layer_data:Layer_" + sha256(repr(content).encode()).hexdigest()


@dataclass(frozen=True)
class Place:
    """What a path means: a branch, or a commit that nobody can write to."""

    database: Database
    branch: str | None
    head: Commit

    @property
    def version(self) -> str:
        return f"{'branch' if self.branch else 'commit'}:{self.head.identity}"

    @property
    def state(self) -> State:
        return self.head.state


def shown(state: State, identity: str, *, compress=True, unfold=True, inside=()):
    """A document as it is read."""
    schema, stored = state.schema, state.documents[identity]
    name = stored["@type"]
    short, called = (schema.short, lambda of: of) if compress else (lambda one: one, schema.iri)
    read = {"@id": short(identity), "@type": called(name)}

    def one(value):
        if isinstance(value, Json):
            return json.loads(value)
        if not isinstance(value, Link):
            return said(value)
        target = state.documents.get(str(value))
        inline = target is not None and value not in inside and (
            schema.is_subdocument(target["@type"]) or schema.is_unfoldable(target["@type"])
        )  # fmt: skip
        if unfold and inline:
            return shown(state, str(value), compress=compress, unfold=unfold, inside=(*inside, identity))
        return short(str(value))

    for of, held in schema.properties(name).items():
        if of in stored and stored[of] != ():
            value = stored[of]
            read[called(of)] = [one(each) for each in value] if isinstance(value, tuple) else one(value)
        elif held.family == "List":
            read[called(of)] = []
    return read


def rewritten(state: State, identity: str) -> bool:
    """Whether writing this document again is a commit though nothing changes."""
    stored = state.documents[identity]
    held: dict[str, Held] = state.schema.properties(stored["@type"])
    for of, value in stored.items():
        if of in held and held[of].family == "List" and value:
            return True
        if isinstance(value, Json) and _has_array(json.loads(value)):
            return True
    return False


def _has_array(value) -> bool:
    if isinstance(value, list):
        return True
    return isinstance(value, dict) and any(map(_has_array, value.values()))


def unknown_database(api: str, organization: str, name: str, *, left=False):
    text = f"Unknown database: {organization}/{name}"
    return refusal(
        api, "UnknownDatabase", text, 404, "not_found", left=left, database_name=name, organization_name=organization
    )


def with_documents(state: State, documents: dict) -> State:
    """The same schema over other documents."""
    born = dict(state.born)
    names = {state.schema.iri(each["@type"]) for each in documents.values()} | documents.keys()
    fresh = sorted(names - born.keys())
    start = 1 + max(born.values(), default=0)
    born |= {each: start + offset for offset, each in enumerate(fresh)}
    gone = state.gone | (state.documents.keys() - documents.keys())
    return replace(state, documents=documents, born=born, gone=gone)
