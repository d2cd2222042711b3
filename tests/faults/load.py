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
}


@dataclass
class KeptTask:
    """A task as it was last acknowledged. `kinds`: how often each thing was done to it."""

    id: UUID
    title: str
    place: Place
    due_on: str
    version: int
    status: str
    progress: int
    before: tuple[str, int] = ("PLANNED", 0)
    kinds: Counter[str] = field(default_factory=lambda: Counter({"task.created": 1}))

    def after(self, deed: str, progress: int) -> tuple[str, int]:
        """Its state and progress once this is done, by R4."""
        match deed:
            case "reportProgress":
                return "IN_PROGRESS", progress
            case "blockTask":
                return "BLOCKED", self.progress
            case "unblockTask":
                return self.before
            case "submitTask":
                return "SUBMITTED", 100
            case "returnTask":
                return "RETURNED", self.before[1]
            case _:
                return "VERIFIED", 100


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
        deed, progress = DEEDS[name], self.chance.randrange(1, 100)
        more: dict[str, dict[str, Any]] = {
            "reportProgress": {"progress": progress},
            "submitTask": {"evidence": [{"note": "Daftar hadir"}]},
            "blockTask": {"reason": "Menunggu material"},
            "returnTask": {"reason": "Bukti kurang"},
        }
        shows = "{ task { id version status progress } errors { code } }"
        answer = (
            await self.asker.ask(
                self.place.officer if deed.officer else self.place.manager,
                f"mutation ($input: {deed.takes}!) {{ {name}(input: $input) {shows} }}",
                taskId=ids.encode("Task", task.id),
                expectedVersion=task.version,
                **more.get(name, {}),
            )
        )[name]
        # Whoever asked more than once may have been heard the first time, and is shown what came of it.
        if answer["errors"] != [{"code": "STALE"}] or not self.asker.unsure:
            _must_be_well(answer)
        shown, wanted = answer["task"], (task.version + 1, *task.after(name, progress))
        found = (shown["version"], shown["status"], shown["progress"])
        if found != wanted:
            raise Wrong(f"{name} of {task.title} was answered with {found}, not {wanted}")
        if name in {"blockTask", "submitTask"}:
            task.before = (task.status, task.progress)
        task.version, task.status, task.progress = found
        task.kinds.update(deed.kinds)


def _must_be_well(answer: dict[str, Any]) -> None:
    if answer["errors"]:
        raise Wrong(f"refused: {answer['errors']}")


def _key(shown: dict[str, Any]) -> UUID:
    return ids.split(shown["id"])[1]
