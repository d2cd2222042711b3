"""R9: what was published of a wave without the assessments behind it. It is shown beside what is computed, never in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from jejak.domain import access, bulk, change, db, event
from jejak.domain.access import Viewer
from jejak.domain.assessment_content import checked_score
from jejak.domain.bulk import Done, Rows, Unread
from jejak.domain.checks import Checks, storable
from jejak.domain.errors import Code, Path, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.assessment import Wave, WaveResult
from jejak.domain.vocabulary import ErrorPolicy, RowOutcome


@dataclass(frozen=True, slots=True)
class ResultRow:
    """Of a unit of any kind, by its code; without a dimension its score as a whole."""

    unit_code: str
    score: Decimal
    dimension_code: str | None = None


@dataclass(frozen=True, slots=True)
class ImportWaveResults:
    wave_id: UUID
    rows: list[ResultRow | Unread]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    result: WaveResult
    outcome: RowOutcome


_Key = tuple[UUID, UUID | None]


async def import_results(viewer: Viewer, wanted: ImportWaveResults) -> Done[Imported]:
    """As `load`, for a call from outside. Refuses TOO_MANY beyond 1,000 rows."""
    bulk.check_number(wanted.rows, "rows", bulk.MOST_IMPORTED)
    return await load(viewer, wanted)


async def load(viewer: Viewer, wanted: ImportWaveResults) -> Done[Imported]:
    """A second import changes what has changed. A closed wave takes them, too: they are published at its end.

    Refuses FORBIDDEN, NOT_FOUND; a row NOT_FOUND (unit, dimension), TAKEN (the same twice), INVALID_SCORE.
    """
    async with db.transaction():
        wave = await change.find(Wave, wanted.wave_id, "wave_id")
        by = access.require_keeper(viewer, "wave_id")
        known = await _known(wave, [row for row in wanted.rows if isinstance(row, ResultRow)])
        rows = Rows[Imported]()
        for n, (row, at) in enumerate(bulk.placed(wanted.rows, "rows")):
            with rows.row():
                rows.good[n] = _judged(wave, bulk.read(row), known, at)
        problems = rows.settle(wanted.error_policy)
        new = [one.result for one in rows.good.values() if one.outcome is not RowOutcome.UNCHANGED]
        if new and not wanted.dry_run:
            after = {"results": _told(new, known)}
            await event.append(by, EventKind.WAVE_RESULTS_PUBLISHED, ("wave", wave.id), None, after=after)
            await db.execute(
                """
                insert into wave_result select given.* from json_populate_recordset(null::wave_result, $1::json) given
                on conflict (id) do update set score = excluded.score
                """,
                change.in_json(new),
            )
    return Done(rows.good, problems)


@dataclass(frozen=True, slots=True)
class _Known:
    units: dict[str, UUID]
    dimensions: dict[str, UUID]
    there: dict[_Key, WaveResult]
    named: set[_Key]


async def _known(wave: Wave, rows: Sequence[ResultRow]) -> _Known:
    codes = {row.unit_code.strip().upper() for row in rows if storable(row.unit_code)}
    units = await db.fetch("select id, code from unit where code = any($1)", list(codes))
    its = await db.fetch("select id, code from assessment_dimension where template_id = $1", wave.template_id)
    there = await WaveResult.objects().where(WaveResult.wave_id == wave.id)
    return _Known(
        {row["code"]: row["id"] for row in units},
        {row["code"]: row["id"] for row in its},
        {(row.unit_id, row.dimension_id): row for row in there},
        set(),
    )


def _judged(wave: Wave, row: ResultRow, known: _Known, at: Path) -> Imported:
    dimension_id = known.dimensions.get((row.dimension_code or "").strip().upper())
    with Checks(at) as checks:
        code = checks.code(row.unit_code, "unit_code")
        score = checked_score(checks, row.score, "score")
    unit_id = known.units.get(code)
    if unit_id is None:
        raise Refused(Code.NOT_FOUND, *at, "unit_code")
    if row.dimension_code is not None and dimension_id is None:
        raise Refused(Code.NOT_FOUND, *at, "dimension_code")
    if (unit_id, dimension_id) in known.named:
        raise Refused(Code.TAKEN, *at, "unit_code")
    known.named.add((unit_id, dimension_id))
    there = known.there.get((unit_id, dimension_id))
    if there is None:
        made = WaveResult(wave_id=wave.id, unit_id=unit_id, dimension_id=dimension_id, score=score)
        return Imported(made, RowOutcome.CREATED)
    if there.score == score:
        return Imported(there, RowOutcome.UNCHANGED)
    there.score = score
    return Imported(there, RowOutcome.CHANGED)


def _told(rows: Sequence[WaveResult], known: _Known) -> list[dict[str, str | None]]:
    units = {key: code for code, key in known.units.items()}
    dimensions = {key: code for code, key in known.dimensions.items()}
    return [
        {
            "unit": units[row.unit_id],
            "dimension": dimensions.get(row.dimension_id),
            "score": f"{row.score:.2f}",
        }
        for row in rows
    ]
