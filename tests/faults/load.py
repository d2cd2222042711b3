"""What people do meanwhile. Of everything the service said was done, a record is kept, to be compared in the end."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from jejak.graphql import ids
from tests.faults.client import Asker, Wrong
from tests.faults.world import Place

_CREATE = """mutation ($input: CreateTaskInput!) { createTask(input: $input) {
    task { id version status progress } errors { code } } }"""
_CAPTURE = """mutation ($input: CaptureJourneyInput!) { captureJourney(input: $input) {
    journey { id version stages { painPoints { id } } } errors { code } } }"""
_AT_WORK = frozenset({"PLANNED", "IN_PROGRESS", "RETURNED"})
_AWAITED = _AT_WORK | {"BLOCKED"}


@dataclass(frozen=True, slots=True)
class Deed:
    """What can be done to a task: its input, what it leaves in the history, in which states, by whom."""

    takes: str
    kinds: tuple[str, ...]
    states: frozenset[str]
    officer: bool = True


DEEDS = {
    "reportProgress": Deed("ReportProgressInput", ("task.progress_reported",), _AT_WORK),
    "blockTask": Deed("ChangeTaskWithReasonInput", ("task.blocked",), _AT_WORK),
    "unblockTask": Deed("ChangeTaskInput", ("task.unblocked",), frozenset({"BLOCKED"})),
    "submitTask": Deed("SubmitTaskInput", ("task.submitted", "task.evidence_added"), _AT_WORK),
    "returnTask": Deed(
        "ChangeTaskWithReasonInput", ("task.returned",), frozenset({"SUBMITTED"}), officer=False
    ),
    "verifyTask": Deed("ChangeTaskInput", ("task.verified",), frozenset({"SUBMITTED"}), officer=False),
    "updateTask": Deed("UpdateTaskInput", ("task.updated",), _AWAITED | {"SUBMITTED"}, officer=False),
    "snoozeReminders": Deed("SnoozeRemindersInput", ("task.reminders_snoozed",), _AWAITED),
}


@dataclass
class KeptTask:
    """A task as it was last acknowledged. `kinds`: how often each thing was done to it. `statuses`, `due_dates`: those it
    came to have, one after the other. `snoozed`: until when, by due date.
    """

    id: UUID
    title: str
    place: Place
    due_on: str
    version: int
    status: str
    progress: int
    before: tuple[str, int] = ("PLANNED", 0)
    kinds: Counter[str] = field(default_factory=lambda: Counter({"task.created": 1}))
    statuses: list[str] = field(default_factory=list)
    due_dates: list[str] = field(default_factory=list)
    snoozed: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.statuses, self.due_dates = self.statuses or [self.status], self.due_dates or [self.due_on]

    def changed(self, version: int, status: str, progress: int, due_on: str) -> None:
        if status != self.status:
            self.statuses.append(status)
        if due_on != self.due_on:
            self.due_dates.append(due_on)
        self.version, self.status, self.progress, self.due_on = version, status, progress, due_on

    def after(self, deed: str, progress: int) -> tuple[str, int]:
        """Its state and progress once this is done, by R4."""
        become = {
            "reportProgress": ("IN_PROGRESS", progress),
            "blockTask": ("BLOCKED", self.progress),
            "unblockTask": self.before,
            "submitTask": ("SUBMITTED", 100),
            "returnTask": ("RETURNED", self.before[1]),
            "verifyTask": ("VERIFIED", 100),
        }
        return become.get(deed, (self.status, self.progress))


@dataclass(frozen=True, slots=True)
class KeptJourney:
    id: UUID
    title: str
    stages: int
    points: int


@dataclass
class Kept:
    """Everything that the service acknowledged, and the titles of what it refused."""

    tasks: list[KeptTask] = field(default_factory=list)
    journeys: list[KeptJourney] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    @property
    def writes(self) -> int:
        return len(self.journeys) + sum(task.kinds.total() for task in self.tasks)


@dataclass
class Person:
    """Works at one place, on tasks and journeys that nobody else touches."""

    name: str
    place: Place
    asker: Asker
    kept: Kept
    chance: random.Random
    now: Callable[[], datetime]
    _own: list[KeptTask] = field(default_factory=list)

    async def work(self, until: float) -> None:
        """Until the monotonic clock says `until`; what has been begun by then is brought to its end."""
        while time.monotonic() < until:
            deed = self.chance.choices([self._capture, self._create, self._change], [2, 2, 6])[0]
            try:
                await deed()
            except Wrong as wrong:
                self.kept.wrong.append(f"{self.name}: {deed.__name__.strip('_')}: {wrong}")
                return
            await asyncio.sleep(self.chance.uniform(0.02, 0.12))

    async def _capture(self) -> None:
        title = f"faults journey {uuid4().hex}"
        points = [self.chance.randrange(3) for _ in range(self.chance.randrange(1, 4))]
        given = {
            "unitId": self.place.unit_id, "service": "PB_PD", "title": title, "occurredOn": "2027-08-01",
            "clientMutationId": uuid4().hex,
            "stages": [{"name": "Mengajukan", "touchpoint": "PLN_MOBILE", "emotion": -1,
                "painPoints": [{"description": "Menunggu", "category": "SPEED", "parameter": "EASE", "severity": 4, "reach": 3}] * n} for n in points],
        }  # fmt: skip
        answer = (await self.asker.ask(self.place.officer, _CAPTURE, **given))["captureJourney"]
        _must_be_well(answer)
        shown = [len(stage["painPoints"]) for stage in answer["journey"]["stages"]]
        if shown != points:
            raise Wrong(f"{title} was answered with {shown} pain points, not {points}")
        self.kept.journeys.append(KeptJourney(_key(answer["journey"]), title, len(points), sum(points)))

    async def _create(self) -> None:
        title = f"faults task {uuid4().hex}"
        due_on = str(self._today() + timedelta(days=self.chance.randrange(9)))
        given = {
            "unitId": self.place.unit_id, "initiativeId": self.place.initiative_id, "title": title, "dueOn": due_on,
            "ownerId": self.place.officer_id, "weight": self.chance.randrange(1, 5), "clientMutationId": uuid4().hex,
        }  # fmt: skip
        answer = (await self.asker.ask(self.place.manager, _CREATE, **given))["createTask"]
        if answer["errors"] == [{"code": "PAST_DATE"}] and due_on < str(self._today()):
            # A day went by until it was answered: nothing was done before, and now nothing may be.
            self.kept.refused.add(title)
            return
        _must_be_well(answer)
        made = answer["task"]
        task = KeptTask(
            _key(made), title, self.place, due_on, made["version"], made["status"], made["progress"]
        )
        self.kept.tasks.append(task)
        self._own.append(task)

    def _today(self) -> date:
        return self.now().astimezone(ZoneInfo(self.place.zone)).date()

    async def _change(self) -> None:
        # The latest few: so that some come to their end, and some stay as they are.
        possible = [
            (task, name)
            for task in self._own[-12:]
            for name, deed in DEEDS.items()
            if task.status in deed.states
        ]
        if not possible:
            return
        task, name = self.chance.choice(possible)
        if name == "snoozeReminders":
            await self._snooze(task)
            return
        deed, progress = DEEDS[name], self.chance.randrange(1, 100)
        later = [str(self._today() + timedelta(days=n)) for n in range(9)]
        due_on = self.chance.choice([day for day in later if day != task.due_on])
        more: dict[str, dict[str, Any]] = {
            "reportProgress": {"progress": progress},
            "submitTask": {"evidence": [{"note": "Daftar hadir"}]},
            "blockTask": {"reason": "Menunggu material"},
            "returnTask": {"reason": "Bukti kurang"},
            "updateTask": {"dueOn": due_on},
        }
        answer = await self._done(
            name, deed, taskId=ids.encode("Task", task.id), expectedVersion=task.version, **more.get(name, {})
        )
        if (
            answer["errors"] == [{"code": "PAST_DATE"}]
            and name == "updateTask"
            and due_on < str(self._today())
        ):
            return
        # Whoever asked more than once may have been heard the first time, and is shown what came of it.
        if answer["errors"] != [{"code": "STALE"}] or not self.asker.unsure:
            _must_be_well(answer)
        shown = answer["task"]
        due_on = due_on if name == "updateTask" else task.due_on
        wanted = (task.version + 1, *task.after(name, progress), due_on)
        found = (shown["version"], shown["status"], shown["progress"], shown["dueOn"])
        if found != wanted:
            raise Wrong(f"{name} of {task.title} was answered with {found}, not {wanted}")
        if name in {"blockTask", "submitTask"}:
            task.before = (task.status, task.progress)
        task.changed(*wanted)
        task.kinds.update(deed.kinds)

    async def _snooze(self, task: KeptTask) -> None:
        """Once for a due date; the limit is five working days, and no jump of the clocks is as long as this."""
        if task.due_on in task.snoozed:
            return
        until, deed = str(self._today() + timedelta(days=4)), DEEDS["snoozeReminders"]
        answer = await self._done("snoozeReminders", deed, taskId=ids.encode("Task", task.id), until=until)
        _must_be_well(answer)
        task.snoozed[task.due_on] = until
        task.kinds.update(deed.kinds)

    async def _done(self, name: str, deed: Deed, **given: Any) -> dict[str, Any]:
        shows = "{ task { id version status progress dueOn } errors { code } }"
        document = f"mutation ($input: {deed.takes}!) {{ {name}(input: $input) {shows} }}"
        by = self.place.officer if deed.officer else self.place.manager
        answer: dict[str, Any] = (await self.asker.ask(by, document, **given))[name]
        return answer


def _must_be_well(answer: dict[str, Any]) -> None:
    if answer["errors"]:
        raise Wrong(f"refused: {answer['errors']}")


def _key(shown: dict[str, Any]) -> UUID:
    return ids.split(shown["id"])[1]
