"""R8: what headquarters wants to reach in a year, for all of PLN or a region; it stands beside every figure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from jejak.domain import bulk, change, clock, db, event
from jejak.domain.access import REGIONAL, Allowed, Right, Viewer
from jejak.domain.bulk import Done, Rows, Unread
from jejak.domain.change import Altered
from jejak.domain.checks import Checks
from jejak.domain.errors import Code, Path, Refused
from jejak.domain.event import Happened
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.rating import KpiTarget
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import ErrorPolicy, KpiMetric, UnitKind

LEAST_YEAR, MOST_YEAR = 2000, 2100
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class TargetRow:
    """`target` in percent, two decimals; None removes it. `expected_version`: the one that was read, None for a new one."""

    unit_id: UUID
    year: int
    metric: KpiMetric
    target: Decimal | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class SetKpiTargets:
    targets: list[TargetRow | Unread]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING


_Key = tuple[UUID, int, str]


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a row comes to: a new target, another one, or none any more."""

    row: KpiTarget | None
    by: Allowed
    altered: Altered | None = None
    gone: KpiTarget | None = None


async def set_targets(viewer: Viewer, wanted: SetKpiTargets) -> Done[UUID | None]:
    """For who keeps the rules at headquarters; the key of each target, None where it is removed.

    A row refuses NOT_FOUND, FORBIDDEN, INVALID_KIND (neither headquarters nor a region), STALE, OUT_OF_RANGE, and TAKEN
    where a row before it is for the same.
    """
    bulk.check_number(wanted.targets, "targets")
    async with db.transaction():
        read = [row for row in wanted.targets if isinstance(row, TargetRow)]
        # Held, so that of two calls that set what was not there the second finds it.
        units = await change.find_all(Unit, {row.unit_id for row in read})
        known = _Known(units, await _there(units))
        rows = Rows[_Judged]()
        for n, (row, at) in enumerate(bulk.placed(wanted.targets, "targets")):
            with rows.row():
                rows.good[n] = _judged(viewer, bulk.read(row), known, at)
        problems = rows.settle(wanted.error_policy)
        await _write(list(rows.good.values()))
    return Done({n: one.row.id if one.row else None for n, one in rows.good.items()}, problems)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows name, as it is, and which targets the rows before the one at hand are for."""

    units: Mapping[UUID, Unit]
    targets: Mapping[_Key, KpiTarget]
    named: set[_Key] = field(default_factory=set)


async def _there(units: Iterable[UUID]) -> dict[_Key, KpiTarget]:
    rows = await db.fetch("select * from kpi_target where unit_id = any($1)", list(units))
    found = [KpiTarget(_exists_in_db=True, **row) for row in rows]
    return {(row.unit_id, row.year, row.metric): row for row in found}


def _judged(viewer: Viewer, row: TargetRow, known: _Known, at: Path) -> _Judged:
    place, by = change.admit(viewer, Right.RULES, known.units.get(row.unit_id), *at, "unit_id")
    if UnitKind(place.kind) not in REGIONAL:
        raise Refused(Code.INVALID_KIND, *at, "unit_id", kind="HQ / UID / UIW")
    with Checks(at) as checks:
        checks.between(row.year, LEAST_YEAR, MOST_YEAR, "year")
        target = _checked(checks, row)
    key = (place.id, row.year, row.metric.value)
    there = known.targets.get(key)
    if key in known.named:
        raise Refused(Code.TAKEN, *at, "metric")
    known.named.add(key)
    if row.expected_version != (there.version if there else None):
        raise Refused(Code.STALE, *at, "expected_version")
    if target is None:
        return _Judged(None, by, gone=there)
    if there is None:
        now = clock.now()
        made = KpiTarget(
            unit_id=place.id, year=row.year, metric=row.metric, target=target, created_at=now, updated_at=now
        )
        return _Judged(made, by)
    if there.target == target:
        return _Judged(there, by)
    altered = change.alter(by, EventKind.KPI_TARGET_SET, there, place.id, told=_named(there), target=target)
    return _Judged(there, by, altered)


def _checked(checks: Checks, row: TargetRow) -> Decimal | None:
    if row.target is None:
        return None
    least = -100 if row.metric is KpiMetric.NPS else 0
    if not row.target.is_finite() or not least <= row.target <= 100:
        checks.refuse(Code.OUT_OF_RANGE, "target", least=least, most=100)
        return None
    return row.target.quantize(_CENT)


def _named(row: KpiTarget) -> tuple[dict[str, object], dict[str, object]]:
    about = {"year": row.year, "metric": row.metric}
    return about, dict(about)


async def _write(judged: Sequence[_Judged]) -> None:
    new = [one for one in judged if one.row is not None and not one.row._exists_in_db]  # noqa: SLF001 -- Piccolo's
    await change.insert([one.row for one in new if one.row is not None])
    await change.write([one.altered for one in judged if one.altered is not None])
    gone = [one for one in judged if one.gone is not None]
    if gone:
        await db.execute(
            "delete from kpi_target where id = any($1)", [one.gone.id for one in gone if one.gone is not None]
        )
    told = [
        Happened(
            one.by,
            EventKind.KPI_TARGET_SET,
            ("kpi_target", one.row.id),
            one.row.unit_id,
            after=_told(one.row),
        )
        for one in new
        if one.row is not None
    ]
    told += [
        Happened(
            one.by,
            EventKind.KPI_TARGET_REMOVED,
            ("kpi_target", one.gone.id),
            one.gone.unit_id,
            before=_told(one.gone),
        )
        for one in gone
        if one.gone is not None
    ]
    await event.append_all(told)


def _told(row: KpiTarget) -> dict[str, object]:
    return {"unit_id": row.unit_id, "year": row.year, "metric": row.metric, "target": str(row.target)}


def target(unit_id: str, metric: str, year: str) -> str:
    """SQL: the target that holds for a unit, its region's or headquarters' own; null without one. Takes expressions."""
    return f"""(
        select aim.target from unit place join unit held
            on held.path = case when place.kind = 'HQ' then place.path else region_path(place.path) end
        join kpi_target aim on aim.unit_id = held.id
        where place.id = {unit_id} and aim.metric = {metric} and aim.year = {year})"""
