"""Options that say what an endpoint wants to see.

A secret comes from a file or from standard input, never from the command line, which every process of the machine can read.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from oms.cli.failures import Exit, Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

Keep = Callable[[str, str], str]
"""A secret's id from now on; of itself, and whom alone it is shown."""

_ADD: Final = "give it with the other options of its kind"


class Showing(NamedTuple):
    """`spread` makes options of it. FILE may be `-` for standard input."""

    bearer: Annotated[
        str | None, typer.Option("--bearer", help="FILE of a token that it wants to see.", show_default=False)
    ] = None
    user: Annotated[
        str | None,
        typer.Option("--user", help="The user, or the id of a key, with --password.", show_default=False),
    ] = None
    password: Annotated[
        str | None, typer.Option("--password", help="FILE of the user's password, or of the key.", show_default=False)
    ] = None
    session_token: Annotated[
        str | None,
        typer.Option("--session-token", help="FILE of the token of a temporary access key of AWS.", show_default=False),
    ] = None
    client: Annotated[
        str | None,
        typer.Option("--client", help="Id of an OAuth 2.0 client, with --client-secret.", show_default=False),
    ] = None
    client_secret: Annotated[
        str | None, typer.Option("--client-secret", help="FILE of the client's secret.", show_default=False)
    ] = None
    client_key: Annotated[
        str | None,
        typer.Option("--client-key", help="FILE of a private key, PEM, that signs for the client.", show_default=False),
    ] = None
    key_id: Annotated[str | None, typer.Option("--key-id", help="Its `kid`.", show_default=False)] = None
    token_url: Annotated[
        str | None, typer.Option("--token-url", help="Where the client gets its tokens.", show_default=False)
    ] = None
    scope: Annotated[str | None, typer.Option("--scope", help="Of the client's tokens.", show_default=False)] = None
    audience: Annotated[str | None, typer.Option("--audience", help="Whom the tokens are for.", show_default=False)] = (
        None
    )
    client_post: Annotated[
        bool, typer.Option("--client-post", help="The client's id and secret go in the body, not in a header.")
    ] = False
    secret_header: Annotated[
        list[str] | None, typer.Option("--secret-header", help="NAME: FILE of its value; may be repeated.")
    ] = None
    certificate: Annotated[
        str | None, typer.Option("--certificate", help="FILE of our certificate, PEM, with --key.", show_default=False)
    ] = None
    key: Annotated[
        str | None, typer.Option("--key", help="FILE of its private key, PEM, no password.", show_default=False)
    ] = None
    authority: Annotated[
        str | None, typer.Option("--authority", help="FILE of certificates to trust, too, PEM.", show_default=False)
    ] = None

    def data(self, keep: Keep, sink: Callable[[], str]) -> dict[str, Any]:
        """What was given, by the names of a command, its secrets kept for that sink. Raises `Failure`."""
        headers = {name: _header(name, source, keep, sink) for name, source in map(_named, self.secret_header or ())}
        said = {
            "sinkcredential": self._account(keep, sink) or self._credential(keep, sink),
            "secretheaders": headers,
            "tls": self._tls(keep),
        }
        return {name: value for name, value in said.items() if value}

    def _account(self, keep: Keep, sink: Callable[[], str]) -> dict[str, Any] | None:
        """The file of a service account's key says itself whose it is."""
        from adapters.pubsub_sink import BadAccount, service_account
        from events.subscriptions.places import protocol_of
        from events.subscriptions.sinks import origin

        if not self.password or protocol_of(sink()) != "PUBSUB":
            return None
        text = secret_text("--password", self.password)
        try:
            address = service_account(text).address
        except BadAccount as error:
            raise Failure(f"what --password names is no use: {error}", "download a key of JSON", Exit.USAGE) from None
        return {"credentialtype": "PLAIN", "identifier": address, "secret": keep(text, origin(sink()))}

    def _credential(self, keep: Keep, sink: Callable[[], str]) -> dict[str, Any] | None:
        from events.subscriptions.sinks import origin

        way = self._way()
        self._must_belong(way)
        if not way:
            return None
        for option, value in way.items():
            if not value:
                raise Failure(f"{option} is missing", _ADD, Exit.USAGE)
        if self.bearer:
            return {"credentialtype": "ACCESSTOKEN", "accesstoken": keep(_token(self.bearer), origin(sink()))}
        return self._plain(keep, sink) if self.user else self._client(keep, sink)

    def _way(self) -> dict[str, str | None]:
        """The options of the one way that is chosen, empty where none is. Raises `Failure`."""
        if self.client_secret and self.client_key:
            raise Failure("--client-secret and --client-key prove the same", "give one of them", Exit.USAGE)
        proof = "--client-key" if self.client_key else "--client-secret"
        client = {"--client": self.client, proof: self.client_key or self.client_secret, "--token-url": self.token_url}
        plain = {"--user": self.user, "--password": self.password}
        ways = [way for way in ({"--bearer": self.bearer}, plain, client) if any(way.values())]
        if len(ways) > 1:
            both = " and ".join(next(iter(way)) for way in ways)
            raise Failure(f"{both} are different credentials", "give one of them", Exit.USAGE)
        return ways[0] if ways else {}

    def _must_belong(self, way: "Mapping[str, str | None]") -> None:
        """What says more of a way is no way itself. Raises `Failure`."""
        if self.session_token and "--user" not in way:
            raise Failure("--session-token is of an access key", "give --user and --password, too", Exit.USAGE)
        if not way and (self.scope or self.audience or self.client_post or self.key_id):
            raise Failure("--scope, --audience, --key-id and --client-post are of a --client", _ADD, Exit.USAGE)

    def _plain(self, keep: Keep, sink: Callable[[], str]) -> dict[str, Any]:
        from events.subscriptions.sinks import origin

        secret = keep(secret_text("--password", self.password or ""), origin(sink()))
        said = {"credentialtype": "PLAIN", "identifier": self.user, "secret": secret}
        if self.session_token:
            said["sessiontoken"] = keep(secret_text("--session-token", self.session_token), origin(sink()))
        return said

    def _client(self, keep: Keep, sink: Callable[[], str]) -> dict[str, Any]:
        from events.subscriptions.sinks import origin

        if self.client_post and self.client_key:
            raise Failure("--client-post is of a --client-secret", "a key is shown nobody", Exit.USAGE)
        whom = f"{origin(self.token_url or '')} {origin(sink())}"
        secret = (
            _client_key(self.client_key)
            if self.client_key
            else secret_text("--client-secret", self.client_secret or "")
        )
        way = "client_secret_post" if self.client_post else "client_secret_basic"
        said = {
            "credentialtype": "CLIENTCREDENTIALS", "tokenurl": self.token_url, "identifier": self.client,
            "secret": keep(secret, whom), "scope": self.scope, "audience": self.audience, "keyid": self.key_id,
            "authentication": "private_key_jwt" if self.client_key else way,
        }  # fmt: skip
        return {name: value for name, value in said.items() if value is not None}

    def _tls(self, keep: Keep) -> dict[str, str]:
        from events.subscriptions.outgoing import ClientTls

        if bool(self.certificate) != bool(self.key):
            raise Failure("a certificate needs its private key, and a key its certificate", _ADD, Exit.USAGE)
        said: dict[str, str] = {}
        if self.certificate and self.key:
            pem = f"{secret_text('--certificate', self.certificate)}\n{secret_text('--key', self.key)}\n"
            said["identity"] = keep(_pem("--certificate, --key", ClientTls(identity=pem), pem), "")
        if self.authority:
            pem = secret_text("--authority", self.authority) + "\n"
            said["authority"] = keep(_pem("--authority", ClientTls(authority=pem), pem), "")
        return said


