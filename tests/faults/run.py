"""A run: start everything, let people work while things go wrong, let it settle, compare, take everything away."""

import asyncio
import random
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from signal import SIGKILL, SIGQUIT
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import psutil
import pytest
from redis.asyncio import Redis

from jejak.channels import outbox
from jejak.domain import clock, db
from jejak.domain.vocabulary import Audience, NoticeKind
from jejak.settings import Settings
from jejak.workers import jobs, main
from tests.faults import checks, deliveries, reminders, world
from tests.faults.client import ANSWER_SECONDS, Asker
from tests.faults.load import Kept as Acknowledged
from tests.faults.load import Person
from tests.faults.plan import Fault, Kind, plan
from tests.faults.processes import Kept, Site, free_port
from tests.faults.receivers import RECEIVERS, Receiver
from tests.faults.servers import Servers, servers

# A Monday with no holiday for four months to come.
BEGINS = date(2027, 8, 23)
DAY = timedelta(days=1)
SETTLES_SECONDS = 120.0
MORNINGS = 26
PEOPLE = 6
Say = Callable[[str], None]


@dataclass
class Outcome:
    seed: int
    differences: list[str] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Run:
    servers: Servers
    site: Site
    apis: list[Kept]
    workers: list[Kept]
    addresses: list[str]
    say: Say
    kept: Acknowledged = field(default_factory=Acknowledged)
    done: Counter[str] = field(default_factory=Counter)
    jumps: list[tuple[datetime, datetime]] = field(default_factory=list)
    shift: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def set_clocks(self, shift: timedelta) -> None:
        """Of every process that is there, and of those that are started later."""
        before, self.shift = self.now(), shift
        self.jumps.append((before, self.now()))
        beside = self.site.clock.with_suffix(".new")
        beside.write_text(str(shift.total_seconds()))
        beside.rename(self.site.clock)

    def go_to(self, day: date, hour: int) -> None:
        at = datetime.combine(day, clock_time(hour), ZoneInfo("Asia/Jakarta"))
        self.set_clocks(self.shift + (at - self.now()))

    async def cause(self, fault: Fault) -> None:
        match fault.kind:
            case Kind.WORKER_KILLED:
                await self.workers[fault.nth].kill(fault.pause)
            case Kind.API_KILLED:
                await self.apis[fault.nth].kill(fault.pause)
            case Kind.VALKEY_FLUSHED:
                async with self.servers.valkey.turn, Redis.from_url(self.servers.valkey.url) as valkey:
                    await valkey.flushall()
            case Kind.VALKEY_KILLED:
                await self.servers.valkey.restart(fault.pause, SIGKILL)
            case Kind.POSTGRES_STOPPED:
                await self.servers.postgres.restart(fault.pause)
            case Kind.POSTGRES_STOPPED_AT_ONCE:
                await self.servers.postgres.restart(fault.pause, SIGQUIT)
            case Kind.POSTGRES_KILLED:
                await self.servers.postgres.restart(fault.pause, SIGKILL)
            case Kind.SESSION_KILLED:
                await self.servers.postgres.kill_a_session()
            case Kind.CLOCK_JUMPS:
                self.set_clocks(self.shift + DAY)
        self.done[fault.kind] += 1

    async def fetchval(self, sql: str, *values: Any) -> Any:
        connection = await asyncpg.connect(dsn=self.servers.postgres.url)
        try:
            return await connection.fetchval(sql, *values)
        finally:
            await connection.close()


