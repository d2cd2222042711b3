"""Ratings for tests, and a second computation of what is made of them: DuckDB over an export of the raw rows."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import duckdb

from jejak.domain import clock, db, kpi_target, rating, rating_tally
from jejak.domain.access import SYSTEM
from jejak.domain.kpi_target import SetKpiTargets, TargetRow
from jejak.domain.metric_rules import SCALES
from jejak.domain.rating import Answer, NewRating
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import KpiMetric, RatingAspect, RatingChannel, Service, StaffKind, UnitKind

SCORES = [(scale.name, score) for scale in SCALES.values() for score in scale.scores]
_n = count(1)


def a_rating(unit: Unit, **changes: Any) -> NewRating:
    """`csat`, `overall`, `ces`, `nps`, `aspects` and `comment` may be given beside the others; CSAT is 5 by default."""
    of_answer = {name: changes.pop(name) for name in list(changes) if name in Answer.__dataclass_fields__}
    given = {
        "unit_id": unit.id,
        "external_id": f"answer-{next(_n)}",
        "service": Service.COMPLAINT,
        "channel": RatingChannel.PLN_MOBILE,
        "answered_at": datetime(2026, 3, 10, 5, tzinfo=UTC),
        "answer": Answer(
            **of_answer if {name for name, _ in SCORES} & set(of_answer) else of_answer | {"csat": 5}
        ),
    }
    return NewRating(**given | changes)


async def added(ratings: Iterable[NewRating], source: str = "TEST") -> set[int]:
    async with db.transaction():
        return await rating.add(list(ratings), source)


async def export() -> duckdb.DuckDBPyConnection:
    """Units and ratings as they stand, in a database of another make."""
    duck = duckdb.connect()
    duck.execute("create table unit (id text, code text, kind text, path text, timezone text)")
    duck.execute(
        """create table rating (id text, unit_id text, service text, feature text, channel text, staff_id text,
        csat int, overall int, ces int, nps int, day date)"""
    )
    for table in ("unit", "rating"):
        names = [row[0] for row in duck.execute(f"select column_name from (describe {table})").fetchall()]
        columns = ", ".join(f"{name}::text" if name.endswith("id") else name for name in names)
        rows = [tuple(row) for row in await db.fetch(f"select {columns} from {table}")]
        if rows:
            duck.executemany(f"insert into {table} values ({', '.join('?' * len(names))})", rows)
    return duck


async def a_staff(unit: Unit, code: str = "P1", kind: StaffKind = StaffKind.OFFICER) -> UUID:
    key = db.new_id()
    return await db.fetchval(
        """insert into staff (id, unit_id, kind, code, name, created_at) values ($1, $2, $3, $4, 'Budi', $5)
        on conflict (unit_id, code) do update set name = excluded.name returning id""",
        key,
        unit.id,
        kind,
        code,
        clock.now(),
    )


async def rated(*units: Unit) -> None:
    """For each unit an answer with everything to it now, one a month ago and one in March 2026, counted; for those that
    can have them targets of these years.
    """
    now = clock.now()
    for unit in units:
        staff_id = await a_staff(unit)
        about = {
            "feature": "TOKEN",
            "staff_id": staff_id,
            "aspects": (RatingAspect.ON_TIME,),
            "comment": "Ramah",
        }
        for at in (
            now - timedelta(minutes=5),
            now - timedelta(days=30),
            datetime(2026, 3, 10, 5, tzinfo=UTC),
        ):
            await added([a_rating(unit, answered_at=at, csat=4, overall=5, ces=6, nps=9, **about)])
    await rating_tally.drain()
    rows = [
        TargetRow(unit.id, year, metric, Decimal(85))
        for unit in units
        if unit.kind in {UnitKind.HQ, UnitKind.UID, UnitKind.UIW}
        for year in {2026, now.year, now.year + 1}
        for metric in KpiMetric
    ]
    if rows:
        await kpi_target.set_targets(SYSTEM, SetKpiTargets(list(rows)))
