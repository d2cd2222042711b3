"""R6: a database of the version before gets the new default, and what it had planned and said stays."""

from jejak.domain import db
from jejak.domain.migrations import jejak_0009_ladder


async def test_the_first_default_gets_a_second_version_and_one_that_was_changed_none(database):
    statement = jejak_0009_ladder.DDL.split("-- The first ladder")[1].split("create table")[0]
    statement = statement.partition("\n")[2]
    before = [tuple(row) for row in await db.fetch("select offset_days, audience from rung order by 1, 2")]
    # When it is run where there is the first version
    await db.execute(statement)
    # Then there is a second, with the rungs that a new database has
    versions = await db.fetch("select id, version, unit_id, inherits from ladder order by version")
    assert [tuple(row)[1:] for row in versions] == [(1, None, False), (2, None, False)]
    second = await db.fetch(
        "select offset_days, audience from rung where ladder_id = $1 order by 1, 2", versions[1]["id"]
    )
    assert [tuple(row) for row in second] == before
    # And where there is another already, nothing
    await db.execute(statement)
    assert await db.fetchval("select count(*) from ladder") == 2
