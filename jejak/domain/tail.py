"""A process's end of the feed: it reads each new entry once, for all who follow it there.

A follower is a position and nothing else: no queue fills up behind one that is slow. The newest entries are kept in
memory; who has fallen behind those reads from the database, page by page.
"""

import asyncio
import contextlib
import logging
from bisect import bisect_right
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from jejak.domain import db, feed
from jejak.domain.errors import Code, Refused
from jejak.domain.feed import Change
from jejak.domain.vocabulary import Topic

MEMORY = 2_000
MOST_FOLLOWERS = 5_000
# Nobody takes the room of all others.
MOST_OF_ONE = 500
# Notifications come at once. Should they be lost, by a proxy that knows no LISTEN or with a connection, this finds out.
POLL_SECONDS = 2.0
RETRY_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Tail:
    """`last` is the position up to which everything has been read."""

    def __init__(self) -> None:
        self.last = 0
        self._each: Counter[UUID] = Counter()
        self._memory: list[Change] = []
        self._floor = 0  # all entries after it, up to `last`, are in memory
        self._begun = False
        self._heard = asyncio.Event()
        self._news = asyncio.Event()
        self._ended = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Reads while this is open. The database must be connected; it may come and go."""
        tasks = [asyncio.create_task(work(), name="tail") for work in (self._listen, self._read_on)]
        try:
            yield
        finally:
            self.end()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def end(self) -> None:
        """Tells whoever streams to its clients that this process is about to end."""
        self._ended.set()

    async def ended(self) -> None:
        """Waits for the process's end."""
        await self._ended.wait()

    @property
    def followers(self) -> int:
        return self._each.total()

    def check_room(self, person_id: UUID) -> None:
        """Refuses TOO_MANY."""
        if self.followers >= MOST_FOLLOWERS:
            raise Refused(Code.TOO_MANY, most=MOST_FOLLOWERS)
        if self._each[person_id] >= MOST_OF_ONE:
            raise Refused(Code.TOO_MANY, most=MOST_OF_ONE)

    @contextlib.contextmanager
    def following(self, person_id: UUID) -> Iterator[None]:
        self._each[person_id] += 1
        try:
            yield
        finally:
            self._each[person_id] -= 1
            if not self._each[person_id]:
                del self._each[person_id]

    async def news(self, position: int, seconds: float) -> bool:
        """Waits until there is something after `position`, at most so long; whether there is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.last <= position:
                    await self._news.wait()
        return self.last > position

    def remembered(self, position: int) -> list[Change] | None:
        """The next entries after `position`; None where they are no longer in memory."""
        if position < self._floor:
            return None
        start = bisect_right(self._memory, position, key=lambda change: change.position)
        return self._memory[start : start + feed.PAGE]

    async def _listen(self) -> None:
        while True:
            try:
                async with db.listening(feed.CHANNEL, self._heard.set) as lost:
                    self._heard.set()  # for what was told before we listened
                    await lost.wait()
            except db.OUT_OF_REACH as error:
                _log.warning("cannot listen to the feed, looking every %s s instead: %s", POLL_SECONDS, error)
            except Exception:  # noqa: BLE001 -- without it followers are told late, and for ever
                _log.exception("listening to the feed failed, looking every %s s instead", POLL_SECONDS)
            await asyncio.sleep(RETRY_SECONDS)

    async def _read_on(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._heard.wait()
            self._heard.clear()
            try:
                await self._catch_up()
            except db.OUT_OF_REACH as error:
                _log.warning("cannot read the feed, trying again: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:  # noqa: BLE001 -- followers wait for this task for ever
                _log.exception("reading the feed failed, trying again")
                await asyncio.sleep(RETRY_SECONDS)

    async def _catch_up(self) -> None:
        if not self._begun:
            self.last = self._floor = await feed.latest()
            self._begun = True
            self._tell()
        while found := await feed.after(self.last):
            self._remember(found)
            self._tell()

    def _remember(self, found: list[Change]) -> None:
        if any(change.topic is Topic.UNIT for change in found):
            # Paths have changed: those in memory may be what they were.
            self._memory, self._floor = [], self.last
        self._memory.extend(found)
        self.last = found[-1].position
        if len(self._memory) > MEMORY:
            surplus = len(self._memory) - MEMORY
            self._floor = self._memory[surplus - 1].position
            del self._memory[:surplus]

    def _tell(self) -> None:
        told, self._news = self._news, asyncio.Event()
        told.set()
