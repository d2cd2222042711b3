"""R4: new tasks, one or many: what is needed to judge them is read at once, and nothing is written before all are judged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from jejak.domain import change, clock, db, event, idempotency, journey, person, reminder, sla
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.checks import BODY, TITLE, Checks
from jejak.domain.errors import Code, Path, Problem, Refused
from jejak.domain.event import Happened
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.alert import Alert
from jejak.domain.tables.journey import PainPoint
from jejak.domain.tables.programme import Initiative
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import TaskStatus

MOST_WEIGHT = 1_000
MOST_TASKS = 100  # for one pain point in a call
_TOLD = (
    "title",
    "description",
    "status",
    "initiative_id",
    "pain_point_id",
    "owner_id",
    "due_on",
    "weight",
)


@dataclass(frozen=True, slots=True)
class NewTask:
    """`owner_id` None: the unit's PIC Ranger. `weight` from 1 to 1000: the task's share in completion."""

    initiative_id: UUID
    title: str
    due_on: date
    unit_id: UUID | None = None
    description: str = ""
    owner_id: UUID | None = None
    weight: int = 1


@dataclass(frozen=True, slots=True)
class CreateTask:
    task: NewTask
    pain_point_id: UUID | None = None
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class AssignPainPoint:
    """A task without a unit goes to the pain point's own unit."""

    pain_point_id: UUID
    tasks: list[NewTask]
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A task to be judged. `at`: where the input speaks of it."""

    new_id: UUID
    new: NewTask
    point: PainPoint | None = None
    at: Path = ()
    alert: Alert | None = None

    @property
    def unit_id(self) -> UUID | None:
        cause = self.point or self.alert
        return self.new.unit_id or (cause.unit_id if cause else None)


@dataclass(frozen=True, slots=True)
class Judged:
    """A task that may be written."""

    task: Task
    unit: Unit
    by: Allowed


@dataclass(frozen=True, slots=True)
class Point:
    """A pain point, locked, with all that says whether it may be given tasks."""

    row: PainPoint
    unit: Unit
    accepted: bool


async def create(viewer: Viewer, wanted: CreateTask) -> Task:
    """Refuses NO_OWNER, NOT_STAFF (owner), PAST_DATE, NOT_ACCEPTED, UNIT_CLOSED and malformed input."""
    async with db.transaction():
        (new_id,), fresh = await idempotency.claim(viewer, "createTask", wanted.client_mutation_id, wanted)
        if not fresh:
            return await change.again(Task, viewer, new_id)
        named = None
        if wanted.pain_point_id:
            found = await points([wanted.pain_point_id])
            named = open_point(viewer, found.get(wanted.pain_point_id), "pain_point_id")
        (judged,) = await judge(viewer, [Wanted(new_id, wanted.task, named[0] if named else None)])
        if isinstance(judged, Refused):
            raise judged
        await write([judged])
        if named:
            await event.append_all([assigned(*named)])
    return judged.task


async def assign(viewer: Viewer, wanted: AssignPainPoint) -> list[Task]:
    """One or several tasks for a pain point: all of them or, with every problem named, none."""
    check_number(wanted.tasks)
    async with db.transaction():
        ids, fresh = await idempotency.claim(
            viewer, "assignPainPoint", wanted.client_mutation_id, wanted, len(wanted.tasks)
        )
        if not fresh:
            return await change.all_again(Task, viewer, ids)
        found = await points([wanted.pain_point_id])
        point, by = open_point(viewer, found.get(wanted.pain_point_id), "pain_point_id")
        judged = await judge(viewer, for_point(ids, wanted.tasks, point))
        made = all_or_refused(judged)
        await write(made)
        await event.append_all([assigned(point, by)])
    return [one.task for one in made]


def check_number(tasks: Sequence[NewTask], *at: str | int) -> None:
    """Refuses a pain point that would get no task, or too many in one call."""
    with Checks(at) as checks:
        checks.at_most(len(tasks), MOST_TASKS, "tasks")
        if not tasks:
            checks.refuse(Code.REQUIRED, "tasks")


def for_point(
    ids: Iterable[UUID], tasks: Iterable[NewTask], point: PainPoint, *at: str | int
) -> list[Wanted]:
    return [
        Wanted(new_id, new, point, (*at, "tasks", position))
        for position, (new_id, new) in enumerate(zip(ids, tasks, strict=True))
    ]


def all_or_refused(judged: Iterable[Judged | Refused]) -> list[Judged]:
    """Refuses with the problems of all of them."""
    made: list[Judged] = []
    problems: list[Problem] = []
    for one in judged:
        if isinstance(one, Refused):
            problems += one.problems
        else:
            made.append(one)
    if problems:
        raise Refused.because(problems)
    return made


def assigned(point: PainPoint, by: Allowed) -> Happened:
    """That a pain point got tasks. Not which: who sees the pain point need not see every unit that works on it."""
    return Happened(by, EventKind.PAIN_POINT_ASSIGNED, ("pain_point", point.id), point.unit_id)


async def points(ids: Iterable[UUID]) -> dict[UUID, Point]:
    """The pain points there are of `ids`, locked, so that none is closed or dismissed while it gets tasks."""
    found = await change.locked(PainPoint, ids)
    accepted = await journey.accepted(row.journey_id for row, _ in found.values())
    return {key: Point(row, unit, row.journey_id in accepted) for key, (row, unit) in found.items()}


def open_point(viewer: Viewer, found: Point | None, *at: str | int) -> tuple[PainPoint, Allowed]:
    """A pain point of `points`, if the viewer may give it tasks. Refuses WRONG_STATUS once it is decided on, NOT_ACCEPTED."""
    row, _, by = change.release(viewer, Right.ASSIGN, (found.row, found.unit) if found else None, None, *at)
    if row.decision is not None:
        raise Refused(Code.WRONG_STATUS, *at, status=row.decision)
    if not (found and found.accepted):
        raise Refused(Code.NOT_ACCEPTED, *at)
    return row, by


@dataclass(frozen=True, slots=True)
class _Known:
    """What the input names, as it is: all that is needed to judge it without asking again."""

    units: dict[UUID, Unit]
    initiatives: set[UUID]
    rangers: dict[UUID, UUID]
    owners: "Owners"


async def judge(viewer: Viewer, wanted: Sequence[Wanted]) -> list[Judged | Refused]:
    """Each task as it may be written, or why not, in order. Writes nothing; a thousand cost no more statements than one."""
    if not wanted:
        return []
    units = await change.units(one.unit_id for one in wanted if one.unit_id)
    rangers = await person.rangers_of(
        one.unit_id for one in wanted if one.unit_id in units and one.new.owner_id is None
    )
    initiatives = {one.new.initiative_id for one in wanted}
    found = await Initiative.select(Initiative.id).where(Initiative.id.is_in(list(initiatives)))
    asked = [
        (owner, units[one.unit_id])
        for one in wanted
        if one.unit_id in units and (owner := one.new.owner_id or rangers.get(one.unit_id))
    ]
    known = _Known(units, {row["id"] for row in found}, rangers, await owners(viewer, asked))
    return [_judged(viewer, one, known) for one in wanted]


def _judged(viewer: Viewer, wanted: Wanted, known: _Known) -> Judged | Refused:
    try:
        return _as_it_may_be(viewer, wanted, known)
    except Refused as refused:
        return refused


def _as_it_may_be(viewer: Viewer, wanted: Wanted, known: _Known) -> Judged:
    new, at = wanted.new, wanted.at
    if wanted.unit_id is None:
        raise Refused(Code.REQUIRED, *at, "unit_id")
    unit, by = change.admit(viewer, Right.ASSIGN, known.units.get(wanted.unit_id), *at, "unit_id")
    if new.initiative_id not in known.initiatives:
        raise Refused(Code.NOT_FOUND, *at, "initiative_id")
    with Checks(at) as checks:
        title = checks.text(new.title, "title", most=TITLE)
        description = checks.text(new.description, "description", most=BODY, required=False)
        checks.between(new.weight, 1, MOST_WEIGHT, "weight")
        checks.not_past(new.due_on, unit.timezone, "due_on")
    task = Task(
        id=wanted.new_id,
        initiative_id=new.initiative_id,
        unit_id=unit.id,
        pain_point_id=wanted.point.id if wanted.point else None,
        alert_id=wanted.alert.id if wanted.alert else None,
        rollout_id=None,
        title=title,
        description=description,
        owner_id=known.owners.admit(new.owner_id or known.rangers.get(unit.id), unit, *at),
        weight=new.weight,
        due_on=new.due_on,
        status=TaskStatus.PLANNED,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    return Judged(task, unit, by)


@dataclass(frozen=True, slots=True)
class Owners:
    """Of the people who are to own tasks: who works at which unit, and whom the viewer sees."""

    staff: set[tuple[UUID, UUID]]
    seen: set[UUID]

    def admit(self, owner: UUID | None, unit: Unit, *at: str | int) -> UUID:
        """Refuses NO_OWNER, NOT_STAFF, and NOT_FOUND for whom the viewer does not see."""
        if owner is None:
            raise Refused(Code.NO_OWNER, *at, "owner_id")
        if (owner, unit.id) not in self.staff:
            raise Refused(Code.NOT_STAFF if owner in self.seen else Code.NOT_FOUND, *at, "owner_id")
        return owner


async def owners(viewer: Viewer, asked: Sequence[tuple[UUID, Unit]]) -> Owners:
    staff = await person.staff(asked)
    strangers = {owner for owner, unit in asked if (owner, unit.id) not in staff}
    return Owners(staff, await person.seen(viewer, strangers))


async def write(judged: Sequence[Judged]) -> None:
    """Inside the open transaction, with their reminders (R6) and events."""
    if not judged:
        return
    await change.insert([one.task for one in judged])
    await reminder.plan([one.task.id for one in judged])
    await sla.set_due([one.task.id for one in judged])
    await event.append_all([_created(one) for one in judged])


def _created(one: Judged) -> Happened:
    after = {name: getattr(one.task, name) for name in _TOLD}
    for cause in ("rollout_id", "alert_id"):
        if getattr(one.task, cause) is not None:
            after[cause] = getattr(one.task, cause)
    return Happened(one.by, EventKind.TASK_CREATED, ("task", one.task.id), one.unit.id, after=after)