async def run(
    seed: int,
    seconds: float,
    every: float,
    say: Say = lambda _: None,
    keep: Path | None = None,
    mornings: int = MORNINGS,
) -> Outcome:
    """People work for so many `seconds`, and `every` few of them something goes wrong. Then so many `mornings` go by.

    `keep`: the folder that what processes and servers said is copied to in the end.
    """
    outcome = Outcome(seed)
    before = children()
    with TemporaryDirectory(prefix="jejak-faults-") as folder:
        async with AsyncExitStack() as stack:
            receivers = [await stack.enter_async_context(one(seed)) for one in RECEIVERS]
            state = await _started(Path(folder), stack, receivers, say)
            people = await _prepared(state, stack, receivers, seed)
            for each in receivers:
                each.has_moods()
            await _suffers(state, people, plan(seed, seconds, every), seconds)
            try:
                await _settles(state, receivers, mornings)
            except TimeoutError as error:
                outcome.differences.append(f"it does not settle: {error}")
                for process in [*state.apis, *state.workers]:
                    process.tell()
                await asyncio.sleep(1)
            outcome.differences += [one async for one in _compared(state, receivers)]
            outcome.counts = await _counted(state, people, receivers)
            await asyncio.gather(*(each.stop() for each in [*state.workers, *state.apis]))
            outcome.differences += [
                *state.kept.wrong,
                *(w for p in [*state.apis, *state.workers] for w in p.wrong),
            ]
        outcome.differences += left(Path(folder), before)
        if keep is not None:
            _copy_logs(Path(folder), keep)
    outcome.differences += _there(Path(folder))
    return outcome


async def _started(folder: Path, stack: AsyncExitStack, receivers: Sequence[Receiver], say: Say) -> Run:
    both = await stack.enter_async_context(servers(folder / "data"))
    env = {
        "DATABASE_URL": both.postgres.url, "REDIS_URL": both.valkey.url,
        "JEJAK_MOST_PER_MINUTE": "1000000", "JEJAK_MOST_BURST": "1000000",
    }  # fmt: skip
    site = Site(
        folder,
        env | {name: value for each in receivers for name, value in each.env.items()},
        folder / "clock",
    )
    ports = [free_port() for _ in range(2)]
    apis = [Kept(f"api {n}", site, ("serve", "--port", port)) for n, port in enumerate(ports, 1)]
    workers = [Kept(f"worker {n}", site, ("worker",)) for n in (1, 2)]
    state = Run(both, site, apis, workers, [f"http://127.0.0.1:{port}" for port in ports], say)
    state.go_to(BEGINS, 10)
    state.jumps.clear()
    return state


async def _prepared(
    state: Run, stack: AsyncExitStack, receivers: Sequence[Receiver], seed: int
) -> list[Person]:
    """Migrated by the command itself, filled by the domain; then everything is up."""
    migrate = Kept("migrate", state.site, ("migrate",))
    process = await asyncio.create_subprocess_exec(
        *state.site.words(*migrate.command), env=state.site.environment, stdout=asyncio.subprocess.DEVNULL
    )
    if await process.wait() != 0:
        raise RuntimeError("jejak migrate failed")
    async with _as_a_process(state):
        places = await world.places()
        for receiver in receivers:
            await receiver.prepare(places)
    for each in [*state.apis, *state.workers]:
        stack.push_async_callback(each.stop)
        each.start()
    await _until(lambda: _all_answer(state), "both APIs answer")
    http = await stack.enter_async_context(httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False))
    people, asked = [], Counter[str]()
    for n in range(PEOPLE):
        chance = random.Random(f"{seed} {n}")  # noqa: S311 -- no secret
        asker = Asker(state.addresses[n % 2 :] + state.addresses[: n % 2], http, chance, asked)
        people.append(Person(f"person {n}", places[n % len(places)], asker, state.kept, chance, state.now))
    return people


