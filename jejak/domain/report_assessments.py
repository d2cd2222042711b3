"""R11: what mystery shoppers found (R9), in waves with a visit in the month: as far as each had come by the month's end."""

from typing import Any

from jejak.domain import assessment_rules, db
from jejak.domain.report_scope import Scope
from jejak.domain.vocabulary import UnitKind

# Which assessments: of these units, up to this day.
_THESE = "a.unit_id = any($2::uuid[]) and a.visited_on <= $3::date"
_WAVES = """
select w.id, w.name, w.year, w.number from wave w
where exists (
    select from assessment a where a.wave_id = w.id and a.status = 'SUBMITTED' and a.unit_id = any($1::uuid[])
        and a.visited_on between $2::date and $3::date)
order by w.starts_on desc, w.id desc
"""
_TEMPLATE = "(select w.template_id from wave w where w.id = $1::uuid)"
_WHOLE = assessment_rules.figures("$1::uuid", _TEMPLATE, "''", also=_THESE)
_DIMENSIONS = assessment_rules.dimensions("$1::uuid", _TEMPLATE, "''", also=_THESE)
# As the tree stood on a day of which it was kept, else as it stands.
_TREE = """(select u.id, u.code, u.name, u.kind, u.parent_id, coalesce(kept.path, u.path) as path
    from unit u left join unit_snapshot kept on kept.unit_id = u.id and kept.day = $4::date)"""
_REGIONS = "place.kind in ('UID', 'UIW')"
_RANKING = assessment_rules.ranking("$1::uuid", _TEMPLATE, _REGIONS, also=_THESE, tree=_TREE)


async def figures(scope: Scope) -> list[dict[str, Any]]:
    """The latest wave first. Regions are ranked in headquarters' report alone."""
    period = scope.period
    waves = await db.fetch(_WAVES, scope.units, period.month, period.last)
    return [await _wave(scope, wave) for wave in waves]


async def _wave(scope: Scope, wave: Any) -> dict[str, Any]:
    values = (wave["id"], scope.units, scope.period.last)
    whole = await db.fetchrow(f"select f.score, f.assessed from {_WHOLE} f", *values)
    assert whole is not None  # noqa: S101 -- one row always
    dimensions = await db.fetch(f"select d.* from {_DIMENSIONS} d order by d.position", *values)
    regions = []
    if scope.unit.kind == UnitKind.HQ:
        ranked = f"select r.* from {_RANKING} r order by r.rank, r.code"
        regions = await db.fetch(ranked, *values, scope.kept_on)
    return {
        **{name: wave[name] for name in ("name", "year", "number")},
        "score": _text(whole["score"]),
        "assessed": whole["assessed"],
        "dimensions": [
            {name: one[name] for name in ("code", "title_id", "title_en")}
            | {"score": _text(one["score"]), "n": one["assessed"]}
            for one in dimensions
        ],
        "regions": [
            {name: one[name] for name in ("rank", "code", "name")}
            | {"score": _text(one["score"]), "n": one["assessed"]}
            for one in regions
        ],
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
