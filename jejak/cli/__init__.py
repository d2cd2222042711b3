"""The `jejak` command."""

import asyncio
import contextlib
import json
import logging
import shlex
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click
import uvloop
from rich.console import Console
from rich.progress import Progress

from jejak import __version__, running
from jejak.cli.schema import export_schema, trust_documents
from jejak.demo import play
from jejak.doctor import examine
from jejak.domain import unit_file, unit_import
from jejak.domain.access import SYSTEM
from jejak.domain.errors import Refused
from jejak.domain.migrations.run import missing
from jejak.domain.sign_in import reset_password
from jejak.domain.texts import message
from jejak.domain.vocabulary import Language
from jejak.embedded import EmbeddedError
from jejak.settings import Settings, SettingsError

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("jejak-data"),
    show_default=True,
    help="Folder of the embedded PostgreSQL and Valkey; not used for a server whose URL is set.",
)
host_option = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
port_option = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 for any.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("-v", "--verbose", is_flag=True, help="Say more of what happens.")
def main(*, verbose: bool = False) -> None:
    """Jejak: journey capture and action-plan tracking for CX100.

    \b
    Start here:     jejak up         everything in one process, nothing to set up
    In production:  set DATABASE_URL and REDIS_URL, then
                    jejak migrate    once per version
                    jejak serve      the API, as many as you like
                    jejak worker     the worker, as many as you like

    \b
    From the environment:
      DATABASE_URL        a PostgreSQL, 15 or newer; unset: an embedded one in --data
      REDIS_URL           a Valkey (8) or Redis (7) or newer; unset: an embedded one in --data
      JEJAK_ADMIN_EMAIL   who the first administrator is; unset: admin@jejak.local
      JEJAK_PUBLIC_URL    where browsers find the API, as https://jejak.example; unset: at any host
      JEJAK_ORIGINS       other origins whose pages may use it, comma separated; unset: none
      JEJAK_OIDC_ISSUER   an OpenID Connect provider to sign in at, with JEJAK_OIDC_CLIENT_ID and,
                          unless the client is public, JEJAK_OIDC_CLIENT_SECRET; unset: by password only
      JEJAK_TRUSTED_PROXIES    addresses or networks whose X-Forwarded headers hold; unset: none
      JEJAK_TRUSTED_DOCUMENTS  a list made by trust-documents: nothing else is run; unset: anything is
      JEJAK_INTROSPECTION      on or off; unset: on

    \b
    Limits, each a whole number from 1:
      a document        JEJAK_MOST_DEPTH 16, _ALIASES 60, _FIELDS 2000, _TOKENS 4000, _CHARACTERS 100000
      its answer        JEJAK_MOST_ROWS 50000
      a request         JEJAK_MOST_BYTES 16777216, JEJAK_MOST_SECONDS 30
      one process       JEJAK_MOST_AT_ONCE 100, of one caller _AT_ONCE_EACH 20, in line _WAIT 2 (s)
      one caller        JEJAK_MOST_PER_MINUTE 1200, at once JEJAK_MOST_BURST 120
    """  # noqa: D301 -- click's mark for lines that stay as they are
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


main.add_command(export_schema)
main.add_command(trust_documents)


