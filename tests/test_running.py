"""What runs is stopped when it is told to, whenever that is."""

import asyncio
import contextlib

from jejak.running import until_stopped


async def test_a_stop_that_was_swallowed_while_it_started_is_not_lost():
    async def run() -> None:
        with contextlib.suppress(
            asyncio.CancelledError
        ):  # as wait_for() does now and then before Python 3.12
            await asyncio.sleep(60)
        await until_stopped(asyncio.get_running_loop().create_future())

    # given
    running = asyncio.create_task(run())
    await asyncio.sleep(0)
    # when
    running.cancel()
    # then
    ended, _ = await asyncio.wait({running}, timeout=5)
    running.cancel()
    assert ended == {running}
    assert running.cancelled()
