"""The private data folder: who may use it, and where its sockets are."""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jejak.embedded.server import EmbeddedError, InUse, mark, private

# The kernel's limit is 107 bytes on Linux and 103 on macOS.
_LONGEST_SOCKET = 103
_LONGEST_NAME = ".s.PGSQL.5432"
# arq takes the path of a URL as it stands while redis-py decodes it, and asyncpg and PostgreSQL
# split it at commas: only plain characters mean the same to all of them.
_PLAIN = re.compile(r"[A-Za-z0-9/._+-]+")


def opened(data: Path) -> Path:
    """The folder's real path, made for its owner alone if it was missing."""
    if data.exists() and not data.is_dir():
        raise EmbeddedError(f"{data} is a file, not a folder; choose another data folder")
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return data.resolve()


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the folder for this process; the kernel lets go of it however the process ends."""
    with open(data / "lock", "a+", opener=private) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "that is just starting"
            raise InUse(
                f"the data folder {data} is in use by process {holder}; stop it or choose another folder"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


@contextmanager
def private_sockets(data: Path) -> Iterator[Path]:
    """An empty folder no other user can enter, with a path short enough for a socket."""
    folder = data / "run"
    if not _suits(folder):
        # A fixed name, so that the next run clears what a killed one left.
        folder = Path(tempfile.gettempdir(), mark(data))
        if not _suits(folder):
            raise EmbeddedError(f"the path {folder} does not suit a socket; set TMPDIR to a short folder")
    # mkdir fails on a folder or link another user put there: whatever is here now is ours alone.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _suits(folder: Path) -> bool:
    path = os.fsencode(folder / _LONGEST_NAME)
    return len(path) <= _LONGEST_SOCKET and _PLAIN.fullmatch(str(folder)) is not None
