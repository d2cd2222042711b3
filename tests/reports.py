"""Two months of everything that a monthly report tells of, and a second computation of it: DuckDB over raw rows."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import duckdb

from jejak.domain import completion, db, issue, kpi_target, rating_tally, store_review
from jejak.domain.access import SYSTEM
from jejak.domain.issue import CreateIssue
from jejak.domain.kpi_target import SetKpiTargets, TargetRow
from jejak.domain.metric_rules import SCALES
from jejak.domain.store_review import ImportStoreReviews, StoreReviewRow
from jejak.domain.tables.person import Person
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import (
    Category,
    JourneyStatus,
    KpiMetric,
    RatingChannel,
    Role,
    Service,
    TaskStatus,
    UnitKind,
)
from tests import factories as f
from tests import shopping
from tests.moments import go_to
from tests.ratings import a_rating, added

JANUARY, FEBRUARY, MARCH = date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)


@dataclass
class Place:
    """JATIM > `up3` > `here`, `beside`; BALI > ... > `far`."""

    hq: Unit
    region: Unit
    up3: Unit
    here: Unit
    beside: Unit
    far: Unit
    programme: Person
    regional: Person
    manager: Person


async def a_place() -> Place:
    go_to(date(2027, 1, 4))
    hq, region = await f.reference_unit("HQ"), await f.reference_unit("JATIM")
    up3 = await f.a_unit(UnitKind.UP3, region)
    here = await f.a_unit(UnitKind.ULP, up3)
    return Place(
        hq=hq,
        region=region,
        up3=up3,
        here=here,
        beside=await f.a_unit(UnitKind.ULP, up3),
        far=await f.a_unit(UnitKind.ULP, await f.a_unit(UnitKind.UP3, await f.reference_unit("BALI"))),
        programme=await f.a_person(Role.PROGRAMME, hq, name="Dewi Lestari"),
        regional=await f.a_person(Role.MANAGER, region, name="Budi Santoso"),
        manager=await f.a_person(Role.MANAGER, here),
    )


async def two_months(place: Place) -> None:
    """January and February 2027, each with its last day's snapshot. It is the night of 1 March then."""
    await _january(place)
    await _ended(FEBRUARY)
    await _february(place)
    await _ended(MARCH)


async def _ended(day: date) -> None:
    go_to(day, 1)
    await rating_tally.drain()
    assert await completion.snapshot() == day - timedelta(days=1)


async def _january(p: Place) -> None:
    go_to(date(2027, 1, 13))
    wave = await shopping.a_wave(name="Gelombang 1", starts_on=JANUARY, ends_on=MARCH, cross_visit=False)
    await shopping.an_assessment(wave, p.far, shopping.evenly(80), await f.a_person(unit=p.here))
    await f.a_journey(p.here, status=JourneyStatus.ACCEPTED)
    await f.a_journey(p.here, status=JourneyStatus.SUBMITTED, service=Service.SPKLU)
    await f.a_journey(p.far)
    await f.a_task(p.here, status=TaskStatus.VERIFIED, weight=2)
    late = await f.a_task(p.beside, status=TaskStatus.IN_PROGRESS, due_on=date(2027, 1, 20))
    await escalated(late, "UNIT", datetime(2027, 1, 26, 3, tzinfo=UTC))
    await f.a_task(p.far, initiative="2.1", status=TaskStatus.BLOCKED)
    await _reviews(date(2027, 1, 12), 5, 4, 1)
    await _answers(p.here, date(2027, 1, 10), csat=[5, 4, 2], nps=[10, 9, 3])
    await _answers(p.far, date(2027, 1, 31), csat=[1], ces=[6])


async def _february(p: Place) -> None:
    go_to(date(2027, 2, 10))
    viewer = await f.viewer_for(p.programme)
    point = await f.a_pain_point(p.here, severity=5, reach=4)
    other = await f.a_pain_point(p.far, severity=2, reach=3)
    await issue.create(viewer, CreateIssue("Petugas terlambat", Category.SPEED, "", [point.id, other.id]))
    alone = await f.a_pain_point(p.beside, severity=3, reach=3)
    await issue.create(viewer, CreateIssue("#import $x] = 1", Category.SPEED, "", [alone.id]))
    # At the very edge: still February in Jakarta, already March in no zone of ours.
    go_to(date(2027, 2, 28), 23, 59)
    await f.a_journey(p.beside, status=JourneyStatus.ACCEPTED, occurred_on=date(2027, 2, 27))
    go_to(date(2027, 2, 11))
    late = await f.a_task(p.here, pain_point=point, due_on=date(2027, 2, 15))
    await escalated(late, "UNIT", datetime(2027, 2, 18, 3, tzinfo=UTC))
    await escalated(late, "REGION", datetime(2027, 2, 24, 3, tzinfo=UTC))
    # The first moment of March is not February's.
    await escalated(late, "HEADQUARTERS", datetime.combine(date(2027, 2, 28), time(17), UTC))
    await f.a_task(p.far, status=TaskStatus.VERIFIED)
    wave = await shopping.Wave.objects().first()
    await shopping.an_assessment(
        wave, p.here, shopping.evenly(50) | {"B": None, "C": 20}, await f.a_person(unit=p.far)
    )
    await _reviews(date(2027, 2, 10), 5, 5, 2, 3, 1)
    await _answers(p.here, date(2027, 2, 9), csat=[5] * 31 + [4, 3, 1], nps=[10, 8, 6, 0], overall=[4])
    await _answers(p.beside, date(2027, 2, 28), RatingChannel.OFFICE, csat=[2], ces=[1, 7, 5])
    rows = [
        TargetRow(unit.id, 2027, metric, target)
        for unit, metric, target in (
            (p.region, KpiMetric.CSAT, shopping.Decimal("85.5")),
            (p.hq, KpiMetric.NPS, shopping.Decimal(40)),
            (p.region, KpiMetric.COMPLETION, shopping.Decimal(30)),
        )
    ]
    await kpi_target.set_targets(viewer, SetKpiTargets(rows))


