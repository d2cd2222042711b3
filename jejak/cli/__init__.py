"""The `jejak` command."""

import contextlib
import json
import logging
import shlex
import socket
import sys
from pathlib import Path

import click
from rich.console import Console

from jejak import __version__, running
from jejak.cli.explain_query import explain_query
from jejak.cli.imports import (
    import_assessments,
    import_holidays,
    import_people,
    import_store_reviews,
    import_units,
    import_wave_results,
)
from jejak.cli.report import monthly_report
from jejak.cli.schema import export_schema, trust_documents
from jejak.cli.start import data_option, must_be_migrated, run, spare_collector
from jejak.cli.status import status
from jejak.demo import play
from jejak.doctor import examine
from jejak.domain.sign_in import reset_password
from jejak.settings import Settings

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
      SMTP_URL, MAIL_FROM      a mail server, as smtp://user:password@host:587, and whom mail is from;
                               unset: no e-mail is sent
      WEBHOOK_ALLOW_PRIVATE    networks inside that webhooks may go to, comma separated; unset: none
      WEBHOOK_ALLOW_HTTP       on or off: whether webhooks may do without https; unset: off

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


main.add_command(explain_query)
main.add_command(export_schema)
main.add_command(import_holidays)
main.add_command(import_people)
main.add_command(import_store_reviews)
main.add_command(import_units)
main.add_command(import_assessments)
main.add_command(import_wave_results)
main.add_command(monthly_report)
main.add_command(status)
main.add_command(trust_documents)


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
            work_on = await stack.enter_async_context(running.worker(own.redis_url, settings))
            serving = await stack.enter_async_context(running.api(settings, sock, own.redis_url))
            spare_collector()
            _welcome(settings.public_url or _address(sock), settings.admin_email, prepared.password)
            await running.until_stopped(work_on, serving, own.lost)
            click.echo("Stopping.")

    run(work)


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
            await must_be_migrated()
            serving = await stack.enter_async_context(running.api(settings, sock, own.redis_url))
            spare_collector()
            click.echo(
                f"The API is up at {settings.public_url or _address(sock)}/graphql   (Ctrl-C stops it)"
            )
            await running.until_stopped(serving, own.lost)

    run(work)


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
            await must_be_migrated()
            work_on = await stack.enter_async_context(running.worker(own.redis_url, settings))
            click.echo("The worker is up   (Ctrl-C stops it)")
            await running.until_stopped(work_on, own.lost)

    run(work)


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

    run(work)


@main.command("reset-password")
@click.argument("email")
@data_option
def reset_password_of(email: str, data: Path) -> None:
    """Give a person a new password, printed once.

    For whoever has lost theirs, the first administrator too. Ends all their sign-ins.
    """

    async def work(settings: Settings) -> None:
        async with running.servers(settings, data, valkey=False) as own, running.database(own.database_url):
            await must_be_migrated()
            password = await reset_password(email)
        if password is None:
            raise running.CannotRun(f"nobody here has the e-mail {email}; check its spelling")
        click.echo(f"The new password of {email}, shown this once: {password}")

    run(work)


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

    run(work)


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
    run(lambda settings: play(settings, keep))
