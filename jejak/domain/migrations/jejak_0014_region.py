"""The region at every journey, pain point and task, so that a region's lists are read in their order."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0014-region"
VERSION = "1.38.0"
DESCRIPTION = "regions"

_TABLES = ("journey", "pain_point", "task")

_COLUMN = """
alter table {table} add column region_id uuid references unit;
update {table} row set region_id = region.id
from unit here join unit region on region.path = region_path(here.path) where here.id = row.unit_id;
create trigger {table}_region before insert or update of unit_id on {table}
    for each row execute function region_found();
"""

DDL = f"""
-- The path of the region at or above a unit; of headquarters one that no unit has.
create function region_path(path text) returns text language sql immutable parallel safe as $$
    select split_part($1, '/', 1) || '/' || split_part($1, '/', 2) || '/'
$$;
-- Whoever gives a unit work holds it, so that it moves before or after that.
create function region_found() returns trigger language plpgsql as $$
begin
    new.region_id := (
        select region.id from unit here join unit region on region.path = region_path(here.path)
        where here.id = new.unit_id);
    return new;
end $$;
{"".join(_COLUMN.format(table=table) for table in _TABLES)}
create index journey_region on journey (region_id, created_at, id);
create index pain_point_region on pain_point (region_id, (severity * reach), id);
create index task_region on task (region_id, due_on, id);

create function region_changed() returns trigger language plpgsql as $$
declare
    found uuid := (select id from unit where path = region_path(new.path));
begin
    update journey set region_id = found where unit_id = new.id;
    update pain_point set region_id = found where unit_id = new.id;
    update task set region_id = found where unit_id = new.id;
    return null;
end $$;
create trigger unit_region after update of path on unit
    for each row when (region_path(old.path) <> region_path(new.path)) execute function region_changed();
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
