"""The parts of OMS on a folder: one process for each; the kernel gives a part back when its process ends, however it ends."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.file_lease import FileLeases
from oms.about_settings import ROLES


class RoleTaken(Exception):
    """Another process has this role in this folder, or in this database."""

    def __init__(self, where: Path | str, role: str) -> None:
        self.where, self.role = where, role
        super().__init__(
            f"another `oms up` is the {role} of {where}; end it first, or name another folder with --folder"
        )


@asynccontextmanager
async def roles(folder: Path, names: Sequence[str] = ROLES) -> AsyncIterator[None]:
    """These roles are ours inside the block; with all of them, no part of OMS runs there. Raises `RoleTaken`."""
    leases = FileLeases(folder / "roles")
    taken = []
    try:
        for role in names:
            held = await leases.acquire(role)
            if held is None:
                raise RoleTaken(folder, role)
            taken.append(held)
        yield
    finally:
        for held in taken:
            await leases.release(held)
