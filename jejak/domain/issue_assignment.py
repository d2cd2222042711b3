"""R3: one fix for all units that an issue affects, as a rollout. Its tasks are those of the issue's pain points there."""

from dataclasses import dataclass, replace
from uuid import UUID

from jejak.domain import change, db, event, idempotency, issue, issue_scope, programme, rollout, rollout_scope
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.rollout import Given, Work
from jejak.domain.rollout_scope import Area, Due, Place, Scope
from jejak.domain.tables.issue import Issue
from jejak.domain.tables.rollout import Rollout
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import WithoutOwner


@dataclass(frozen=True, slots=True)
class AssignIssue:
    issue_id: UUID
    work: Work
    due: Due
    without_owner: WithoutOwner = WithoutOwner.SKIP
    client_mutation_id: str | None = None


async def assign(viewer: Viewer, wanted: AssignIssue) -> Given:
    """A task for each affected unit. Refuses what `rollout.create` refuses, WRONG_STATUS of a closed issue, and NO_UNITS
    where no pain point of it is still there.
    """
    async with db.transaction():
        (new_id,), fresh = await idempotency.claim(viewer, "assignIssue", wanted.client_mutation_id, wanted)
        if not fresh:
            again = await change.again(Rollout, viewer, new_id)
            return Given(again, await Task.count().where(Task.rollout_id == new_id))
        found, area, by, work, places = await _planned(viewer, wanted)
        rollout.settle(places, wanted.without_owner, "issue_id")
        row = rollout.a_rollout(new_id, work, area, wanted.due, viewer.person_id, issue_id=found.id)
        await change.insert([row])
        count = await rollout.begin(by, row, places)
        await event.append(
            by, EventKind.ISSUE_ASSIGNED, ("issue", found.id), None, after={"rollout_id": row.id}
        )
    return Given(row, count)


async def preview(viewer: Viewer, wanted: AssignIssue) -> list[Place]:
    """What `assign` would do, unit by unit. Refuses what is wrong with the input and with the issue as a whole."""
    async with db.transaction():
        return (await _planned(viewer, wanted))[-1]


async def _planned(viewer: Viewer, wanted: AssignIssue) -> tuple[Issue, Area, Allowed, Work, list[Place]]:
    found, _ = await issue.open_one(viewer, wanted.issue_id, None, Right.ROLL_OUT)
    units = await issue_scope.affected(found.id)
    if not units:
        raise Refused(Code.NO_UNITS, "issue_id")
    area, by, work = await rollout.planned(viewer, wanted.work, Scope(unit_ids=units), wanted.due)
    # Not below what its units have in common: others may be affected later.
    top = await Unit.objects().get(Unit.id == programme.reference_id("unit", "HQ"))
    if top is None:
        raise RuntimeError("there is no headquarters")
    area = replace(area, lies_at=top)
    places = await rollout_scope.judge(area, wanted.due, work.initiative_id)
    return found, area, by, work, places
