"""R2: journeys are submitted, accepted or returned, and archived."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jejak.domain import change, db, journey_rules, sla
from jejak.domain.access import Right, Viewer
from jejak.domain.checks import REASON, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.journey_rules import JourneyAction
from jejak.domain.tables.journey import Journey, Stage
from jejak.domain.vocabulary import JourneyStatus


@dataclass(frozen=True, slots=True)
class ChangeJourney:
    """`reason` is asked for where a journey is returned."""

    journey_id: UUID
    expected_version: int
    reason: str | None = None


async def submit(viewer: Viewer, wanted: ChangeJourney) -> Journey:
    """Hands a draft or a returned journey in. Refuses REQUIRED for a journey without stages."""
    return await _advance(viewer, wanted, JourneyAction.SUBMIT, Right.CAPTURE)


async def accept(viewer: Viewer, wanted: ChangeJourney) -> Journey:
    """Starts the clocks of its pain points (R7)."""
    return await _advance(viewer, wanted, JourneyAction.ACCEPT, Right.REVIEW)


async def return_(viewer: Viewer, wanted: ChangeJourney) -> Journey:
    """Gives a journey back with a reason."""
    return await _advance(viewer, wanted, JourneyAction.RETURN, Right.REVIEW)


async def archive(viewer: Viewer, wanted: ChangeJourney) -> Journey:
    return await _advance(viewer, wanted, JourneyAction.ARCHIVE, Right.REVIEW)


async def require_accepted(journey_id: UUID, *at: str | int) -> None:
    """Until its journey is accepted a pain point may be captured anew, so nothing can hang on it."""
    if not await accepted([journey_id]):
        raise Refused(Code.NOT_ACCEPTED, *at)


async def accepted(ids: Iterable[UUID]) -> set[UUID]:
    """Those of these journeys that are accepted."""
    asked = set(ids)
    if not asked:
        return set()
    of_these = Journey.id.is_in(list(asked)) & (Journey.status == JourneyStatus.ACCEPTED)
    return {row["id"] for row in await Journey.select(Journey.id).where(of_these)}


async def _advance(viewer: Viewer, wanted: ChangeJourney, action: JourneyAction, right: Right) -> Journey:
    reason = None
    if action is JourneyAction.RETURN:
        with Checks() as checks:
            reason = checks.text(wanted.reason, "reason", most=REASON)
    async with db.transaction():
        journey, unit, by = await change.take(
            Journey, viewer, right, wanted.journey_id, wanted.expected_version, "journey_id"
        )
        status = journey_rules.after(action, journey.status)
        if action is JourneyAction.SUBMIT and not await Stage.exists().where(Stage.journey_id == journey.id):
            raise Refused(Code.REQUIRED, "stages")
        # Archiving keeps the reason for which it had been returned.
        kept: dict[str, Any] = {} if action is JourneyAction.ARCHIVE else {"return_reason": reason}
        await change.apply(by, action, journey, unit.id, status=status, **kept)
        if action is JourneyAction.ACCEPT:
            await change.units([unit.id])
            await sla.start(journey.id)
    return journey
