"""What an endpoint wants to see of us: what can be wrong with it, and the headers and requests that come of it. Pure.

PLAIN               Authorization: Basic …     user and password
ACCESSTOKEN         Authorization: Bearer …    a token that stays
CLIENTCREDENTIALS   Authorization: Bearer …    a token that the token endpoint gives for a client's id and secret,
                                               or for what the client's key signed

In terms secrets are ids; here they are texts.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeGuard
from urllib.parse import quote, urlencode

from events.findings import Finding
from events.subscriptions.outgoing import OURS, Answered, ClientTls, Failed, Request
from events.subscriptions.places import AWS, FORMS, place, place_fault
from events.subscriptions.sinks import in_the_clear, origin, secret_header_faults, sink_fault

MEMBERS: Final = ("sinkcredential", "secretheaders", "tls")
"""Of terms."""
DEFAULT_SECONDS: Final = 300.0  # of a token whose giver does not say how long it holds
LONGEST_SECONDS: Final = 86_400.0
SKEW_SECONDS: Final = 60.0  # before its end a token is not used any more, at most half of its time
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,8000}")


class Token(NamedTuple):
    """`seconds` it may be used from now on."""

    text: str
    seconds: float


def credential_faults(said: Mapping[str, Any]) -> Iterator[Finding]:
    """`said` are terms by the names of their JSON, whose shapes are right."""
    given = [member for member in MEMBERS if said.get(member)]
    if said["protocol"] in FORMS:
        yield from _login_faults(said)
        return
    if said["protocol"] != "HTTP":
        for member in given:
            yield Finding("SUBSCRIPTION_PROTOCOL", f"/{member}", f"{said['protocol']} shows nobody a credential")
        return
    credential, headers = said.get("sinkcredential") or {}, said.get("secretheaders") or {}
    plain = said.get("protocolsettings") or {}
    others = [*(plain.get("headers") or ()), *(plain.get("eventheaders") or ())]
    yield from secret_header_faults(headers, [*others, *(["authorization"] if credential else [])], "/secretheaders")
    if sink_fault("HTTP", said["sink"]) is None and in_the_clear(said["sink"]):
        for member in given:
            yield Finding("SUBSCRIPTION_CREDENTIAL", f"/{member}", "the sink would get it in the clear; use https")
    yield from _own_faults(credential)


def _login_faults(said: Mapping[str, Any]) -> Iterator[Finding]:
    """Of a queue, a topic or a bucket: a user and a password, whatever they are called there."""
    protocol, form = said["protocol"], FORMS[said["protocol"]]
    if said.get("secretheaders"):
        yield Finding("SUBSCRIPTION_PROTOCOL", "/secretheaders", f"headers are of HTTP, not of {protocol}")
    credential = said.get("sinkcredential")
    if credential is None:
        if form.keyed:
            text = f"{protocol} lets nobody in without a credential; give {form.login}, as user and password"
            yield Finding("SUBSCRIPTION_CREDENTIAL", "/sinkcredential", text)
        return
    if credential["credentialtype"] != "PLAIN":
        text = f"{protocol} takes {form.login}, as user and password (PLAIN)"
        yield Finding("SUBSCRIPTION_CREDENTIAL", "/sinkcredential/credentialtype", text)
    if credential.get("sessiontoken") and protocol not in AWS:
        yield Finding("SUBSCRIPTION_CREDENTIAL", "/sinkcredential/sessiontoken", f"{protocol} has none; it is of AWS")
    if place_fault(protocol, said["sink"]) is None and not (place(said["sink"]).tls or place(said["sink"]).here):
        text = f"{protocol} would get it in the clear; use {form.schemes[0]}"
        yield Finding("SUBSCRIPTION_CREDENTIAL", "/sinkcredential", text)


def audiences(terms: Mapping[str, Any]) -> dict[str, str]:
    """Who is shown each of the secrets, by id: the sink, and for a client's secret the token endpoint before it.

    A secret of TLS is shown nobody: what it proves is of no use to who sees it.
    """
    credential, sink = terms.get("sinkcredential") or {}, origin(terms["sink"])
    shown = dict.fromkeys((terms.get("secretheaders") or {}).values(), sink)
    if token := credential.get("accesstoken"):
        shown[token] = sink
    elif secret := credential.get("secret"):
        url = credential.get("tokenurl")
        shown[secret] = sink if url is None else f"{origin(url)} {sink}"
        if session := credential.get("sessiontoken"):
            shown[session] = sink
    return shown


def moved(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Finding]:
    """Secrets go nowhere but where they were given for: whoever may change a sink has not therefore seen them."""
    before = audiences(was)
    if any(before.get(identity, audience) != audience for identity, audience in audiences(now).items()):
        text = "what is shown was given for another address; give it again, or take it away"
        yield Finding(
            "SUBSCRIPTION_CREDENTIAL", "/sinkcredential" if now.get("sinkcredential") else "/secretheaders", text
        )


def authorization(credential: Mapping[str, Any], secret: str) -> str:
    """The header's value; `secret` is the password, or the token."""
    if credential["credentialtype"] == "PLAIN":
        return f"Basic {_base64(credential['identifier'], secret)}"
    return f"Bearer {secret}"


