"""A server that asks for TLS: read where its certificate is trusted, refused with what to do where it is not."""

import asyncio
import datetime as dt
import ipaddress
import json
import os
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.nats_config import USERS, Login, config
from adapters.nats_reader import NatsReader
from adapters.nats_server import Endpoint, binary
from adapters.nats_wire import WireRefused

ROOT = Path(__file__).parents[2]
DEADLINE = 60
LOGINS = {user: Login(user, f"secret-{user}") for user in USERS}
PROGRAM = """
import asyncio, sys
from adapters.nats_connection import connection
from adapters.nats_reader import NatsReader
from adapters.nats_server import Endpoint
from adapters.nats_streams import ensure_streams
from tests.adapters.test_nats_tls import LOGINS

async def main(url):
    endpoint = Endpoint(url, LOGINS)
    async with connection(endpoint, "admin") as admin:
        await ensure_streams(admin, "main", 1)
    async with connection(endpoint, "relay") as relay:
        await relay.jetstream().publish("oms.evt.main.prod.a.main.object.X.1", b"fact")
    print(await NatsReader(endpoint, "main").last())

asyncio.run(main(sys.argv[1]))
"""


def certificate(folder: Path) -> tuple[Path, Path]:
    """A key, and what vouches for it: itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "oms test")])
    now = dt.datetime.now(dt.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pkcs8 = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption()))
    return cert, private


@asynccontextmanager
async def serving(folder: Path):
    """The URL of a server with TLS."""
    cert, key = certificate(folder)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    said = config("oms", f"127.0.0.1:{port}", str(folder / "store"), LOGINS, ("main",))
    (folder / "nats.conf").write_text(json.dumps(said | {"tls": {"cert_file": str(cert), "key_file": str(key)}}))
    server = await asyncio.create_subprocess_exec(
        binary(), "-c", str(folder / "nats.conf"), stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(DEADLINE):
            while b"Server is ready" not in (line := await server.stderr.readline()):
                assert line, "the server ended"
        yield f"tls://127.0.0.1:{port}", cert
    finally:
        server.terminate()
        await server.communicate()


@pytest.mark.parametrize("scheme", ["tls", "nats"])
async def test_the_log_is_read_where_the_certificate_is_trusted(tmp_path, scheme):
    async with serving(tmp_path) as (url, cert):
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, url.replace("tls", scheme), cwd=ROOT,
            stdout=asyncio.subprocess.PIPE, env=os.environ | {"SSL_CERT_FILE": str(cert)},
        )  # fmt: skip
        out, _ = await program.communicate()
    assert (program.returncode, out) == (0, b"1\n")


async def test_a_certificate_that_nobody_vouches_for_is_refused_with_what_to_do(tmp_path):
    async with serving(tmp_path) as (url, _):
        with pytest.raises(WireRefused, match=r"its certificate is not trusted: .*SSL_CERT_FILE"):
            await NatsReader(Endpoint(url, LOGINS), "main").last()


async def test_websockets_are_refused():
    with pytest.raises(WireRefused, match="WebSockets are for clients"):
        await NatsReader(Endpoint("ws://127.0.0.1:9", LOGINS), "main").last()
