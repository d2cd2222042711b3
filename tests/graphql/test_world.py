"""The world that is put back is the one that was made."""

import tests.kept
from jejak.domain import db
from tests.graphql.world import a_world


async def every_row() -> dict[str, list[str]]:
    tables = await db.fetch("select tablename from pg_tables where schemaname = 'public'")
    return {
        table: [row["row"] for row in await db.fetch(f"select {table}::text as row from {table} order by 1")]
        for (table,) in tables
    }


async def test_every_row_is_put_back_and_none_is_left(world, clean, kept, monkeypatch):
    # given a minute that does not end meanwhile
    minute = tests.kept._minute()
    monkeypatch.setattr(tests.kept, "_minute", lambda: minute)
    await kept.clean()
    world = await kept.get()
    made = await every_row()
    # when it is put back after a clean database, and after rows were added, changed and lost
    for is_clean in (True, False):
        if is_clean:
            await clean()
        else:
            await a_world()
            await db.execute("update unit set name = 'changed', version = version + 1")
            await db.execute("delete from working_day")
            await db.execute("delete from delivery_notice")
        await kept.clean()
        again = await kept.get()
        # then
        assert await every_row() == made
        assert again == world
        assert again is not world
