"""R3: an issue, which headquarters makes of pain points of many units that are the same problem.

Whoever sees one of its pain points sees it. Nothing joins it by itself: a person says so of each.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from jejak.domain import access, bulk, change, clock, db, event, idempotency
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.bulk import Done, Rows, Unread
from jejak.domain.change import Altered
from jejak.domain.checks import BODY, REASON, TITLE, Checks
from jejak.domain.errors import Code, Path, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.issue import Issue
from jejak.domain.tables.journey import PainPoint
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Category, ErrorPolicy, IssueStatus, PainPointState


@dataclass(frozen=True, slots=True)
class CreateIssue:
    title: str
    category: Category
    description: str = ""
    pain_point_ids: list[UUID] = field(default_factory=list)
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateIssue:
    issue_id: UUID
    expected_version: int
    title: str | None = None
    description: str | None = None
    category: Category | None = None


@dataclass(frozen=True, slots=True)
class PointRow:
    pain_point_id: UUID


@dataclass(frozen=True, slots=True)
class Regroup:
    """Pain points to be added to an issue, or taken out of it. Doing it twice changes nothing more."""

    issue_id: UUID
    pain_points: list[PointRow | Unread]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING


@dataclass(frozen=True, slots=True)
class CloseIssue:
    issue_id: UUID
    expected_version: int
    reason: str


@dataclass(frozen=True, slots=True)
class ReopenIssue:
    issue_id: UUID
    expected_version: int


Points = dict[UUID, tuple[PainPoint, Unit]]


async def create(viewer: Viewer, wanted: CreateIssue) -> Issue:
    """With all of the pain points or, with every problem named, not at all. Each refuses what `add` refuses.

    Refuses FORBIDDEN, and NOT_FOUND for a pain point that is not seen; malformed input, TOO_MANY beyond 500.
    """
    with Checks() as checks:
        checks.at_most(len(wanted.pain_point_ids), bulk.MOST_ROWS, "pain_point_ids")
    async with db.transaction():
        (new_id,), fresh = await idempotency.claim(viewer, "createIssue", wanted.client_mutation_id, wanted)
        if not fresh:
            return (await _take(viewer, new_id, "client_mutation_id"))[0]
        found = await change.locked(PainPoint, wanted.pain_point_ids)
        for n, key in enumerate(wanted.pain_point_ids):
            _seen(viewer, found, key, ("pain_point_ids", n))
        by = access.require_headquarters(viewer, Right.ISSUES)
        with Checks() as checks:
            title = checks.text(wanted.title, "title", most=TITLE)
            description = checks.text(wanted.description, "description", most=BODY, required=False)
        issue = Issue(
            id=new_id,
            title=title,
            description=description,
            category=wanted.category,
            status=IssueStatus.OPEN,
            created_by=viewer.person_id,
            created_at=clock.now(),
            updated_at=clock.now(),
        )
        rows = Rows[Altered | None]()
        for n, key in enumerate(wanted.pain_point_ids):
            with rows.row():
                rows.good[n] = _joining(by, issue, found[key], ("pain_point_ids", n))
        rows.settle(ErrorPolicy.REJECT_EVERYTHING)
        joined = [one for one in rows.good.values() if one]
        await change.insert([issue])
        after = {name: getattr(issue, name) for name in ("title", "description", "category", "status")}
        after["points"] = len(joined)
        await event.append(by, EventKind.ISSUE_CREATED, ("issue", issue.id), None, after=after)
        await change.write(joined)
    return issue


async def update(viewer: Viewer, wanted: UpdateIssue) -> Issue:
    """Refuses STALE, WRONG_STATUS once it is closed. What stays as it is is no change."""
    values: dict[str, Any] = {} if wanted.category is None else {"category": wanted.category}
    with Checks() as checks:
        if wanted.title is not None:
            values["title"] = checks.text(wanted.title, "title", most=TITLE)
        if wanted.description is not None:
            values["description"] = checks.text(wanted.description, "description", most=BODY, required=False)
    async with db.transaction():
        issue, by = await open_one(viewer, wanted.issue_id, wanted.expected_version)
        if any(getattr(issue, name) != value for name, value in values.items()):
            await change.apply(by, EventKind.ISSUE_UPDATED, issue, None, **values)
    return issue


async def add(viewer: Viewer, wanted: Regroup) -> Done[PainPoint]:
    """Confirms pain points as the same problem. Each refuses NOT_FOUND, NOT_ACCEPTED, TAKEN where it belongs to another
    issue, and WRONG_STATUS once it is dismissed. Refuses WRONG_STATUS of a closed issue, TOO_MANY beyond 500.
    """
    return await _regroup(viewer, wanted, EventKind.ISSUE_POINTS_ADDED)


async def remove(viewer: Viewer, wanted: Regroup) -> Done[PainPoint]:
    """Takes pain points out again: what the issue's fixes did no longer counts for them. Each refuses NOT_FOUND, also
    where it belongs to another issue. Refuses WRONG_STATUS of a closed issue, TOO_MANY beyond 500.
    """
    return await _regroup(viewer, wanted, EventKind.ISSUE_POINTS_REMOVED)


async def _regroup(viewer: Viewer, wanted: Regroup, kind: EventKind) -> Done[PainPoint]:
    bulk.check_number(wanted.pain_points, "pain_points")
    judged = _joining if kind is EventKind.ISSUE_POINTS_ADDED else _leaving
    async with db.transaction():
        issue, by = await open_one(viewer, wanted.issue_id, None)
        asked = [row.pain_point_id for row in wanted.pain_points if isinstance(row, PointRow)]
        found = await change.locked(PainPoint, asked)
        rows = Rows[tuple[PainPoint, Altered | None]]()
        for n, (row, at) in enumerate(bulk.placed(wanted.pain_points, "pain_points")):
            with rows.row():
                here = (*at, "pain_point_id")
                point = _seen(viewer, found, bulk.read(row).pain_point_id, here)
                rows.good[n] = point[0], judged(by, issue, point, here)
        problems = rows.settle(wanted.error_policy)
        moved = [altered for _, altered in rows.good.values() if altered]
        if moved:
            await change.apply(by, kind, issue, None, told=({}, {"points": len(moved)}))
            await change.write(moved)
    return Done({n: point for n, (point, _) in rows.good.items()}, problems)


async def close(viewer: Viewer, wanted: CloseIssue) -> Issue:
    """With a reason. Its pain points stay as they are, and so do its rollouts. Refuses STALE, WRONG_STATUS."""
    with Checks() as checks:
        reason = checks.text(wanted.reason, "reason", most=REASON)
    async with db.transaction():
        issue, by = await open_one(viewer, wanted.issue_id, wanted.expected_version)
        values: dict[str, Any] = {
            "status": IssueStatus.CLOSED,
            "close_reason": reason,
            "closed_at": clock.now(),
        }
        await change.apply(by, EventKind.ISSUE_CLOSED, issue, None, **values)
    return issue


async def reopen(viewer: Viewer, wanted: ReopenIssue) -> Issue:
    """Refuses STALE, WRONG_STATUS."""
    async with db.transaction():
        issue, by = await _take(viewer, wanted.issue_id, "issue_id", version=wanted.expected_version)
        if issue.status == IssueStatus.OPEN:
            raise Refused(Code.WRONG_STATUS, "issue_id", status=issue.status)
        values: dict[str, Any] = {"status": IssueStatus.OPEN, "close_reason": None, "closed_at": None}
        await change.apply(by, EventKind.ISSUE_REOPENED, issue, None, **values)
    return issue


async def open_one(
    viewer: Viewer, issue_id: UUID, version: int | None, right: Right = Right.ISSUES
) -> tuple[Issue, Allowed]:
    """An issue that is worked on, locked until the transaction ends, and that the viewer has `right` at headquarters.

    Refuses NOT_FOUND, FORBIDDEN, STALE, WRONG_STATUS once it is closed.
    """
    issue, by = await _take(viewer, issue_id, "issue_id", version=version, right=right)
    if issue.status == IssueStatus.CLOSED:
        raise Refused(Code.WRONG_STATUS, "issue_id", status=issue.status)
    return issue, by


async def _take(
    viewer: Viewer, issue_id: UUID, at: str, *, version: int | None = None, right: Right = Right.ISSUES
) -> tuple[Issue, Allowed]:
    issue = await change.find(Issue, issue_id, at)
    if not viewer.everywhere and not await db.fetchval(
        f"select {access.issue_seen('$1::uuid', '$2::text[]')}", issue.id, viewer.paths
    ):
        raise Refused(Code.NOT_FOUND, at)
    by = access.require_headquarters(viewer, right, at)
    if version is not None and issue.version != version:
        raise Refused(Code.STALE, "expected_version")
    return issue, by


def _seen(viewer: Viewer, found: Points, key: UUID, at: Path) -> tuple[PainPoint, Unit]:
    point, unit, _ = change.release(viewer, Right.SEE, found.get(key), None, *at)
    return point, unit


def _joining(by: Allowed, issue: Issue, found: tuple[PainPoint, Unit], at: Path) -> Altered | None:
    point, unit = found
    if point.decision == PainPointState.DISMISSED:
        raise Refused(Code.WRONG_STATUS, *at, status=point.decision)
    if point.sla_started_at is None:
        # Until its journey is accepted it may be captured anew, so nothing can hang on it.
        raise Refused(Code.NOT_ACCEPTED, *at)
    if point.issue_id == issue.id:
        return None
    if point.issue_id is not None:
        raise Refused(Code.TAKEN, *at)
    return change.alter(by, EventKind.PAIN_POINT_GROUPED, point, unit.id, issue_id=issue.id)


def _leaving(by: Allowed, issue: Issue, found: tuple[PainPoint, Unit], at: Path) -> Altered | None:
    point, unit = found
    if point.issue_id is None:
        return None
    if point.issue_id != issue.id:
        raise Refused(Code.NOT_FOUND, *at)
    return change.alter(by, EventKind.PAIN_POINT_UNGROUPED, point, unit.id, issue_id=None)
