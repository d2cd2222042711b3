"""An export of the Play Console, `reviews_<package>_<yyyymm>.csv`, as rows of an import."""

import hashlib
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from jejak.domain import row_file
from jejak.domain.bulk import Unread
from jejak.domain.checks import Checks
from jejak.domain.errors import Code
from jejak.domain.row_file import Layout
from jejak.domain.store_review import StoreReviewRow

MOST_ROWS = 100_000  # a month of a large app
_LAYOUT = Layout(
    (
        "package_name",
        "app_version_code",
        "app_version_name",
        "reviewer_language",
        "device",
        "review_submit_date_and_time",
        "review_submit_millis_since_epoch",
        "review_last_update_date_and_time",
        "review_last_update_millis_since_epoch",
        "star_rating",
        "review_title",
        "review_text",
        "developer_reply_date_and_time",
        "developer_reply_millis_since_epoch",
        "developer_reply_text",
        "review_link",
    ),
    {},
    optional=frozenset(
        {
            "app_version_code",
            "app_version_name",
            "reviewer_language",
            "device",
            "review_submit_millis_since_epoch",
            "review_last_update_date_and_time",
            "review_last_update_millis_since_epoch",
            "review_title",
            "developer_reply_date_and_time",
            "developer_reply_millis_since_epoch",
            "developer_reply_text",
            "review_link",
        }
    ),
)


def read(content: bytes, filename: str) -> tuple[list[int], list[StoreReviewRow | Unread]]:
    """The reviews of a file, and where each stands in it. UTF-16, as Google writes it, or UTF-8.

    A row with a number or a time that is none is there as unread. Refuses as `row_file.read`.
    """
    lines = row_file.read(content, filename, _LAYOUT, MOST_ROWS)
    return [number for number, _ in lines], [_row(at, cells) for at, (_, cells) in enumerate(lines)]


def _row(position: int, cells: dict[str, str]) -> StoreReviewRow | Unread:
    checks = Checks(("rows", position))
    rating = _number(checks, cells, "star_rating")
    version_code = _number(checks, cells, "app_version_code")
    submitted_at = _moment(checks, cells, "review_submit")
    written_at = _moment(checks, cells, "review_last_update")
    replied_at = _moment(checks, cells, "developer_reply")
    if rating is None and not checks.problems:
        checks.refuse(Code.REQUIRED, "star_rating")
    if submitted_at is None and not checks.problems:
        checks.refuse(Code.REQUIRED, "review_submit_date_and_time")
    if rating is None or submitted_at is None or checks.problems:
        return Unread(tuple(checks.problems))
    return StoreReviewRow(
        package=cells["package_name"],
        submitted_at=submitted_at,
        rating=rating,
        external_id=_id_in(cells["review_link"]),
        written_at=max(written_at or submitted_at, submitted_at),
        version_code=version_code,
        version_name=cells["app_version_name"],
        language=cells["reviewer_language"],
        device=cells["device"],
        title=cells["review_title"],
        text=cells["review_text"],
        replied_at=replied_at,
        reply=cells["developer_reply_text"],
        link=cells["review_link"] or None,
    )


def _id_in(link: str) -> str | None:
    """The review's id at the store, which its link names."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    named = parse_qs(parts.query).get("reviewId") or parse_qs(parts.query).get("reviewid")
    if named:
        return named[0]
    return f"sha256:{hashlib.sha256(link.encode()).hexdigest()}" if link else None


def _number(checks: Checks, cells: dict[str, str], column: str) -> int | None:
    written = cells[column]
    if not written:
        return None
    if not (written.isascii() and written.isdigit() and len(written) <= 10):
        checks.refuse(Code.OUT_OF_RANGE, column, least=0, most=2**31 - 1)
        return None
    return int(written)


def _moment(checks: Checks, cells: dict[str, str], what: str) -> datetime | None:
    """To the millisecond where the export says so."""
    millis, written = cells[f"{what}_millis_since_epoch"], cells[f"{what}_date_and_time"]
    try:
        if millis:
            return datetime.fromtimestamp(int(millis) / 1_000, UTC)
        moment = datetime.fromisoformat(written) if written else None
    except (ValueError, OverflowError, OSError):
        checks.refuse(Code.INVALID_TEXT, f"{what}_date_and_time")
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
