"""R6 as a property: whatever happens when, the notices are those that a plain computation says."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.domain import clock, db, reminder, task
from jejak.domain.tables.notice import Digest
from jejak.domain.tables.task import Task
from jejak.domain.task import ChangeTask, UpdateTask
from jejak.domain.vocabulary import Role, UnitKind
from tests.factories import a_person, a_task, a_unit, a_viewer, reference_unit
from tests.moments import MONDAY, go_to

OFFSETS = (-7, -3, -1, 0, 1)  # R6, as far as the owner is concerned
ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")


def day_of(due: date, offset: int) -> date:
    """The working day that lies so many working days off; by counting them, not by walking."""
    around = [due + timedelta(days=n) for n in range(-30, 31)]
    working = [day for day in around if day.strftime("%a") not in ("Sat", "Sun")]
    if offset == 0:
        return max(day for day in working if day <= due)
    return (
        [day for day in working if day > due][offset - 1]
        if offset > 0
        else [day for day in working if day < due][offset]
    )


class Followed:
    """One task in the plain computation."""

    def __init__(self, given: Task, zone: str) -> None:
        self.id, self.owner, self.first = given.id, given.owner_id, given.due_on
        self.zone = ZoneInfo(zone)
        self.blocked = False
        self.rungs: dict[tuple[date, int], bool] = {}  # -> settled
        self.set_due(given.due_on)

    def local(self) -> datetime:
        return clock.now().astimezone(self.zone)

    def set_due(self, due: date) -> None:
        self.due = due
        today = self.local().date()
        # What was never said of another due date, or of days that have passed, is forgotten.
        self.rungs = {
            key: settled
            for key, settled in self.rungs.items()
            if settled or (key[0] == due and day_of(*key) >= today)
        }
        for offset in OFFSETS:
            if day_of(due, offset) >= today:
                self.rungs.setdefault((due, offset), False)

    def run(self) -> tuple[date, int, str] | None:
        """What is said: due date, rung and kind."""
        now = self.local()
        prayer = now.strftime("%a") == "Fri" and "11:30" <= f"{now:%H:%M}" < "13:00"
        if self.blocked or prayer or now.strftime("%a") in ("Sat", "Sun") or not 9 <= now.hour < 17:
            return None
        due = [
            key
            for key, settled in self.rungs.items()
            if key[0] == self.due and not settled and day_of(*key) <= now.date()
        ]
        if not due:
            return None
        self.rungs.update(dict.fromkeys(due, True))
        today = now.date()
        kind = "DUE_SOON" if today < self.due else "DUE_TODAY" if today == self.due else "OVERDUE"
        return *max(due, key=lambda key: (day_of(*key), key[1])), kind


STEPS = st.lists(
    st.tuples(
        st.one_of(st.just(1), st.integers(1, 30), st.integers(24, 200)),  # hours that pass
        st.booleans(),  # whether a worker is up then
        st.sampled_from(["", "", "", "block", "unblock", "due", "back"]),
        st.integers(0, 2),  # the task
        st.integers(0, 12),  # days until the new due date
    ),
    min_size=6,
    max_size=24,
)


async def act(step: str, one: Followed, days: int, viewer) -> None:
    version = await db.fetchval("select version from task where id = $1", one.id)
    if step == "block" and not one.blocked:
        await task.block(viewer, ChangeTask(one.id, version, "Menunggu"))
        one.blocked = True
    elif step == "unblock" and one.blocked:
        await task.unblock(viewer, ChangeTask(one.id, version))
        one.blocked = False
    elif step in {"due", "back"}:
        today = one.local().date()
        due = today + timedelta(days=days) if step == "due" else one.first
        if due >= today and due != one.due:
            await task.update(viewer, UpdateTask(one.id, version, due_on=due))
            one.set_due(due)


@settings(max_examples=30)
@given(start=st.integers(0, 24 * 7), dues=st.lists(st.integers(0, 20), min_size=3, max_size=3), steps=STEPS)
async def test_the_notices_are_those_of_a_plain_computation(clean, start, dues, steps):
    await clean()
    # Given three tasks in three zones, two of them of one owner
    go_to(MONDAY, 0, 30)
    clock.shift(timedelta(hours=start))
    root = await reference_unit("HQ")
    viewer = await a_viewer(Role.MANAGER, root)
    one_of_them, other = await a_person(Role.CONTRIBUTOR, root), await a_person(Role.CONTRIBUTOR, root)
    up3 = await a_unit(UnitKind.UP3)
    followed = []
    for zone, days, owner in zip(ZONES, dues, (one_of_them, one_of_them, other), strict=True):
        unit = await a_unit(UnitKind.ULP, up3, timezone=zone)
        due_on = clock.today(zone) + timedelta(days=days)
        followed.append(Followed(await a_task(unit, owner=owner, viewer=viewer, due_on=due_on), zone))
    said = []
    for hours, up, step, n, days in steps:
        clock.shift(timedelta(hours=hours))
        await act(step, followed[n], days, viewer)
        if not up:
            continue
        # When a worker runs
        digests = await Digest.count()
        made = await reminder.run()
        now = [(one, *word) for one in followed if (word := one.run())]
        # Then what it says is what the plain computation says, in one digest a person
        said += [(one.id, *word) for one, *word in now]
        told = await db.fetch(
            "select n.task_id, n.due_on, r.offset_days, n.kind from notice n join reminder r on r.id = n.reminder_id"
        )
        assert made == len(now)
        assert sorted(map(tuple, told)) == sorted(said)
        assert await Digest.count() - digests == len({one.owner for one, *_ in now})
    # And no rung of a due date was ever spoken twice
    assert len({word[:3] for word in said}) == len(said)
