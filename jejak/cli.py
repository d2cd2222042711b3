"""The `jejak` command."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click
import uvloop
from rich.console import Console
from rich.progress import Progress

from jejak import __version__, running
from jejak.demo import play
from jejak.doctor import examine
from jejak.domain import unit_file, unit_import
from jejak.domain.access import SYSTEM
from jejak.domain.errors import Refused
from jejak.domain.migrations.run import missing
from jejak.domain.texts import message
from jejak.domain.vocabulary import Language
from jejak.embedded import EmbeddedError
from jejak.graphql.schema import sdl
from jejak.settings import Settings, SettingsError

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
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
    r"""Jejak: journey capture and action-plan tracking for CX100.

    \b
    Start here:     jejak up         everything in one process, nothing to set up
    In production:  set DATABASE_URL and REDIS_URL, then
                    jejak migrate    once per version
                    jejak serve      the API, as many as you like
                    jejak worker     the worker, as many as you like
    """
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


def _run(work: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    """Runs a command; what a person can mend becomes one line and exit code 1."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work(Settings.from_environment()))
    except (EmbeddedError, SettingsError, running.CannotRun) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        sys.exit(130)


@main.command()
@host_option
@port_option
@data_option
def up(host: str, port: int, data: Path) -> None:
    """Start everything and stay: API, worker, and embedded servers where no URL is set."""

    async def work(settings: Settings) -> None:
        async with contextlib.AsyncExitStack() as stack:
            sock = stack.enter_context(running.listening(host, port))
            own = await stack.enter_async_context(running.servers(settings, data, alone=True))
            await stack.enter_async_context(running.database(own.database_url))
            prepared = await running.prepare(settings.admin_email)
            await stack.enter_async_context(running.worker(own.redis_url))
            await stack.enter_async_context(running.api(sock, own.redis_url))
            _welcome(f"http://{host}:{sock.getsockname()[1]}", settings.admin_email, prepared.password)
            await running.until_stopped()
            click.echo("Stopping.")

    _run(work)


def _welcome(address: str, email: str, password: str | None) -> None:
    click.echo(f"Jejak {__version__} is up at {address}/graphql   (Ctrl-C stops it)")
    if password:
        click.echo(f"\nAdministrator, shown this once:\n  e-mail    {email}\n  password  {password}")
    known = password or "<password>"
    sign_in = f'mutation {{ signIn(input: {{email: \\"{email}\\", password: \\"{known}\\"}}) {{ token errors {{ message }} }} }}'
    query = "{ steps { number title initiatives { code title } } }"
    post = f"curl -s {address}/graphql -H 'Content-Type: application/json'"
    click.echo(
        f'\nA first query, to paste into another terminal:\n  TOKEN=$({post} \\\n    -d \'{{"query": "{sign_in}"}}\' \\\n    | python3 -c \'import json,sys; print(json.load(sys.stdin)["data"]["signIn"]["token"])\')'
    )
    click.echo(f'  {post} \\\n    -H "Authorization: Bearer $TOKEN" -d \'{{"query": "{query}"}}\'')


@main.command()
@host_option
@port_option
@data_option
def serve(host: str, port: int, data: Path) -> None:
    """Start the API alone."""

    async def work(settings: Settings) -> None:
        async with contextlib.AsyncExitStack() as stack:
            sock = stack.enter_context(running.listening(host, port))
            own = await stack.enter_async_context(running.servers(settings, data))
            await stack.enter_async_context(running.database(own.database_url))
            await _must_be_migrated()
            await stack.enter_async_context(running.api(sock, own.redis_url))
            click.echo(f"The API is up at http://{host}:{sock.getsockname()[1]}/graphql   (Ctrl-C stops it)")
            await running.until_stopped()

    _run(work)


@main.command()
@data_option
def worker(data: Path) -> None:
    """Start a worker alone."""

    async def work(settings: Settings) -> None:
        async with contextlib.AsyncExitStack() as stack:
            own = await stack.enter_async_context(running.servers(settings, data))
            await stack.enter_async_context(running.database(own.database_url))
            await _must_be_migrated()
            await stack.enter_async_context(running.worker(own.redis_url))
            click.echo("The worker is up   (Ctrl-C stops it)")
            await running.until_stopped()

    _run(work)


async def _must_be_migrated() -> None:
    behind = await missing()
    if behind:
        raise running.CannotRun(f"the database lacks migrations ({', '.join(behind)}); run: jejak migrate")


@main.command()
@data_option
def migrate(data: Path) -> None:
    """Bring the database up to this version: migrations, reference data, first administrator."""

    async def work(settings: Settings) -> None:
        async with running.servers(settings, data, valkey=False) as own, running.database(own.database_url):
            prepared = await running.prepare(settings.admin_email)
        for name in prepared.migrations:
            click.echo(f"migrated  {name}")
        for name in prepared.loaded:
            click.echo(f"loaded    {name}")
        if prepared.password:
            click.echo(f"Administrator, shown this once: {settings.admin_email} / {prepared.password}")
        click.echo("The database is up to date.")

    _run(work)


@main.command("import-units")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@data_option
def import_units(file: Path, data: Path) -> None:
    """Load units from a CSV or XLSX file.

    Columns: code, name, kind (UID, UIW, UP3, ULP), parent code, time zone (as Asia/Jakarta). A second import
    updates. Where anything is wrong every problem is named with its row, and nothing is written.
    """
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


@main.command("export-schema")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file; standard output where left out.",
)
def export_schema(output: Path | None) -> None:
    """Print the GraphQL schema."""
    if output:
        output.write_text(sdl(), encoding="utf-8")
    else:
        click.echo(sdl(), nl=False)


@main.command()
@data_option
def doctor(data: Path) -> None:
    """Say what is reachable, which versions run, and which migrations are missing."""

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
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the data in this folder, to look at with `jejak up --data`.",
)
def demo(keep: Path | None) -> None:
    """Play the main job on two real cases: capture, assign, follow up, verify, remind, complete."""
    _run(lambda settings: play(settings, keep))
