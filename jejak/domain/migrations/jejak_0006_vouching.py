"""Where somebody stands for a person's password. Of those that there are, as until now, everywhere."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0006-vouching"
VERSION = "1.38.0"
DESCRIPTION = "vouching"

DDL = """
alter table person add column vouched_at uuid[];
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
