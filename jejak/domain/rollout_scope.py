"""Which units a rollout is for, and for each of them who would answer for its task, when it would be due, or why it
gets none. Previews, rollouts, extensions and occurrences are all judged here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from jejak.domain import access, change, clock, db, person, task_rules
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.checks import Checks
from jejak.domain.errors import Code
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import OwnerRule, UnitKind, WhyNot

MOST_KINDS = 10
MOST_UNITS = 1_000  # that are named one by one
MOST_DAYS = 500


@dataclass(frozen=True, slots=True)
class Scope:
    """Open units of `kinds` at and below `unit_id`, and those of `unit_ids` besides; without kinds those that the
    initiative is for.
    """

    unit_id: UUID | None = None
    kinds: list[UnitKind] | None = None
    unit_ids: list[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """One of the two: the last working day up to `due_on`, or so many working days from today, as each unit works."""

    due_on: date | None = None
    due_in_days: int | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """A scope that has been looked at: the unit below which all of it lies, and what of it is there."""

    lies_at: Unit
    top_id: UUID | None
    kinds: list[str]
    unit_ids: list[UUID]


@dataclass(frozen=True, slots=True)
class Place:
    """A unit of a scope. It gets its task where there is nothing in `why_not`."""

    unit: Unit
    owner_id: UUID | None
    rule: OwnerRule | None
    due_on: date
    open_tasks: int  # that it has under the same initiative already
    why_not: WhyNot | None


def contains(rollout: str, unit: str) -> str:
    """SQL: the unit is open and lies in the scope of a rollout (or a recurrence). Takes aliases."""
    return f"""({unit}.closed_at is null and ({unit}.id = any({rollout}.unit_ids) or ({unit}.kind = any({rollout}.kinds)
        and {unit}.path ^@ (select top.path from unit top where top.id = {rollout}.top_id))))"""


def check_due(checks: Checks, due: Due, zone: str) -> None:
    checks.between(due.due_in_days, 1, MOST_DAYS, "due_in_days")
    if due.due_on is not None:
        checks.not_past(due.due_on, zone, "due_on")
    if due.due_on is None and due.due_in_days is None:
        checks.refuse(Code.REQUIRED, "due_on")
    elif due.due_on is not None and due.due_in_days is not None and not checks.problems:
        checks.refuse(Code.INVALID_CHOICE, "due_in_days", choices="dueOn, dueInDays")


async def look_at(viewer: Viewer, scope: Scope, initiative_kinds: Sequence[str]) -> tuple[Area, Allowed]:
    """Refuses REQUIRED, TOO_MANY, and NOT_FOUND, FORBIDDEN, UNIT_CLOSED where the viewer may not roll out to all of it."""
    with Checks() as checks:
        checks.at_most(len(scope.kinds or ()), MOST_KINDS, "kinds")
        checks.at_most(len(scope.unit_ids or ()), MOST_UNITS, "unit_ids")
        if scope.unit_id is None and not scope.unit_ids:
            checks.refuse(Code.REQUIRED, "unit_id")
    named = await change.units([*(scope.unit_ids or ()), *([scope.unit_id] if scope.unit_id else ())])
    by: list[Allowed] = []
    if scope.unit_id:
        by.append(change.admit(viewer, Right.ROLL_OUT, named.get(scope.unit_id), "unit_id")[1])
    for position, unit_id in enumerate(scope.unit_ids or ()):
        # A closed one is told of with the others, in the preview.
        found = named.get(unit_id)
        at = ("unit_ids", position)
        by.append(change.admit(viewer, Right.ROLL_OUT, found, *at, open_only=False)[1])
    kinds = sorted(set(scope.kinds or initiative_kinds)) if scope.unit_id else []
    area = Area(
        await _above(list(named.values())), scope.unit_id, list(kinds), sorted(set(scope.unit_ids or ()))
    )
    return area, by[0]


async def _above(units: Sequence[Unit]) -> Unit:
    """The lowest unit at or above all of these."""
    shared = min((unit.path for unit in units), key=len)
    while not all(unit.path.startswith(shared) for unit in units):
        shared = shared[: shared.rstrip("/").rindex("/") + 1]
    found = next((unit for unit in units if unit.path == shared), None)
    found = found or await Unit.objects().get(Unit.path == shared)
    if found is None:
        raise RuntimeError("units without a common root")
    return found


async def judge(
    area: Area, due: Due, initiative_id: UUID, rollout_id: UUID | None = None, *, named_too: bool = False
) -> list[Place]:
    """Every unit of the scope, in the order of the tree, locked against closing and moving until the transaction ends.

    `rollout_id`: the rollout that some of them have been given already. `named_too`: closed units that are named one
    by one are told of, too. A thousand units cost no more statements than one.
    """
    found = await db.fetch(
        """
        select u.id from unit u where u.id = any($3::uuid[]) or (u.closed_at is null and u.kind = any($2::text[])
            and u.path ^@ (select top.path from unit top where top.id = $1))
        """,
        area.top_id,
        area.kinds,
        area.unit_ids,
    )
    locked = await change.units(UUID(str(row["id"])) for row in found)
    units = sorted(
        (unit for unit in locked.values() if unit.closed_at is None or named_too), key=lambda unit: unit.path
    )
    owners = await person.owners_of(unit.id for unit in units)
    due_dates = await _due_dates(units, due)
    given, busy = await _tasks_of(units, initiative_id, rollout_id)
    return [
        _place(unit, owners.get(unit.id), due_dates[unit.id], busy.get(unit.id, 0), given=unit.id in given)
        for unit in units
    ]


def _place(
    unit: Unit, owner: tuple[UUID, OwnerRule] | None, due_on: date, open_tasks: int, *, given: bool
) -> Place:
    why_not = None
    if unit.closed_at is not None:
        why_not = WhyNot.UNIT_CLOSED
    elif given:
        why_not = WhyNot.ALREADY_GIVEN
    elif owner is None:
        why_not = WhyNot.NO_OWNER
    elif due_on < clock.today(unit.timezone):
        why_not = WhyNot.PAST_DATE
    owner_id, rule = owner or (None, None)
    return Place(unit, owner_id, rule, due_on, open_tasks, why_not)


async def _due_dates(units: Iterable[Unit], due: Due) -> dict[UUID, date]:
    """By plain days where nobody works any more: one unit that is shut for good keeps no rollout from the others."""
    rows = await db.fetch(
        """
        select u.id, coalesce(working_day_from(u.calendar_id, given.day, $4), given.day + $4) as day
        from unit u cross join lateral (
            select coalesce($2, ($3::timestamptz at time zone u.timezone)::date) as day
        ) given where u.id = any($1::uuid[])
        """,
        [unit.id for unit in units],
        due.due_on,
        clock.now(),
        due.due_in_days or 0,
    )
    return {UUID(str(row["id"])): row["day"] for row in rows}


async def _tasks_of(
    units: Sequence[Unit], initiative_id: UUID, rollout_id: UUID | None
) -> tuple[set[UUID], dict[UUID, int]]:
    """Which of the units have a task of the rollout, be it a cancelled one, and how many open ones of the initiative."""
    rows = await db.fetch(
        f"""
        select unit_id, coalesce(bool_or(rollout_id = $3), false) as given,
            count(*) filter (where status in {task_rules.in_sql(task_rules.OPEN)}) as busy
        from task where unit_id = any($1::uuid[]) and initiative_id = $2 group by unit_id
        """,
        [unit.id for unit in units],
        initiative_id,
        rollout_id,
    )
    by_unit = {UUID(str(row["unit_id"])): row for row in rows}
    return (
        {key for key, row in by_unit.items() if row["given"]},
        {key: row["busy"] for key, row in by_unit.items()},
    )


async def sees_its_tasks(viewer: Viewer, rollout_ids: Sequence[UUID]) -> bool:
    """Whether the viewer sees a task of one of these rollouts."""
    scope = access.seen("t.unit_id", "$2::text[]")
    return bool(
        await db.fetchval(
            f"select exists (select from task t where t.rollout_id = any($1::uuid[]) and {scope})",
            list(rollout_ids),
            viewer.paths,
        )
    )
