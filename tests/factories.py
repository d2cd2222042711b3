"""Things that tests start from: real domain calls, sensible defaults, everything overridable by keyword."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from jejak.domain import (
    calendar_change,
    clock,
    db,
    issue,
    journey,
    journey_capture,
    person,
    programme,
    recurrence,
    review_cause,
    rollout,
    store_review,
    task,
    task_creation,
    unit,
    working_time,
)
from jejak.domain.access import SYSTEM, Grant, Viewer
from jejak.domain.calendar_change import SetSpecialDays, SpecialDayRow
from jejak.domain.checks import MOST_YEARS_AHEAD
from jejak.domain.issue import CreateIssue
from jejak.domain.journey import ChangeJourney
from jejak.domain.journey_capture import CaptureJourney, NewPainPoint, NewStage
from jejak.domain.person import GrantRole
from jejak.domain.recurrence import CreateRecurrence
from jejak.domain.review_cause import CreateReviewCause
from jejak.domain.rollout import RolloutInitiative, Work
from jejak.domain.rollout_scope import Due, Scope
from jejak.domain.store_review import ImportStoreReviews, StoreReviewRow, TagRow, TagStoreReviews
from jejak.domain.tables.issue import Issue
from jejak.domain.tables.journey import Journey, PainPoint
from jejak.domain.tables.person import Person
from jejak.domain.tables.rollout import Recurrence, Rollout
from jejak.domain.tables.store_review import ReviewCause, StoreReview
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.task import ChangeTask, NewEvidence, ReportProgress, SubmitTask
from jejak.domain.task_creation import CreateTask, NewTask
from jejak.domain.unit import CloseUnit, CreateUnit
from jejak.domain.vocabulary import (
    Category,
    JourneyStatus,
    Language,
    Parameter,
    Role,
    Service,
    SpecialDayKind,
    TaskStatus,
    Touchpoint,
    UnitKind,
)
from jejak.domain.working_time import BEGINS

_n = count(1)
# "correct horse battery" under argon2id with its smallest costs: nobody waits for it.
PASSWORD = "correct horse battery"
PASSWORD_HASH = (
    "$argon2id$v=19$m=8,t=1,p=1$g0To/KJY80V8C0ivQ8Uh3Q$RQ+E4XZTd5Tckesaxn1Wvx57yDeF4g5XF9k0bAyEGqA"
)


async def reference_unit(code: str) -> Unit:
    """Headquarters ("HQ") or one of the regions ("JATIM", "BALI", "PPB", ...)."""
    found = await Unit.objects().get(Unit.code == code)
    assert found is not None
    return found


def initiative_id(code: str) -> UUID:
    return programme.reference_id("initiative", code)


async def a_unit(
    kind: UnitKind = UnitKind.ULP,
    parent: Unit | None = None,
    *,
    code: str | None = None,
    name: str | None = None,
    timezone: str | None = None,
    closed: bool = False,
) -> Unit:
    """Below `parent`, by default: a new UP3 for a ULP, the region JATIM for a UP3, headquarters for a region."""
    if parent is None and kind is UnitKind.ULP:
        parent = await a_unit(UnitKind.UP3, timezone=timezone)
    parent = parent or await reference_unit("JATIM" if kind is UnitKind.UP3 else "HQ")
    code = code or f"{kind}-{next(_n)}"
    wanted = CreateUnit(parent.id, code, name or f"Unit {code}", kind, timezone or parent.timezone)
    made = await unit.create(SYSTEM, wanted)
    return await unit.close(SYSTEM, CloseUnit(made.id, made.version)) if closed else made


async def a_person(
    role: Role | None = Role.CONTRIBUTOR,
    unit: Unit | None = None,
    *,
    ranger: bool = False,
    email: str | None = None,
    name: str = "Sri Wahyuni",
    language: Language = Language.ID,
) -> Person:
    """Their password is `PASSWORD`; `role` None gives a person without roles."""
    made = Person(
        email=email or f"person-{next(_n)}@pln.example",
        name=name,
        language=language,
        password_hash=PASSWORD_HASH,
        created_at=clock.now(),
    )
    await made.save()
    if role is not None:
        await a_role(made, role, unit or await a_unit(), ranger=ranger)
    return made


async def a_role(who: Person, role: Role, unit: Unit, *, ranger: bool = False) -> None:
    await person.grant(SYSTEM, GrantRole(who.id, unit.id, role, ranger))


async def viewer_for(who: Person) -> Viewer:
    """What a token of theirs would stand for."""
    rows = await db.fetch(
        "select u.path, u.kind, m.role from membership m join unit u on u.id = m.unit_id where m.person_id = $1 and m.revoked_at is null",
        who.id,
    )
    return Viewer(
        who.id,
        Language(who.language),
        tuple(Grant(r["path"], UnitKind(r["kind"]), Role(r["role"])) for r in rows),
    )


async def a_viewer(
    role: Role | None = Role.MANAGER, unit: Unit | None = None, *, ranger: bool = False, **of_person: Any
) -> Viewer:
    return await viewer_for(await a_person(role, unit, ranger=ranger, **of_person))


def a_stage(**changes: Any) -> NewStage:
    return NewStage(
        **{"name": "Mengajukan pasang baru", "touchpoint": Touchpoint.PLN_MOBILE, "emotion": -1} | changes
    )


def a_new_pain_point(**changes: Any) -> NewPainPoint:
    given = {
        "description": "Menunggu tanpa kabar",
        "category": Category.SPEED,
        "parameter": Parameter.EASE,
        "severity": 4,
        "reach": 3,
    }
    return NewPainPoint(**given | changes)


def a_capture(unit: Unit, **changes: Any) -> CaptureJourney:
    """The input of `journey.capture`: two stages, a pain point in the first."""
    given = {
        "unit_id": unit.id,
        "service": Service.PB_PD,
        "title": "Pasang baru",
        "occurred_on": clock.today(unit.timezone) - timedelta(days=1),
        "stages": [a_stage(pain_points=[a_new_pain_point()]), a_stage(name="Menyala", emotion=2)],
    }
    return CaptureJourney(**given | changes)


async def a_journey(
    unit: Unit | None = None,
    *,
    status: JourneyStatus = JourneyStatus.DRAFT,
    viewer: Viewer | None = None,
    **changes: Any,
) -> Journey:
    unit = unit or await a_unit()
    viewer = viewer or await a_viewer(Role.MANAGER, unit)
    made = await journey_capture.capture(viewer, a_capture(unit, **changes))
    for step, reason in _JOURNEY_WAY[status]:
        made = await step(viewer, ChangeJourney(made.id, made.version, reason))
    return made


_JOURNEY_WAY = {
    JourneyStatus.DRAFT: [],
    JourneyStatus.SUBMITTED: [(journey.submit, None)],
    JourneyStatus.ACCEPTED: [(journey.submit, None), (journey.accept, None)],
    JourneyStatus.RETURNED: [(journey.submit, None), (journey.return_, "Kurang lengkap")],
    JourneyStatus.ARCHIVED: [(journey.submit, None), (journey.accept, None), (journey.archive, None)],
}


async def a_pain_point(
    unit: Unit | None = None, *, journey: Journey | None = None, **changes: Any
) -> PainPoint:
    """In an accepted journey of its own, unless a journey is given: then the first one in that."""
    if journey is None:
        stages = [a_stage(pain_points=[a_new_pain_point(**changes)])]
        journey = await a_journey(unit, status=JourneyStatus.ACCEPTED, stages=stages)
    found = await PainPoint.objects().where(PainPoint.journey_id == journey.id).order_by(PainPoint.id).first()
    assert found is not None
    return found


def in_working_days(unit: Unit, days: int) -> date:
    return working_time.shift(working_time.Rules(unit.timezone), clock.today(unit.timezone), days)


def a_new_task(unit: Unit, **changes: Any) -> NewTask:
    """The input for a task, due in five working days and owned by the unit's PIC Ranger."""
    given = {
        "initiative_id": initiative_id("1.1"),
        "unit_id": unit.id,
        "title": "Pelatihan PS4",
        "due_on": in_working_days(unit, 5),
    }
    return NewTask(**given | changes)


