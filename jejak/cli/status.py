"""`jejak status`: how the service itself is, for people and for monitoring."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jejak import running
from jejak.api.queue import Queue
from jejak.cli.start import data_option, must_be_migrated, run
from jejak.domain import clock, operations
from jejak.domain.vocabulary import Channel, Trouble
from jejak.settings import Settings

_SAID = {
    Trouble.MIGRATIONS_MISSING: "the database lacks migrations; run: jejak migrate",
    Trouble.NO_WORKER: "no worker lives; start one: jejak worker",
    Trouble.EVENTS_WAIT: "changes wait for a worker for more than a minute",
    Trouble.STEP_LATE: "a step of the workers is late",
    Trouble.STEP_FAILS: "a step of the workers has failed three times or more",
    Trouble.VALKEY_AWAY: "Valkey is out of reach; everything is done, some seconds later",
    Trouble.EMAIL_PAUSED: "e-mail is paused since {since}: {reason}",
}


@click.command()
@data_option
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON, for programs.")
def status(data: Path, *, as_json: bool) -> None:
    """Tell how the service is: is all well?

    Exit code 0 where all is well, 1 where something is not, so that monitoring can call it. May run beside
    `jejak up`. What each line means, and what to do, stands in docs/operations.md.
    """

    async def work(settings: Settings) -> None:
        if settings.database_url is None and not data.exists():  # noqa: ASYNC240 -- once, before anything runs
            raise running.CannotRun(f"{data} does not exist yet; run: jejak up")
        async with (
            running.servers(settings, data) as own,
            running.database(own.database_url),
            Queue().on(own.redis_url) as queue,
        ):
            await must_be_migrated()
            told = await operations.status(await queue.length())
        click.echo(json.dumps(told, indent=2) if as_json else _shown(told), nl=as_json)
        if not told["healthy"]:
            raise running.CannotRun("; ".join(_said(Trouble(trouble), told) for trouble in told["troubles"]))

    run(work)


def _said(trouble: Trouble, told: dict[str, Any]) -> str:
    mail: dict[str, Any] = next((one for one in told["channels"] if one["channel"] == Channel.EMAIL), {})
    return _SAID[trouble].format(since=mail.get("since"), reason=mail.get("reason"))


def _shown(told: dict[str, Any]) -> str:
    console = Console(width=None if Console().is_terminal else 120)
    database = told["database"]
    with console.capture() as shown:
        for name, said in {
            "events": _events(told),
            "queue": "Valkey is out of reach"
            if told["queueLength"] is None
            else f"{told['queueLength']} jobs in Valkey",
            "deliveries": "{waiting} wait, {due} of them due; {dead} dead".format_map(told["deliveries"]),
            "database": f"PostgreSQL {database['postgresql']}, {database['megabytes']} MB, all migrations run",
        }.items():
            console.print(f"{name:<12}{said}", markup=False, highlight=False)
        console.print()
        console.print(_workers(told["workers"]))
        console.print()
        console.print(_steps(told["steps"]))
        if told["channels"]:
            console.print()
            console.print(_channels(told["channels"]))
    return shown.get()


def _events(told: dict[str, Any]) -> str:
    first = f"the first {_ago(told['firstEventAt'])}"
    if not told["pendingEvents"]:
        return f"none waits; {first}"
    return f"{told['pendingEvents']} wait, the oldest for {told['lagSeconds']:g} s; {first}"


def _workers(workers: list[dict[str, Any]]) -> Table:
    table = _table("worker", "version", "since", "last seen", "state")
    for one in workers:
        state = "alive" if one["alive"] else "SILENT"
        place = f"{one['host']}:{one['pid']}"
        table.add_row(Text(place), one["version"], _ago(one["startedAt"]), _ago(one["seenAt"]), state)
    if not workers:
        table.add_row("none", "", "", "", "")
    return table


def _steps(steps: list[dict[str, Any]]) -> Table:
    table = _table("step", "every", "started", "ended", "took", "state")
    for one in steps:
        took = "" if one["milliseconds"] is None else f"{one['milliseconds']} ms"
        table.add_row(
            one["name"],
            f"{one['everySeconds']} s",
            _ago(one["startedAt"]),
            _ago(one["endedAt"]),
            took,
            Text(_state(one)),
        )
    return table


def _channels(channels: list[dict[str, Any]]) -> Table:
    table = _table("channel", "state", "since", "waiting", "reason")
    for one in channels:
        name = f"webhook {one['webhook']}" if one["webhook"] else "e-mail"
        table.add_row(name, one["state"], _ago(one["since"]), str(one["waiting"]), Text(one["reason"]))
    return table


def _state(step: dict[str, Any]) -> str:
    said = ["LATE"] if step["late"] else []
    if step["error"]:
        said.append(f"failed {step['failures']} times, last {step['error']}")
    elif step["running"]:
        said.append("running, or died half-way")
    elif step["endedAt"] is None:
        said.append("not yet run")
    return "; ".join(said) or "ok"


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, highlight=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    return table


def _ago(at: str | None) -> str:
    if at is None:
        return "never"
    seconds = max(round((clock.now() - datetime.fromisoformat(at)).total_seconds()), 0)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"
