"""R11 in the API: a monthly report section by section, and its life from draft to published."""

from datetime import date
from decimal import Decimal

import pytest

from jejak.domain import report
from jejak.domain.access import SYSTEM
from jejak.domain.report import RecomputeReport
from jejak.domain.vocabulary import Language, Role
from tests import factories as f
from tests.client import NOBODY, as_, gid
from tests.reports import FEBRUARY, a_place, two_months
from tests.sql import statements

METRIC = """n value mean low high indicative before beforeN change clear target distance distribution { score count }"""
METRICS = f"csat {{ {METRIC} }} nps {{ {METRIC} }} ces {{ {METRIC} }} overall {{ {METRIC} }}"
COUNT = "{ value before change }"
STEP = f"""number title reported {COUNT} verified {COUNT} targetUnits {COUNT} unitsStarted {COUNT}
    tasks {COUNT} overdue {COUNT} verifiedTasks {COUNT}"""
REPORT = f"""query ($unit: ID!, $month: Date!, $live: Boolean) {{ monthlyReport(unitId: $unit, month: $month, live: $live) {{
    state report {{ id version unit {{ code }} }} unit {{ code name }} kind above {{ code }} units running
    period {{ month start end zone }} before {{ month digest }} formulaVersion digest publishedAt publisher figuresAsOf
    journeys {{ captured {COUNT} accepted {COUNT} byService {{ service captured {COUNT} accepted {COUNT} }} }}
    programme {{ {STEP} }} steps {{ {STEP} }}
    tasks {{ open {COUNT} overdue {COUNT} verifiedInMonth {COUNT} escalated {COUNT} escalations {{ level tasks {COUNT} }} }}
    issues {{ rank title category priorities painPoints units }} issuesBefore {{ title }}
    ratings {{ {METRICS} byService {{ service {METRICS} }} byChannel {{ channel csat {{ n }} }} }}
    store {{ n }} assessments {{ name score before assessed dimensions {{ code title score n before }} regions {{ rank code score n }} }}
}} }}"""


@pytest.fixture
async def place(database):
    made = await a_place()
    await two_months(made)
    return made


async def shown(client, unit, month: date = FEBRUARY, **more):
    return (await client.data(REPORT, unit=gid(unit), month=month.isoformat(), **more))["monthlyReport"]


async def test_a_report_says_what_its_content_says(place):
    client = await as_(place.programme)
    kept = await report.recompute(SYSTEM, RecomputeReport(place.hq.id, FEBRUARY))
    content = (await report.read(SYSTEM, report.ReadReport(place.hq.id, FEBRUARY))).content
    now, before = content["figures"], content["before"]["figures"]
    told = await shown(client, place.hq)
    assert (told["state"], told["report"]["version"], told["digest"]) == ("DRAFT", 1, kept.digest)
    assert (told["unit"], told["kind"], told["above"]) == (
        {"code": "HQ", "name": "PLN Kantor Pusat"}, "HQ", [],
    )  # fmt: skip
    assert told["period"]["start"] == "2027-02-01T00:00:00+07:00"
    assert (told["figuresAsOf"], told["running"]) == ("2027-02-28", False)
    for row, one, then in zip(told["steps"], now["steps"]["steps"], before["steps"]["steps"], strict=True):
        assert (row["number"], row["title"]) == (one["number"], one["title_id"])
        for name in ("reported", "verified"):
            assert row[name] == compared(one[name], then[name])
        assert row["overdue"] == counted(one["overdue"], then["overdue"])
        assert row["verifiedTasks"] == counted(one["verified_tasks"], then["verified_tasks"])
    assert told["programme"]["number"] is None
    assert told["programme"]["verified"]["value"] == now["steps"]["programme"]["verified"]
    assert told["journeys"]["captured"] == counted(
        now["journeys"]["captured"], before["journeys"]["captured"]
    )
    captured = {row["service"]: row["captured"]["value"] for row in told["journeys"]["byService"]}
    # Of January there was one of another service.
    assert captured == {row["service"]: row["captured"] for row in now["journeys"]["by_service"]} | {
        "SPKLU": 0
    }
    levels = {one["level"]: one["tasks"]["value"] for one in told["tasks"]["escalations"]}
    assert levels == now["tasks"]["escalated_to"]
    for name, metric in (("csat", "CSAT"), ("nps", "NPS"), ("ces", "CES"), ("overall", "OVERALL")):
        one, then = now["ratings"]["metrics"][metric], before["ratings"]["metrics"][metric]
        row = told["ratings"][name]
        assert {key: row[key] for key in ("n", "value", "mean", "low", "high", "indicative")} == {
            key: one[key] for key in ("n", "value", "mean", "low", "high", "indicative")
        }
        assert [score["count"] for score in row["distribution"]] == one["counts"]
        assert (row["before"], row["beforeN"]) == (then["value"], then["n"])
    nps = told["ratings"]["nps"]
    assert (nps["target"], Decimal(nps["distance"])) == ("40.00", Decimal(nps["value"]) - 40)
    assert told["issues"][0] == {
        "rank": 1, "title": "Petugas terlambat", "category": "SPEED", "priorities": 26, "painPoints": 2, "units": 2,
    }  # fmt: skip
    (wave,) = told["assessments"]
    assert (wave["assessed"], wave["before"]) == (2, "80.00")
    assert [row["code"] for row in wave["regions"]] == ["BALI", "JATIM"]


