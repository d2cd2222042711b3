"""R8: reviews of the app, brought in from its store; and people say what they are about."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from jejak.domain import access, bulk, change, clock, db, event
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.bulk import Done, Rows, Unread
from jejak.domain.change import Altered
from jejak.domain.checks import BODY, TITLE, Checks
from jejak.domain.errors import Code, Path, Refused
from jejak.domain.event import Happened
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.store_review import ReviewCause, StoreReview
from jejak.domain.vocabulary import ErrorPolicy, RowOutcome, Store

_WRITTEN_AT_ONCE = 1_000
_EARLIEST = datetime(2008, 1, 1, tzinfo=UTC)  # before there was a store
_NAME = 100
MOST_VERSION_CODE = 2_100_000_000  # Google Play's own


@dataclass(frozen=True, slots=True)
class StoreReviewRow:
    """`external_id`: the store's, where the export has one. `written_at`: when the author last changed it."""

    package: str
    submitted_at: datetime
    rating: int
    store: Store = Store.PLAY
    external_id: str | None = None
    written_at: datetime | None = None
    version_code: int | None = None
    version_name: str = ""
    language: str = ""
    device: str = ""
    title: str = ""
    text: str = ""
    replied_at: datetime | None = None
    reply: str = ""
    link: str | None = None


@dataclass(frozen=True, slots=True)
class ImportStoreReviews:
    rows: list[StoreReviewRow | Unread]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class TagRow:
    """`cause_id` None: of no cause (again)."""

    store_review_id: UUID
    expected_version: int
    cause_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TagStoreReviews:
    reviews: list[TagRow | Unread]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING


@dataclass(frozen=True, slots=True)
class Imported:
    """What a row comes to. In a dry run there is no row of what is new."""

    review: StoreReview
    outcome: RowOutcome
    altered: Altered | None = None


async def import_reviews(viewer: Viewer, wanted: ImportStoreReviews) -> Done[Imported]:
    """As `load`, for a call from outside. Refuses FORBIDDEN, TOO_MANY beyond 1,000 rows."""
    bulk.check_number(wanted.rows, "rows", bulk.MOST_IMPORTED)
    return await load(viewer, wanted)


async def load(
    viewer: Viewer, wanted: ImportStoreReviews, progress: Callable[[int, int], None] | None = None
) -> Done[Imported]:
    """Adds what is new; of what is known what was written, or replied, since. An older state changes nothing.

    A review keeps its cause as long as its words stay the same. A second import of the same rows changes nothing.
    `progress` hears how many rows are done, of how many; what is done is not yet committed.
    """
    by = access.require_headquarters(viewer, Right.STORE_REVIEWS)
    async with db.transaction():
        await db.lock(db.Lock.STORE_REVIEWS)
        known = await _known([row for row in wanted.rows if isinstance(row, StoreReviewRow)])
        rows = Rows[Imported]()
        for n, (row, at) in enumerate(bulk.placed(wanted.rows, "rows")):
            with rows.row():
                rows.good[n] = _judged(by, bulk.read(row), known, at)
        problems = rows.settle(wanted.error_policy)
        if not wanted.dry_run:
            await _write(by, known, list(rows.good.values()), progress)
    return Done(rows.good, problems)


Key = tuple[str, str, str]


@dataclass(slots=True)
class _Known:
    """The reviews that the rows name, as the rows before the one at hand leave them."""

    reviews: dict[Key, StoreReview] = field(default_factory=dict)
    new: dict[UUID, StoreReview] = field(default_factory=dict)


async def _known(rows: Sequence[StoreReviewRow]) -> _Known:
    keys = {_key(row) for row in rows}
    found = await db.fetch(
        """
        select r.id from store_review r join unnest($1::text[], $2::text[], $3::text[]) named (store, package, external_id)
        using (store, package, external_id)
        """,
        *map(list, zip(*keys, strict=True)) if keys else ([], [], []),
    )
    there = await change.find_all(StoreReview, [row["id"] for row in found])
    return _Known({(one.store, one.package, one.external_id): one for one in there.values()})


def _key(row: StoreReviewRow) -> Key:
    return row.store.value, _storable(row.package), _storable(row.external_id or "") or _digest(row)


def _storable(value: str) -> str:
    """What a statement can be asked with: a row with anything else is refused when it is judged."""
    return value.encode("utf-8", "ignore").decode().replace("\x00", "").strip()


def _digest(row: StoreReviewRow) -> str:
    """Of what stays the same when a review is changed: its words do not."""
    moment = (
        row.submitted_at.astimezone(UTC).isoformat() if row.submitted_at.tzinfo else str(row.submitted_at)
    )
    same = f"{row.package}\n{moment}\n{row.device}\n{row.language}"
    return f"sha256:{hashlib.sha256(same.encode('utf-8', 'replace')).hexdigest()}"


def _judged(by: Allowed, row: StoreReviewRow, known: _Known, at: Path) -> Imported:
    values = _checked(row, at)
    key = _key(row)
    review = known.reviews.get(key)
    if review is None:
        made = StoreReview(
            id=db.new_id(),
            store=key[0],
            external_id=key[2],
            submitted_at=row.submitted_at,
            created_at=clock.now(),
            **values,
        )
        known.reviews[key] = known.new[made.id] = made
        return Imported(made, RowOutcome.CREATED)
    changed = _newer(review, values)
    if not changed:
        return Imported(review, RowOutcome.UNCHANGED)
    if review.id in known.new:
        for name, value in changed.items():
            setattr(review, name, value)
        return Imported(review, RowOutcome.CHANGED)
    altered = change.alter(by, EventKind.STORE_REVIEW_UPDATED, review, None, **changed)
    return Imported(review, RowOutcome.CHANGED, altered)


