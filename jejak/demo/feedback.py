"""What customers say, told on: ratings, the mystery-shopper wave, an issue, an alert and the month's report."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from jejak.demo import cases
from jejak.demo.client import Client, expect
from jejak.demo.stage import ZONE, Stage, move_to, run, until
from jejak.domain import clock, working_time

_METRIC = "n value low high indicative target distance"


async def tell(stage: Stage) -> None:
    yesterday = clock.now() - timedelta(days=1)
    program = await _program(stage)
    await _ratings(stage, program, yesterday)
    await _mystery_shoppers(stage, yesterday)
    await _issue(stage)
    await _alert(stage)
    await _report(stage, program, yesterday)


async def _ratings(stage: Stage, program: Client, at: datetime) -> None:
    stage.chapter("8. Customers answer: CSAT, NPS and CES of PLN Mobile and CC123")
    admin = stage.people["admin"]
    await admin.do(
        "setKpiTargets", "SetKpiTargetsInput", "count",
        targets=[{"unitId": stage.units["HQ"], "year": clock.today(ZONE).year, "metric": "CSAT", "target": "90"}],
    )  # fmt: skip
    rows = [
        _answer(channel, nth, scores, at)
        for channel, answers in cases.ANSWERS.items()
        for nth, scores in enumerate(answers.scores())
    ]
    values = {"source": "PLN_MOBILE", "ratings": rows}
    first = await program.do("submitRatings", "SubmitRatingsInput", "count submitted", **values)
    again = await program.do("submitRatings", "SubmitRatingsInput", "count submitted", **values)
    expect(holds=again["submitted"] == 0, told="what was sent before is counted once")
    stage.say(f"{first['submitted']:,} answers by an API token; sent again, {again['submitted']} are new")
    await until(stage, "select not exists (select from rating_pending)", "the worker counts the answers")
    shown = await stage.people["hq"].ask(
        f"""query ($unit: ID!, $day: Date!) {{ ratingMetrics(unitId: $unit, from: $day, to: $day, by: CHANNEL) {{
            channel csat {{ {_METRIC} }} nps {{ {_METRIC} }} ces {{ {_METRIC} }} }} }}""",
        unit=stage.units["HQ"],
        day=_day(at).isoformat(),
    )
    counted = await _counted(stage)
    of_channel = {one["channel"]: one for one in shown["ratingMetrics"]}
    for channel, published in cases.ANSWERS.items():
        told = of_channel[channel]
        for metric, percent in published.percents.items():
            figure = told[metric]
            expect(
                holds=Decimal(figure["value"]) == counted[channel][metric] == Decimal(percent),
                told=f"{metric} of {channel} is {percent}, and not {figure['value']}",
            )
        figures = (
            f"{metric.upper()} {told[metric]['value']} ({told[metric]['low']} to {told[metric]['high']})"
            for metric in published.percents
        )
        stage.say(f"{published.name}: {', '.join(figures)}")
        csat = told["csat"]
        stage.say(f"  n = {csat['n']}; of the CSAT target of {csat['target']} it is {csat['distance']} away")


async def _program(stage: Stage) -> Client:
    """A program that acts by the administrator's role for the programme."""
    admin = stage.people["admin"]
    mine = (await admin.ask("{ viewer { memberships { id role } } }"))["viewer"]["memberships"]
    role = next(one["id"] for one in mine if one["role"] == "PROGRAMME")
    ends = clock.today("Asia/Jakarta") + timedelta(days=30)
    made = await admin.do(
        "createApiToken", "CreateApiTokenInput", "token",
        membershipId=role, name="CEM", expiresOn=ends.isoformat(),
    )  # fmt: skip
    return Client.program(stage.http, made["token"])


def _answer(channel: str, nth: int, scores: dict[str, int], at: datetime) -> dict[str, Any]:
    return {
        "externalId": f"{channel}-{nth}",
        "unitCode": ("PONTIANAK-KOTA", "PULUNG-KENCANA")[nth % 2],
        "service": "COMPLAINT",
        "channel": channel,
        "answeredAt": at.isoformat(),
    } | scores


def _day(at: datetime) -> date:
    return at.astimezone(ZoneInfo(ZONE)).date()