async def _answers(
    unit: Unit, day: date, channel: RatingChannel = RatingChannel.PLN_MOBILE, **scores: list[int]
) -> None:
    at = datetime.combine(day, time(12), UTC)
    await added(
        [
            a_rating(unit, answered_at=at, channel=channel, **{name: score})
            for name, several in scores.items()
            for score in several
        ]
    )


async def _reviews(day: date, *stars: int) -> None:
    at = datetime.combine(day, time(1), UTC)
    rows = [
        StoreReviewRow("com.icon.pln123", at, rating, external_id=f"{day}-{n}")
        for n, rating in enumerate(stars)
    ]
    await store_review.load(SYSTEM, ImportStoreReviews(rows))


async def escalated(about: Task, audience: str, at: datetime) -> None:
    """As the reminder run settles a rung."""
    await db.execute(
        "update reminder set outcome = 'SENT', settled_at = $3 where task_id = $1 and due_on = $4 and audience = $2",
        about.id,
        audience,
        at,
        about.due_on,
    )


RAW = [
    "unit",
    "unit_snapshot",
    "completion_snapshot",
    "step",
    "initiative",
    "programme",
    "journey",
    "event",
    "task",
    "reminder",
    "rating",
    "pain_point",
    "issue",
    "assessment",
    "assessment_score",
    "assessment_item",
    "assessment_dimension",
    "wave",
    "kpi_target",
    "store_review",
]


async def export() -> duckdb.DuckDBPyConnection:
    """The raw rows, as texts, in a database of another make."""
    duck = duckdb.connect()
    for table in RAW:
        rows = await db.fetch(f"select * from {table}")
        names = [
            row["column_name"]
            for row in await db.fetch(
                "select column_name from information_schema.columns where table_name = $1 and table_schema = 'public' order by ordinal_position",
                table,
            )
        ]
        columns = ", ".join(f'"{name}" text' for name in names)
        duck.execute(f"create table {table} ({columns})")
        told = [tuple(_text(row[name]) for name in names) for row in rows]
        if told:
            duck.executemany(f"insert into {table} values ({', '.join('?' * len(names))})", told)
    return duck