def token_request(credential: Mapping[str, Any], secret: str, timeout: float, tls: ClientTls | None) -> Request:
    """`secret` is what proves who asks: the client's, or with `private_key_jwt` the assertion that its key signed.

    Source: RFC 6749, 2.3.1 and 4.4.2; RFC 7523, 2.2; `audience` as several servers have it.
    """
    form = {"grant_type": "client_credentials"}
    form |= {name: credential[name] for name in ("scope", "audience") if credential.get(name)}
    headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
    identifier = credential["identifier"]
    if credential.get("authentication") == "client_secret_post":
        form |= {"client_id": identifier, "client_secret": secret}
    elif signs_for_itself(credential):
        form |= {"client_id": identifier, "client_assertion_type": ASSERTION_TYPE, "client_assertion": secret}
    else:
        headers["authorization"] = f"Basic {_base64(quote(identifier, safe=''), quote(secret, safe=''))}"
    return Request(credential["tokenurl"], headers, urlencode(form).encode(), timeout, "POST", tls)


def signs_for_itself(credential: Mapping[str, Any]) -> bool:
    """Whether its secret is a private key, which is shown nobody."""
    return credential.get("authentication") == "private_key_jwt"


def token_of(ended: Answered | Failed) -> Token | Failed:
    """What a token endpoint gave. Why it gave none is said without its address and without what it wrote, but for its code."""
    if isinstance(ended, Failed):
        if ended.kind in OURS:
            return ended
        return Failed("token_unreachable", f"{ended.kind}: {ended.detail}", ended.seconds)
    try:
        said = json.loads(ended.body)
    except ValueError:
        said = None
    said = said if isinstance(said, dict) else {}
    text = said.get("access_token")
    if 200 <= ended.status < 300 and is_token(text) and str(said.get("token_type", "bearer")).lower() == "bearer":
        return Token(text, _seconds(said.get("expires_in")))
    code = said.get("error")
    why = code if isinstance(code, str) and code.isascii() and code.replace("_", "").isalnum() else "no bearer token"
    return Failed("token_refused", f"the token endpoint answered {ended.status}: {why[:100]}", ended.seconds)


def is_token(text: object) -> TypeGuard[str]:
    """Whether it may stand behind `Bearer`. Source: RFC 6750, 2.1, and what servers give out."""
    return isinstance(text, str) and _TOKEN.fullmatch(text) is not None


def _seconds(expires_in: object) -> float:
    try:
        said = float(expires_in)  # type: ignore[arg-type]  # whatever it is: what is no number has no end said
    except (TypeError, ValueError):
        said = DEFAULT_SECONDS
    said = min(said, LONGEST_SECONDS) if said > 0 else 0.0
    return max(said - SKEW_SECONDS, said / 2)


def _own_faults(credential: Mapping[str, Any]) -> Iterator[Finding]:
    at, identifier = "/sinkcredential", credential.get("identifier", "")
    if not identifier.isprintable() or (credential.get("credentialtype") == "PLAIN" and ":" in identifier):
        text = "an identifier has printable characters, and before a password no colon"
        yield Finding("SUBSCRIPTION_CREDENTIAL", f"{at}/identifier", text)
    if credential.get("keyid") and not signs_for_itself(credential):
        yield Finding("SUBSCRIPTION_CREDENTIAL", f"{at}/keyid", "names a key; only private_key_jwt has one")
    if credential.get("sessiontoken"):
        yield Finding("SUBSCRIPTION_CREDENTIAL", f"{at}/sessiontoken", "HTTP has none; it is of AWS")
    url = credential.get("tokenurl")
    if url is not None:
        why = sink_fault("HTTP", url)
        if why is None and in_the_clear(url):
            why = "would get secrets in the clear; use https"
        if why is not None:
            yield Finding("SUBSCRIPTION_CREDENTIAL", f"{at}/tokenurl", f"{url[:200]!r} {why}")


def _base64(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()