async def _counted(stage: Stage) -> dict[str, dict[str, Decimal]]:
    """The same figures from the single answers."""
    connection = await asyncpg.connect(dsn=stage.servers.database_url)
    try:
        rows = await connection.fetch("select channel, csat, nps, ces from rating")
    finally:
        await connection.close()
    found: dict[str, dict[str, Decimal]] = {}
    for channel in {row["channel"] for row in rows}:
        own = [row for row in rows if row["channel"] == channel]
        asked = [row for row in own if row["nps"] is not None]
        net = sum((row["nps"] >= 9) - (row["nps"] <= 6) for row in asked)
        shares = {
            "csat": Fraction(sum(row["csat"] >= 4 for row in own), len(own)),
            "nps": Fraction(net, len(asked)),
            "ces": Fraction(sum(row["ces"] >= 5 for row in asked), len(asked)),
        }
        found[channel] = {name: Decimal(round(share * 10_000)) / 100 for name, share in shares.items()}
    return found


async def _mystery_shoppers(stage: Stage, at: datetime) -> None:
    stage.chapter("9. Mystery shoppers: the deck's template, its two cases, a finding")
    admin, today = stage.people["admin"], clock.today(ZONE)
    known = await admin.ask("{ assessmentTemplates { id code weight dimensions { code title weight } } }")
    template = known["assessmentTemplates"][0]
    stage.say(
        f"{template['code']}, weight {template['weight']}: "
        + ", ".join(f"{one['code']} {one['weight']}" for one in template["dimensions"])
    )
    made = await admin.do(
        "createWave", "CreateWaveInput", "wave { id }",
        templateId=template["id"], name="Wave 1", year=today.year, number=1,
        startsOn=(today - timedelta(days=31)).isoformat(), endsOn=(today + timedelta(days=60)).isoformat(),
    )  # fmt: skip
    wave = made["wave"]["id"]
    await _published(stage, wave)
    visits = {
        who: await _planned(stage, wave, who, code)
        for who, code in (("other", "PONTIANAK-KOTA"), ("ranger", "PULUNG-KENCANA"))
    }
    for who, case in cases.VISITS.items():
        await _visited(stage, visits[who], who, case, _day(at))
    shown = await stage.people["hq"].ask(
        """query ($wave: ID!, $unit: ID!) { wave(id: $wave) { results(unitId: $unit) { score assessed
            dimensions { code score } } } }""",
        wave=wave, unit=stage.units["HQ"],
    )  # fmt: skip
    result = shown["wave"]["results"]
    own = sum(Decimal(case.score) for case in cases.VISITS.values()) / len(cases.VISITS)
    expect(holds=Decimal(result["score"]) == own, told=f"the wave comes to {own}, and not {result['score']}")
    stage.say(
        f"the wave so far: {result['score']} over {result['assessed']} ULPs; "
        + ", ".join(f"{one['code']} {one['score']}" for one in result["dimensions"])
    )


async def _published(stage: Stage, wave: str) -> None:
    """What the deck says of a wave whose assessments nobody has: shown beside what is computed, never mixed with it."""
    rows = [{"unitCode": "HQ", "score": "51.63"}]
    rows += [
        {"unitCode": "HQ", "dimensionCode": code, "score": score} for code, score in cases.PUBLISHED.items()
    ]
    await stage.people["admin"].do(
        "importWaveResults", "ImportWaveResultsInput", "count", waveId=wave, rows=rows
    )


async def _planned(stage: Stage, wave: str, who: str, code: str) -> str:
    person = (await stage.people[who].ask("{ viewer { id } }"))["viewer"]["id"]
    due = working_time.shift(stage.rules, clock.today(ZONE), 5).isoformat()
    visit = {"unitCode": code, "assessorId": person, "dueOn": due}
    shows = "results { plannedVisit { id } errors { code message } }"
    if who == "ranger":
        own = await stage.people["admin"].attempt(
            "planVisits", "PlanVisitsInput", shows,
            waveId=wave, visits=[visit | {"unitCode": "PONTIANAK-KOTA"}],
        )  # fmt: skip
        refused = own["results"][0]["errors"]
        expect(
            holds=[one["code"] for one in refused] == ["OWN_REGION"], told="nobody visits their own region"
        )
        stage.say(f"a visit to one's own region is refused: {refused[0]['message']}")
    made = await stage.people["admin"].do("planVisits", "PlanVisitsInput", shows, waveId=wave, visits=[visit])
    planned: str = made["results"][0]["plannedVisit"]["id"]
    return planned


