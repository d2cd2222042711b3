"""What compiled reads call where something is missing that may not be."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0013-reading"
VERSION = "1.38.0"
DESCRIPTION = "reading"

# Volatile, so that no planner calls it ahead of time.
DDL = """
create function never_null(field text) returns json language plpgsql volatile as $$
begin
    raise not_null_violation using message = format('%s is null', field);
end $$;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
