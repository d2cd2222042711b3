"""Subscriptions in the production set-up: processes of their own for the API, twice, and for the worker."""

import asyncio
import signal

from jejak.domain.vocabulary import Role
from tests.cli.test_serve_and_worker import ADDRESS
from tests.client import as_, gid
from tests.factories import a_person, a_task, a_unit
from tests.following import Talk, connected, streamed
from tests.graphql.test_subscription import COMPLETION, TASKS


async def test_every_api_process_tells_what_a_worker_carried_on_and_goes_on_after_a_new_start(
    shell, database, database_url, redis_url
):
    unit = await a_unit()
    who = await as_(await a_person(Role.VIEWER, unit))
    urls = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    with shell.started("worker", **urls) as worker, shell.started("serve", "--port", 0, **urls) as other:
        with shell.started("serve", "--port", 0, **urls) as api:
            addresses = [
                (await asyncio.to_thread(each.says, ADDRESS))[len("http://") :] for each in (api, other)
            ]
            await asyncio.to_thread(worker.says, "(The worker is up)")
            async with (
                connected(addresses[0], who) as talk,
                connected(addresses[1], who) as elsewhere,
                streamed(addresses[0], who, COMPLETION, {"unitId": gid(unit)}) as events,
            ):
                keys = [await each.begin(TASKS) for each in (talk, elsewhere)]
                # When something happens, then everybody is told by the process that they are connected to
                task = await a_task(unit)
                told = [await _task(each, key) for each, key in zip((talk, elsewhere), keys, strict=True)]
                assert [one["task"]["id"] for one in told] == [gid(task)] * 2
                assert told[0]["eventId"] == told[1]["eventId"]
                assert (await events.data())["completionChanged"]["unit"]["id"] == gid(unit)
                # When one process is stopped, then its clients are told to come back, and it leaves no trouble
                ended = await asyncio.to_thread(api.end, signal.SIGTERM)
                assert (ended.code, ended.err) == (0, "")
                assert (await talk.closed())[0] == 1012
                while block := await events.block():
                    assert "event" not in block
        # And at the other process they go on from where they were
        missed = await a_task(unit)
        async with connected(addresses[1], who) as back:
            key = await back.begin_quietly(TASKS, since=told[0]["eventId"])
            assert (await _task(back, key))["task"]["id"] == gid(missed)


async def _task(talk: Talk, key: str):
    return (await talk.next(key))["taskChanged"]
