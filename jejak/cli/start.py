"""How every command that does work begins and ends."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click
import uvloop

from jejak import running
from jejak.domain.migrations.run import missing
from jejak.embedded import EmbeddedError
from jejak.settings import Settings, SettingsError

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("jejak-data"),
    show_default=True,
    help="Folder of the embedded PostgreSQL and Valkey; not used for a server whose URL is set.",
)


def run(work: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
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


async def must_be_migrated() -> None:
    behind = await missing()
    if behind:
        raise running.CannotRun(f"the database lacks migrations ({', '.join(behind)}); run: jejak migrate")


def spare_collector() -> None:
    """For what serves and stays: the schema is never garbage, and requests leave little that counting does not free."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000)
