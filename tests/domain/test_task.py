"""R4: the life of a task, four eyes, evidence, versions."""

import asyncio
from datetime import timedelta

import pytest

from jejak.domain import clock, db, task
from jejak.domain.errors import Code, Refused
from jejak.domain.tables.event import Event
from jejak.domain.tables.task import Evidence, Task
from jejak.domain.task import ChangeTask, NewEvidence, ReportProgress, SubmitTask, UpdateTask
from jejak.domain.vocabulary import Role, TaskStatus, UnitKind
from tests.factories import (
    a_person,
    a_role,
    a_task,
    a_unit,
    a_viewer,
    bring,
    in_working_days,
    reference_unit,
    viewer_for,
)
from tests.refusals import events_of, refused, unchanged

PLANNED, IN_PROGRESS, SUBMITTED, VERIFIED, RETURNED, BLOCKED, CANCELLED = TaskStatus


def report(viewer, given, progress=60, **more):
    return task.report(viewer, ReportProgress(given.id, given.version, progress, **more))


def submit(viewer, given, evidence=None):
    evidence = [NewEvidence(note="Foto")] if evidence is None else evidence
    return task.submit(viewer, SubmitTask(given.id, given.version, evidence))


def changing(action, reason=None):
    return lambda viewer, given: action(viewer, ChangeTask(given.id, given.version, reason))


ACTIONS = {
    "report": report,
    "submit": submit,
    "verify": changing(task.verify),
    "return": changing(task.return_, "Bukti kurang"),
    "block": changing(task.block, "Menunggu material"),
    "unblock": changing(task.unblock),
    "cancel": changing(task.cancel, "Tidak perlu"),
    "update": lambda viewer, given: task.update(
        viewer, UpdateTask(given.id, given.version, title="Judul lain")
    ),
}
# Written from R4: PLANNED -> IN_PROGRESS -> SUBMITTED -> VERIFIED, with RETURNED back to work, BLOCKED and CANCELLED.
AT_WORK = (PLANNED, IN_PROGRESS, RETURNED)
UNFINISHED = (*AT_WORK, SUBMITTED, BLOCKED)
FOLLOWS = {
    **{("report", status): IN_PROGRESS for status in AT_WORK},
    **{("submit", status): SUBMITTED for status in AT_WORK},
    ("verify", SUBMITTED): VERIFIED,
    ("return", SUBMITTED): RETURNED,
    **{("block", status): BLOCKED for status in AT_WORK},
    ("unblock", BLOCKED): PLANNED,
    **{("cancel", status): CANCELLED for status in UNFINISHED},
    **{("update", status): status for status in UNFINISHED},
}
KINDS = {
    "report": "task.progress_reported",
    "submit": "task.submitted",
    "verify": "task.verified",
    "return": "task.returned",
    "block": "task.blocked",
    "unblock": "task.unblocked",
    "cancel": "task.cancelled",
    "update": "task.updated",
}


@pytest.mark.parametrize("status", TaskStatus)
@pytest.mark.parametrize("action", ACTIONS)
async def test_a_task_lives_by_its_table(action, status):
    # Given a task in a status, and somebody who holds every right at its unit
    unit = await a_unit()
    given = await a_task(unit, status=status)
    manager = await a_viewer(Role.MANAGER, unit)
    to = FOLLOWS.get((action, status))
    # When it is to be moved on, the table says whether that is refused
    if to is None:
        async with refused(Code.WRONG_STATUS):
            await ACTIONS[action](manager, given)
        return
    # Or where it arrives, one version later, with an event by that person
    version = given.version
    made = await ACTIONS[action](manager, given)
    kept = await Task.objects().get(Task.id == given.id)
    assert (made.status, made.version) == (kept.status, kept.version) == (to, version + 1)
    last = (
        await Event.objects()
        .where((Event.subject_id == given.id) & (Event.kind == KINDS[action]))
        .order_by(Event.id, ascending=False)
        .first()
    )
    assert (last.actor_id, last.unit_id) == (manager.person_id, unit.id)


@pytest.mark.parametrize("status", AT_WORK)
async def test_an_unblocked_task_is_where_it_was_blocked(status):
    unit = await a_unit()
    owner, manager = await a_viewer(Role.CONTRIBUTOR, unit), await a_viewer(Role.MANAGER, unit)
    given = await a_task(unit, status=status)
    reason = "Bukti kurang" if status is RETURNED else None
    given = await bring(given, BLOCKED, owner=owner, manager=manager)
    assert given.status_reason == "Menunggu material"
    await task.unblock(owner, ChangeTask(given.id, given.version))
    free = await Task.objects().get(Task.id == given.id)
    # What a returned task is returned for is said again.
    assert (free.status, free.status_reason, free.blocked_from) == (status, reason, None)


