"""R6, held against a plain computation: which notices must be there in the end, to whom, and of what.

When a rung was settled depends on when a worker came to it; what was said then, of all that was settled at once, and what
may not be left unsaid in the end, does not.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from tests.domain.ladder_model import DEFAULT, Followed, Model, Place, Rung, passed_over, told
from tests.faults.load import Kept, KeptTask

# A clock that jumps in the middle of a transaction may show it two days.
_JUMP = timedelta(seconds=3)
Jumps = Sequence[tuple[datetime, datetime]]
"""From when to when the clocks went."""
_CALLS = {"BLOCKED": "BLOCKED", "SUBMITTED": "AWAITING_VERIFICATION"}


async def differences(
    connection: asyncpg.Connection, now: datetime, jumps: Jumps, kept: Kept
) -> AsyncIterator[str]:
    """`now`: inside working time everywhere, and the ladder has been run since."""
    places = await _places(connection)
    headquarters = next(place for place in places.values() if place.kind == "HQ")
    ledger = await _by_task(connection, "select * from reminder")
    notices = await _by_task(
        connection,
        "select n.*, r.offset_days, r.audience from notice n left join reminder r on r.id = n.reminder_id where n.task_id is not null",
    )
    snoozes = await _by_task(connection, "select * from snooze")
    set_at = await _by_task(
        connection,
        """
        select subject_id as task_id, at from event
        where kind = 'task.created' or kind = 'task.updated' and after -> 'due_on' is not null order by id
        """,
    )
    tasks = await connection.fetch("select id, unit_id, owner_id from task")
    where = {row["id"]: (places[row["unit_id"]], row["owner_id"]) for row in tasks}
    passed: list[Place] = []
    for one in kept.tasks:
        if one.id not in where:
            continue
        unit, owner = where[one.id]
        days = [_days(row["at"], ZoneInfo(unit.zone), jumps) for row in set_at[one.id]]
        task = _Task(one, unit, owner, places, ledger[one.id], notices[one.id], snoozes[one.id], days, passed)
        for wrong in (*task.planned(), *task.settled(), *task.called(), *task.left(now)):
            yield f"{one.title}, due on {one.due_on}: {wrong}"
    async for wrong in _vacancies(connection, headquarters, passed):
        yield wrong


async def _by_task(connection: asyncpg.Connection, sql: str) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in await connection.fetch(sql):
        found[row["task_id"]].append(row)
    return found


async def _places(connection: asyncpg.Connection) -> dict[Any, Place]:
    """The units as they are; nobody came or went meanwhile."""
    closed = frozenset(
        row["day"] for row in await connection.fetch("select day from special_day where hours = '[]'::jsonb")
    )
    places: dict[Any, Place] = {}
    for row in await connection.fetch("select id, kind, timezone, parent_id from unit order by path"):
        above = places.get(row["parent_id"])
        places[row["id"]] = Place(row["id"], row["kind"], row["timezone"], above, closed)
    for row in await connection.fetch(
        "select unit_id, person_id, role from membership where revoked_at is null"
    ):
        place = places[row["unit_id"]]
        if row["role"] == "MANAGER":
            place.managers.add(row["person_id"])
        else:
            place.others[row["person_id"]] = row["role"]
    return places


def _days(at: datetime, zone: ZoneInfo, jumps: Jumps) -> set[date]:
    """On which day this was, or days where a jump was near."""
    near = [jump for jump in jumps if any(abs(at - end) < _JUMP for end in jump)]
    return {one.astimezone(zone).date() for one in [at, *(end for jump in near for end in jump)]}


@cache
def _day_of(unit: Place, due: date, offset: int) -> date:
    return unit.day_from(due, offset)


@dataclass(eq=False)
class _Settled(Followed):
    """A task as it was when some of its rungs were settled at once."""

    due_then: list[Rung] = field(default_factory=list)

    def ready(self, now: datetime) -> Iterator[Rung]:
        return iter(self.due_then)


@dataclass(frozen=True, slots=True)
class _Task:
    """`rows`: the ledger. `set_on`: when each due date was set. `passed`: units without a manager, to be added to."""

    kept: KeptTask
    unit: Place
    owner: Any
    places: dict[Any, Place]
    rows: list[Any]
    notices: list[Any]
    snoozes: list[Any]
    set_on: list[set[date]]
    passed: list[Place]

    def planned(self) -> Iterator[str]:
        if len(self.set_on) != len(self.kept.due_dates):
            yield f"its due date was set {len(self.set_on)} times, not {len(self.kept.due_dates)}"
            return
        found = Counter((row["due_on"], row["offset_days"], row["audience"]) for row in self.rows)
        open_ = {
            (row["due_on"], row["offset_days"], row["audience"]) for row in self.rows if not row["outcome"]
        }
        may, must = set(), set()
        for nth, (due_on, days) in enumerate(zip(self.kept.due_dates, self.set_on, strict=True), 1):
            due = date.fromisoformat(due_on)
            for offset, audience in DEFAULT:
                day = _day_of(self.unit, due, offset)
                may |= {(due, offset, audience)} if day >= min(days) else set()
                must |= {(due, offset, audience)} if nth == len(self.set_on) and day >= max(days) else set()
        if found.total() != len(found) or not must <= set(found) <= may:
            yield f"the ledger holds the rungs {_shown(found.elements())}, not {_shown(must)} and of {_shown(may)}"
        if gone := {key for key in open_ if str(key[0]) != self.kept.due_on}:
            yield f"rungs of a due date that is gone are not settled: {_shown(gone)}"
        for row in self.rows:
            day = _day_of(self.unit, row["due_on"], row["offset_days"])
            if row["remind_on"] != day:
                yield f"rung {row['offset_days']} is on {row['remind_on']}, not {day}"

    def settled(self) -> Iterator[str]:
        """What was settled at one time has the outcomes, and the notices, that the plain computation gives it."""
        at_once: dict[tuple[datetime, date], list[Any]] = defaultdict(list)
        for row in self.rows:
            if row["settled_at"] is not None:
                at_once[row["settled_at"], row["due_on"]].append(row)
        known = {row["id"] for row in self.rows if row["settled_at"] is not None}
        for notice in self.notices:
            if notice["reminder_id"] is not None and notice["reminder_id"] not in known:
                yield f"a rung that is not settled was told to {notice['person_id']}"
        for (at, due), rows in at_once.items():
            yield from self._at_once(at, due, rows)

    def _at_once(self, at: datetime, due: date, rows: list[Any]) -> Iterator[str]:
        over = all(row["outcome"] == "DROPPED" for row in rows)
        if over and self.kept.status != "VERIFIED":
            yield f"rungs were dropped at {at}, and it is {self.kept.status}"
        rungs = [Rung(due, row["offset_days"], row["audience"], row["remind_on"]) for row in rows]
        then = _Settled(self.kept.id, self.unit, self.owner, due, "VERIFIED" if over else "PLANNED")
        then.due_then = rungs
        said = Counter(Model(self.unit.line[-1], []).settle(then, at, self.passed))
        ids = {row["id"] for row in rows}
        names = ("kind", "person_id", "unit_id", "task_id", "due_on", "offset_days", "audience")
        found = Counter(tuple(n[name] for name in names) for n in self.notices if n["reminder_id"] in ids)
        if found != said:
            yield f"at {at} was said {dict(found)}, not {dict(said)}"
        for row, rung in zip(rows, rungs, strict=True):
            if row["outcome"] != rung.outcome:
                yield f"rung {rung.offset} {rung.audience} is {row['outcome']}, not {rung.outcome}"
            if self.unit.today(at) < rung.day:
                yield f"rung {rung.offset} {rung.audience} was settled before its day"
        if not all(self.places[word[2]].is_open(at) for word in said):
            yield f"something was said at {at}, outside of working time"

    def called(self) -> Iterator[str]:
        """Who can help, or verify, is called once for each time; where it still waits for them, they have been."""
        by_occasion: dict[int, Counter[Any]] = defaultdict(Counter)
        for row in self.notices:
            if row["reminder_id"] is None:
                by_occasion[row["occasion"]][row["kind"], row["person_id"], row["unit_id"]] += 1
                if not self.places[row["unit_id"]].is_open(row["created_at"]):
                    yield f"somebody was called at {row['created_at']}, outside of working time"
        last = len(self.kept.statuses) - 1
        for nth in sorted({*by_occasion, last}):
            status = self.kept.statuses[nth] if nth <= last else None
            wanted: Counter[Any] = Counter()
            if status in _CALLS:
                # The owner is also who hands it in.
                place, people = told(self.unit, 0, {self.owner})
                if place is not None:
                    self.passed.extend(passed_over(self.unit, 0))
                    wanted.update((_CALLS[status], who, place.id) for who in people)
            if by_occasion[nth] != wanted:
                yield f"once it was {status} for change {nth}, called were {dict(by_occasion[nth])}, not {dict(wanted)}"

    def left(self, now: datetime) -> Iterator[str]:
        """Nothing that is due now is still to be said."""
        due = date.fromisoformat(self.kept.due_on)
        found = {str(row["due_on"]): str(row["until"]) for row in self.snoozes}
        if found != self.kept.snoozed:
            yield f"it is snoozed {found}, not {self.kept.snoozed}"
        end = Followed(self.kept.id, self.unit, self.owner, due, self.kept.status)
        end.snoozed = {
            date.fromisoformat(d): date.fromisoformat(until) for d, until in self.kept.snoozed.items()
        }
        for row in self.rows:
            rung = Rung(row["due_on"], row["offset_days"], row["audience"], row["remind_on"], row["outcome"])
            end.rungs[rung.due, rung.offset, rung.audience] = rung
        for rung in end.ready(now):
            yield f"rung {rung.offset} {rung.audience} is due and not settled"


async def _vacancies(
    connection: asyncpg.Connection, headquarters: Place, passed: list[Place]
) -> AsyncIterator[str]:
    """Of every unit that was passed over headquarters is told, once."""
    found = {row["id"]: row["unit_id"] for row in await connection.fetch("select id, unit_id from vacancy")}
    if Counter(found.values()) != Counter({place.id for place in passed}):
        yield f"the vacancies are {sorted(found.values())}, not {sorted({place.id for place in passed})}"
    programme = {who for who, role in headquarters.others.items() if role == "PROGRAMME"}
    wanted = Counter((vacancy, who) for vacancy in found for who in headquarters.managers | programme)
    told_of = Counter(
        (row["vacancy_id"], row["person_id"])
        for row in await connection.fetch("select * from notice where kind = 'NO_MANAGER'")
    )
    if told_of != wanted:
        yield f"of vacancies were told {dict(told_of)}, not {dict(wanted)}"


def _shown(rungs: Any) -> list[tuple[str, int, str]]:
    return sorted((str(due), offset, audience) for due, offset, audience in rungs)
