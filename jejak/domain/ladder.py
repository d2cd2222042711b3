"""R6: the ladder as data: the whole programme's, and a region's own where it has one. A version is never changed."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from jejak.domain import access, change, clock, db, event, reminder_rules
from jejak.domain.access import Right, Viewer
from jejak.domain.checks import Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.reminder_rules import Step
from jejak.domain.tables.notice import Ladder, Rung
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Audience, UnitKind


@dataclass(frozen=True, slots=True)
class NewRung:
    offset_days: int
    audience: Audience


@dataclass(frozen=True, slots=True)
class UpdateReminderRules:
    """`unit_id`: headquarters, for the whole programme, or a region, for its own. `inherit`: the region gives its own up.

    A limit that is None stays as it is in force there; both are in working days.
    """

    unit_id: UUID
    expected_version: int
    rungs: list[NewRung] = field(default_factory=list)
    snooze_limit_days: int | None = None
    acknowledge_days: int | None = None
    inherit: bool = False


async def ensure() -> None:
    """Writes the default ladder where there is none."""
    async with db.transaction():
        await db.lock(db.Lock.REMINDERS)
        if not await Ladder.exists():
            await _write(Ladder(version=1, created_at=clock.now()), reminder_rules.DEFAULT)


async def _write(ladder: Ladder, steps: tuple[Step, ...]) -> None:
    await ladder.save()
    if steps:
        await Rung.insert(
            *(Rung(ladder_id=ladder.id, offset_days=s.offset_days, audience=s.audience) for s in steps)
        )


async def update(viewer: Viewer, wanted: UpdateReminderRules) -> Unit:
    """A new version, which due dates follow that are set from now on. Refuses STALE and what `reminder_rules.check` does.

    `expected_version` is that of the rules in force at the unit, whether its own or the programme's.
    """
    async with db.transaction():
        # Before the unit, as where units are planned anew.
        await db.lock(db.Lock.REMINDERS)
        unit, _, _ = await change.take(Unit, viewer, Right.SEE, wanted.unit_id, None, "unit_id")
        by = access.require_rules(viewer, unit, "unit_id")
        if UnitKind(unit.kind) not in access.REGIONAL:
            raise Refused(Code.INVALID_KIND, "unit_id", kind="HQ, UID, UIW")
        now, steps_now = await _in_force(unit.id)
        if now.version != wanted.expected_version:
            raise Refused(Code.STALE, "expected_version")
        own = None if unit.kind == UnitKind.HQ else unit.id
        new, steps = _revised(wanted, now, own)
        same = now.unit_id == own and _told(now, steps_now) == _told(new, steps)
        if same or (wanted.inherit and now.unit_id is None):
            return unit
        new.version = await db.fetchval("select max(version) + 1 from ladder")
        new.created_by = viewer.person_id
        await _write(new, steps)
        before = {"version": now.version} | _told(now, steps_now)
        after = {"version": new.version} | _told(new, steps)
        await event.append(
            by,
            EventKind.UNIT_REMINDER_RULES_UPDATED,
            ("unit", unit.id),
            unit.id,
            before=before,
            after=after,
        )
    return unit


def _revised(wanted: UpdateReminderRules, now: Ladder, own: UUID | None) -> tuple[Ladder, tuple[Step, ...]]:
    new = Ladder(
        unit_id=own,
        inherits=wanted.inherit,
        snooze_limit_days=now.snooze_limit_days,
        acknowledge_days=now.acknowledge_days,
        created_at=clock.now(),
    )
    steps = tuple(Step(one.offset_days, one.audience) for one in wanted.rungs)
    with Checks() as checks:
        if wanted.inherit:
            if own is None:
                checks.refuse(Code.INVALID_KIND, "inherit", kind="UID, UIW")
            return new, ()
        reminder_rules.check(checks, steps)
        checks.between(wanted.snooze_limit_days, 0, reminder_rules.MOST_SNOOZE_DAYS, "snooze_limit_days")
        checks.between(wanted.acknowledge_days, 1, reminder_rules.MOST_ACKNOWLEDGE_DAYS, "acknowledge_days")
    if wanted.snooze_limit_days is not None:
        new.snooze_limit_days = wanted.snooze_limit_days
    if wanted.acknowledge_days is not None:
        new.acknowledge_days = wanted.acknowledge_days
    return new, steps


async def _in_force(unit_id: UUID) -> tuple[Ladder, tuple[Step, ...]]:
    found = await Ladder.objects().get(Ladder.id == await db.fetchval("select ladder_at($1)", unit_id))
    if found is None:
        raise RuntimeError("the service has no ladder; `ensure` comes first")
    rungs = await Rung.objects().where(Rung.ladder_id == found.id)
    return found, tuple(Step(rung.offset_days, Audience(rung.audience)) for rung in rungs)


def _told(ladder: Ladder, steps: tuple[Step, ...]) -> dict[str, Any]:
    if ladder.inherits:
        return {"inherits": True}
    rungs = sorted((step.offset_days, step.audience.value) for step in steps)
    return {
        "rungs": [{"offset_days": offset, "audience": audience} for offset, audience in rungs],
        "snooze_limit_days": ladder.snooze_limit_days,
        "acknowledge_days": ladder.acknowledge_days,
    }


LIMITS = """
select l.snooze_limit_days, l.acknowledge_days from ladder l where l.id = coalesce(
    (select g.ladder_id from reminder r join rung g on g.id = r.rung_id where r.task_id = $1 and r.due_on = $2 limit 1),
    ladder_at($3))
"""


async def limits(task_id: UUID, due_on: Any, unit_id: UUID) -> tuple[int, int]:
    """Of the ladder that a due date follows: working days that it may be snoozed, and that an acknowledgement holds."""
    row = await db.fetchrow(LIMITS, task_id, due_on, unit_id)
    if row is None:
        raise RuntimeError("the service has no ladder; `ensure` comes first")
    return row["snooze_limit_days"], row["acknowledge_days"]