async def _visited(stage: Stage, visit: str, who: str, case: cases.Visit, day: date) -> None:
    times = {
        name: datetime.combine(day, time.fromisoformat(at), ZoneInfo(case.zone)).isoformat()
        for name, at in case.times.items()
    }
    made = await stage.people[who].do(
        "recordAssessment", "RecordAssessmentInput",
        "assessment { id score responseMinutes insideSla unitName }",
        plannedVisitId=visit, visitedOn=day.isoformat(), submit=True,
        note=case.note, clientMutationId=f"visit-{who}",
        scores=[{"itemCode": code, "score": score} for code, score in case.scores.items()],
        **times,
    )  # fmt: skip
    found = made["assessment"]
    expect(
        holds=found["score"] == case.score,
        told=f"{found['unitName']} scores {case.score}, and not {found['score']}",
    )
    late = f", {found['responseMinutes']} minutes to arrive" if found["responseMinutes"] is not None else ""
    stage.say(f"{found['unitName']}: {found['score']}{late}")
    if case.finding:
        point = await stage.people["hq"].do(
            "createPainPointFromFinding", "CreatePainPointFromFindingInput",
            "painPoint { description priority state stage { name } unit { name } sla { dueAt } }",
            assessmentId=found["id"], clientMutationId="finding", **case.finding,
        )  # fmt: skip
        told = point["painPoint"]
        stage.say(
            f'  -> pain point in "{told["stage"]["name"]}": {told["description"]} ({told["priority"]}, {told["state"]})'
        )


async def _issue(stage: Stage) -> None:
    stage.chapter("10. The same problem in two regions is one issue, with one fix for both")
    hq = stage.people["hq"]
    found = await hq.ask(
        """{ issueSuggestions(first: 5) { category prioritySum units
            painPoints { similarity painPoint { id description unit { name } } } } }"""
    )
    like = next(one for one in found["issueSuggestions"] if one["category"] == "INFORMATION_ACCESSIBILITY")
    for one in like["painPoints"]:
        stage.say(
            f"{one['similarity']}  {one['painPoint']['unit']['name']}: {one['painPoint']['description']}"
        )
    made = await hq.do(
        "createIssue", "CreateIssueInput", "issue { id title figures { prioritySum painPoints units } }",
        title="Petugas tidak merekomendasikan PLN Mobile", category=like["category"],
        painPointIds=[one["painPoint"]["id"] for one in like["painPoints"]], clientMutationId="issue",
    )  # fmt: skip
    issue, figures = made["issue"], made["issue"]["figures"]
    expect(
        holds=figures["prioritySum"] == like["prioritySum"], told="an issue weighs what its pain points do"
    )
    stage.say(
        f"-> {issue['title']}: {figures['painPoints']} pain points, {figures['units']} units, priorities {figures['prioritySum']}"
    )
    fixed = await stage.people["admin"].do(
        "assignIssue", "AssignIssueInput",
        "count issue { painPoints(first: 5) { nodes { state } } tasks(first: 5) { nodes { unit { name } owner { name } dueOn } } }",
        issueId=issue["id"], initiativeId=await _initiative(stage, "1.2"), clientMutationId="fix",
        title="Setiap kunjungan ditutup dengan rekomendasi PLN Mobile", dueInDays=10,
    )  # fmt: skip
    for task in fixed["issue"]["tasks"]["nodes"]:
        stage.say(f"   task for {task['unit']['name']}: {task['owner']['name']}, due {task['dueOn']}")
    states = {point["state"] for point in fixed["issue"]["painPoints"]["nodes"]}
    expect(holds=fixed["count"] == 2 and states == {"ASSIGNED"}, told="one fix is a task for each unit")


async def _initiative(stage: Stage, code: str) -> str:
    asked = "query ($code: String!) { initiative(code: $code) { id } }"
    key: str = (await stage.people["hq"].ask(asked, code=code))["initiative"]["id"]
    return key


