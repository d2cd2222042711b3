"""What bad reviews are about, in headquarters' words."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jejak.domain import access, change, clock, db, event, idempotency
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.checks import TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.store_review import ReviewCause


@dataclass(frozen=True, slots=True)
class CreateReviewCause:
    code: str
    title_id: str
    title_en: str
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateReviewCause:
    """One that is not active is given to no further review; those that have it keep it."""

    review_cause_id: UUID
    expected_version: int
    title_id: str | None = None
    title_en: str | None = None
    active: bool | None = None


async def create(viewer: Viewer, wanted: CreateReviewCause) -> ReviewCause:
    """Refuses FORBIDDEN, TAKEN (code), and malformed input."""
    by = access.require_headquarters(viewer, Right.STORE_REVIEWS)
    with Checks() as checks:
        code = checks.code(wanted.code, "code")
        title_id = checks.text(wanted.title_id, "title_id", most=TITLE)
        title_en = checks.text(wanted.title_en, "title_en", most=TITLE)
    async with db.transaction():
        (new_id,), fresh = await idempotency.claim(
            viewer, "createReviewCause", wanted.client_mutation_id, wanted
        )
        if not fresh:
            return await change.find(ReviewCause, new_id, "client_mutation_id")
        made = await db.fetchval(
            """
            insert into review_cause (id, code, title_id, title_en, active, version, created_at, updated_at)
            values ($1, $2, $3, $4, true, 1, $5, $5) on conflict (code) do nothing returning id
            """,
            new_id,
            code,
            title_id,
            title_en,
            clock.now(),
        )
        if made is None:
            raise Refused(Code.TAKEN, "code")
        after = {"code": code, "title_id": title_id, "title_en": title_en}
        await event.append(by, EventKind.REVIEW_CAUSE_CREATED, ("review_cause", new_id), None, after=after)
        return await change.find(ReviewCause, new_id)


async def update(viewer: Viewer, wanted: UpdateReviewCause) -> ReviewCause:
    """Refuses NOT_FOUND, FORBIDDEN, STALE. What stays as it is is no change."""
    values: dict[str, Any] = {} if wanted.active is None else {"active": wanted.active}
    with Checks() as checks:
        for name in ("title_id", "title_en"):
            if getattr(wanted, name) is not None:
                values[name] = checks.text(getattr(wanted, name), name, most=TITLE)
    async with db.transaction():
        by = _seen(viewer, "review_cause_id")
        cause = await change.find(ReviewCause, wanted.review_cause_id, "review_cause_id")
        if cause.version != wanted.expected_version:
            raise Refused(Code.STALE, "expected_version")
        if any(getattr(cause, name) != value for name, value in values.items()):
            await change.apply(by, EventKind.REVIEW_CAUSE_UPDATED, cause, None, **values)
    return cause


def _seen(viewer: Viewer, *at: str | int) -> Allowed:
    if not viewer.everywhere:
        raise Refused(Code.NOT_FOUND, *at)
    return access.require_headquarters(viewer, Right.STORE_REVIEWS, *at)
