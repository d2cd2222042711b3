"""A file of what customers answered, CSV or XLSX, as rows of a submission."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from jejak.domain import db, row_file
from jejak.domain.bulk import Unread
from jejak.domain.checks import Checks
from jejak.domain.errors import Code
from jejak.domain.metric_rules import SCALES
from jejak.domain.rating import Answer
from jejak.domain.rating_submission import RatingRow
from jejak.domain.row_file import Layout
from jejak.domain.vocabulary import RatingAspect, RatingChannel, Service, StaffKind

E = TypeVar("E", bound=StrEnum)
_SCORES = tuple(scale.name for scale in SCALES.values())
_STAFF = ("staff_code", "staff_name", "staff_kind")
LAYOUT = Layout(
    (
        "external_id",
        "unit_code",
        "service",
        "channel",
        "answered_at",
        "feature",
        *_SCORES,
        "aspects",
        "comment",
        *_STAFF,
        "customer_ref",
    ),
    {
        "id": "external_id",
        "unit": "unit_code",
        "kodeunit": "unit_code",
        "layanan": "service",
        "kanal": "channel",
        "waktu": "answered_at",
        "fitur": "feature",
        "aspek": "aspects",
        "ulasan": "comment",
        "kodepetugas": "staff_code",
        "namapetugas": "staff_name",
        "jenispetugas": "staff_kind",
        "pelanggan": "customer_ref",
    },
    optional=frozenset({"feature", *_SCORES, "aspects", "comment", *_STAFF, "customer_ref"}),
)
_MOMENTS = "2026-11-24 09:00 / 2026-11-24T09:00:00+07:00"


async def zones() -> dict[str, str]:
    """The zone of each unit, by its code: a moment without an offset is one on the unit's own clocks."""
    return {row["code"]: row["timezone"] for row in await db.fetch("select code, timezone from unit")}


def read(
    content: bytes, filename: str, zone_of: Mapping[str, str]
) -> Iterator[tuple[int, RatingRow | Unread]]:
    """Each rating of a file, and where it stands in it: in a spreadsheet the header is row 1.

    A row with INVALID_CHOICE is there as unread; its problems' paths begin with its column. Refuses as `row_file.read`,
    but for the number of rows.
    """
    for number, cells in row_file.one_by_one(content, filename, LAYOUT):
        yield number, _row(cells, zone_of)


def _row(cells: dict[str, str], zone_of: Mapping[str, str]) -> RatingRow | Unread:
    checks = Checks()
    service = _choice(checks, cells["service"], "service", Service)
    channel = _choice(checks, cells["channel"], "channel", RatingChannel)
    staff_kind = (
        _choice(checks, cells["staff_kind"], "staff_kind", StaffKind) if cells["staff_kind"] else None
    )
    zone = zone_of.get(cells["unit_code"].upper(), "UTC")
    answered_at = _moment(checks, cells["answered_at"], zone)
    scores = {name: _score(checks, cells[name], name) for name in _SCORES}
    aspects = [
        _choice(checks, one, "aspects", RatingAspect)
        for one in cells["aspects"].replace(";", " ").replace(",", " ").split()
    ]
    if checks.problems or service is None or channel is None or answered_at is None:
        return Unread(tuple(checks.problems))
    answer = Answer(
        **scores, aspects=[one for one in aspects if one is not None], comment=cells["comment"] or None
    )
    return RatingRow(
        external_id=cells["external_id"],
        service=service,
        channel=channel,
        answered_at=answered_at,
        answer=answer,
        unit_code=cells["unit_code"],
        feature=cells["feature"] or None,
        staff_code=cells["staff_code"] or None,
        staff_name=cells["staff_name"] or None,
        staff_kind=staff_kind,
        customer_ref=cells["customer_ref"] or None,
    )


def _choice(checks: Checks, cell: str, column: str, kind: type[E]) -> E | None:
    found = {one.upper(): one for one in kind}.get(cell.upper())
    if found is None:
        checks.refuse(Code.INVALID_CHOICE, column, choices=" / ".join(one.name for one in kind))
    return found


def _score(checks: Checks, cell: str, column: str) -> int | None:
    if not cell:
        return None
    if cell.isascii() and cell.isdigit() and len(cell) < 4:
        return int(cell)
    checks.refuse(Code.INVALID_CHOICE, column, choices="0 / 1 / 2 / ...")
    return None


def _moment(checks: Checks, cell: str, zone: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(cell)
        # In UTC, which the first and last years of the calendar have no room for.
        return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).astimezone(ZoneInfo("UTC"))
    except (ValueError, OverflowError):
        checks.refuse(Code.INVALID_CHOICE, "answered_at", choices=_MOMENTS)
        return None
