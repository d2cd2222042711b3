"""Runs the migrations that the database lacks, and tells which those are."""

import contextlib
import io
import os
from importlib import import_module
from pkgutil import iter_modules

from jejak.domain import db, migrations

CONF = "jejak.domain.migrations.piccolo_conf"
# On a large database a migration takes minutes, and as long every other process that starts waits for it.
PATIENCE_SECONDS = 3_600


def known() -> list[str]:
    """The ids of the migrations in this package, oldest first."""
    names = sorted(m.name for m in iter_modules(migrations.__path__) if m.name.startswith("jejak_"))
    return [import_module(f"{migrations.__name__}.{name}").ID for name in names]


async def missing() -> list[str]:
    if await db.fetchval("select to_regclass('migration')") is None:
        return known()
    ran = {row["name"] for row in await db.fetch("select name from migration where app_name = 'jejak'")}
    return [name for name in known() if name not in ran]


async def migrate() -> list[str]:
    """Brings the database up to date and returns the ids that were run. Safe on several processes at once.

    One transaction around all of it: a migration and the record that it ran cannot part.
    """
    os.environ["PICCOLO_CONF"] = CONF
    with db.patient(PATIENCE_SECONDS):
        return await _migrate()


async def _migrate() -> list[str]:
    async with db.transaction():
        await db.lock(db.Lock.MIGRATIONS)
        todo = await missing()
        if todo:
            # Here, since it brings a formatter of Python along, which takes a tenth of every start.
            from piccolo.apps.migrations.commands.forwards import run_forwards  # noqa: PLC0415

            with contextlib.redirect_stdout(io.StringIO()) as said:
                result = await run_forwards("jejak")
            if not result.success:
                raise RuntimeError(f"migration failed: {result.message or said.getvalue()}")
    return todo