def compared(value, before):
    change = None if None in {value, before} else str(Decimal(value) - Decimal(before))
    return {"value": value, "before": before, "change": change}


def counted(value, before):
    return {"value": value, "before": before, "change": value - before}


async def test_a_draft_is_read_and_published_by_its_version(place):
    client = await as_(place.regional)
    month = {"unitId": gid(place.region), "month": "2027-02-17"}
    assert (await shown(client, place.region))["state"] == "PREVIEW"
    made = await client.done("recomputeReport", "report { id state version digest }", **month)
    draft = await shown(client, place.region)
    assert (draft["state"], draft["digest"]) == ("DRAFT", made["report"]["digest"])
    shows = "report { state version publishedBy { name } history(first: 9) { nodes { kind actor { name } after } } }"
    draft_id = {"reportId": made["report"]["id"]}
    assert await client.refusals("publishReport", **draft_id, expectedVersion=7) == [
        ("STALE", ["expectedVersion"])
    ]
    done = (await client.done("publishReport", shows, **draft_id, expectedVersion=1))["report"]
    assert (done["state"], done["version"], done["publishedBy"]) == ("PUBLISHED", 2, {"name": "Budi Santoso"})
    happened = done["history"]["nodes"]
    assert [one["kind"] for one in happened] == ["REPORT_DRAFTED", "REPORT_PUBLISHED"]
    assert happened[1]["after"]["digest"] == draft["digest"]
    assert "publishedBy" in happened[1]["after"]
    told = await shown(client, place.region, live=True)
    assert (told["state"], told["publisher"]) == ("PUBLISHED", "Budi Santoso")
    assert {**told, **dict.fromkeys(("state", "publisher", "publishedAt", "report"))} == {
        **draft, **dict.fromkeys(("state", "publisher", "publishedAt", "report")),
    }  # fmt: skip


async def test_a_report_is_of_who_sees_the_unit(place):
    await report.recompute(SYSTEM, RecomputeReport(place.region.id, FEBRUARY))
    for who in (place.regional, place.programme):
        assert await shown(await as_(who), place.region) is not None
    for who in (place.manager, await f.a_person(Role.MANAGER, place.far), await f.a_person(None)):
        assert await shown(await as_(who), place.region) is None
    assert (await shown(await as_(place.manager), place.here))["unit"]["code"] == place.here.code
    _, errors = await NOBODY.post(REPORT, unit=gid(place.here), month="2027-02-01")
    assert [error["extensions"]["code"] for error in errors] == ["UNAUTHENTICATED"]


async def test_reports_that_are_kept_are_listed(place):
    for unit in (place.hq, place.region, place.here):
        await report.recompute(SYSTEM, RecomputeReport(unit.id, FEBRUARY))
    await report.recompute(SYSTEM, RecomputeReport(place.region.id, date(2027, 1, 1)))
    query = """query ($filter: ReportFilter) { monthlyReports(first: 9, filter: $filter) {
        totalCount nodes { month state unit { code } } } }"""

    async def listed(who, **given):
        page = (await (await as_(who)).data(query, filter=given))["monthlyReports"]
        assert page["totalCount"] == len(page["nodes"])
        return [(one["unit"]["code"], one["month"]) for one in page["nodes"]]

    assert len(await listed(place.programme)) == 4
    assert await listed(place.manager) == [(place.here.code, "2027-02-01")]
    assert await listed(place.regional, monthTo="2027-01-31") == [("JATIM", "2027-01-01")]
    assert await listed(place.regional, states=["PUBLISHED"]) == []
    assert len(await listed(place.regional, unitId=gid(place.region), monthFrom="2027-02-01")) == 2


async def test_it_speaks_the_viewers_language(place):
    english = await as_(await f.a_person(Role.VIEWER, place.here, language=Language.EN))
    assert (await shown(english, place.here))["steps"][0][
        "title"
    ] == "Establish service governance and mindset"
    assert await shown(await as_(place.manager), place.here, date(2027, 3, 9)) | {"steps": None} is not None
    _, errors = await english.post(REPORT, unit=gid(place.here), month="2027-04-01")
    assert [error["extensions"]["code"] for error in errors] == ["FUTURE_DATE"]


async def test_what_a_report_costs_does_not_grow_with_what_it_is_about(place):
    client = (await as_(place.programme)).at_limits()
    async with statements() as small:
        await shown(client, place.here)
    async with statements() as large:
        await shown(client, place.hq)
    # Regions are ranked for headquarters alone, in each of the two months.
    assert len(large) - len(small) <= 8
    many = " ".join(
        f'r{n}: monthlyReport(unitId: "{gid(place.hq)}", month: "2027-02-01") {{ state }}' for n in range(6)
    )
    _, errors = await client.post(f"{{ {many} }}")
    assert [error["extensions"]["code"] for error in errors] == ["TOO_COSTLY"]
