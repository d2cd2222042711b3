"""R5: completion, against an independent computation in fractions."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.domain import clock, completion, db, relay, task, unit
from jejak.domain.access import SYSTEM
from jejak.domain.errors import Refused
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.task import ChangeTask, NewEvidence, ReportProgress, SubmitTask, UpdateTask
from jejak.domain.unit import CloseUnit, MoveUnit
from jejak.domain.vocabulary import Role, TaskStatus, UnitKind
from tests.domain.completion_model import Model
from tests.factories import a_person, a_task, a_unit, a_viewer, in_working_days, initiative_id, reference_unit
from tests.figures import figures_of, taken_at

CODES = ("1.1", "1.2", "1.3", "2.1")
KINDS = list(UnitKind)
WEIGHTS = st.integers(1, 1000)
TASKS = st.tuples(
    st.sampled_from(CODES),
    st.integers(0, 6),  # the unit
    WEIGHTS,
    st.integers(0, 100),
    st.sampled_from(TaskStatus),
    st.integers(-3, 3),  # days until it is due
)
RULES = st.fixed_dictionaries(
    {code: st.tuples(st.integers(1, 9), st.sets(st.sampled_from(KINDS))) for code in CODES}
)


async def a_tree() -> list[Unit]:
    regions = [await reference_unit("JATIM"), await reference_unit("BALI")]
    up3s = [await a_unit(UnitKind.UP3, region) for region in regions]
    return [*regions, *up3s, *[await a_unit(UnitKind.ULP, up3) for up3 in (up3s[0], up3s[0], up3s[1])]]


async def set_rules(rules, step_weight: int) -> None:
    for code, (weight, scope) in rules.items():
        await db.execute(
            "update initiative set weight = $2, scope = $3 where code = $1", code, weight, sorted(scope)
        )
    await db.execute("update step set weight = $1 where number = 1", step_weight)


async def insert_tasks(units: list[Unit], wanted) -> None:
    owner = await a_person(Role.CONTRIBUTOR, await reference_unit("HQ"))
    rows = [
        Task(
            initiative_id=initiative_id(code),
            unit_id=units[at].id,
            title="x",
            description="",
            owner_id=owner.id,
            weight=weight,
            due_on=clock.today("Asia/Jakarta") + timedelta(days=days),
            status=status,
            blocked_from=TaskStatus.PLANNED if status is TaskStatus.BLOCKED else None,
            progress=progress,
            created_at=clock.now(),
            updated_at=clock.now(),
        )
        for code, at, weight, progress, status, days in wanted
    ]
    if rows:
        await Task.insert(*rows)


async def assert_as_in_the_model(units: list[Unit]) -> None:
    model = await Model.read()
    paths = [
        "HQ/",
        *[
            row["path"]
            for row in await db.fetch("select path from unit where id = any($1)", [u.id for u in units])
        ],
    ]
    for path in paths:
        for chosen in ({"initiative": "1.1"}, {"initiative": "1.2"}, {"step": 1}, {"step": 2}, {}):
            assert await figures_of(path, **chosen) == model.figures(path, **chosen), (path, chosen)


async def rows() -> list[tuple]:
    found = await db.fetch(f"select initiative_id, unit_id, {completion.SUMS} from completion order by 1, 2")
    return [tuple(row) for row in found]


@given(
    rules=RULES,
    step_weight=st.integers(1, 9),
    tasks=st.lists(TASKS, max_size=14),
    closed=st.sets(st.integers(4, 6)),
)
async def test_figures_are_what_the_rule_says_for_every_unit_and_level(
    clean, rules, step_weight, tasks, closed
):
    await clean()
    units = await a_tree()
    await set_rules(rules, step_weight)
    await insert_tasks(units, tasks)
    # A unit closes only once its tasks are done; they may be in a closed unit all the same.
    await db.execute("update unit set closed_at = now() where id = any($1)", [units[at].id for at in closed])
    await completion.recompute_all()
    await assert_as_in_the_model(units)


STEPS = st.tuples(
    st.sampled_from(["create", "report", "submit", "verify", "cancel", "update", "move", "close", "drain"]),
    st.integers(0, 6),
    st.integers(0, 100),
)


class Office:
    """A tree with its people, in which one step after another is attempted."""

    @classmethod
    async def opened(cls) -> "Office":
        self, root = cls(), await reference_unit("HQ")
        self.units = await a_tree()
        self.manager, self.second = await a_viewer(Role.MANAGER, root), await a_viewer(Role.MANAGER, root)
        self.owner = await a_person(Role.CONTRIBUTOR, root)
        self.tasks = []
        return self

    async def attempt(self, step: str, at: int, n: int) -> None:
        if step == "drain":
            await relay.drain()
        elif step in {"move", "close"}:
            ulp = await Unit.objects().get(Unit.id == self.units[4 + at % 3].id)
            to = MoveUnit(ulp.id, self.units[2 + n % 2].id, ulp.version)
            await (
                unit.move(SYSTEM, to)
                if step == "move"
                else unit.close(SYSTEM, CloseUnit(ulp.id, ulp.version))
            )
        elif step == "create" or not self.tasks:
            code, weight = CODES[n % 4], n + 1
            self.tasks.append(
                await a_task(
                    self.units[at], owner=self.owner, viewer=self.manager, initiative=code, weight=weight
                )
            )
        else:
            given = await Task.objects().get(Task.id == self.tasks[at % len(self.tasks)].id)
            await self.change(step, given, n)

    async def change(self, step: str, given: Task, n: int) -> None:
        key = given.id, given.version
        if step == "report":
            await task.report(self.manager, ReportProgress(*key, n))
        elif step == "submit":
            await task.submit(self.manager, SubmitTask(*key, [NewEvidence("Foto")]))
        elif step == "verify":
            await task.verify(self.second, ChangeTask(*key))
        elif step == "cancel":
            await task.cancel(self.manager, ChangeTask(*key, "Sebab"))
        else:
            await task.update(self.manager, UpdateTask(*key, weight=n + 1))


@settings(max_examples=15)
@given(st.lists(STEPS, max_size=14))
async def test_following_events_gives_the_rows_that_computing_everything_gives(clean, steps):
    await clean()
    office = await Office.opened()
    await completion.recompute_all()
    for step in steps:
        try:
            await office.attempt(*step)
        except Refused:  # a refused change is part of life
            continue
    await relay.drain()
    followed = await rows()
    await assert_as_in_the_model(office.units)
    await completion.recompute_all()
    assert await rows() == followed


async def test_a_figure_without_target_units_is_null_and_not_zero():
    ulp = await a_unit()
    await db.execute("update initiative set scope = '{HQ}' where code = '1.1'")
    await completion.recompute_all()
    figures = await figures_of(ulp.path, initiative="1.1")
    assert figures == {
        "reported": None,
        "verified": None,
        "target_units": 0,
        "units_started": 0,
        "tasks": 0,
        "overdue": 0,
        "verified_tasks": 0,
    }


async def test_a_target_unit_without_tasks_counts_zero():
    ulp = await a_unit()
    await completion.recompute_all()
    figures = await figures_of(ulp.path, initiative="1.1")
    assert (figures["reported"], figures["verified"], figures["target_units"]) == (0, 0, 1)


async def test_a_closed_unit_leaves_unless_it_holds_a_task():
    up3 = await a_unit(UnitKind.UP3)
    empty, busy = await a_unit(UnitKind.ULP, up3), await a_unit(UnitKind.ULP, up3)
    await a_task(busy, status=TaskStatus.VERIFIED)
    for ulp in (empty, busy):
        await unit.close(SYSTEM, CloseUnit(ulp.id, ulp.version))
    await relay.drain()
    assert (await figures_of(empty.path))["reported"] is None
    assert (await figures_of(busy.path))["tasks"] == 1
    # The UP3 itself and the closed unit with its task
    assert (await figures_of(up3.path, initiative="1.1"))["target_units"] == 2


async def test_a_true_half_is_rounded_up_though_its_parts_do_not_end():
    # Given three units at 2/600, 2/600 and 5/600 percent, whose mean is 0.005 exactly
    up3 = await a_unit(UnitKind.UP3)
    await db.execute("update initiative set scope = '{ULP}' where code = '1.2'")
    ulps = [await a_unit(UnitKind.ULP, up3) for _ in range(3)]
    at_work = TaskStatus.IN_PROGRESS
    parts = [
        (n, weight, progress)
        for n, done in enumerate((2, 2, 5))
        for weight, progress in ((1, done), (599, 0))
    ]
    await insert_tasks(ulps, [("1.2", n, weight, progress, at_work, 1) for n, weight, progress in parts])
    await completion.recompute_all()
    assert (await figures_of(up3.path, initiative="1.2"))["reported"] == Decimal("0.01")


@pytest.mark.parametrize(
    ("value", "shown"), [("0.00499999999999999999", "0.01"), ("0.0049999", "0.00"), ("99.995", "100.00")]
)
async def test_a_half_that_division_left_just_below_is_seen_as_a_half(value, shown):
    assert await db.fetchval(f"select {completion._shown(value)}") == Decimal(shown)


async def test_a_task_becomes_overdue_when_its_day_ends_at_its_unit():
    # Given a task due today in Jayapura, where the day ends two hours before it does in Jakarta
    units = {zone: await a_unit(timezone=zone) for zone in ("Asia/Jayapura", "Asia/Jakarta")}
    due = in_working_days(units["Asia/Jakarta"], 3)
    for each in units.values():
        await a_task(each, due_on=due)
    late = {}
    for hour in (14, 15, 16, 17):  # UTC on the due day
        moment = clock.now().replace(
            year=due.year, month=due.month, day=due.day, hour=hour, minute=0, second=0
        )
        clock.shift(moment - clock.now())
        await completion.recompute_all()
        late[hour] = [(await figures_of(each.path))["overdue"] for each in units.values()]
    assert late == {14: [0, 0], 15: [1, 0], 16: [1, 0], 17: [1, 1]}


@pytest.mark.parametrize(
    ("status", "late"), [(s, s in {"PLANNED", "IN_PROGRESS", "RETURNED", "BLOCKED"}) for s in TaskStatus]
)
async def test_overdue_is_what_was_not_handed_in(status, late):
    ulp = await a_unit()
    await a_task(ulp, status=status, due_on=in_working_days(ulp, 0))
    clock.shift(timedelta(days=10))
    await completion.recompute_all()
    assert (await figures_of(ulp.path))["overdue"] == late


async def test_computing_again_rewrites_no_row():
    await a_task(status=TaskStatus.VERIFIED)
    await completion.recompute_all()
    versions = await db.fetch("select id, xmin::text from completion order by id")
    await completion.recompute_all()
    assert await db.fetch("select id, xmin::text from completion order by id") == versions


async def test_concurrent_computations_end_in_the_same_rows():
    ulps = [await a_unit() for _ in range(3)]
    for ulp in ulps:
        await a_task(ulp, status=TaskStatus.IN_PROGRESS)
    await asyncio.gather(*(completion.recompute_all() for _ in range(5)), *(relay.drain() for _ in range(5)))
    found = await rows()
    await completion.recompute_all()
    assert await rows() == found


async def test_a_day_is_kept_once_and_as_it_stood():
    ulp = await a_unit()
    await a_task(ulp, status=TaskStatus.IN_PROGRESS)
    await relay.drain()
    day = await completion.snapshot()
    assert day == clock.today("Asia/Jakarta") - timedelta(days=1)
    kept = await db.fetch("select * from completion_snapshot order by id")
    assert len(kept) == len(await rows())
    # When the job runs again, though the rows have changed
    await a_task(ulp, status=TaskStatus.VERIFIED)
    await relay.drain()
    assert await completion.snapshot() is None
    assert await asyncio.gather(*(completion.snapshot() for _ in range(4))) == [None] * 4
    # Then the day is as it was
    assert await db.fetch("select * from completion_snapshot order by id") == kept


async def test_concurrent_snapshots_of_a_day_keep_one():
    await completion.recompute_all()
    days = await asyncio.gather(*(completion.snapshot() for _ in range(5)))
    assert sorted(day is None for day in days) == [False, True, True, True, True]


async def test_a_past_day_shows_the_last_day_kept_before_it_and_nothing_before_the_first():
    ulp = await a_unit()
    await a_task(ulp, status=TaskStatus.VERIFIED)
    await relay.drain()
    first = await completion.snapshot()
    now = await figures_of(ulp.path)
    assert await figures_of(ulp.path, on=first) == now
    assert await figures_of(ulp.path, on=first + timedelta(days=40)) == now
    before = await figures_of(ulp.path, on=date(2020, 1, 1))
    assert (before["reported"], before["verified"], before["tasks"]) == (None, None, 0)


async def test_a_kept_day_tells_when_it_was_taken_and_live_figures_do_not():
    ulp = await a_unit()
    before = clock.now()
    day = await completion.snapshot()
    assert before <= await taken_at(ulp.path, day) <= clock.now()
    assert await taken_at(ulp.path) is None
    assert await taken_at(ulp.path, date(2020, 1, 1)) is None


async def test_a_kept_day_holds_what_the_relay_has_not_followed_yet():
    # Given a verified task whose events still wait
    ulp = await a_unit()
    await a_task(ulp, status=TaskStatus.VERIFIED)
    # When the day is kept, its figures hold the task
    day = await completion.snapshot()
    assert (await figures_of(ulp.path, on=day))["verified_tasks"] == 1


async def test_a_task_blocked_before_it_began_has_not_begun():
    ulp = await a_unit()
    given = await a_task(ulp, status=TaskStatus.BLOCKED)
    await completion.recompute_all()
    assert (await figures_of(ulp.path))["units_started"] == 0
    # Once there is progress, a block does not take the beginning back
    viewer = await a_viewer(Role.CONTRIBUTOR, ulp)
    given = await task.unblock(viewer, ChangeTask(given.id, given.version))
    given = await task.report(viewer, ReportProgress(given.id, given.version, 5))
    await task.block(viewer, ChangeTask(given.id, given.version, "Hujan"))
    await completion.recompute_all()
    assert (await figures_of(ulp.path))["units_started"] == 1


async def test_a_kept_day_keeps_the_step_that_an_initiative_belonged_to():
    # Given a verified task of an initiative of the first step, and its day kept
    ulp = await a_unit()
    await a_task(ulp, status=TaskStatus.VERIFIED)
    day = await completion.snapshot()
    # When the initiative goes to the second step
    await db.execute(
        "update initiative set step_id = (select id from step where number = 2) where code = '1.1'"
    )
    # Then it counts there now, and where it was on that day
    await completion.recompute_all()
    assert [(await figures_of(ulp.path, step=n))["verified_tasks"] for n in (1, 2)] == [0, 1]
    assert [(await figures_of(ulp.path, step=n, on=day))["verified_tasks"] for n in (1, 2)] == [1, 0]
