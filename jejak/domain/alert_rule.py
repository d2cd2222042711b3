"""R10: the rules of early warning as data, kept by headquarters."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from jejak.domain import access, change, clock, db, event, idempotency
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.checks import TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.alert import AlertRule
from jejak.domain.vocabulary import (
    AlertKind,
    AlertPeriod,
    AlertSeverity,
    Audience,
    RatingMetric,
    Service,
    UnitKind,
)

METRICS = frozenset({AlertKind.METRIC_FLOOR, AlertKind.METRIC_DROP})
# An open alert of these clears at a figure of its own.
CLEARING = frozenset({AlertKind.METRIC_FLOOR, AlertKind.OVERDUE_SHARE, AlertKind.COMPLETION_PACE})
LEAST_N = 30
MOST_N = 1_000_000
MOST_RULES = 100
MOST_KINDS = 10
_TOLD = (
    "kind", "title_id", "title_en", "metric", "service", "by_service", "kinds", "period", "threshold", "clear_at",
    "least_n", "severity", "audience", "enabled",
)  # fmt: skip
_SETTINGS = _TOLD[1:3] + _TOLD[6:]


@dataclass(frozen=True, slots=True)
class CreateAlertRule:
    """`clear_at` None: as the threshold. `least_n` None: 30, as a metric is indicative below it (R8)."""

    kind: AlertKind
    title_id: str
    title_en: str
    kinds: list[UnitKind]
    threshold: Decimal
    clear_at: Decimal | None = None
    metric: RatingMetric | None = None
    service: Service | None = None
    by_service: bool = False
    period: AlertPeriod | None = None
    least_n: int | None = None
    severity: AlertSeverity = AlertSeverity.WARNING
    audience: Audience = Audience.UNIT
    enabled: bool = True
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateAlertRule:
    """None leaves a setting as it is. What a rule measures never changes: another measure is another rule."""

    alert_rule_id: UUID
    expected_version: int
    title_id: str | None = None
    title_en: str | None = None
    kinds: list[UnitKind] | None = None
    threshold: Decimal | None = None
    clear_at: Decimal | None = None
    period: AlertPeriod | None = None
    least_n: int | None = None
    severity: AlertSeverity | None = None
    audience: Audience | None = None
    enabled: bool | None = None


async def create(viewer: Viewer, wanted: CreateAlertRule) -> AlertRule:
    """Refuses FORBIDDEN, REQUIRED, OUT_OF_RANGE, INVALID_CHOICE (what does not go with its kind), TOO_MANY."""
    async with db.transaction():
        by = await _require(viewer)
        await db.lock(db.Lock.ALERTS)
        (new_id,), fresh = await idempotency.claim(
            viewer, "createAlertRule", wanted.client_mutation_id, wanted
        )
        if not fresh:
            return await change.find(AlertRule, new_id, "client_mutation_id")
        if await AlertRule.count() >= MOST_RULES:
            raise Refused(Code.TOO_MANY, most=MOST_RULES)
        now = clock.now()
        row = AlertRule(id=new_id, version=1, created_at=now, updated_at=now, **_new(wanted))
        await change.insert([row])
        await event.append(by, EventKind.ALERT_RULE_CREATED, ("alert_rule", row.id), None, after=_told(row))
    return row


async def update(viewer: Viewer, wanted: UpdateAlertRule) -> AlertRule:
    """The next run judges by it: one that is switched off closes what it had opened. Refuses as `create`, and STALE."""
    async with db.transaction():
        row = await change.find(AlertRule, wanted.alert_rule_id, "alert_rule_id")
        by = await _require(viewer, "alert_rule_id")
        if row.version != wanted.expected_version:
            raise Refused(Code.STALE, "expected_version")
        given = {name: value for name in _SETTINGS if (value := getattr(wanted, name)) is not None}
        as_it_would_be = row.to_dict() | given
        if "clear_at" not in given and "threshold" in given and row.clear_at == row.threshold:
            # They were one, and stay it.
            as_it_would_be["clear_at"] = given["threshold"]
        checked = _checked(as_it_would_be)
        values = {name: checked[name] for name in _SETTINGS if checked[name] != getattr(row, name)}
        if values:
            await change.apply(
                by, EventKind.ALERT_RULE_UPDATED, row, None, told=_as_text(row, values), **values
            )
    return row


async def _require(viewer: Viewer, *at: str) -> Allowed:
    """They belong to headquarters, and everybody sees them."""
    root = await db.fetchval("select path from unit where kind = $1", UnitKind.HQ)
    return access.require_somewhere(viewer, Right.RULES, [root], *at)


def _new(wanted: CreateAlertRule) -> dict[str, Any]:
    given = {name: getattr(wanted, name) for name in _TOLD}
    if given["clear_at"] is None and wanted.kind in CLEARING:
        given["clear_at"] = wanted.threshold
    if given["least_n"] is None:
        given["least_n"] = LEAST_N
    return _checked(given)


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    kind = AlertKind(given["kind"])
    with Checks() as checks:
        checked = given | {
            name: checks.text(given[name], name, most=TITLE) for name in ("title_id", "title_en")
        }
        checks.at_most(len(given["kinds"]), MOST_KINDS, "kinds")
        checked["kinds"] = sorted(set(given["kinds"]), key=list(UnitKind).index)
        if not checked["kinds"]:
            checks.refuse(Code.REQUIRED, "kinds")
        if kind is AlertKind.REVIEW_SPIKE and checked["kinds"] != [UnitKind.HQ]:
            # A review in the store is about PLN, not about a unit.
            checks.refuse(Code.INVALID_KIND, "kinds", kind=UnitKind.HQ)
        _check_measure(checks, kind, given)
        _check_levels(checks, kind, given)
        checks.between(given["least_n"], 1, MOST_N, "least_n")
        if given["audience"] == Audience.OWNER:
            choices = ", ".join(one for one in Audience if one is not Audience.OWNER)
            checks.refuse(Code.INVALID_CHOICE, "audience", choices=choices)
    return checked


def _check_measure(checks: Checks, kind: AlertKind, given: dict[str, Any]) -> None:
    for name in ("metric", "period"):
        if kind in METRICS and given[name] is None:
            checks.refuse(Code.REQUIRED, name)
        if kind not in METRICS and given[name] is not None:
            checks.refuse(Code.INVALID_CHOICE, name, choices="null")
    if given["service"] is not None and (kind not in METRICS or given["by_service"]):
        checks.refuse(Code.INVALID_CHOICE, "service", choices="null")
    if given["by_service"] and kind not in METRICS:
        checks.refuse(Code.INVALID_CHOICE, "by_service", choices="false")


def _check_levels(checks: Checks, kind: AlertKind, given: dict[str, Any]) -> None:
    threshold, clear_at = given["threshold"], given["clear_at"]
    least = -100 if kind is AlertKind.METRIC_FLOOR and given["metric"] == RatingMetric.NPS else 0
    most = 200 if kind is AlertKind.METRIC_DROP and given["metric"] == RatingMetric.NPS else 100
    _check_within(checks, threshold, (least, most), "threshold")
    if kind not in CLEARING:
        if clear_at is not None:
            checks.refuse(Code.INVALID_CHOICE, "clear_at", choices="null")
    elif not checks.problems:
        # On the good side of the threshold: below it for a share of what is late, else above it.
        ends = (least, threshold) if kind is AlertKind.OVERDUE_SHARE else (threshold, most)
        _check_within(checks, clear_at, ends, "clear_at")


def _check_within(checks: Checks, value: Decimal, ends: Sequence[Any], name: str) -> None:
    if not (value.is_finite() and ends[0] <= value <= ends[1] and value == round(value, 2)):
        checks.refuse(Code.OUT_OF_RANGE, name, least=ends[0], most=ends[1])


def _told(row: AlertRule) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in _TOLD}


def _as_text(row: AlertRule, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Decimals as the event holds them."""
    names = [name for name, value in values.items() if isinstance(value, Decimal)]
    return {name: _plain(getattr(row, name)) for name in names}, {
        name: _plain(values[name]) for name in names
    }


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