async def a_task(
    unit: Unit | None = None,
    *,
    initiative: str = "1.1",
    owner: Person | None = None,
    status: TaskStatus = TaskStatus.PLANNED,
    pain_point: PainPoint | None = None,
    viewer: Viewer | None = None,
    **changes: Any,
) -> Task:
    """Brought to `status` by its owner and a manager of the unit; due in ten working days."""
    if unit is None and pain_point is not None:
        unit = await Unit.objects().get(Unit.id == pain_point.unit_id)
    unit = unit or await a_unit()
    owner = owner or await a_person(Role.CONTRIBUTOR, unit)
    viewer = viewer or await a_viewer(Role.MANAGER, unit)
    given = {
        "initiative_id": initiative_id(initiative),
        "due_on": in_working_days(unit, 10),
        "owner_id": owner.id,
    }
    wanted = a_new_task(unit, **given | changes)
    made = await task_creation.create(viewer, CreateTask(wanted, pain_point.id if pain_point else None))
    return await bring(made, status, owner=await viewer_for(owner), manager=viewer)


async def bring(made: Task, status: TaskStatus, *, owner: Viewer, manager: Viewer) -> Task:
    """A planned task to another status, by domain calls."""
    for step in _TASK_WAY[status]:
        made = await step(made, owner, manager)
    return made


async def _report(made: Task, owner: Viewer, _: Viewer) -> Task:
    return await task.report(owner, ReportProgress(made.id, made.version, 40))


async def _submit(made: Task, owner: Viewer, _: Viewer) -> Task:
    return await task.submit(owner, SubmitTask(made.id, made.version, [NewEvidence(note="Daftar hadir")]))


async def _verify(made: Task, _: Viewer, manager: Viewer) -> Task:
    return await task.verify(manager, ChangeTask(made.id, made.version))


async def _return(made: Task, _: Viewer, manager: Viewer) -> Task:
    return await task.return_(manager, ChangeTask(made.id, made.version, "Bukti kurang"))


