"""Following what changes (R12, R13): who follows is told of what they see at that moment, and of nothing else."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from uuid import UUID

from jejak.domain import access, change, db, feed, sign_in
from jejak.domain.access import Right, Viewer
from jejak.domain.errors import Refused
from jejak.domain.feed import Change, Wanted
from jejak.domain.tail import RETRY_SECONDS, Tail
from jejak.domain.vocabulary import Topic

# How often a sign-in is looked at while nothing happens.
CHECK_SECONDS = 30.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Follow:
    """`unit_id` means its subtree; without it, all that the viewer sees. `since` is an id that they were told."""

    topic: Topic
    unit_id: UUID | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A change, for the viewer as they are now. `subject_id` is what to look at: the followed unit, for its figures."""

    viewer: Viewer
    change: Change
    subject_id: UUID


@dataclass(frozen=True, slots=True)
class Following:
    """`told` is everything after the entry that clients know as `begin`, which is None in a feed that is empty."""

    begin: str | None
    told: AsyncGenerator[Told, None]


async def follow(viewer: Viewer, wanted: Follow, tail: Tail) -> Following:
    """Everything after `since`, or after this call, in order and without end.

    Refuses NOT_FOUND (the unit), GONE (`since` is no longer kept or never was) and TOO_MANY. Later, where the sign-in
    that the viewer came by ends, UNAUTHENTICATED.
    """
    tail.check_room(viewer.person)
    root = None
    if wanted.unit_id is not None:
        unit, _ = await change.unit(viewer, Right.SEE, wanted.unit_id, "unit_id", open_only=False)
        root = unit.path
    if wanted.since is None:
        position = await feed.latest()
        begin = await feed.shown_at(position)
    else:
        position, begin = await feed.position_of(wanted.since, "since"), wanted.since
    follower = _Follower(viewer, wanted, Wanted(wanted.topic, root), position, tail)
    return Following(begin, follower.told())


class _Follower:
    """Where somebody stands in the feed. Everything up to `_position` has been told, or is in `_pending`."""

    def __init__(self, viewer: Viewer, asked: Follow, wanted: Wanted, position: int, tail: Tail) -> None:
        self._viewer, self._asked, self._wanted, self._tail = viewer, asked, wanted, tail
        self._position = position
        self._pending: list[Change] = []
        self._checked = self._now()

    async def told(self) -> AsyncGenerator[Told, None]:
        with self._tail.following(self._viewer.person):
            while True:
                try:
                    told = await self._next()
                except db.OUT_OF_REACH as error:
                    # Nothing has been passed over: it goes on where it stands.
                    _log.warning("cannot look for changes, trying again: %s", error)
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                if told is not None:
                    yield told

    async def _next(self) -> Told | None:
        if not self._pending:
            await self._look()
        if not self._pending:
            return None
        told = await self._shown(self._pending[0])
        del self._pending[0]
        return told

    async def _look(self) -> None:
        """Fills `_pending` with what comes next for the viewer, or waits a while for something to come."""
        due = self._checked + CHECK_SECONDS - self._now()
        if not await self._tail.news(self._position, max(due, 0)):
            await self._check()
            return
        last = self._tail.last
        found = self._tail.remembered(self._position)
        if found is None:
            await self._check()
            found = await feed.missed(self._viewer, self._wanted, self._position, last)
            # A page that is not full holds all there is.
            self._position = found[-1].position if len(found) == feed.PAGE else last
        else:
            if due <= 0 or any(self._concerns_sight(one) for one in found):
                await self._check()
            self._position = found[-1].position
        latest = {self._subject(one): one for one in found if self._wanted.meets(one, self._viewer)}
        # Of several changes of one thing the latest, where it stands: what it shows holds the others too.
        self._pending = sorted(latest.values(), key=lambda one: one.position)

    def _subject(self, one: Change) -> UUID:
        """What to look at: for figures the followed unit, whatever below it has changed."""
        return self._asked.unit_id or one.subject_id if one.topic is Topic.COMPLETION else one.subject_id

    def _concerns_sight(self, one: Change) -> bool:
        """What the viewer sees may not be what it was."""
        return one.topic is Topic.UNIT or (
            one.topic is Topic.PERSON and one.person_id == self._viewer.person_id
        )

    async def _check(self) -> None:
        """The viewer and the followed unit as they are now."""
        viewer = access.signed_in(await sign_in.current(self._viewer))
        self._viewer, self._checked = viewer, self._now()
        if self._asked.unit_id is not None:
            with contextlib.suppress(Refused):  # who no longer sees it may see it again
                unit, _ = await change.unit(viewer, Right.SEE, self._asked.unit_id, open_only=False)
                self._wanted = Wanted(self._asked.topic, unit.path)

    async def _shown(self, one: Change) -> Told | None:
        """None where the viewer does not see it at this moment."""
        viewer = access.signed_in(await sign_in.current(self._viewer))
        self._viewer, self._checked = viewer, self._now()
        if one.unit_id is not None:
            row = await db.fetchrow(
                "select here.path as here, root.path as root from unit here, unit root where here.id = $1 and root.id = $2",
                one.unit_id,
                self._asked.unit_id or one.unit_id,
            )
            if row is None or not row["here"].startswith(row["root"]):
                return None
            if not access.may(viewer, Right.SEE, row["root"] if self._asked.unit_id else row["here"]):
                return None
        return Told(viewer, one, self._subject(one))

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