async def _alert(stage: Stage) -> None:
    stage.chapter("11. Early warning: an alert opens once, is acknowledged, and becomes a task")
    hq = stage.people["hq"]
    rule = await stage.people["admin"].do(
        "createAlertRule", "CreateAlertRuleInput", "alertRule { id title }",
        kind="METRIC_FLOOR", metric="CSAT", period="WEEK", threshold="90", kinds=["HQ"], severity="WARNING",
        titleId="CSAT di bawah target 90", titleEn="CSAT below the target of 90", clientMutationId="rule",
    )  # fmt: skip
    for _ in range(2):
        await run(stage, "alerts")
    asked = """query ($rule: ID!) { alerts(first: 5, filter: {ruleId: $rule}) {
        nodes { id text state severity } totalCount } }"""
    opened = (await hq.ask(asked, rule=rule["alertRule"]["id"]))["alerts"]
    expect(holds=opened["totalCount"] == 1, told="an alert opens once, however often the rules are looked at")
    alert = opened["nodes"][0]
    stage.say(f"{alert['severity']}: {alert['text']}")
    taken = await hq.do(
        "acknowledgeAlert", "AcknowledgeAlertInput", "alert { state acknowledgedBy { name } }",
        alertId=alert["id"], note="Dibahas dengan tim CC123",
    )  # fmt: skip
    stage.say(f"  {taken['alert']['state']} by {taken['alert']['acknowledgedBy']['name']}")
    due = working_time.shift(stage.rules, clock.today(ZONE), 10).isoformat()
    owner = (await hq.ask("{ viewer { id } }"))["viewer"]["id"]
    made = await hq.do(
        "assignAlert", "AssignAlertInput", "tasks { title owner { name } dueOn }",
        alertId=alert["id"], clientMutationId="alert",
        tasks=[{"initiativeId": await _initiative(stage, "5.1"), "title": "Perbaiki penyebab terbesar di PLN Mobile",
                "dueOn": due, "ownerId": owner}],
    )  # fmt: skip
    (task,) = made["tasks"]
    stage.say(f"  -> {task['title']}: {task['owner']['name']}, due {task['dueOn']}")


async def _report(stage: Stage, program: Client, at: datetime) -> None:
    stage.chapter("12. The monthly report: frozen when published")
    month = _day(at).replace(day=1)
    ended = (month + timedelta(days=31)).replace(day=1)
    if clock.today(ZONE) < ended:
        move_to(datetime(ended.year, ended.month, ended.day, 10, tzinfo=ZoneInfo(ZONE)))
    await run(stage)
    await run(stage, "hour")
    admin, unit = stage.people["admin"], stage.units["HQ"]
    drafts = await admin.ask(
        "query ($unit: ID!) { monthlyReports(first: 50, filter: {unitId: $unit}) { nodes { id version unit { code } month state } } }",
        unit=unit,
    )
    draft = next(
        one for one in drafts["monthlyReports"]["nodes"]
        if one["unit"]["code"] == "HQ" and one["month"] == month.isoformat()
    )  # fmt: skip
    published = await admin.do(
        "publishReport", "PublishReportInput", "report { state digest }",
        reportId=draft["id"], expectedVersion=draft["version"],
    )  # fmt: skip
    read = """query ($unit: ID!, $month: Date!) { monthlyReport(unitId: $unit, month: $month) { digest
        ratings { csat { n value } nps { value } } assessments { score assessed } tasks { overdue { value } }
        issues { rank title priorities } } }"""
    before = (await admin.ask(read, unit=unit, month=month.isoformat()))["monthlyReport"]
    files = {name: await _file(stage, month, name) for name in ("pdf", "xlsx")}
    late = _answer("PLN_MOBILE", cases.ANSWERS["PLN_MOBILE"].n, {"csat": 1}, at)
    await program.do("submitRatings", "SubmitRatingsInput", "count", source="PLN_MOBILE", ratings=[late])
    await until(stage, "select not exists (select from rating_pending)", "the worker counts the answers")
    after = (await admin.ask(read, unit=unit, month=month.isoformat()))["monthlyReport"]
    again = {name: await _file(stage, month, name) for name in files}
    expect(holds=before == after and files == again, told="a published month stays as it is, for ever")
    csat, waves = before["ratings"]["csat"], before["assessments"]
    stage.say(
        f"{month:%Y-%m} of PLN: {published['report']['state']}, CSAT {csat['value']} (n = {csat['n']:,}), NPS {before['ratings']['nps']['value']}, "
        + "".join(f"mystery shoppers {one['score']} ({one['assessed']} ULPs)" for one in waves)
    )
    for one in before["issues"]:
        stage.say(f"  top issue {one['rank']}: {one['title']} ({one['priorities']})")
    stage.say(
        f"  PDF {len(files['pdf']) // 1024} KiB, XLSX {len(files['xlsx']) // 1024} KiB; after a late answer both are the same, byte for byte"
    )


async def _file(stage: Stage, month: date, kind: str) -> bytes:
    return await stage.people["admin"].fetch(f"/reports/HQ/{month:%Y-%m}.{kind}", lang="id")
