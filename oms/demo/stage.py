"""Where the tour plays: commands run here as if typed, programs run beside it, and all of them end with it."""

import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from types import TracebackType
from typing import NamedTuple, Self, TextIO

from oms.cli.failures import Exit, Failure

READY_SECONDS = 60
STOP_SECONDS = 30
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


class Played(NamedTuple):
    """One step, as it went. `seconds` includes starting a program, not its later work."""

    command: str
    exit_code: int | None
    seconds: float
    output: str


class Stage:
    """Use as a context: programs that still run at its end are stopped."""

    def __init__(self) -> None:
        self.played: list[Played] = []
        self._programs: list[subprocess.Popen[str]] = []

    def tell(self, text: str) -> None:
        """What comes now, and why."""
        sys.stdout.write(f"\n{_marked(BOLD, text)}\n")
        sys.stdout.flush()

    def enter(self, *arguments: object, ends: Sequence[int] = (Exit.OK,)) -> str:
        """Run one `oms` command; its output. Raises `Failure` when it does not end as it should."""
        from oms.cli import run

        words = [str(argument) for argument in arguments]
        started = self._prompt(shlex.join(["oms", *words]))
        both = _Both(sys.stdout)
        with redirect_stdout(both):
            code = run(words)
        self._record(shlex.join(["oms", *words]), code, started, both.written.getvalue())
        if code not in ends:
            raise Failure(f"the tour stopped: `oms {words[0]}` ended with {code}", "see what it said above")
        return both.written.getvalue()

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Run a program beside the tour, as one would with `&`; it is ready when this returns."""
        command = shlex.join(["oms", *arguments]) + " &"
        started = self._prompt(command)
        program = subprocess.Popen([sys.executable, "-m", "oms", *arguments], stdout=subprocess.PIPE, text=True)  # noqa: S603  our own program
        self._programs.append(program)
        assert program.stdout is not None
        line = program.stdout.readline()
        if not line.startswith("ready"):
            raise Failure(f"`oms {arguments[0]}` did not start", "see what it said above")
        sys.stdout.write(line)
        self._record(command, None, started, line)
        return program

    def stop(self, program: "subprocess.Popen[str]") -> None:
        """Ask it to end, as Ctrl-C would, and wait until it has."""
        started = self._prompt(f"kill {program.pid}")
        output = self._end(program)
        sys.stdout.write(output)
        self._record("kill", program.returncode, started, output)

    def kill(self, program: "subprocess.Popen[str]") -> None:
        """What a crash does."""
        started = self._prompt(f"kill -9 {program.pid}")
        program.kill()
        program.wait()
        self._record("kill -9", program.returncode, started, "")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for program in self._programs:
            self._end(program)

    def _end(self, program: "subprocess.Popen[str]") -> str:
        if program.poll() is None:
            program.terminate()
        try:
            return program.communicate(timeout=STOP_SECONDS)[0] if program.stdout and not program.stdout.closed else ""
        except subprocess.TimeoutExpired:
            program.kill()
            return program.communicate()[0]

    def _prompt(self, command: str) -> float:
        sys.stdout.write(f"{_marked(DIM, '$')} {command}\n")
        sys.stdout.flush()
        return time.monotonic()

    def _record(self, command: str, code: int | None, started: float, output: str) -> None:
        self.played.append(Played(command, code, round(time.monotonic() - started, 3), output))


class _Both(StringIO):
    """Shows what is written, and keeps it."""

    def __init__(self, shown: TextIO) -> None:
        super().__init__()
        self.shown, self.written = shown, StringIO()

    def write(self, text: str) -> int:
        self.written.write(text)
        return self.shown.write(text)

    def flush(self) -> None:
        self.shown.flush()

    def isatty(self) -> bool:
        return self.shown.isatty()


def _marked(mark: str, text: str) -> str:
    return f"{mark}{text}{PLAIN}" if sys.stdout.isatty() else text
