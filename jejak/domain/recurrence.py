"""Rollouts that come again. Each occurrence becomes a rollout, made some days ahead, once.

A recurrence keeps its next days. Whoever makes (or skips) the first of them takes it off the list in the same
transaction, so that a worker that dies half-way leaves it for the next, and any number of workers share the work.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from jejak.domain import (
    access,
    change,
    clock,
    db,
    event,
    idempotency,
    recurrence_rules,
    rollout,
    rollout_scope,
)
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.checks import BODY, TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.rollout import Work
from jejak.domain.rollout_scope import Area, Due, Scope
from jejak.domain.tables.rollout import Recurrence, Rollout
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import UnitKind, WhyNot

MOST_LEAD = 60  # days
SHOWN = 12  # of the next days


@dataclass(frozen=True, slots=True)
class CreateRecurrence:
    """`work.title` and its description may hold `{month}`, `{year}`, `{date}` and `{week}`."""

    work: Work
    scope: Scope
    rule: str
    start_on: date
    lead_days: int = 7
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateRecurrence:
    """None leaves a field as it is. What has been made stays as it is, too."""

    recurrence_id: UUID
    expected_version: int
    title: str | None = None
    description: str | None = None
    weight: int | None = None
    unit_id: UUID | None = None
    kinds: list[UnitKind] | None = None
    unit_ids: list[UUID] | None = None
    rule: str | None = None
    lead_days: int | None = None


@dataclass(frozen=True, slots=True)
class EndRecurrence:
    recurrence_id: UUID
    expected_version: int


async def create(viewer: Viewer, wanted: CreateRecurrence) -> Recurrence:
    """Refuses as `rollout.create`, INVALID_RULE, also of a rule without any day, and INVALID_CHOICE (places of titles)."""
    async with db.transaction():
        (new_id,), fresh = await idempotency.claim(
            viewer, "createRecurrence", wanted.client_mutation_id, wanted
        )
        if not fresh:
            return await change.again(Recurrence, viewer, new_id)
        area, by, work = await rollout.planned(viewer, wanted.work, wanted.scope)
        with Checks() as checks:
            _check_places(checks, work)
            checks.between(wanted.lead_days, 0, MOST_LEAD, "lead_days")
            checks.not_past(wanted.start_on, area.lies_at.timezone, "start_on")
        row = Recurrence(
            id=new_id,
            initiative_id=work.initiative_id,
            unit_id=area.lies_at.id,
            top_id=area.top_id,
            kinds=area.kinds,
            unit_ids=area.unit_ids,
            title=work.title,
            description=work.description,
            weight=work.weight,
            rule=wanted.rule.strip(),
            start_on=wanted.start_on,
            lead_days=wanted.lead_days,
            upcoming=_upcoming(wanted.rule, wanted.start_on, wanted.start_on - recurrence_rules.DAY),
            created_by=viewer.person,
            created_at=clock.now(),
            updated_at=clock.now(),
        )
        await change.insert([row])
        names = ("title", "description", "initiative_id", "weight", "rule", "start_on", "lead_days")
        after = {name: getattr(row, name) for name in names}
        await event.append(by, EventKind.RECURRENCE_CREATED, ("recurrence", row.id), row.unit_id, after=after)
    return row


def _upcoming(rule: str, start: date, after: date) -> list[date]:
    found = recurrence_rules.read(rule, "rule").after(start, after, SHOWN)
    if not found:
        raise Refused(Code.INVALID_RULE, "rule", part=rule[:40])
    return found


def _check_places(checks: Checks, work: Work) -> None:
    for name, text, most in (("title", work.title, TITLE), ("description", work.description, BODY)):
        if recurrence_rules.unknown_place(text) is not None:
            choices = ", ".join(f"{{{place}}}" for place in recurrence_rules.PLACES)
            checks.refuse(Code.INVALID_CHOICE, name, choices=choices)
        elif len(recurrence_rules.filled(text, recurrence_rules.LONGEST)) > most:
            checks.refuse(Code.TOO_LONG, name, most=most)


async def update(viewer: Viewer, wanted: UpdateRecurrence) -> Recurrence:
    """For the occurrences to come. Refuses as `create`, STALE, WRONG_STATUS once it has ended."""
    async with db.transaction():
        row, _, by = await _take(viewer, wanted.recurrence_id, wanted.expected_version)
        work = Work(
            row.initiative_id,
            row.title if wanted.title is None else wanted.title,
            row.description if wanted.description is None else wanted.description,
            row.weight if wanted.weight is None else wanted.weight,
        )
        scope = Scope(
            wanted.unit_id or row.top_id,
            [UnitKind(kind) for kind in row.kinds] if wanted.kinds is None else wanted.kinds,
            list(row.unit_ids) if wanted.unit_ids is None else wanted.unit_ids,
        )
        area, _, work = await rollout.planned(viewer, work, scope)
        with Checks() as checks:
            _check_places(checks, work)
            checks.between(wanted.lead_days, 0, MOST_LEAD, "lead_days")
        values: dict[str, Any] = {
            "title": work.title,
            "description": work.description,
            "weight": work.weight,
            "unit_id": area.lies_at.id,
            "top_id": area.top_id,
            "kinds": area.kinds,
            "unit_ids": area.unit_ids,
        }
        if wanted.lead_days is not None:
            values["lead_days"] = wanted.lead_days
        if wanted.rule is not None and wanted.rule.strip() != row.rule:
            rule = wanted.rule.strip()
            values |= {"rule": rule, "upcoming": _upcoming(rule, row.start_on, await _settled(row))}
        if any(getattr(row, name) != value for name, value in values.items()):
            await change.apply(by, EventKind.RECURRENCE_UPDATED, row, row.unit_id, **values)
    return row


async def _settled(row: Recurrence) -> date:
    """The last day that another rule is not to hit again: made already, or gone by."""
    made = await db.fetchval("select max(occurs_on) from rollout where recurrence_id = $1", row.id)
    yesterday = await _first_today(clock.now()) - recurrence_rules.DAY
    return max(made or yesterday, yesterday)


async def end(viewer: Viewer, wanted: EndRecurrence) -> Recurrence:
    """No further occurrence; those that were made stay. Refuses STALE, WRONG_STATUS."""
    async with db.transaction():
        row, _, by = await _take(viewer, wanted.recurrence_id, wanted.expected_version)
        await change.apply(
            by, EventKind.RECURRENCE_ENDED, row, row.unit_id, ended_at=clock.now(), upcoming=[]
        )
    return row


async def _take(viewer: Viewer, recurrence_id: UUID, version: int) -> tuple[Recurrence, Unit, Allowed]:
    try:
        row, unit, by = await change.take(
            Recurrence, viewer, Right.ROLL_OUT, recurrence_id, version, "recurrence_id"
        )
    except Refused as refused:
        # Who sees one of its rollouts sees the recurrence, though not where it lies.
        if refused.code is Code.NOT_FOUND and await _is_seen(viewer, recurrence_id):
            raise Refused(Code.FORBIDDEN, "recurrence_id") from None
        raise
    if row.ended_at is not None:
        raise Refused(Code.WRONG_STATUS, "recurrence_id", status="ENDED")
    return row, unit, by


async def _is_seen(viewer: Viewer, recurrence_id: UUID) -> bool:
    sight = access.recurrence_seen("r.id", "r.unit_id", "$2::text[]")
    asked = f"select exists (select from recurrence r where r.id = $1 and {sight})"
    return bool(await db.fetchval(asked, recurrence_id, viewer.paths))


async def run(now: datetime | None = None) -> int:
    """Makes what is due to be made, and gives what was made to units that have come or got an owner since; to how many.

    One that fails keeps none of the others waiting.
    """
    now = now or clock.now()
    failures: list[Exception] = []

    async def each(keys: Sequence[UUID], step: Callable[[UUID, datetime], Awaitable[int | None]]) -> int:
        done = 0
        for key in keys:
            try:
                while (count := await step(key, now)) is not None:
                    done += count
            except Exception as failure:  # noqa: BLE001 -- told below, with the others
                failures.append(failure)
        return done

    done = await each(await _due(now), _make_next)
    done += await each(await _growing(now), _grow)
    if failures:
        raise ExceptionGroup("some recurrences failed", failures)
    return done


async def _first_today(now: datetime) -> date:
    """The day that it still is in the westernmost zone: what lies before it is past everywhere."""
    rows = await db.fetch("select distinct timezone from unit")
    return min(now.astimezone(ZoneInfo(row["timezone"])).date() for row in rows)


_TODAY = "($1::timestamptz at time zone u.timezone)::date"


async def _due(now: datetime) -> list[UUID]:
    rows = await db.fetch(
        f"""
        select r.id from recurrence r join unit u on u.id = r.unit_id
        where r.ended_at is null and r.upcoming[1] - r.lead_days <= {_TODAY} order by r.upcoming[1], r.id
        """,
        now,
    )
    return [UUID(str(row["id"])) for row in rows]


async def _make_next(recurrence_id: UUID, now: datetime) -> int | None:
    """Makes or skips the next occurrence; to how many units it was given. None where there is none to be made now."""
    async with db.transaction():
        # Another worker that is at it holds the row.
        found = await db.fetchrow(
            f"""
            select r.id, r.upcoming[1] as day from recurrence r join unit u on u.id = r.unit_id
            where r.id = $2 and r.ended_at is null and r.upcoming[1] - r.lead_days <= {_TODAY}
            for no key update of r skip locked
            """,
            now,
            recurrence_id,
        )
        if found is None:
            return None
        row, unit = (await change.locked(Recurrence, [recurrence_id]))[recurrence_id]
        rule = recurrence_rules.read(row.rule)
        past = await _first_today(now) - recurrence_rules.DAY
        stale = [day for day in rule.days(row.start_on, past) if day >= found["day"]]
        if stale:
            await _advance(row, stale[-1], skipped=len(stale))
            return 0
        return await _make(row, unit, found["day"])


async def _make(row: Recurrence, unit: Unit, day: date) -> int:
    work = Work(
        row.initiative_id,
        recurrence_rules.filled(row.title, day),
        recurrence_rules.filled(row.description, day),
        row.weight,
    )
    area, due = _area(row, unit), Due(due_on=day)
    places = await rollout_scope.judge(area, due, work.initiative_id)
    if places and all(place.why_not is WhyNot.PAST_DATE for place in places):
        await _advance(row, day, skipped=1)
        return 0
    await _advance(row, day)
    made = rollout.a_rollout(db.new_id(), work, area, due, None, (row.id, day))
    await change.insert([made])
    return await rollout.begin(access.SERVICE, made, places)


def _area(row: Recurrence | Rollout, unit: Unit) -> Area:
    return Area(unit, row.top_id, list(row.kinds), list(row.unit_ids))


async def _advance(row: Recurrence, day: date, *, skipped: int = 0) -> None:
    """The next days are those after `day`. No change of what people have set, and so no new version."""
    upcoming = recurrence_rules.read(row.rule).after(row.start_on, day, SHOWN)
    await db.execute(
        "update recurrence set upcoming = $2, skipped = skipped + $3 where id = $1", row.id, upcoming, skipped
    )


async def _growing(now: datetime) -> list[UUID]:
    """Occurrences that are not over, with a unit that could be given them."""
    rows = await db.fetch(
        f"""
        select r.id from rollout r join recurrence c on c.id = r.recurrence_id
        where c.ended_at is null and r.cancelled_at is null and r.occurs_on >= $1 and exists (
            select from unit u where {rollout_scope.contains("r", "u")}
            and not exists (select from task t where t.rollout_id = r.id and t.unit_id = u.id)
            and exists (
                select from membership m
                where m.unit_id = u.id and m.revoked_at is null and (m.ranger or m.role = 'MANAGER')
            )
        ) order by r.id
        """,
        await _first_today(now),
    )
    return [UUID(str(row["id"])) for row in rows]


async def _grow(rollout_id: UUID, _now: datetime) -> int | None:
    async with db.transaction():
        found = await db.fetchrow(
            "select from rollout where id = $1 and cancelled_at is null for no key update skip locked",
            rollout_id,
        )
        if found is None:
            return None
        row, unit = (await change.locked(Rollout, [rollout_id]))[rollout_id]
        area, due = _area(row, unit), Due(row.due_on, row.due_in_days)
        places = await rollout_scope.judge(area, due, row.initiative_id, row.id)
        return await rollout.grow(access.SERVICE, row, places) or None