@pytest.mark.parametrize("reason", [None, " "])
@pytest.mark.parametrize(
    ("action", "status"), [(task.return_, SUBMITTED), (task.block, PLANNED), (task.cancel, PLANNED)]
)
async def test_returning_blocking_and_cancelling_ask_for_a_reason(action, status, reason):
    unit = await a_unit()
    given, manager = await a_task(unit, status=status), await a_viewer(Role.MANAGER, unit)
    async with refused(Code.REQUIRED, "reason"):
        await action(manager, ChangeTask(given.id, given.version, reason))


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_stale_change_is_refused_even_where_the_status_would_be_too(action):
    unit = await a_unit()
    manager = await a_viewer(Role.MANAGER, unit)
    given = await a_task(unit, status=SUBMITTED)
    given.version -= 1
    async with refused(Code.STALE, "expected_version"):
        await ACTIONS[action](manager, given)


async def test_of_concurrent_changes_that_read_the_same_version_one_wins():
    unit = await a_unit()
    manager, given = await a_viewer(Role.MANAGER, unit), await a_task(unit)
    results = await asyncio.gather(*(report(manager, given, n) for n in range(10)), return_exceptions=True)
    refusals = [result for result in results if isinstance(result, Refused)]
    assert {refusal.code for refusal in refusals} == {Code.STALE}
    assert len(refusals) == 9
    assert (await Task.objects().get(Task.id == given.id)).version == 2
    assert await events_of(given.id) == ["task.created", "task.progress_reported"]


async def test_the_owner_does_not_verify_though_another_submitted():
    unit = await a_unit()
    owner = await a_person(Role.MANAGER, unit)
    given = await a_task(unit, owner=owner)
    given = await submit(await a_viewer(Role.CONTRIBUTOR, unit), given)
    viewer = await viewer_for(owner)
    async with refused(Code.FOUR_EYES, "task_id"):
        await task.verify(viewer, ChangeTask(given.id, given.version))


async def test_who_submitted_does_not_verify_though_another_owns():
    unit = await a_unit()
    submitter = await a_viewer(Role.MANAGER, unit)
    given = await submit(submitter, await a_task(unit))
    async with refused(Code.FOUR_EYES, "task_id"):
        await task.verify(submitter, ChangeTask(given.id, given.version))
    other = await a_viewer(Role.MANAGER, unit)
    made = await task.verify(other, ChangeTask(given.id, given.version))
    assert (made.status, made.submitted_by, made.verified_by) == (
        VERIFIED,
        submitter.person_id,
        other.person_id,
    )


async def test_handing_a_submitted_task_to_another_does_not_open_the_second_pair_of_eyes():
    unit = await a_unit()
    owner = await a_person(Role.MANAGER, unit)
    given = await submit(await viewer_for(owner), await a_task(unit, owner=owner))
    heir = await a_person(Role.CONTRIBUTOR, unit)
    viewer = await viewer_for(owner)
    async with refused(Code.WRONG_STATUS, "owner_id"):
        await task.update(viewer, UpdateTask(given.id, given.version, owner_id=heir.id))


async def test_the_database_itself_keeps_owner_and_verifier_apart():
    given = await a_task(status=VERIFIED)
    with pytest.raises(Exception, match="violates check constraint"):
        await db.execute("update task set verified_by = owner_id where id = $1", given.id)


@pytest.mark.parametrize(
    ("place", "answer"),
    [("ULP", None), ("UP3", None), ("JATIM", None), ("HQ", None), ("BALI", Code.NOT_FOUND)],
)
async def test_who_verifies_sits_at_the_same_unit_or_above(place, answer):
    up3 = await a_unit(UnitKind.UP3, await reference_unit("JATIM"))
    ulp = await a_unit(UnitKind.ULP, up3)
    given = await a_task(ulp, status=SUBMITTED)
    viewer = await a_viewer(Role.MANAGER, {"ULP": ulp, "UP3": up3}.get(place) or await reference_unit(place))
    if answer:
        async with refused(answer, "task_id"):
            await task.verify(viewer, ChangeTask(given.id, given.version))
    else:
        assert (await task.verify(viewer, ChangeTask(given.id, given.version))).status == VERIFIED


async def test_a_manager_below_does_not_verify_a_task_of_the_unit_above():
    up3 = await a_unit(UnitKind.UP3)
    below = await a_viewer(Role.MANAGER, await a_unit(UnitKind.ULP, up3))
    given = await a_task(up3, status=SUBMITTED)
    async with refused(Code.NOT_FOUND, "task_id"):
        await task.verify(below, ChangeTask(given.id, given.version))


MAY = {
    **{action: {Role.CONTRIBUTOR, Role.MANAGER} for action in ("report", "submit", "block", "unblock")},
    **{action: {Role.MANAGER} for action in ("verify", "return", "cancel", "update")},
}
STATUS_FOR = {"verify": SUBMITTED, "return": SUBMITTED, "unblock": BLOCKED}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", ACTIONS)
async def test_contributors_work_and_managers_decide(action, role):
    given = await a_task(status=STATUS_FOR.get(action, PLANNED))
    viewer = await a_viewer(role, await reference_unit("HQ"))
    if role in MAY[action]:
        assert (await ACTIONS[action](viewer, given)).version > 1
    else:
        async with refused(Code.FORBIDDEN, "task_id"):
            await ACTIONS[action](viewer, given)


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_task_of_another_subtree_does_not_exist(action):
    given = await a_task(status=STATUS_FOR.get(action, PLANNED))
    stranger = await a_viewer(Role.MANAGER, await a_unit())
    async with refused(Code.NOT_FOUND, "task_id"):
        await ACTIONS[action](stranger, given)