def _run(work: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    """Runs a command; what a person can mend becomes one line and exit code 1."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_stoppable(work(Settings.from_environment())))
    except (EmbeddedError, SettingsError, running.CannotRun) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except asyncio.CancelledError:
        sys.exit(128 + signal.SIGTERM)


async def _stoppable(work: Coroutine[Any, Any, None]) -> None:
    """SIGTERM ends a command as Ctrl-C does: whatever it has started by then is stopped."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 -- a coroutine that runs is in a task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await work


@main.command()
@host_option
@port_option
@data_option
def up(host: str, port: int, data: Path) -> None:
    """Start everything and stay: API, worker and servers.

    The servers are embedded where no URL is set. Brings the database up to date first. The first start prints
    the administrator's password, once. All data is in one folder; the next start on it goes on from there.
    """

    async def work(settings: Settings) -> None:
        async with contextlib.AsyncExitStack() as stack:
            sock = stack.enter_context(running.listening(host, port))
            with _busy("Starting the servers and bringing the database up to date"):
                own = await stack.enter_async_context(running.servers(settings, data, alone=True))
                await stack.enter_async_context(running.database(own.database_url))
                prepared = await running.prepare(settings.admin_email)
            _tell_password(settings.admin_email, prepared.password)
            work_on = await stack.enter_async_context(running.worker(own.redis_url))
            serving = await stack.enter_async_context(running.api(settings, sock, own.redis_url))
            _welcome(settings.public_url or _address(sock), settings.admin_email, prepared.password)
            await running.until_stopped(work_on, serving, own.lost)
            click.echo("Stopping.")

    _run(work)


def _busy(what: str) -> contextlib.AbstractContextManager[object]:
    """Shows a person at a terminal that something goes on; says nothing to a file or a pipe."""
    return Console(stderr=True).status(what) if sys.stderr.isatty() else contextlib.nullcontext()


def _address(sock: socket.socket) -> str:
    """Where a person on this machine finds what listens on `sock`."""
    host, port = sock.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- what was asked for
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _tell_password(email: str, password: str | None) -> None:
    """At once: it is not kept, and whatever fails afterwards would take it along."""
    if password:
        click.echo(f"Administrator, shown this once:\n  e-mail    {email}\n  password  {password}\n")


def _welcome(address: str, email: str, password: str | None) -> None:
    # A JSON string is a GraphQL string, too.
    given = f"email: {json.dumps(email)}, password: {json.dumps(password or '<password>')}"
    sign_in = json.dumps(
        {"query": f"mutation {{ signIn(input: {{{given}}}) {{ token errors {{ message }} }} }}"}
    )
    query = json.dumps({"query": "{ steps { number title initiatives { code title } } }"})
    reads = 'import json,sys; print(json.load(sys.stdin)["data"]["signIn"]["token"])'
    post = f"curl -s {shlex.quote(address)}/graphql -H 'Content-Type: application/json'"
    click.echo(f"""Jejak {__version__} is up at {address}/graphql   (Ctrl-C stops it)

A first query, to paste into another terminal:
  TOKEN=$({post} \\
    -d {shlex.quote(sign_in)} \\
    | python3 -c {shlex.quote(reads)})
  {post} \\
    -H "Authorization: Bearer $TOKEN" -d {shlex.quote(query)}""")


@main.command()
@host_option
@port_option
@data_option
def serve(host: str, port: int, data: Path) -> None:
    """Start the API alone, for production.

    Set DATABASE_URL and REDIS_URL and run `jejak migrate` before. Any number may run, beside any number of
    `jejak worker`, which carry out what follows from a change.
    """

    async def work(settings: Settings) -> None:
        async with contextlib.AsyncExitStack() as stack:
            sock = stack.enter_context(running.listening(host, port))
            own = await stack.enter_async_context(running.servers(settings, data))
            await stack.enter_async_context(running.database(own.database_url))
            await _must_be_migrated()
            serving = await stack.enter_async_context(running.api(settings, sock, own.redis_url))
            click.echo(
                f"The API is up at {settings.public_url or _address(sock)}/graphql   (Ctrl-C stops it)"
            )
            await running.until_stopped(serving, own.lost)

    _run(work)


@main.command()
@data_option
def worker(data: Path) -> None:
    """Start a worker alone, for production.

    Set DATABASE_URL and REDIS_URL and run `jejak migrate` before. It keeps completion up to date and writes
    reminders. Any number may run; none repeats another's work.
    """

    async def work(settings: Settings) -> None:
        async with contextlib.AsyncExitStack() as stack:
            own = await stack.enter_async_context(running.servers(settings, data))
            await stack.enter_async_context(running.database(own.database_url))
            await _must_be_migrated()
            work_on = await stack.enter_async_context(running.worker(own.redis_url))
            click.echo("The worker is up   (Ctrl-C stops it)")
            await running.until_stopped(work_on, own.lost)

    _run(work)


async def _must_be_migrated() -> None:
    behind = await missing()
    if behind:
        raise running.CannotRun(f"the database lacks migrations ({', '.join(behind)}); run: jejak migrate")


@main.command()
@data_option
def migrate(data: Path) -> None:
    """Bring the database up to this version.

    Migrations, reference data, the first administrator: what is missing of them. Run it once for every new
    version, before `jejak serve` and `jejak worker`; `jejak up` does it by itself. Running it again, or twice
    at once, does no harm. The administrator's password is printed once.
    """

    async def work(settings: Settings) -> None:
        async with running.servers(settings, data, valkey=False) as own, running.database(own.database_url):
            with _busy("Bringing the database up to date"):
                prepared = await running.prepare(settings.admin_email)
            _tell_password(settings.admin_email, prepared.password)
        for name in prepared.migrations:
            click.echo(f"migrated  {name}")
        for name in prepared.loaded:
            click.echo(f"loaded    {name}")
        click.echo("The database is up to date.")

    _run(work)


@main.command("reset-password")
@click.argument("email")
@data_option
def reset_password_of(email: str, data: Path) -> None:
    """Give a person a new password, printed once.

    For whoever has lost theirs, the first administrator too. Ends all their sign-ins.
    """

    async def work(settings: Settings) -> None:
        async with running.servers(settings, data, valkey=False) as own, running.database(own.database_url):
            await _must_be_migrated()
            password = await reset_password(email)
        if password is None:
            raise running.CannotRun(f"nobody here has the e-mail {email}; check its spelling")
        click.echo(f"The new password of {email}, shown this once: {password}")

    _run(work)


@main.command("import-units")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@data_option
def import_units(file: Path, data: Path) -> None:
    """Load units from a CSV or XLSX file.

    \b
    The first row names the columns, in any order:
      code,name,kind,parent_code,timezone
      MALANG,UP3 Malang,UP3,JATIM,Asia/Jakarta
      BATU,ULP Batu,ULP,MALANG,Asia/Jakarta

    A kind is UID, UIW, UP3 or ULP; a parent is of the next kind up. A second import updates by code. Where
    anything is wrong every problem is named with its row, and nothing is written. May run beside `jejak up`
    on the same --data.
    """  # noqa: D301 -- as above
    content = file.read_bytes()

    async def work(settings: Settings) -> None:
        try:
            rows = unit_file.read(content, file.name)
            async with (
                running.servers(settings, data, valkey=False) as own,
                running.database(own.database_url),
            ):
                await _must_be_migrated()
                with Progress(
                    console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
                ) as bar:
                    task = bar.add_task("units", total=len(rows))
                    loaded = await unit_import.load(
                        SYSTEM, rows, lambda done, total: bar.update(task, completed=done, total=total)
                    )
        except Refused as refused:
            for problem in refused.problems:
                place = " ".join(str(part) for part in problem.path if part != "rows")
                click.echo(
                    f"row {place}: {message(problem, Language.EN)}"
                    if place
                    else message(problem, Language.EN),
                    err=True,
                )
            raise running.CannotRun(
                f"{len(refused.problems)} problem(s) in {file.name}; nothing was written"
            ) from None
        click.echo(
            f"{loaded.created} created, {loaded.updated} updated, {loaded.moved} moved, {loaded.unchanged} unchanged"
        )

    _run(work)


@main.command()
@data_option
def doctor(data: Path) -> None:
    """Check the set-up: servers, versions, migrations.

    A line for each of them, marked ok or BAD; exit code 1 if any is BAD. May run beside `jejak up`.
    """

    async def work(settings: Settings) -> None:
        findings = await examine(settings, data)
        for finding in findings:
            click.echo(f"{'ok ' if finding.well else 'BAD'}  {finding.what:<10} {finding.said}")
        if not all(finding.well for finding in findings):
            raise running.CannotRun("not everything is well; the lines marked BAD say what to do")

    _run(work)


@main.command()
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Keep the data in this new folder, to look at with `jejak up --data`.",
)
def demo(keep: Path | None) -> None:
    """Play the main job on two real cases.

    Capture, assign, follow up, verify, remind, complete: on embedded servers of its own, which are gone
    afterwards. Every figure it prints is checked against the raw rows. Takes some ten seconds.
    """
    _run(lambda settings: play(settings, keep))
