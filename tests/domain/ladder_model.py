"""R6 as a plain computation in memory, unit by unit and person by person: what a run must say."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

LEVELS = {"ULP": 0, "UP3": 1, "UID": 2, "UIW": 2, "HQ": 3}
REACH = {"OWNER": -1, "UNIT": 0, "UP3": 1, "REGION": 2, "HEADQUARTERS": 3}
DEFAULT = [
    *((n, "OWNER") for n in (-7, -3, -1, 0, 1)),
    (3, "UNIT"), (3, "UP3"), (7, "REGION"), (14, "HEADQUARTERS"),
]  # fmt: skip
DAY = timedelta(days=1)


@dataclass(eq=False)
class Place:
    """A unit. `closed`: its holidays, those of the units above included."""

    id: Any
    kind: str
    zone: str
    above: "Place | None" = None
    closed: frozenset[date] = frozenset()
    ladder: list[tuple[int, str]] | None = None
    managers: set[Any] = field(default_factory=set)
    others: dict[Any, str] = field(default_factory=dict)  # who holds PROGRAMME or CONTRIBUTOR

    @property
    def line(self) -> "list[Place]":
        return [self, *(self.above.line if self.above else [])]

    def works(self, day: date) -> bool:
        return day.strftime("%a") not in {"Sat", "Sun"} and day not in self.closed

    def today(self, now: datetime) -> date:
        return now.astimezone(ZoneInfo(self.zone)).date()

    def is_open(self, now: datetime) -> bool:
        local = now.astimezone(ZoneInfo(self.zone))
        prayer = local.strftime("%a") == "Fri" and "11:30" <= local.strftime("%H:%M") < "13:00"
        return self.works(local.date()) and 9 <= local.hour < 17 and not prayer

    def days(self, first: date, end: date) -> int:
        return sum(self.works(first + n * DAY) for n in range((end - first).days))

    def day_from(self, day: date, offset: int) -> date:
        """By counting the working days around, not by walking."""
        around = [day + n * DAY for n in range(-120, 121)]
        working = [one for one in around if self.works(one)]
        if offset < 0:
            return [one for one in working if one < day][offset]
        nearest = [one for one in working if one <= day][-1]
        return working[working.index(nearest) + offset]

    def rungs(self) -> list[tuple[int, str]]:
        return next((place.ladder for place in self.line if place.ladder is not None), DEFAULT)


@dataclass
class Rung:
    due: date
    offset: int
    audience: str
    day: date
    outcome: str | None = None

    @property
    def reach(self) -> int:
        return REACH[self.audience]


@dataclass(eq=False)
class Followed:
    """A task."""

    id: Any
    unit: Place
    owner: Any
    due: date
    status: str = "PLANNED"
    changes: int = 0
    before: str = "PLANNED"  # it was blocked
    submitter: Any = None
    rungs: dict[tuple[date, int, str], Rung] = field(default_factory=dict)
    snoozed: dict[date, date] = field(default_factory=dict)
    held_days: dict[date, set[date]] = field(default_factory=dict)
    acknowledged: dict[tuple[date, int, str], date] = field(default_factory=dict)

    def becomes(self, status: str) -> None:
        self.status, self.changes = status, self.changes + 1

    def plan(self, due: date, now: datetime) -> None:
        self.due, today = due, self.unit.today(now)
        self.rungs = {
            key: rung
            for key, rung in self.rungs.items()
            if rung.outcome or (rung.due == due and rung.day >= today)
        }
        for offset, audience in self.unit.rungs():
            day = self.unit.day_from(due, offset)
            if day >= today:
                self.rungs.setdefault((due, offset, audience), Rung(due, offset, audience, day))

    def snooze(self, until: date, now: datetime, most: int) -> bool:
        """Whether it may be put off until then: the days on which it was held and would be are few enough."""
        today = self.unit.today(now)
        held = {day for day in self.held_days.get(self.due, set()) if day < today}
        held |= {today + n * DAY for n in range((until - today).days) if self.unit.works(today + n * DAY)}
        if len(held) > most:
            return False
        self.held_days[self.due], self.snoozed[self.due] = held, until
        return True

    def works_from(self) -> Place | None:
        """Where its owner holds a role by which they work on it."""
        return next(
            (
                place
                for place in self.unit.line
                if self.owner in place.managers or place.others.get(self.owner) == "CONTRIBUTOR"
            ),
            None,
        )

    def ready(self, now: datetime) -> Iterator[Rung]:
        today = self.unit.today(now)
        for rung in self.rungs.values():
            if rung.outcome or rung.due != self.due or rung.day > today:
                continue
            if self.status in {"VERIFIED", "CANCELLED"}:
                yield rung
            elif rung.audience == "OWNER":
                place = self.works_from()
                put_off = self.snoozed.get(self.due, today) > today
                at_work = self.status in {"PLANNED", "IN_PROGRESS", "RETURNED"}
                if at_work and not put_off and place and place.is_open(now):
                    yield rung
            elif self.status != "SUBMITTED" and not self.is_held(rung, today):
                place, _ = told(self.unit, rung.reach, {self.owner})
                if place and place.is_open(now):
                    yield rung

    def is_held(self, rung: Rung, today: date) -> bool:
        return any(
            due == rung.due and until > today and (offset, REACH[audience]) < (rung.offset, rung.reach)
            for (due, offset, audience), until in self.acknowledged.items()
        )


def told(unit: Place, reach: int, others: set[Any]) -> tuple[Place | None, set[Any]]:
    for place in unit.line:
        if LEVELS[place.kind] >= reach:
            if people := place.managers - others:
                return place, people
            if place.above is None:
                people = {who for who, role in place.others.items() if role == "PROGRAMME"} - others
                return (place, people) if people else (None, set())
    raise AssertionError("headquarters is on every line")


def passed_over(unit: Place, reach: int) -> Iterator[Place]:
    for place in unit.line:
        if LEVELS[place.kind] >= reach:
            if place.managers or place.above is None:
                return
            yield place


@dataclass
class Model:
    headquarters: Place
    clocks: list[Place]  # where else there are calendars
    tasks: list[Followed] = field(default_factory=list)
    called: set[tuple[Any, int]] = field(default_factory=set)
    vacant: dict[Place, bool] = field(default_factory=dict)  # -> whether that was told

    def run(self, now: datetime) -> list[tuple[Any, ...]]:
        """What is said: kind, person, where they are told, task, due date, rung."""
        if not any(place.is_open(now) for place in self.clocks):
            return []
        said: list[tuple[Any, ...]] = []
        passed: list[Place] = []
        for task in self.tasks:
            said += self.settle(task, now, passed)
        for task in self.tasks:
            said += self._call(task, now, passed)
        for place in passed:
            self.vacant.setdefault(place, False)
        return said + self._vacancies(now)

    def settle(self, task: Followed, now: datetime, passed: list[Place]) -> Iterable[tuple[Any, ...]]:
        ready = list(task.ready(now))
        if task.status in {"VERIFIED", "CANCELLED"}:
            for rung in ready:
                rung.outcome = "DROPPED"
            return []
        reached: dict[Any, tuple[Rung, Place]] = {}
        for audience in {rung.audience for rung in ready}:
            latest = max(
                (rung for rung in ready if rung.audience == audience), key=lambda r: (r.day, r.offset)
            )
            place, people = task.works_from(), {task.owner}
            if audience != "OWNER":
                place, people = told(task.unit, latest.reach, {task.owner})
                passed += passed_over(task.unit, latest.reach)
            assert place is not None
            for who in people:
                if who not in reached or reached[who][0].reach < latest.reach:
                    reached[who] = latest, place
        speaking = [rung for rung, _ in reached.values()]
        for rung in ready:
            rung.outcome = "SENT" if rung in speaking else "FOLDED"
        today = task.unit.today(now)
        late = "DUE_SOON" if today < task.due else "DUE_TODAY" if today == task.due else "OVERDUE"
        return [
            (
                late if rung.audience == "OWNER" else "ESCALATED",
                who, place.id, task.id, task.due, rung.offset, rung.audience,
            )
            for who, (rung, place) in reached.items()
        ]  # fmt: skip

    def _call(self, task: Followed, now: datetime, passed: list[Place]) -> Iterable[tuple[Any, ...]]:
        others = {"BLOCKED": {task.owner}, "SUBMITTED": {task.owner, task.submitter}}.get(task.status)
        if others is None or (task.id, task.changes) in self.called:
            return []
        place, people = told(task.unit, 0, others)
        if place is None or not place.is_open(now):
            return []
        self.called.add((task.id, task.changes))
        passed += passed_over(task.unit, 0)
        kind = "BLOCKED" if task.status == "BLOCKED" else "AWAITING_VERIFICATION"
        return [(kind, who, place.id, task.id, task.due, None, None) for who in people]

    def _vacancies(self, now: datetime) -> Iterable[tuple[Any, ...]]:
        self.vacant = {place: was for place, was in self.vacant.items() if not place.managers}
        top = self.headquarters
        people = top.managers | {who for who, role in top.others.items() if role == "PROGRAMME"}
        if not people or not top.is_open(now):
            return []
        news = [place for place, was in self.vacant.items() if not was]
        self.vacant.update(dict.fromkeys(news, True))
        return [("NO_MANAGER", who, top.id, None, None, None, None) for _ in news for who in people]