async def _block(made: Task, owner: Viewer, _: Viewer) -> Task:
    return await task.block(owner, ChangeTask(made.id, made.version, "Menunggu material"))


async def _cancel(made: Task, _: Viewer, manager: Viewer) -> Task:
    return await task.cancel(manager, ChangeTask(made.id, made.version, "Tidak perlu lagi"))


_TASK_WAY: dict[TaskStatus, Sequence[Any]] = {
    TaskStatus.PLANNED: [],
    TaskStatus.IN_PROGRESS: [_report],
    TaskStatus.SUBMITTED: [_submit],
    TaskStatus.VERIFIED: [_submit, _verify],
    TaskStatus.RETURNED: [_submit, _return],
    TaskStatus.BLOCKED: [_block],
    TaskStatus.CANCELLED: [_cancel],
}


async def shut_for_good(unit: Unit) -> None:
    """From the beginning of all calendars to their end."""
    years = range(BEGINS.year, clock.now().year + MOST_YEARS_AHEAD + 1)
    rows = [
        SpecialDayRow(date(year, 1, 1), SpecialDayKind.CLOSURE, "Tutup", until=date(year, 12, 31))
        for year in years
    ]
    await calendar_change.set_special_days(SYSTEM, SetSpecialDays(unit.id, rows))


def a_new_rollout(top: Unit | None, **changes: Any) -> RolloutInitiative:
    """The input for a rollout: every ULP at and below `top` is to shop at another, within ten working days."""
    given = {
        "initiative_id": initiative_id("9.2"),
        "title": "Mystery shopping silang",
        "description": "",
        "weight": 1,
        "unit_id": top.id if top else None,
        "kinds": [UnitKind.ULP],
        "unit_ids": None,
        "due_on": None,
        "due_in_days": None if "due_on" in changes else 10,
    } | changes
    parts = [
        part(**{name: given.pop(name) for name in part.__dataclass_fields__}) for part in (Work, Scope, Due)
    ]
    return RolloutInitiative(*parts, **given)


async def an_issue(*points: PainPoint, viewer: Viewer | None = None, **changes: Any) -> Issue:
    """Of these pain points, of which each is another version of itself then."""
    viewer = viewer or await a_viewer(Role.PROGRAMME, await reference_unit("HQ"))
    given = {"title": "Menunggu tanpa kabar", "category": Category.SPEED}
    wanted = CreateIssue(**given | {"pain_point_ids": [point.id for point in points]} | changes)
    return await issue.create(viewer, wanted)


def a_review_row(**changes: Any) -> StoreReviewRow:
    """The input for a review that was written yesterday."""
    given = {
        "package": "com.icon.pln123",
        "submitted_at": clock.now() - timedelta(days=1),
        "rating": 1,
        "external_id": f"gp:{next(_n)}",
        "version_name": "5.2.70",
        "language": "id",
        "device": "a52q",
        "text": "Tidak bisa masuk, kode OTP tidak pernah datang",
    }
    return StoreReviewRow(**given | changes)


async def a_review(**changes: Any) -> StoreReview:
    done = await store_review.load(SYSTEM, ImportStoreReviews([a_review_row(**changes)]))
    return done.made[0].review


async def a_cause(viewer: Viewer | None = None, **changes: Any) -> ReviewCause:
    given = {"code": f"CAUSE-{next(_n)}", "title_id": "Tidak bisa masuk", "title_en": "Cannot sign in"}
    return await review_cause.create(viewer or SYSTEM, CreateReviewCause(**given | changes))


async def a_tagged_review(cause: ReviewCause, viewer: Viewer | None = None, **changes: Any) -> StoreReview:
    review = await a_review(**changes)
    row = TagRow(review.id, review.version, cause.id)
    return (await store_review.tag(viewer or SYSTEM, TagStoreReviews([row]))).made[0]


async def a_rollout(top: Unit, viewer: Viewer | None = None, **changes: Any) -> Rollout:
    viewer = viewer or await a_viewer(Role.PROGRAMME, await reference_unit("HQ"))
    return (await rollout.create(viewer, a_new_rollout(top, **changes))).rollout


def a_new_recurrence(top: Unit, **changes: Any) -> CreateRecurrence:
    """The input for a monthly recurrence, on the 15th, for every ULP at and below `top`."""
    new = a_new_rollout(
        top, **{name: changes.pop(name) for name in ("unit_ids", "kinds", "title") if name in changes}
    )
    title = new.work.title if "silang" not in new.work.title else "Mystery shopping silang {month} {year}"
    given = {
        "work": replace(new.work, title=title),
        "scope": new.scope,
        "rule": "FREQ=MONTHLY;BYMONTHDAY=15",
        "start_on": clock.today(top.timezone),
    }
    return CreateRecurrence(**given | changes)


async def a_recurrence(top: Unit, **changes: Any) -> Recurrence:
    viewer = await a_viewer(Role.PROGRAMME, await reference_unit("HQ"))
    return await recurrence.create(viewer, a_new_recurrence(top, **changes))