async def test_submitting_asks_for_evidence_where_the_initiative_does():
    unit = await a_unit()
    viewer = await a_viewer(Role.CONTRIBUTOR, unit)
    given = await a_task(unit, initiative="1.1")
    async with refused(Code.EVIDENCE_REQUIRED, "evidence"):
        await submit(viewer, given, [])
    made = await submit(viewer, given, [NewEvidence(url="https://pln.example/foto/1")])
    assert (made.status, made.progress) == (SUBMITTED, 100)
    assert await Evidence.count().where(Evidence.task_id == given.id) == 1


async def test_evidence_that_came_with_a_report_counts():
    unit = await a_unit()
    viewer = await a_viewer(Role.CONTRIBUTOR, unit)
    given = await report(viewer, await a_task(unit), evidence=[NewEvidence(note="Foto")])
    assert (await submit(viewer, given, [])).status == SUBMITTED
    assert await events_of(given.id) == [
        "task.created",
        "task.evidence_added",
        "task.progress_reported",
        "task.submitted",
    ]


async def test_no_evidence_is_asked_for_where_the_initiative_does_not():
    await db.execute("update initiative set evidence_required = false where code = '1.1'")
    unit = await a_unit()
    assert (await submit(await a_viewer(Role.CONTRIBUTOR, unit), await a_task(unit), [])).status == SUBMITTED


@pytest.mark.parametrize(
    ("evidence", "code", "path"),
    [
        (NewEvidence(), Code.REQUIRED, "note"),
        (NewEvidence(url="javascript:alert(1)"), Code.INVALID_URL, "url"),
        (NewEvidence(url="https://"), Code.INVALID_URL, "url"),
        (NewEvidence(url="ftp://pln.example/x"), Code.INVALID_URL, "url"),
        (NewEvidence(note="x" * 5001), Code.TOO_LONG, "note"),
    ],
)
async def test_malformed_evidence_is_refused_with_its_place(evidence, code, path):
    unit = await a_unit()
    viewer, given = await a_viewer(Role.CONTRIBUTOR, unit), await a_task(unit)
    for act in (
        lambda: submit(viewer, given, [NewEvidence("Foto"), evidence]),
        lambda: report(viewer, given, evidence=[NewEvidence("Foto"), evidence]),
    ):
        async with refused(code, "evidence", 1, path):
            await act()


@pytest.mark.parametrize("progress", [-1, 101, 2**40])
async def test_progress_is_a_percentage(progress):
    unit = await a_unit()
    viewer, given = await a_viewer(Role.CONTRIBUTOR, unit), await a_task(unit)
    async with refused(Code.OUT_OF_RANGE, "progress"):
        await report(viewer, given, progress)


async def test_an_update_names_every_problem_and_changes_only_what_is_given():
    unit = await a_unit()
    manager, given = await a_viewer(Role.MANAGER, unit), await a_task(unit, description="Lama")
    yesterday = clock.today(unit.timezone) - timedelta(days=1)
    async with unchanged():
        with pytest.raises(Refused) as caught:
            await task.update(manager, UpdateTask(given.id, 1, title=" ", weight=1001, due_on=yesterday))
    assert {(p.code, p.path) for p in caught.value.problems} == {
        (Code.REQUIRED, ("title",)),
        (Code.OUT_OF_RANGE, ("weight",)),
        (Code.PAST_DATE, ("due_on",)),
    }
    made = await task.update(manager, UpdateTask(given.id, 1, weight=3))
    kept = await Task.objects().get(Task.id == given.id)
    assert (made.weight, kept.weight, kept.title, kept.description, kept.due_on) == (
        3,
        3,
        given.title,
        "Lama",
        given.due_on,
    )


async def test_an_overdue_task_can_be_changed_without_a_new_due_date():
    unit = await a_unit()
    manager, given = await a_viewer(Role.MANAGER, unit), await a_task(unit, due_on=in_working_days(unit, 1))
    clock.shift(timedelta(days=30))
    made = await task.update(manager, UpdateTask(given.id, 1, title="Judul lain", due_on=given.due_on))
    assert made.title == "Judul lain"


async def test_a_new_owner_can_work_there_or_is_refused():
    unit = await a_unit()
    manager, given = await a_viewer(Role.MANAGER, unit), await a_task(unit)
    elsewhere, viewer_only = await a_person(Role.CONTRIBUTOR), await a_person(Role.VIEWER, unit)
    for person, code in ((elsewhere, Code.NOT_FOUND), (viewer_only, Code.NOT_STAFF)):
        async with refused(code, "owner_id"):
            await task.update(manager, UpdateTask(given.id, 1, owner_id=person.id))
    await a_role(viewer_only, Role.CONTRIBUTOR, unit)
    assert (
        await task.update(manager, UpdateTask(given.id, 1, owner_id=viewer_only.id))
    ).owner_id == viewer_only.id