def secret_text(option: str, source: str) -> str:
    """Of a file, or of standard input (`-`), without the line's end. Raises `Failure`, `OSError`."""
    try:
        if source != "-":
            text = Path(source).read_text(encoding="utf-8")
        elif sys.stdin.isatty():
            text = typer.prompt(option.lstrip("-"), hide_input=True, err=True)
        else:
            text = sys.stdin.read()
    except UnicodeDecodeError:
        raise Failure(f"what {option} names is no text in UTF-8", "give a file of text", Exit.USAGE) from None
    text = text.rstrip("\r\n")
    if not text:
        raise Failure(f"what {option} names is empty", "give a file that holds it, or - once", Exit.USAGE)
    return text


def _named(text: str) -> tuple[str, str]:
    name, colon, source = text.partition(":")
    if not colon or not source.strip():
        raise Failure(f"--secret-header {name!r} names no file", "write NAME: FILE", Exit.USAGE)
    return name.strip(), source.strip()


def _header(name: str, source: str, keep: Keep, sink: Callable[[], str]) -> str:
    from events.subscriptions.sinks import MAX_HEADER, is_header_value, origin

    value = secret_text(f"--secret-header {name}", source)
    if not is_header_value(value):
        text = f"give printable ASCII, at most {MAX_HEADER:,} characters"
        raise Failure(f"what --secret-header {name} names is no value of a header", text, Exit.USAGE)
    return keep(value, origin(sink()))


def _token(source: str) -> str:
    from events.subscriptions.credentials import is_token

    text = secret_text("--bearer", source)
    if not is_token(text):
        raise Failure("what --bearer names is no token", "give printable ASCII without blanks", Exit.USAGE)
    return text


def _client_key(source: str) -> str:
    from security.client_assertions import BadKey, assertion

    text = secret_text("--client-key", source) + "\n"
    try:
        assertion(text, "", "", 0, "")
    except BadKey as error:
        raise Failure("what --client-key names cannot be used", str(error), Exit.USAGE) from None
    return text


def _pem(option: str, tls: Any, pem: str) -> str:
    from adapters.tls_contexts import BadPem, tls_context

    try:
        tls_context(tls)
    except BadPem as error:
        raise Failure(f"what {option} names cannot be used", str(error), Exit.USAGE) from None
    return pem
