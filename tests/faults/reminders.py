"""R6 once more, in plain Python and written from its words: which notices to the owner must be there in the end.

When a rung was settled depends on when a worker came to it; which rungs there are, which of them have spoken for good,
and how often, does not.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

_AT_WORK = {"PLANNED", "IN_PROGRESS", "RETURNED"}
_DAY = timedelta(days=1)
# A clock that jumps in the middle of a transaction may show it two days.
_JUMP = timedelta(seconds=3)
Jumps = Sequence[tuple[datetime, datetime]]
"""From when to when the clocks went."""


def shift(day: date, by: int, closed: set[date]) -> date:
    """So many working days later, or earlier; 0 is the day itself or the working day before it."""
    step, left = (_DAY if by > 0 else -_DAY), abs(by)
    while left > 0 or day.isoweekday() > 5 or day in closed:
        day += step
        left -= day.isoweekday() <= 5 and day not in closed
    return day


async def differences(connection: asyncpg.Connection, now: datetime, jumps: Jumps) -> AsyncIterator[str]:
    """`now`: inside working time everywhere, and the ladder has been run since."""
    closed = {
        row["day"] for row in await connection.fetch("select day from special_day where hours = '[]'::jsonb")
    }
    newest = "(select id from ladder order by version desc limit 1)"
    offsets = [
        row["offset_days"]
        for row in await connection.fetch(
            f"select offset_days from rung where audience = 'OWNER' and ladder_id = {newest}"
        )
    ]
    ledger: dict[Any, list[Any]] = defaultdict(list)
    for row in await connection.fetch(
        """
        select r.*, (select count(*) from notice n where n.reminder_id = r.id) as told, (
            select count(*) from notice n where n.reminder_id = r.id
                and (n.person_id, n.task_id, n.due_on) = (t.owner_id, r.task_id, r.due_on)
        ) as rightly from reminder r join task t on t.id = r.task_id where r.audience = 'OWNER'
        """
    ):
        ledger[row["task_id"]].append(row)
    for row in await connection.fetch(
        """
        select t.id, t.title, t.status, t.due_on, u.timezone, e.at as set_at
        from task t join unit u on u.id = t.unit_id join event e on e.subject_id = t.id and e.kind = 'task.created'
        where t.title like 'faults task %'
        """
    ):
        zone = ZoneInfo(row["timezone"])
        rungs = {offset: shift(row["due_on"], offset, closed) for offset in offsets}
        task = _Task(
            row["status"] in _AT_WORK, zone, ledger[row["id"]], rungs, _days(row["set_at"], zone, jumps)
        )
        for wrong in (*task.planned(), *task.settled(), *task.said(now.astimezone(zone).date())):
            yield f"{row['title']}, due on {row['due_on']}: {wrong}"


def _days(at: datetime, zone: ZoneInfo, jumps: Jumps) -> set[date]:
    """On which day this was, or days where a jump was near."""
    near = [jump for jump in jumps if any(abs(at - end) < _JUMP for end in jump)]
    return {one.astimezone(zone).date() for one in [at, *(end for jump in near for end in jump)]}


@dataclass(frozen=True, slots=True)
class _Task:
    """`rows`: the ledger. `rungs`: the day of each, by its offset. `set_on`: when the due date was set."""

    at_work: bool
    zone: ZoneInfo
    rows: list[Any]
    rungs: dict[int, date]
    set_on: set[date]

    def planned(self) -> Iterator[str]:
        must = {offset for offset, day in self.rungs.items() if day >= max(self.set_on)}
        may = {offset for offset, day in self.rungs.items() if day >= min(self.set_on)}
        found = Counter(row["offset_days"] for row in self.rows)
        if not must <= set(found) <= may or found.total() != len(found):
            yield f"the ledger holds the rungs {sorted(found.elements())}, not {sorted(must)}"
        for row in self.rows:
            if row["remind_on"] != self.rungs.get(row["offset_days"]):
                yield f"rung {row['offset_days']} is on {row['remind_on']}, not {self.rungs.get(row['offset_days'])}"

    def settled(self) -> Iterator[str]:
        for row in self.rows:
            name, wanted = f"rung {row['offset_days']}", int(row["outcome"] == "SENT")
            if (row["told"], row["rightly"]) != (wanted, wanted):
                yield f"{name} is {row['outcome']}, and was told {row['told']} times, {row['rightly']} to its owner"
            if row["settled_at"] and row["settled_at"].astimezone(self.zone).date() < row["remind_on"]:
                yield f"{name} was settled before its day"
            if row["outcome"] == "FOLDED" and not any(
                other["outcome"] == "SENT" and other["settled_at"] == row["settled_at"]
                for other in self.rows
                if (other["remind_on"], other["offset_days"]) > (row["remind_on"], row["offset_days"])
            ):
                yield f"{name} was folded into nothing"

    def said(self, today: date) -> Iterator[str]:
        """Whoever is at work has been told everything that is due, the latest of it aloud."""
        due = [row for row in self.rows if row["remind_on"] <= today]
        if not self.at_work or not due:
            return
        if any(row["outcome"] is None for row in due):
            yield "a rung is due and not settled"
        if max(due, key=lambda row: row["offset_days"])["outcome"] != "SENT":
            yield "the latest rung that is due has not spoken"
