"""The story, told chapter by chapter; each checks what it claims."""

import contextlib
import secrets
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from jejak import running
from jejak.demo import cases, feedback
from jejak.demo.check import Figures, Raw
from jejak.demo.client import Client, DemoFailed, expect
from jejak.demo.stage import ZONE, Stage, a_stage, move_to, relayed, run, working_morning
from jejak.domain import clock, working_time
from jejak.settings import Settings

SHOWN = ("HQ", "KALBAR", "PONTIANAK-KOTA")
FIGURES = "reported verified targetUnits unitsStarted tasks overdue verifiedTasks"
TASK = "task { id version status progress title dueOn }"


async def play(settings: Settings, keep: Path | None) -> None:
    """Plays on its own embedded servers, whatever the environment names, and leaves nothing behind but `keep`."""
    own = Settings(admin_email=settings.admin_email)
    with contextlib.ExitStack() as folders:
        folder = keep or Path(folders.enter_context(tempfile.TemporaryDirectory(prefix="jejak-demo-")))
        shift_before = clock.shifted()
        try:
            async with a_stage(own, folder) as stage:
                await _tell(stage)
        except DemoFailed as failed:
            raise running.CannotRun(f"the demo failed: {failed}") from failed
        finally:
            clock.shift(shift_before - clock.shifted())


async def _tell(stage: Stage) -> None:
    await _organise(stage)
    await _capture(stage)
    await _assign(stage)
    await _follow_up(stage)
    await _verify(stage)
    await _remind(stage)
    await _complete(stage)
    await feedback.tell(stage)
    stage.console.print(
        "\nThe main job works: every printed figure equals the one computed from the raw rows.",
        style="bold green",
    )


async def _organise(stage: Stage) -> None:
    stage.chapter("1. Units and people")
    admin = stage.people["admin"]
    known = await admin.ask("{ units(first: 100) { nodes { id code } totalCount } }")
    stage.units.update({unit["code"]: unit["id"] for unit in known["units"]["nodes"]})
    stage.say(f"headquarters and its regions are there: {known['units']['totalCount']} units")
    for code, name, kind, parent, zone in cases.UNITS:
        made = await admin.do(
            "createUnit", "CreateUnitInput", "unit { id }",
            parentId=stage.units[parent], code=code, name=name, kind=kind, timezone=zone,
        )  # fmt: skip
        stage.units[code] = made["unit"]["id"]
        stage.say(f"+ {name}")
    for who, (name, unit, role, ranger) in cases.PEOPLE.items():
        email, password = f"{who}@pln.example", secrets.token_urlsafe(12)
        made = await admin.do(
            "createPerson", "CreatePersonInput", "person { id }",
            email=email, name=name, unitId=stage.units[unit], role=role, ranger=ranger,
        )  # fmt: skip
        invited = await admin.do("invitePerson", "InvitePersonInput", "token", personId=made["person"]["id"])
        stage.people[who] = await Client.invited(stage.http, invited["token"], password)
        stage.say(f"+ {name} ({role} at {unit})")


async def _capture(stage: Stage) -> None:
    stage.chapter("2. Two units capture what their customers went through")
    today = clock.today(ZONE).isoformat()
    for who, code, case in (
        ("ranger", "PONTIANAK-KOTA", cases.KOTA),
        ("other", "PULUNG-KENCANA", cases.PULUNG_KENCANA),
    ):
        values = {
            **case,
            "unitId": stage.units[code],
            "occurredOn": today,
            "submit": True,
            "clientMutationId": f"phone-{code}",
        }
        shows = "journey { id version title status stages { name insideSla painPoints { id } } }"
        made = (await stage.people[who].do("captureJourney", "CaptureJourneyInput", shows, **values))[
            "journey"
        ]
        again = (await stage.people[who].do("captureJourney", "CaptureJourneyInput", shows, **values))[
            "journey"
        ]
        expect(holds=made == again, told="a phone that sends a capture twice makes one journey")
        pains = sum(len(part["painPoints"]) for part in made["stages"])
        late = sum(part["insideSla"] is False for part in made["stages"])
        stage.say(
            f"{made['title']}: {len(made['stages'])} stages, {pains} pain points, {late} outside its SLA; sent twice, kept once"
        )
        accepted = await stage.people["hq"].do(
            "acceptJourney",
            "ChangeJourneyInput",
            "journey { status }",
            journeyId=made["id"],
            expectedVersion=made["version"],
        )
        stage.say(f"  headquarters: {accepted['journey']['status']}")