@asynccontextmanager
async def _as_a_process(state: Run) -> AsyncIterator[None]:
    """This process is set up as one of the run."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in state.site.env.items():
            environment.setenv(name, value)
        outbox.configure(Settings.from_environment())
    before = clock.shifted()
    clock.shift(state.shift - before)
    await db.connect(state.servers.postgres.url, max_size=4)
    try:
        yield
    finally:
        await db.close()
        clock.shift(before - clock.shifted())
        outbox.configure(Settings())


async def _suffers(state: Run, people: list[Person], faults: list[Fault], seconds: float) -> None:
    begun = time.monotonic()
    working = [asyncio.create_task(person.work(begun + seconds), name=person.name) for person in people]
    going_wrong: list[asyncio.Task[None]] = []
    for fault in faults:
        await asyncio.sleep(max(begun + fault.at - time.monotonic(), 0))
        state.say(f"{fault.at:6.1f} s  {state.kept.writes:5} writes acknowledged   {fault.kind}")
        # Not waited for: the next may come before this one is mended.
        going_wrong.append(asyncio.create_task(state.cause(fault), name=fault.kind))
    await asyncio.gather(*working, *going_wrong)
    state.say(f"{time.monotonic() - begun:6.1f} s  {state.kept.writes:5} writes acknowledged   let it settle")


async def _settles(state: Run, receivers: Sequence[Receiver], mornings: int) -> None:
    """Without help: everything lives and is carried on. Then time goes by, until all that is due is said."""
    begun = time.monotonic()
    await _until(lambda: _all_answer(state), "both APIs answer")
    await _until(lambda: _all_live(state), "both workers live")
    await _until(lambda: _nothing_waits(state), "every event is carried on")
    state.done["seconds until all was carried on"] = round(time.monotonic() - begun)
    await _time_goes_by(state, receivers, mornings)
    # A worker that starts does at once what it else does at the full minute. Both at the same time.
    await asyncio.gather(*(each.stop() for each in state.workers))
    if found := await state.fetchval("select count(*) from worker where seen_at > $1", state.now() - DAY / 2):
        state.kept.wrong.append(f"{found} workers ended and did not say so")
    since = state.now()
    for each in state.workers:
        each.start()
    await _until(lambda: _minute_done(state, since), "the workers have done what is due")
    await _until(lambda: _nothing_waits(state), "every event is carried on")
    await _until(lambda: _all_delivered(state), "every delivery has come to its end")


async def _time_goes_by(state: Run, receivers: Sequence[Receiver], mornings: int) -> None:
    """So many days, and on until a Monday. Beside the workers, by whose timetable it would take as long as it says, this
    process does their jobs: each as two workers that begin at once. In the first half receivers still have their moods,
    and now and then a worker is killed.
    """
    day = state.now().astimezone(ZoneInfo("Asia/Jakarta")).date()
    well = day + timedelta(days=mornings // 2)
    last = day + timedelta(days=mornings)
    last += timedelta(days=-last.weekday() % 7)
    async with _as_a_process(state):
        while day < last:
            day += DAY
            if day == well:
                await asyncio.gather(*(each.heal() for each in receivers))
            elif day < well and day.toordinal() % 3 == 0:
                await state.workers[day.toordinal() % 2].kill(0)
            # Twice a day, or e-mail would seem to have been away. At 13 all three zones are at work, on Fridays too.
            for hour in (1, 13):
                state.go_to(day, hour)
                clock.shift(state.shift - clock.shifted())
                for job in (jobs.minute, jobs.deliver) * (1 if hour == 1 else 2):
                    await asyncio.gather(job(main.context()), job(main.context()))


async def _all_delivered(state: Run) -> bool:
    return await state.fetchval("select count(*) from delivery where state = 'PENDING'") == 0


async def _all_answer(state: Run) -> bool:
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as http:
        answers = await asyncio.gather(
            *(http.get(f"{address}/health/ready") for address in state.addresses), return_exceptions=True
        )
    return all(isinstance(answer, httpx.Response) and answer.status_code == 200 for answer in answers)


async def _all_live(state: Run) -> bool:
    alive = "select count(*) from worker where seen_at > $1"
    return await state.fetchval(alive, state.now() - timedelta(seconds=8)) >= 2


async def _nothing_waits(state: Run) -> bool:
    return await state.fetchval("select count(*) from pending_event") == 0


async def _minute_done(state: Run, since: datetime) -> bool:
    steps = "select count(*) from job_run where name in ('ladder', 'completion', 'snapshot') and succeeded_at > $1"
    return await state.fetchval(steps, since) == 3


async def _until(true: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + SETTLES_SECONDS
    while True:
        try:
            if await true():
                return
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            pass  # it is just being started
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {SETTLES_SECONDS:g} s not yet: {what}")
        await asyncio.sleep(0.1)


async def _compared(state: Run, receivers: Sequence[Receiver]) -> AsyncIterator[str]:
    connection = await asyncpg.connect(dsn=state.servers.postgres.url)
    try:
        now = state.now()
        for check in (
            checks.acknowledged(connection, state.kept),
            checks.relayed(connection, now),
            checks.completed(connection, now),
            checks.noted(connection, now),
            reminders.differences(connection, now, state.jumps, state.kept),
            deliveries.differences(connection, state.kept),
        ):
            async for difference in check:
                yield difference
        for each in receivers:
            for difference in await each.differences(connection):
                yield difference
    finally:
        await connection.close()


async def _counted(state: Run, people: list[Person], receivers: Sequence[Receiver]) -> dict[str, Any]:
    asker = people[0].asker
    counts: dict[str, Any] = {
        "writes acknowledged": state.kept.writes,
        "tasks": len(state.kept.tasks),
        "journeys": len(state.kept.journeys),
        "refused, since a day had passed": len(state.kept.refused),
        **{f"requests: {name}": count for name, count in sorted(asker.asked.items())},
        "longest wait for an answer, seconds": round(max(person.asker.slowest for person in people), 1),
        **dict(state.done),
        **{f"starts of {each.name}": each.starts for each in [*state.apis, *state.workers]},
    }
    for name, sql in {
        "events": "select count(*) from event",
        "entries of the feed": "select count(*) from feed",
        "rungs planned": "select count(*) from reminder",
        "rungs that spoke": "select count(*) from reminder where outcome = 'SENT'",
        "rungs folded": "select count(*) from reminder where outcome = 'FOLDED'",
        **{f"notices: {kind}": f"select count(*) from notice where kind = '{kind}'" for kind in NoticeKind},
        **{
            f"escalated to {audience}": f"select count(*) from notice n join reminder r on r.id = n.reminder_id where r.audience = '{audience}'"
            for audience in Audience
            if audience is not Audience.OWNER
        },
        "due dates changed": "select count(*) from event where kind = 'task.updated'",
        "reminders snoozed": "select count(*) from snooze",
        "deliveries": "select count(*) from delivery",
        "deliveries with nothing to say any more": "select count(*) from delivery where state = 'WITHDRAWN'",
        "notices delivered": "select count(*) from delivery_notice",
        "attempts": "select count(*) from delivery_attempt",
        "attempts that failed": "select count(*) from delivery_attempt where outcome <> 'DELIVERED'",
        "rows of completion": "select count(*) from completion",
    }.items():
        counts[name] = await state.fetchval(sql)
    for each in receivers:
        counts |= each.counts()
    return counts


def _copy_logs(folder: Path, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for log in (*folder.glob("*.log"), *(folder / "data").glob("*.log*")):
        shutil.copy(log, to / log.name)


def children() -> set[int]:
    return {each.pid for each in psutil.Process().children(recursive=True)}


def left(folder: Path, before: set[int]) -> list[str]:
    """Processes that are still there, whether they speak of the folder, work in it or are ours; and sockets."""
    found = [f"process {pid} is still there, and was not before" for pid in sorted(children() - before)]
    found += [
        f"process {each.pid} is still there: {' '.join(each.info['cmdline'] or [])}"
        for each in psutil.process_iter(["cmdline", "cwd"])
        if any(str(folder) in word for word in [*(each.info["cmdline"] or []), each.info["cwd"] or ""])
    ]
    sockets = [path for path in folder.rglob("*") if path.is_socket()]
    listening = [line.split()[-1] for line in _unix_sockets() if str(folder) in line]
    return found + [f"the socket {path} is still there" for path in (*sockets, *listening)]


def _there(folder: Path) -> list[str]:
    return [f"the folder {folder} is still there"] if folder.exists() else []


def _unix_sockets() -> list[str]:
    """As the kernel knows them, whatever became of their files."""
    table = Path("/proc/net/unix")
    return table.read_text().splitlines() if table.exists() else []
