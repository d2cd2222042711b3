"""What a bulk create refused, so that a retry answers the same."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0005-bulk"
VERSION = "1.38.0"
DESCRIPTION = "the refused rows of bulk creates"

DDL = "alter table client_mutation add column refused json"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