def _newer(review: StoreReview, values: dict[str, Any]) -> dict[str, Any]:
    """What of a known review is otherwise by now."""
    replied = {name: values[name] for name in ("reply", "replied_at")}
    changed: dict[str, Any] = {}
    if values["written_at"] > review.written_at:
        changed = {name: value for name, value in values.items() if name not in replied}
        if review.cause_id is not None and any(
            values[name] != getattr(review, name) for name in ("title", "text")
        ):
            changed |= {"cause_id": None, "tagged_by": None, "tagged_at": None}
    if values["replied_at"] is not None and (
        review.replied_at is None or values["replied_at"] > review.replied_at
    ):
        changed |= replied
    return {name: value for name, value in changed.items() if getattr(review, name) != value}


def _checked(row: StoreReviewRow, at: Path) -> dict[str, Any]:
    values: dict[str, Any] = {"version_code": row.version_code, "replied_at": row.replied_at}
    written_at = row.written_at or row.submitted_at
    with Checks(at) as checks:
        checks.between(row.rating, 1, 5, "rating")
        checks.between(row.version_code, 0, MOST_VERSION_CODE, "version_code")
        if row.external_id is not None:
            checks.text(row.external_id, "external_id", most=TITLE)
        for name, most in (
            ("package", TITLE),
            ("version_name", _NAME),
            ("language", _NAME),
            ("device", _NAME),
        ):
            values[name] = checks.text(getattr(row, name), name, most=most, required=name == "package")
        for name, most in (("title", TITLE), ("text", BODY), ("reply", BODY)):
            values[name] = checks.text(getattr(row, name), name, most=most, required=False)
        values["link"] = checks.url(row.link, "link")
        for name in ("submitted_at", "written_at", "replied_at"):
            _check_moment(checks, getattr(row, name), name)
        if not checks.problems and written_at < row.submitted_at:
            checks.refuse(Code.OUT_OF_RANGE, "written_at", least=row.submitted_at, most=clock.now())
    return values | {"rating": row.rating, "written_at": written_at}


def _check_moment(checks: Checks, moment: datetime | None, name: str) -> None:
    if moment is None:
        return
    if moment > clock.now() + timedelta(days=1):
        checks.refuse(Code.FUTURE_DATE, name)
    elif moment < _EARLIEST:
        checks.refuse(Code.OUT_OF_RANGE, name, least=_EARLIEST.year, most=clock.now().year)


async def _write(
    by: Allowed, known: _Known, rows: Sequence[Imported], progress: Callable[[int, int], None] | None
) -> None:
    written: set[UUID] = set()
    for start in range(0, len(rows), _WRITTEN_AT_ONCE):
        part = rows[start : start + _WRITTEN_AT_ONCE]
        ids = {one.review.id for one in part} - written
        new = [known.new[key] for key in sorted(ids) if key in known.new]
        await change.insert(new)
        await event.append_all([_brought(by, one) for one in new])
        await change.write([one.altered for one in part if one.altered])
        written |= ids
        if progress is not None:
            progress(start + len(part), len(rows))


def _brought(by: Allowed, review: StoreReview) -> Happened:
    subject = "store_review", review.id
    return Happened(by, EventKind.STORE_REVIEW_IMPORTED, subject, None, after={"rating": review.rating})


async def tag(viewer: Viewer, wanted: TagStoreReviews) -> Done[StoreReview]:
    """Says of each review what it is about. Each refuses NOT_FOUND, STALE where its words may have changed since, and
    WRONG_STATUS for a cause that is no longer used. Refuses TOO_MANY beyond 500, FORBIDDEN.
    """
    bulk.check_number(wanted.reviews, "reviews")
    async with db.transaction():
        asked = [row for row in wanted.reviews if isinstance(row, TagRow)]
        found = await change.find_all(StoreReview, [row.store_review_id for row in asked])
        named = {row.cause_id for row in asked if row.cause_id}
        causes = (
            {one.id: one for one in await ReviewCause.objects().where(ReviewCause.id.is_in(list(named)))}
            if named
            else {}
        )
        rows = Rows[tuple[StoreReview, Altered | None]]()
        for n, (row, at) in enumerate(bulk.placed(wanted.reviews, "reviews")):
            with rows.row():
                rows.good[n] = _tagged(viewer, bulk.read(row), found, causes, at)
        problems = rows.settle(wanted.error_policy)
        await change.write([altered for _, altered in rows.good.values() if altered])
    return Done({n: review for n, (review, _) in rows.good.items()}, problems)


def _tagged(
    viewer: Viewer, row: TagRow, found: dict[UUID, StoreReview], causes: dict[UUID, ReviewCause], at: Path
) -> tuple[StoreReview, Altered | None]:
    review = found.get(row.store_review_id)
    if review is None or not viewer.everywhere:
        raise Refused(Code.NOT_FOUND, *at, "store_review_id")
    by = access.require_headquarters(viewer, Right.STORE_REVIEWS, *at, "store_review_id")
    if review.version != row.expected_version:
        raise Refused(Code.STALE, *at, "expected_version")
    if row.cause_id is not None:
        cause = causes.get(row.cause_id)
        if cause is None:
            raise Refused(Code.NOT_FOUND, *at, "cause_id")
        if not cause.active:
            raise Refused(Code.WRONG_STATUS, *at, "cause_id", status="INACTIVE")
    if review.cause_id == row.cause_id:
        return review, None
    who, when = (viewer.person_id, clock.now()) if row.cause_id else (None, None)
    values: dict[str, Any] = {"cause_id": row.cause_id, "tagged_by": who, "tagged_at": when}
    return review, change.alter(by, EventKind.STORE_REVIEW_TAGGED, review, None, **values)
