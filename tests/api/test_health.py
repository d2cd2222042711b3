"""Whether the process lives, and whether it can serve."""

from jejak.domain import db
from tests import servers
from tests.cli.test_set_up import closed_port
from tests.client import http


async def test_a_process_whose_database_is_out_of_reach_lives_and_is_not_ready(caplog):
    with closed_port() as port:
        await db.connect(f"postgresql://jejak@127.0.0.1:{port}/jejak", min_size=0)
        try:
            live, ready = await http().get("/health/live"), await http().get("/health/ready")
        finally:
            await db.close()
    assert (live.status_code, live.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (503, {"status": "database out of reach"})
    assert "Traceback" not in caplog.text


async def test_what_fails_otherwise_is_told_by_the_log(caplog):
    """As where nobody has connected it."""
    ready = await http().get("/health/ready")
    assert (ready.status_code, ready.json()) == (503, {"status": "failed, see the log"})
    assert "db.connect() has not been called" in caplog.text


async def test_a_migrated_database_is_ready(database):
    ready = await http().get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok"})


async def test_a_database_that_is_behind_is_not_ready(database):
    known = await db.fetch("delete from migration where app_name = 'jejak' returning *")
    try:
        ready = await http().get("/health/ready")
    finally:
        for row in known:
            names = ", ".join(row.keys())
            places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
            await db.execute(f"insert into migration ({names}) values ({places})", *row.values())
    assert (ready.status_code, ready.json()) == (503, {"status": "run jejak migrate"})


async def test_an_empty_database_is_not_ready(request):
    # given
    run = request.getfixturevalue("_run")
    name = f"{run.template}_empty"
    await servers.execute(run.database_url, f"create database {name} template template0")
    await db.connect(run.url_of(name), max_size=2)
    # when
    try:
        ready, live = await http().get("/health/ready"), await http().get("/health/live")
    finally:
        await db.close()
    # then
    assert (ready.status_code, ready.json()) == (503, {"status": "run jejak migrate"})
    assert live.status_code == 200


async def test_health_is_told_to_who_wants_no_more_than_its_status(database):
    for path in ("/health/live", "/health/ready"):
        assert (await http().head(path)).status_code == 200


async def test_health_asks_for_no_token_and_takes_none(database):
    for path in ("/health/live", "/health/ready"):
        assert (await http().get(path, headers={"Authorization": "Bearer nonsense"})).status_code == 200
