"""The production set-up: an API and a worker as processes of their own, on servers that others run."""

import signal
import time

import pytest

from jejak.domain.vocabulary import Role
from tests.cli.process import Process, Site, until
from tests.factories import PASSWORD, a_person, a_task, a_unit, reference_unit

ADDRESS = r"The API is up at (http://\S+)/graphql"
FIGURES = "query ($id: ID!) { steps { number completion(unitId: $id) { reported verified tasks } } }"
TASKS = "{ tasks(first: 10) { nodes { id version unit { id } } } }"


async def test_what_happens_at_the_api_is_in_the_figures_at_once(shell, database, database_url, redis_url):
    # Given a unit with a task, an API and a worker
    ulp = await a_unit()
    who = await a_person(Role.CONTRIBUTOR, await reference_unit("HQ"))
    await a_task(ulp, owner=who)
    urls = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    with shell.started("serve", "--port", 0, **urls) as api, shell.started("worker", **urls) as worker:
        site = Site.of(api.says(ADDRESS), who.email, PASSWORD)
        worker.says("(The worker is up)")
        [task] = site.ask(TASKS)["tasks"]["nodes"]
        until(lambda: _figures(site, task)["tasks"] == 1, "the worker has found what was there", 10)
        # When progress is reported, then the figures have it, each time sooner than the sweep comes round
        took = []
        for progress in (20, 40, 60, 80):
            given = {"taskId": task["id"], "expectedVersion": task["version"], "progress": progress}
            start = time.monotonic()
            task |= site.do("reportProgress", "ReportProgressInput", "task { version }", **given)["task"]
            _until_reported(site, task, f"{progress / 3:.2f}")
            took.append(time.monotonic() - start)
        assert sum(took) < 5, took
        # And both stop without a word of trouble, and leave no process
        _stops(api)
        _stops(worker)
    assert not (shell.folder / "jejak-data").exists()


def _figures(site: Site, task: dict) -> dict:
    """Of the first of the ten steps, where the task's initiative is one of three."""
    return site.ask(FIGURES, id=task["unit"]["id"])["steps"][0]["completion"]


def _until_reported(site: Site, task: dict, percent: str) -> None:
    until(lambda: _figures(site, task)["reported"] == percent, f"{percent} % are in the figures", 5)


def _stops(process: Process) -> None:
    assert len(process.family()) == 1
    ended = process.end(signal.SIGTERM)
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("name", ["serve", "worker"])
def test_a_database_without_migrations_is_refused(shell, blank_url, redis_url, name):
    where = ("--port", 0) if name == "serve" else ()
    said = shell.refused(name, *where, DATABASE_URL=blank_url, REDIS_URL=redis_url)
    assert said.endswith("run: jejak migrate\n")
