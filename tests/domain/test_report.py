"""R11: what a monthly report says, against a second computation over the raw rows; and that it never changes again."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejak.documents import report_file
from jejak.documents.report_file import Format, Wanted
from jejak.domain import (
    clock,
    completion,
    db,
    metric_rules,
    rating_tally,
    report,
    report_content,
    report_rules,
    task,
    unit,
)
from jejak.domain.access import SYSTEM
from jejak.domain.errors import Code
from jejak.domain.report import PublishReport, ReadReport, RecomputeReport
from jejak.domain.report_rules import Period
from jejak.domain.tables.task import Task
from jejak.domain.task import UpdateTask
from jejak.domain.unit import MoveUnit
from jejak.domain.vocabulary import JourneyStatus, Language, RatingMetric, ReportState, Role, UnitKind
from tests import factories as f
from tests.moments import go_to
from tests.ratings import a_rating, added
from tests.refusals import events_of, refused
from tests.reports import FEBRUARY, JANUARY, MARCH, Second, a_place, export, two_months


@pytest.fixture
async def place(database):
    made = await a_place()
    await two_months(made)
    return made


def close(shown: str | None, exact: float | None) -> bool:
    """Whether a figure of two decimals is the exact one, rounded."""
    if shown is None or exact is None:
        return shown is exact is None
    return abs(float(shown) - exact) <= 0.005 + 1e-9


async def test_every_figure_is_that_of_a_second_computation(place):
    duck = await export()
    for unit_ in (place.hq, place.region, place.here):
        content = (await report_content.compute(unit_.id, FEBRUARY)).content
        for figures, first, last in (
            (content["figures"], FEBRUARY, MARCH - timedelta(days=1)),
            (content["before"]["figures"], JANUARY, FEBRUARY - timedelta(days=1)),
        ):
            same(figures, Second(duck, unit_.code, first, last))
        wave = figures_of_wave(content["figures"])
        second = Second(duck, unit_.code, FEBRUARY, MARCH - timedelta(days=1)).wave()
        assert [(code, n) for code, _, n in wave] == [(code, n) for code, _, n in second]
        assert all(close(score, exact) for (_, score, _), (_, exact, _) in zip(wave, second, strict=True))


def same(figures, second: Second) -> None:
    assert figures["journeys"] == second.journeys()
    steps = {row["number"]: row for row in (figures["steps"]["programme"], *figures["steps"]["steps"])}
    assert figures["steps"]["as_of"] == second.last.isoformat()
    assert set(steps) == set(range(11))
    there = second.steps()
    for number, row in steps.items():
        reported, verified, *counts = there.get(number, (None, None, 0, 0, 0, 0, 0))
        assert close(row["reported"], reported)
        assert close(row["verified"], verified)
        shown = ("target_units", "units_started", "tasks", "overdue", "verified_tasks")
        assert [row[name] for name in shown] == counts
    counted = second.tasks()
    assert {name: figures["tasks"][name] for name in counted} == counted
    programme = steps[0]
    assert figures["tasks"]["overdue"] == programme["overdue"]
    assert figures["tasks"]["open"] == programme["tasks"] - programme["verified_tasks"]
    ratings = figures["ratings"]
    metrics(ratings["metrics"], second.scores())
    for part, name in (("by_service", "service"), ("by_channel", "channel")):
        for row in ratings[part]:
            metrics(row["metrics"], second.scores(f"{name} = '{row[name]}'"))
        assert sum(sum(row["metrics"]["CSAT"]["counts"]) for row in ratings[part]) == sum(
            ratings["metrics"]["CSAT"]["counts"]
        )
    if figures["store"] is not None:
        store, (n, mean, bad) = figures["store"], second.store()
        assert (store["n"], store["indicative"]) == (n, n < 30)
        assert close(store["mean"], mean)
        assert close(store["negative"], 100 * bad / n)
        bounds = metric_rules.wilson(bad, n)
        assert all(close(store[name], float(end)) for name, end in zip(("low", "high"), bounds, strict=True))
    columns = ("title", "category", "priorities", "pain_points", "units")
    assert [tuple(one[name] for name in columns) for one in figures["issues"]] == second.issues()


def metrics(told, counts: dict[str, list[int]]) -> None:
    for name, several in counts.items():
        assert told[name]["counts"] == several
        n, scale = sum(several), metric_rules.SCALES[RatingMetric(name)]
        assert told[name]["n"] == n
        assert told[name]["indicative"] == (n < 30)
        by_score = dict(zip(scale.scores, several, strict=True))
        if not n:
            assert [told[name][key] for key in ("value", "mean", "low", "high")] == [None] * 4
            continue
        good = sum(count for score, count in by_score.items() if score >= scale.good_from)
        bad = sum(count for score, count in by_score.items() if scale.bad_to and score <= scale.bad_to)
        assert close(told[name]["value"], 100 * (good - bad) / n)
        assert close(told[name]["mean"], sum(score * count for score, count in by_score.items()) / n)
        share = good / n
        if name == "NPS":
            half = 196 * ((good + bad) / n - ((good - bad) / n) ** 2) ** 0.5 / n**0.5
            bounds = (
                max(-100, 100 * (good - bad) / n - half),
                min(100, 100 * (good - bad) / n + half),
            )
        else:
            middle = (share + 1.96**2 / (2 * n)) / (1 + 1.96**2 / n)
            half = 1.96 / (1 + 1.96**2 / n) * (share * (1 - share) / n + 1.96**2 / (4 * n * n)) ** 0.5
            bounds = 100 * (middle - half), 100 * (middle + half)
        assert close(told[name]["low"], bounds[0])
        assert close(told[name]["high"], bounds[1])


def figures_of_wave(figures):
    (wave,) = figures["assessments"]
    dimensions = [(one["code"], one["score"], one["n"]) for one in wave["dimensions"] if one["n"]]
    return [("", wave["score"], wave["assessed"]), *dimensions]


async def test_the_world_has_something_of_everything(place):
    """Else the comparison would be one of nothing with nothing."""
    content = (await report_content.compute(place.hq.id, FEBRUARY)).content
    now, before = content["figures"], content["before"]["figures"]
    assert now["journeys"]["captured"] == 4
    assert before["journeys"] | {"by_service": None} == {"captured": 3, "accepted": 1, "by_service": None}
    assert now["tasks"]["escalated_to"] == {"UNIT": 1, "UP3": 0, "REGION": 1, "HEADQUARTERS": 0}
    assert now["tasks"]["overdue"] == 3
    assert [one["title"] for one in now["issues"]] == ["Petugas terlambat", "#import $x] = 1"]
    assert now["targets"] == {"CSAT": None, "NPS": "40.00", "COMPLETION": None}
    assert [one["code"] for one in now["assessments"][0]["regions"]] == ["BALI", "JATIM"]
    assert before["assessments"][0]["assessed"] == 1
    assert (now["store"]["n"], before["store"]["n"]) == (5, 3)
    region = (await report_content.compute(place.region.id, FEBRUARY)).content
    assert region["figures"]["targets"] == {"CSAT": "85.50", "NPS": None, "COMPLETION": "30.00"}
    assert region["figures"]["assessments"][0]["regions"] == []
    assert region["figures"]["store"] is None
    assert region["unit"]["above"] == [{"code": "HQ", "name": "PLN Kantor Pusat"}]
    assert region["period"] == {
        "month": "2027-02",
        "start": "2027-02-01T00:00:00+07:00",
        "end": "2027-03-01T00:00:00+07:00",
        "zone": "Asia/Jakarta",
    }


async def test_the_running_month_is_as_it_is_now(place):
    go_to(date(2027, 3, 3))
    before = (await report_content.compute(place.here.id, MARCH)).content
    assert before["figures"]["running"]
    assert before["figures"]["steps"]["as_of"] is None
    await f.a_journey(place.here)
    await f.a_task(place.here)
    await completion.recompute_all()
    after = (await report_content.compute(place.here.id, MARCH)).content
    assert after["figures"]["journeys"]["captured"] == before["figures"]["journeys"]["captured"] + 1
    assert after["figures"]["tasks"]["tasks"] == before["figures"]["tasks"]["tasks"] + 1
    assert after["before"] == before["before"]


async def test_a_month_before_all_snapshots_knows_no_steps(place):
    content = (await report_content.compute(place.here.id, date(2026, 11, 5))).content
    assert content["figures"]["steps"]["programme"] | {"title_id": "", "title_en": ""} == {
        "number": 0, "title_id": "", "title_en": "", "reported": None, "verified": None, "target_units": None,
        "units_started": None, "tasks": None, "overdue": None, "verified_tasks": None,
    }  # fmt: skip
    assert content["figures"]["tasks"]["open"] is None
    assert content["figures"]["journeys"]["captured"] == 0


async def files_of(shown: report.Shown) -> list[bytes]:
    """Made anew, whatever is remembered."""
    return [report_file.written(Wanted(shown, kind, language)) for kind in Format for language in Language]


async def published(place, unit_) -> report.Shown:
    kept = await report.recompute(SYSTEM, RecomputeReport(unit_.id, FEBRUARY))
    viewer = await f.viewer_for(place.programme)
    await report.publish(viewer, PublishReport(kept.id, kept.version))
    return await report.read(viewer, ReadReport(unit_.id, FEBRUARY))


async def test_what_is_published_says_the_same_for_ever(place):
    first = await published(place, place.region)
    assert (first.state, first.publisher) == (ReportState.PUBLISHED, "Dewi Lestari")
    files = await files_of(first)
    draft = (await report_content.compute(place.region.id, FEBRUARY)).content
    assert draft == first.content
    # Everything that it speaks of changes.
    go_to(date(2027, 3, 5))
    other_up3 = await f.a_unit(UnitKind.UP3, await f.reference_unit("BALI"))
    await unit.move(SYSTEM, MoveUnit(place.here.id, other_up3.id, place.here.version))
    await db.execute("update unit set name = 'Nama baru' where code = 'JATIM'")
    await db.execute("update initiative set weight = weight + 7")
    await db.execute("update step set title_id = 'Langkah', weight = weight + 3")
    await db.execute("update issue set title = 'Isu lain'")
    await db.execute("update journey set created_at = created_at - interval '40 days'")
    await db.execute("update person set name = 'Orang lain'")
    await db.execute("update kpi_target set target = 1")
    await db.execute("update assessment_score set score = 1 where score is not null")
    await added([a_rating(place.beside, answered_at=clock.now().replace(month=2, day=10), nps=0)])
    await rating_tally.drain()
    (one, *_) = await Task.objects().where(Task.unit_id == place.beside.id)
    viewer = await f.a_viewer(Role.MANAGER, place.beside)
    await task.update(viewer, UpdateTask(one.id, one.version, weight=9, due_on=date(2027, 4, 1)))
    await completion.recompute_all()
    again = await report.read(SYSTEM, ReadReport(place.region.id, FEBRUARY, live=True))
    assert orjson.dumps(again.content) == orjson.dumps(first.content)
    assert again == first
    assert await files_of(again) == files
    # But what is not published follows.
    assert (await report_content.compute(place.region.id, FEBRUARY)).content != first.content
    # And the next month is held against what was published.
    march = (await report_content.compute(place.region.id, MARCH)).content
    assert march["before"]["digest"] == first.digest
    assert march["before"]["figures"] == first.content["figures"]


async def test_a_unit_that_moved_away_stays_in_its_closed_months(place):
    before = (await report_content.compute(place.region.id, FEBRUARY)).content["figures"]
    go_to(date(2027, 3, 5))
    other_up3 = await f.a_unit(UnitKind.UP3, await f.reference_unit("BALI"))
    await unit.move(SYSTEM, MoveUnit(place.here.id, other_up3.id, place.here.version))
    after = (await report_content.compute(place.region.id, FEBRUARY)).content["figures"]
    for part in ("journeys", "steps", "tasks", "issues", "assessments", "units", "ratings"):
        assert after[part] == before[part], part


async def test_the_database_refuses_to_change_what_is_published(place):
    await published(place, place.region)
    for change in ("state = 'DRAFT'", "content = '{}'", "digest = ''", "version = 9"):
        with pytest.raises(Exception, match="never changes"):
            await db.execute(f"update report set {change}")
    with pytest.raises(Exception, match="never changes"):
        await db.execute("delete from report")


async def test_a_draft_is_computed_anew_until_it_is_published(place):
    first = await report.recompute(SYSTEM, RecomputeReport(place.region.id, FEBRUARY))
    assert (first.version, first.state) == (1, ReportState.DRAFT)
    again = await report.recompute(SYSTEM, RecomputeReport(place.region.id, FEBRUARY))
    assert (again.version, again.computed_at) == (1, first.computed_at)
    await added([a_rating(place.here, answered_at=clock.now() - timedelta(days=20), csat=1)])
    await rating_tally.drain()
    changed = await report.recompute(SYSTEM, RecomputeReport(place.region.id, FEBRUARY))
    assert (changed.version, changed.digest != first.digest) == (2, True)
    assert await events_of(first.id) == ["report.drafted", "report.recomputed"]
    shown = await report.read(SYSTEM, ReadReport(place.region.id, FEBRUARY))
    assert (shown.state, shown.digest) == (ReportState.DRAFT, changed.digest)
    live = await report.read(SYSTEM, ReadReport(place.region.id, FEBRUARY, live=True))
    assert (live.state, live.id) == (ReportState.PREVIEW, None)


async def test_what_may_not_be_published_is_not(place):
    programme, regional = await f.viewer_for(place.programme), await f.viewer_for(place.regional)
    kept = await report.recompute(programme, RecomputeReport(place.region.id, FEBRUARY))
    of_hq = await report.recompute(programme, RecomputeReport(place.hq.id, FEBRUARY))
    at_here = await report.recompute(regional, RecomputeReport(place.here.id, FEBRUARY))
    async with refused(Code.STALE, "expected_version"):
        await report.publish(regional, PublishReport(kept.id, kept.version + 1))
    async with refused(Code.NOT_ENDED, "month"):
        await report.recompute(regional, RecomputeReport(place.region.id, MARCH))
    async with refused(Code.NOT_ENDED, "month"):
        await report.recompute(regional, RecomputeReport(place.region.id, date(2031, 1, 1)))
    async with refused(Code.NOT_FOUND, "report_id"):
        await report.publish(regional, PublishReport(of_hq.id, of_hq.version))
    async with refused(Code.FORBIDDEN, "report_id"):
        of_here = await f.viewer_for(place.manager)
        await report.publish(of_here, PublishReport(at_here.id, at_here.version))
    async with refused(Code.FORBIDDEN, "unit_id"):
        await report.recompute(await f.viewer_for(place.manager), RecomputeReport(place.here.id, FEBRUARY))
    headquarters = await f.a_viewer(Role.MANAGER, place.hq)
    async with refused(Code.FORBIDDEN, "report_id"):
        await report.publish(headquarters, PublishReport(of_hq.id, of_hq.version))
    await report.publish(regional, PublishReport(kept.id, kept.version))
    async with refused(Code.STALE, "expected_version"):
        await report.publish(regional, PublishReport(kept.id, kept.version))
    async with refused(Code.WRONG_STATUS, "report_id"):
        await report.publish(regional, PublishReport(kept.id, kept.version + 1))
    async with refused(Code.WRONG_STATUS, "month"):
        await report.recompute(programme, RecomputeReport(place.region.id, FEBRUARY))


async def test_a_month_without_its_last_snapshot_is_not_drafted_yet(database):
    go_to(date(2027, 3, 1), 1)
    region = await f.reference_unit("JATIM")
    async with refused(Code.NOT_ENDED, "month"):
        await report.recompute(SYSTEM, RecomputeReport(region.id, FEBRUARY))
    assert await report.run() == 0
    await completion.snapshot()
    assert (await report.recompute(SYSTEM, RecomputeReport(region.id, FEBRUARY))).version == 1


async def test_the_workers_draft_headquarters_and_regions_once(place):
    kept = await report.recompute(SYSTEM, RecomputeReport(place.region.id, FEBRUARY))
    made = await asyncio.gather(report.run(), report.run(), report.run())
    # Headquarters and the 21 other regions, whoever came first.
    assert sum(made) == 22
    assert await report.run() == 0
    rows = await db.fetch("select unit_id, version, state from report")
    assert {(row["version"], row["state"]) for row in rows} == {(1, "DRAFT")}
    assert len(rows) == 23
    assert await events_of(kept.id) == ["report.drafted"]


async def test_a_report_is_of_one_moment(place):
    """What is committed while it is computed is in none of its figures."""
    seen = asyncio.Event()
    real = report_content.report_tasks.figures

    async def slowly(scope, programme):
        seen.set()
        await asyncio.sleep(0.2)
        return await real(scope, programme)

    async def meanwhile():
        await seen.wait()
        await f.a_journey(place.here, status=JourneyStatus.ACCEPTED)
        await db.execute(
            "update reminder set outcome = 'SENT', settled_at = '2027-02-20' where audience <> 'OWNER'"
        )

    expected = (await report_content.compute(place.region.id, FEBRUARY)).content
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(report_content.report_tasks, "figures", slowly)
        computed, _ = await asyncio.gather(report_content.compute(place.region.id, FEBRUARY), meanwhile())
    assert computed.content == expected


MONTHS = st.dates(date(2000, 2, 1), date(2099, 11, 30))


@given(day=MONTHS, zone=st.sampled_from(["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]))
def test_months_follow_each_other_without_a_gap(day, zone):
    period = Period.of(day, zone)
    assert period.before.end == period.start
    assert Period.of(period.last + timedelta(days=1), zone).start == period.end
    assert period.month <= day <= period.last
    assert (period.start.hour, period.end.hour) == (0, 0)


@given(
    value=st.none() | st.decimals(-100, 100, places=2).map(str),
    before=st.none() | st.decimals(-100, 100, places=2).map(str),
)
def test_a_change_is_what_a_reader_would_subtract(value, before):
    change = report_rules.change(value, before)
    if value is None or before is None:
        assert change is None
    else:
        assert change == Decimal(value) - Decimal(before)


@given(st.dictionaries(st.text(max_size=5), st.integers(-(2**40), 2**40), min_size=2, max_size=6))
def test_the_digest_does_not_depend_on_the_order_of_keys(content):
    turned = dict(reversed(content.items()))
    assert report_rules.digest(turned) == report_rules.digest(content)
    assert report_rules.digest(content | {"x": -1}) != report_rules.digest(content | {"x": -2})


async def test_a_draft_takes_in_what_comes_late_until_it_is_published(place):
    async def an_answer_comes_late():
        await added([a_rating(place.here, answered_at=clock.now() - timedelta(days=20), csat=1)])
        await rating_tally.drain()

    assert await report.run() == 23
    await an_answer_comes_late()
    # The region's, and headquarters'
    assert await report.run() == 2
    await published(place, place.region)
    await an_answer_comes_late()
    shown = await report.read(SYSTEM, ReadReport(place.region.id, FEBRUARY))
    assert await report.run() == 1
    assert (await report.read(SYSTEM, ReadReport(place.region.id, FEBRUARY))).digest == shown.digest
