"""R7: in how many working days a pain point is to be fixed, by its priority; headquarters changes it."""

from dataclasses import dataclass
from uuid import UUID

from jejak.domain import access, change, db, sla_rules
from jejak.domain.access import Right, Viewer
from jejak.domain.checks import Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.sla import SlaBand, SlaPolicy
from jejak.domain.vocabulary import UnitKind


@dataclass(frozen=True, slots=True)
class Band:
    """From this priority up to the next band's: due at the end of the `days`-th working day."""

    priority_from: int
    days: int


@dataclass(frozen=True, slots=True)
class UpdateSlaPolicy:
    sla_policy_id: UUID
    expected_version: int
    bands: list[Band]


async def update(viewer: Viewer, wanted: UpdateSlaPolicy) -> SlaPolicy:
    """What is open and not breached is reckoned anew by a worker, its paused time kept; what is breached stays.

    Refuses FORBIDDEN, STALE, REQUIRED (no band from priority 1), TAKEN (two from one priority), OUT_OF_RANGE.
    """
    async with db.transaction():
        policy = await change.find(SlaPolicy, wanted.sla_policy_id, "sla_policy_id")
        # It belongs to headquarters, and everybody sees it.
        root = await db.fetchval("select path from unit where kind = $1", UnitKind.HQ)
        by = access.require_somewhere(viewer, Right.RULES, [root], "sla_policy_id")
        if policy.version != wanted.expected_version:
            raise Refused(Code.STALE, "expected_version")
        after = _checked(wanted.bands)
        rows = await SlaBand.select(SlaBand.priority_from, SlaBand.days).where(
            SlaBand.version == policy.version
        )
        before = {row["priority_from"]: row["days"] for row in rows}
        if after != before:
            await change.apply(
                by,
                EventKind.SLA_POLICY_UPDATED,
                policy,
                None,
                told=({"bands": _told(before)}, {"bands": _told(after)}),
            )
            await db.execute(
                """
                insert into sla_band (policy_id, version, priority_from, days)
                select $1, $2, given.priority_from, given.days
                from unnest($3::smallint[], $4::smallint[]) given (priority_from, days)
                """,
                policy.id,
                policy.version,
                list(after),
                list(after.values()),
            )
    return policy


def _checked(bands: list[Band]) -> dict[int, int]:
    found: dict[int, int] = {}
    with Checks() as checks:
        checks.at_most(len(bands), sla_rules.MOST_PRIORITY, "bands")
        for number, band in enumerate(bands[: sla_rules.MOST_PRIORITY]):
            here = checks.at("bands", number)
            here.between(
                band.priority_from, sla_rules.LEAST_PRIORITY, sla_rules.MOST_PRIORITY, "priority_from"
            )
            here.between(band.days, 1, sla_rules.MOST_DAYS, "days")
            if band.priority_from in found:
                here.refuse(Code.TAKEN, "priority_from")
            found[band.priority_from] = band.days
        if not checks.problems and sla_rules.LEAST_PRIORITY not in found:
            checks.refuse(Code.REQUIRED, "bands")
    return found


def _told(bands: dict[int, int]) -> list[dict[str, int]]:
    return [{"priority_from": start, "days": days} for start, days in sorted(bands.items(), reverse=True)]