def _text(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else None if value is None else str(value)


@dataclass
class Second:
    """A month's figures of the unit with this code, from the raw rows: its subtree as it was kept on the month's last day."""

    duck: duckdb.DuckDBPyConnection
    code: str
    first: date
    last: date

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self.duck.execute(
            f"""
            with place as (
                select kept.unit_id as id from unit_snapshot top
                join unit u on u.id = top.unit_id join unit_snapshot kept
                    on kept.day = top.day and starts_with(kept.path, top.path)
                where top.day = '{self.last}' and u.code = '{self.code}'
            )
            {sql}"""
        ).fetchall()

    def one(self, sql: str) -> Any:
        ((found,),) = self.ask(sql)
        return found

    def within(self, moment: str) -> str:
        """Of a moment, in Jakarta."""
        local = f"({moment}::timestamptz at time zone 'Asia/Jakarta')::date"
        return f"{local} between date '{self.first}' and date '{self.last}'"

    def journeys(self) -> dict[str, Any]:
        rows = self.ask(
            f"""
            select service, sum(captured)::int, sum(accepted)::int from (
                select unit_id, assessment_id, service, 1 as captured, 0 as accepted
                from journey where {self.within("created_at")}
                union all
                select j.unit_id, j.assessment_id, j.service, 0, 1 from event e join journey j on j.id = e.subject_id
                where e.kind = 'journey.accepted' and {self.within('e."at"')}
            ) where unit_id in (select id from place) and assessment_id is null
            group by service order by service"""
        )
        return {
            "captured": sum(row[1] for row in rows),
            "accepted": sum(row[2] for row in rows),
            "by_service": [{"service": row[0], "captured": row[1], "accepted": row[2]} for row in rows],
        }

    def steps(self) -> dict[int, tuple[Any, ...]]:
        """By number (0: the programme): reported, verified, target units, started, tasks, overdue, verified tasks."""
        figures = f"""
            , part as (
                select c.initiative_id, c.unit_id, s.number, c.initiative_weight::double as iw, c.step_weight::double as sw,
                    case when c.weight_sum::double > 0 then c.progress_sum::double / c.weight_sum::double else 0 end as rep,
                    case when c.weight_sum::double > 0 then 100 * c.verified_sum::double / c.weight_sum::double else 0 end as ver,
                    c.started = 'True' as started, c.tasks::int as tasks, c.overdue::int as overdue, c.verified::int as verified
                from completion_snapshot c join step s on s.id = c.step_id
                where c.day = '{self.last}' and c.unit_id in (select id from place)
            ), ini as (select number, initiative_id, iw, sw, avg(rep) as rep, avg(ver) as ver from part group by all
            ), steps as (select number, sw, sum(iw * rep) / sum(iw) as rep, sum(iw * ver) / sum(iw) as ver from ini group by all)
        """
        counts = """count(distinct unit_id)::int, count(distinct unit_id) filter (where started)::int,
            coalesce(sum(tasks), 0)::int, coalesce(sum(overdue), 0)::int, coalesce(sum(verified), 0)::int"""
        rows = self.ask(
            f"""{figures}
            select number, max(s.rep), max(s.ver), {counts} from part join steps s using (number) group by number
            union all
            select 0, (select sum(sw * rep) / sum(sw) from steps), (select sum(sw * ver) / sum(sw) from steps), {counts} from part"""
        )
        return {int(row[0]): row[1:] for row in rows}

    def tasks(self) -> dict[str, Any]:
        told = f"""
            (select r.task_id, r.audience from reminder r join task t on t.id = r.task_id
            where r.outcome = 'SENT' and r.audience <> 'OWNER' and {self.within("r.settled_at")}
                and t.unit_id in (select id from place)) told"""
        verified = f"""
            select count(*)::int from task
            where verified_at is not null and {self.within("verified_at")} and unit_id in (select id from place)"""
        levels = dict(
            self.ask(f"select audience, count(distinct task_id)::int from {told} group by audience")
        )
        return {
            "verified_in_month": self.one(verified),
            "escalated": self.one(f"select count(distinct task_id)::int from {told}"),
            "escalated_to": {
                level: levels.get(level, 0) for level in ("UNIT", "UP3", "REGION", "HEADQUARTERS")
            },
        }

    def scores(self, where: str = "true") -> dict[str, list[int]]:
        """How often each score was given, by question."""
        found = {}
        for metric, scale in SCALES.items():
            given = dict(
                self.ask(
                    f"""select {scale.name}::int, count(*)::int from rating where {scale.name} is not null and {where}
                    and day between '{self.first}' and '{self.last}' and unit_id in (select id from place) group by 1"""
                )
            )
            found[metric.value] = [given.get(score, 0) for score in scale.scores]
        return found

    def issues(self) -> list[tuple[Any, ...]]:
        return self.ask(
            f"""
            select i.title, i.category, sum(p.severity::int * p.reach::int)::int, count(*)::int, count(distinct p.unit_id)::int
            from pain_point p join issue i on i.id = p.issue_id join unit u on u.id = p.unit_id
            where p.unit_id in (select id from place) and p.decision is distinct from 'DISMISSED'
                and (p.created_at::timestamptz at time zone u.timezone)::date between date '{self.first}' and date '{self.last}'
            group by i.id, i.title, i.category order by 3 desc, 4 desc, i.id limit 3"""
        )

    def store(self) -> tuple[Any, ...]:
        """How many reviews, their mean, and how many of them are bad."""
        (found,) = self.ask(
            f"""
            select count(*)::int, avg(rating::double), count(*) filter (where rating::int <= 2)::int
            from store_review where {self.within("written_at")}"""
        )
        return found

    def wave(self) -> list[tuple[Any, ...]]:
        """By dimension ('' for the whole): the mean over units, and of how many."""
        return self.ask(
            f"""
            , scored as (
                select a.unit_id, d.code as dimension, i.weight::double as weight, s.score::double as score
                from assessment a join assessment_score s on s.assessment_id = a.id
                join assessment_item i on i.id = s.item_id join assessment_dimension d on d.id = i.dimension_id
                where a.status = 'SUBMITTED' and a.visited_on <= '{self.last}' and s.score is not null
                    and a.unit_id in (select id from place)
            ), each as (
                select unit_id, dimension, sum(weight * score) / sum(weight) as score from scored group by all
                union all select unit_id, '', sum(weight * score) / sum(weight) from scored group by unit_id
            )
            select dimension, avg(score), count(*)::int from each group by dimension order by dimension"""
        )