async def _assign(stage: Stage) -> None:
    stage.chapter("3. Headquarters finds the worst pain points and assigns fixes")
    hq = stage.people["hq"]
    found = await hq.ask(
        """{ painPoints(first: 3, order: WORST_FIRST, filter: {states: [OPEN]}) {
            nodes { id description priority state unit { name } } } }"""
    )
    initiatives = await hq.ask("{ steps { initiatives { id code title } } }")
    codes = {i["code"]: i["id"] for step in initiatives["steps"] for i in step["initiatives"]}
    due = working_time.shift(stage.rules, clock.today(ZONE), 5)
    chief = (await stage.people["chief"].ask("{ viewer { id } }"))["viewer"]["id"]
    for point in found["painPoints"]["nodes"]:
        stage.say(f"{point['priority']:>2}  {point['unit']['name']}: {point['description']}")
        fixes = next(tasks for start, tasks in cases.FIXES.items() if point["description"].startswith(start))
        wanted = [
            {"initiativeId": codes[code], "title": title, "dueOn": due.isoformat(), "weight": weight}
            | ({"ownerId": chief} if owner else {})
            for code, title, owner, weight in fixes
        ]
        made = await hq.do(
            "assignPainPoint", "AssignPainPointInput",
            "painPoint { state } tasks { id version title dueOn status progress owner { name } initiative { code } }",
            painPointId=point["id"], tasks=wanted, clientMutationId=f"fix-{point['id']}",
        )  # fmt: skip
        for task in made["tasks"]:
            stage.tasks[task["title"]] = task | {"painPoint": point["id"]}
            stage.say(
                f"      -> {task['initiative']['code']} {task['title']}: {task['owner']['name']}, due {task['dueOn']}"
            )
    expect(
        holds=len(stage.tasks) == sum(len(fixes) for fixes in cases.FIXES.values()),
        told="a task for every fix",
    )


async def _follow_up(stage: Stage) -> None:
    stage.chapter("4. The unit reports progress, with evidence")
    ranger = stage.people["ranger"]
    task = _task(stage, "Atur ulang penugasan")
    read = task["version"]
    evidence = [{"note": "Jadwal yantek baru, disetujui UP3", "url": "https://evidence.example/jadwal.pdf"}]
    values = {"taskId": task["id"], "expectedVersion": read, "progress": 60, "evidence": evidence}
    task |= (await ranger.do("reportProgress", "ReportProgressInput", TASK, **values))["task"]
    stage.say(f"{task['title']}: {task['progress']} %")
    stale = await ranger.attempt(
        "reportProgress", "ReportProgressInput", TASK, taskId=task["id"], expectedVersion=read, progress=80
    )
    expect(holds=[e["code"] for e in stale["errors"]] == ["STALE"], told="a stale update is refused")
    expect(
        holds=stale["task"]["progress"] == 60,
        told="a refused update changes nothing and shows the current state",
    )
    stage.say(f"  a stale update is refused: {stale['errors'][0]['message']}")
    roleplay = _task(stage, "Roleplay")
    roleplay |= (
        await ranger.do(
            "reportProgress", "ReportProgressInput", TASK,
            taskId=roleplay["id"], expectedVersion=roleplay["version"], progress=25, note="Mulai minggu ini",
        )
    )["task"]  # fmt: skip
    stage.say(f"{roleplay['title']}: {roleplay['progress']} %")
    chief, refresh = stage.people["chief"], _task(stage, "Refreshment")
    refresh |= await _submit(chief, refresh, "Daftar hadir refreshment K3, 24 petugas")
    own = await chief.attempt(
        "verifyTask", "ChangeTaskInput", TASK, taskId=refresh["id"], expectedVersion=refresh["version"]
    )
    expect(holds=[e["code"] for e in own["errors"]] == ["FOUR_EYES"], told="nobody verifies their own task")
    expect(holds=own["task"]["status"] == "SUBMITTED", told="a refused verification changes nothing")
    stage.say(f"{refresh['title']}: {refresh['status']}")
    stage.say(f"  verifying it oneself is refused: {own['errors'][0]['message']}")
    shopper = _task(stage, "Cross mystery shopper")
    shopper |= await _submit(ranger, shopper, "Jadwal cross mystery shopper dengan ULP tetangga")
    stage.say(f"{shopper['title']}: {shopper['status']}")


async def _submit(who: Client, task: dict[str, Any], note: str) -> dict[str, Any]:
    bare = await who.attempt(
        "submitTask", "SubmitTaskInput", TASK, taskId=task["id"], expectedVersion=task["version"]
    )
    expect(
        holds=[e["code"] for e in bare["errors"]] == ["EVIDENCE_REQUIRED"],
        told="no submission without evidence",
    )
    done = await who.do(
        "submitTask",
        "SubmitTaskInput",
        TASK,
        taskId=task["id"],
        expectedVersion=task["version"],
        evidence=[{"note": note}],
    )
    submitted: dict[str, Any] = done["task"]
    return submitted


