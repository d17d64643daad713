"""Reads of documents: by id, by class, by template; as a stream or as a list."""

import json
from hashlib import sha1
from urllib.parse import quote

from aiohttp import web

from tests.terminusdb.double.bodies import flag, number
from tests.terminusdb.double.refusals import bad, refusal, request_id, unhandled
from tests.terminusdb.double.schema import Held, Unfit
from tests.terminusdb.double.store import Place, layer, shown
from tests.terminusdb.double.values import is_type

API = "GetDocument"
SAFE = "~-_.!*()'&=@"


def read(place: Place, asked: dict) -> web.Response:
    as_list = flag(API, asked, "as_list")
    skip, count = number(API, asked, "skip", 0), number(API, asked, "count", None)
    if asked.get("id") == "":
        raise bad(API, "id", "non-empty string", "")
    if asked.get("graph_type") == "schema":
        return _answer(place.version, _classes(place, asked, as_list), as_list, asked)
    state = place.state
    how = {
        "compress": flag(API, asked, "compress_ids", True) and flag(API, asked, "prefixed", True),
        "unfold": flag(API, asked, "unfold", True),
    }
    if "id" in asked and not as_list:
        return _single(place, asked, how)
    ids = [each for each in _found(state, asked) if each in state.documents]
    ids = ids[skip : None if count is None else skip + count]
    return _answer(place.version, [shown(state, each, **how) for each in ids], as_list, asked)


def of_commits(database, asked: dict) -> web.Response:
    """What a database keeps about its own branches, as far as anybody asks."""
    if asked.get("type") == "Repository":
        local = {"@id": "Local/local", "@type": "Local", "name": "local", "head": layer(database.branches)}
        return _answer(database.repo_version.replace("repo:", "meta:"), [local], flag(API, asked, "as_list"), asked)
    if asked.get("type") == "ValidCommit":
        told = [each.told() for each in database.commits.values() if each.kind == "ValidCommit"]
        return _answer(database.repo_version, told, flag(API, asked, "as_list"), asked)
    heads = [
        {
            "@id": f"Branch/{quote(name, safe=SAFE)}",
            "@type": "Branch",
            "name": name,
            "head": f"{head.kind}/{head.identity}",
        }
        for name, head in database.branches.items()
    ]
    return _answer(database.repo_version, heads, flag(API, asked, "as_list"), asked)


def of_system(asked: dict) -> web.Response:
    """What the server keeps about its users, as far as anybody asks."""
    name = asked["id"]
    user = {
        "@id": name,
        "@type": "User",
        "capability": ["Capability/server_access"],
        "key_hash": "<hash>",
        "name": name.removeprefix("User/"),
    }
    version = f"system:{sha1(name.encode()).hexdigest()}/{sha1(b'').hexdigest()}"
    return _answer(version, [user], False, asked)


def _single(place: Place, asked: dict, how: dict) -> web.Response:
    state = place.state
    identity = state.schema.data(asked["id"])
    if identity in state.documents:
        return _answer(place.version, [shown(state, identity, **how)], False, asked)
    text = f"Document not found: '{asked['id']}'"
    refused = refusal(API, "DocumentNotFound", text, 404, "not_found", document_id=asked["id"])
    if identity not in state.gone:
        raise refused
    body = {**refused.body, "api:request_id": request_id()}
    page = f"Status: 404\nContent-type: application/json; charset=UTF-8\n\n{json.dumps(body)}"
    return _stream(place.version, page)


def _found(state, asked: dict) -> list[str]:
    if "id" in asked:
        return [state.schema.data(asked["id"])]
    if "ids" in asked:
        ids = json.loads(asked["ids"]) if isinstance(asked["ids"], str) else asked["ids"]
        return [state.schema.data(each) for each in ids]
    if "query" in asked:
        return _fitting(state, asked)
    if "type" in asked:
        return state.of_class(asked["type"]) if state.schema.is_class(asked["type"]) else []
    return state.all()


def _fitting(state, asked: dict) -> list[str]:
    template = dict(asked["query"])
    name = template.pop("@type", None) or asked.get("type")
    held: dict[str, Held] = state.schema.properties(name)
    try:
        wanted = {of: state.schema.value(held[of].of, value, of) for of, value in template.items() if _plain(held, of)}
    except (KeyError, Unfit):
        raise unhandled() from None
    if len(wanted) < len(template):
        raise unhandled()
    ids = state.of_class(name)
    return [each for each in ids if wanted.items() <= state.documents[each].items()]


def _plain(held: dict[str, Held], of: str) -> bool:
    return is_type(held[of].of)


def _classes(place: Place, asked: dict, as_list: bool) -> list:
    schema = place.state.schema
    if "type" in asked:
        return []
    if "id" in asked:
        if asked["id"] not in schema.known:
            text = f"Document not found: '{asked['id']}'"
            raise refusal(API, "DocumentNotFound", text, 404, "not_found", document_id=asked["id"])
        return [schema.known[asked["id"]]]
    return schema.listed()


def _answer(version: str, documents: list, as_list: bool, asked: dict) -> web.Response:
    if as_list:
        body = json.dumps(documents, ensure_ascii=False).encode()
        return web.Response(body=body, headers={"TerminusDB-Data-Version": version}, content_type="application/json")
    if flag(API, asked, "minimized", True):
        return _stream(version, "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in documents))
    return _stream(
        version, "".join(json.dumps(each, ensure_ascii=False, indent=2, sort_keys=True) + "\n" for each in documents)
    )


def _stream(version: str, text: str) -> web.Response:
    headers = {"TerminusDB-Data-Version": version, "Content-Type": "application/json; stream=true; charset=UTF-8"}
    answer = web.Response(body=text.encode(), headers=headers)
    answer.enable_chunked_encoding()
    return answer