async def _verify(stage: Stage) -> None:
    stage.chapter("5. The region verifies; the pain point is resolved and closed")
    region = stage.people["region"]
    for title in ("Refreshment", "Cross mystery shopper"):
        task = _task(stage, title)
        values = {"taskId": task["id"], "expectedVersion": task["version"]}
        task |= (await region.do("verifyTask", "ChangeTaskInput", TASK, **values))["task"]
        stage.say(f"{task['title']}: {task['status']}")
    key = _task(stage, "Refreshment")["painPoint"]
    point = (
        await region.ask("query ($id: ID!) { node(id: $id) { ... on PainPoint { state version } } }", id=key)
    )["node"]
    expect(holds=point["state"] == "RESOLVED", told="a pain point whose tasks are all verified is resolved")
    closed = await region.do(
        "closePainPoint",
        "ClosePainPointInput",
        "painPoint { description state }",
        painPointId=key,
        expectedVersion=point["version"],
    )
    stage.say(f"{closed['painPoint']['description']}: {point['state']} -> {closed['painPoint']['state']}")
    read = await region.ask(
        "query ($id: ID!) { node(id: $id) { ... on Task { history(first: 20) { nodes { at kind actor { name } } } } } }",
        id=_task(stage, "Refreshment")["id"],
    )
    for entry in read["node"]["history"]["nodes"]:
        stage.say(f"    {entry['at'][:16]}  {entry['kind']:<24} {entry['actor']['name']}")


async def _remind(stage: Stage) -> None:
    stage.chapter("6. The clock moves past a due date")
    due = date.fromisoformat(_task(stage, "Atur ulang penugasan")["dueOn"])
    move_to(working_morning(stage.rules, due + timedelta(days=1)))
    stage.say(
        f"it is {clock.now().astimezone(ZoneInfo(ZONE)):%A %Y-%m-%d %H:%M} in Pontianak; the tasks were due on {due}"
    )
    inbox = "{ notices(first: 20) { nodes { id kind text digestId } totalCount } }"
    ranger = stage.people["ranger"]
    for _ in range(2):
        await run(stage)
    first = (await ranger.ask(inbox))["notices"]
    await run(stage)
    second = (await ranger.ask(inbox))["notices"]
    for notice in first["nodes"]:
        stage.say(f"{notice['kind']}: {notice['text']}")
    expect(holds=first["totalCount"] == 2, told="one notice for each of the ranger's two overdue tasks")
    expect(
        holds=len({notice["digestId"] for notice in first["nodes"]}) == 1,
        told="one digest, not many messages",
    )
    expect(holds=first == second, told="running the ladder again says nothing twice")
    stage.say("the ladder ran three times; each was said once, in one digest")
    await ranger.do(
        "markNoticesRead",
        "MarkNoticesReadInput",
        "notices { readAt }",
        noticeIds=[notice["id"] for notice in first["nodes"]],
    )


async def _complete(stage: Stage) -> None:
    stage.chapter("7. The ten steps: reported and verified, in percent")
    await relayed(stage)
    answers = {code: await _completion(stage, code) for code in SHOWN}
    raw = await Raw.read(stage.servers.database_url)
    table = Table(box=None, pad_edge=False)
    table.add_column("step")
    for code in SHOWN:
        table.add_column(code, justify="right")
    checked = 0
    for position, step in enumerate(raw.steps):
        cells = []
        for code in SHOWN:
            shown = answers[code][position]
            seen = shown["completion"]
            told = Figures(*(seen[name] for name in FIGURES.split()))
            own = raw.figures(code, step["id"], clock.now())
            expect(holds=told == own, told=f"step {step['number']} of {code} is {own}, and not {told}")
            checked += len(FIGURES.split())
            cells.append("-" if told.reported is None else f"{told.reported} / {told.verified}")
        table.add_row(f"{step['number']:>2} {answers['HQ'][position]['title']}", *cells)
    stage.console.print(table)
    stage.say(f"{checked} figures checked against the raw rows; - where no unit is to carry the step out")


async def _completion(stage: Stage, code: str) -> list[dict[str, Any]]:
    query = f"query ($unit: ID!) {{ steps {{ number title completion(unitId: $unit) {{ {FIGURES} }} }} }}"
    steps: list[dict[str, Any]] = (await stage.people["hq"].ask(query, unit=stage.units[code]))["steps"]
    return steps


def _task(stage: Stage, start: str) -> dict[str, Any]:
    return next(task for title, task in stage.tasks.items() if title.startswith(start))
