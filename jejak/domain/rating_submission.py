"""R8: ratings in bulk, from the systems that ask customers: by their programs, or from a file of theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from jejak.domain import access, bulk, change, clock, db, event, rating, signing, staff, subject
from jejak.domain.access import Right, Viewer
from jejak.domain.bulk import Done, Rows, Unread
from jejak.domain.checks import Checks, storable
from jejak.domain.errors import Code, Path, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.rating import Answer, NewRating
from jejak.domain.signing import Keyring
from jejak.domain.staff import Met
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import ErrorPolicy, RatingChannel, Service, StaffKind, SubmissionOutcome

MOST = 10_000
MOST_NAME = 100  # of an external id
# A system whose clock is ahead of ours still gets its answers in.
_AHEAD = timedelta(minutes=5)
# What is older is of no figure that anybody looks at, and personal data would have to be forgotten at once.
OLDEST = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class RatingRow:
    """The unit by its id or its code; where both are given they must name the same one. The officer or agent by all of
    code, name and kind, or none. `external_id`: the source's own name for the answer. Of `customer_ref` a hash is kept, by
    which the answer is found when the customer is to be forgotten.
    """

    external_id: str
    service: Service
    channel: RatingChannel
    answered_at: datetime
    answer: Answer
    unit_id: UUID | None = None
    unit_code: str | None = None
    feature: str | None = None
    staff_code: str | None = None
    staff_name: str | None = None
    staff_kind: StaffKind | None = None
    customer_ref: str | None = None


@dataclass(frozen=True, slots=True)
class SubmitRatings:
    """`source`: a code for the system in which external ids name answers, whoever sends them and by whichever token."""

    source: str
    ratings: Sequence[RatingRow | Unread]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class _Judged:
    rating: NewRating
    met: Met | None


async def submit(viewer: Viewer, wanted: SubmitRatings) -> Done[SubmissionOutcome]:
    """At most 10,000 a call. What its source has sent before is ALREADY_THERE and stays as it is, so that a retry is safe.

    Refuses INVALID_CODE (`source`), and for a row NOT_FOUND and FORBIDDEN (unit), INVALID_FEATURE, FUTURE_DATE, OUT_OF_RANGE
    (beyond 400 days, or a score), REQUIRED (no score; an officer or agent by half) and what texts are refused for. In a
    dry run what is there already is told as well.
    """
    bulk.check_number(wanted.ratings, "ratings", MOST)
    with Checks() as checks:
        source = checks.code(wanted.source, "source")
    read = [row for row in wanted.ratings if isinstance(row, RatingRow)]
    keys = await signing.load() if any(row.customer_ref is not None for row in read) else None
    async with db.transaction():
        units = await _units(read)
        rows = Rows[_Judged]()
        now = clock.now()
        for n, (row, at) in enumerate(bulk.placed(wanted.ratings, "ratings")):
            with rows.row():
                rows.good[n] = _judged(viewer, units, keys, now, bulk.read(row), at)
        problems = rows.settle(wanted.error_policy)
        judged = list(rows.good.values())
        new = await _there(judged, source) if wanted.dry_run else await _write(viewer, judged, source)
    made = {
        n: SubmissionOutcome.SUBMITTED if place in new else SubmissionOutcome.ALREADY_THERE
        for place, n in enumerate(rows.good)
    }
    return Done(made, problems)


@dataclass(frozen=True, slots=True)
class _Units:
    by_id: Mapping[UUID, Unit]
    by_code: Mapping[str, UUID]
    allowed: dict[UUID, None] = field(default_factory=dict)  # those of which it has been asked already

    def of(self, row: RatingRow) -> Unit | None:
        by_code = self.by_code.get(row.unit_code.strip().upper()) if row.unit_code else None
        key = row.unit_id or by_code
        if key is None or (row.unit_code and key != by_code):
            return None
        return self.by_id.get(key)


async def _units(rows: Sequence[RatingRow]) -> _Units:
    codes = {row.unit_code.strip().upper() for row in rows if row.unit_code and storable(row.unit_code)}
    found = await db.fetch("select id, code from unit where code = any($1::text[])", list(codes))
    by_code = {str(row["code"]): UUID(str(row["id"])) for row in found}
    # Not locked: an answer is counted where its unit lies by then, wherever that moves meanwhile.
    ids = {*by_code.values(), *(row.unit_id for row in rows if row.unit_id)}
    return _Units(await change.units(ids, lock=False), by_code)


def _judged(  # noqa: PLR0917 -- what all rows share comes first
    viewer: Viewer, units: _Units, keys: Keyring | None, now: datetime, row: RatingRow, at: Path
) -> _Judged:
    place = _place(viewer, row, units, at)
    with Checks(at) as checks:
        external_id = checks.text(row.external_id, "external_id", most=MOST_NAME)
        feature = "" if row.feature is None else checks.feature(row.feature, "feature")
        answer = rating.checked(checks, row.answer)
        if row.answered_at > now + _AHEAD:
            checks.refuse(Code.FUTURE_DATE, "answered_at")
        elif row.answered_at < now - OLDEST:
            checks.refuse(Code.OUT_OF_RANGE, "answered_at", least=(now - OLDEST).date(), most=now.date())
        met = staff.checked(checks, row.staff_code, row.staff_name, row.staff_kind)
        about = (
            subject.hashed(keys, subject.checked(row.customer_ref, checks))
            if keys and row.customer_ref is not None
            else None
        )
    made = NewRating(
        place.id,
        external_id,
        row.service,
        row.channel,
        row.answered_at,
        answer,
        feature,
        subject_hash=about,
    )
    return _Judged(made, met)


def _place(viewer: Viewer, row: RatingRow, units: _Units, at: Path) -> Unit:
    with Checks(at) as checks:
        if row.unit_id is None and row.unit_code is None:
            checks.refuse(Code.REQUIRED, "unit_code")
        if row.unit_code is not None:
            checks.code(row.unit_code, "unit_code")
    named = "unit_id" if row.unit_id else "unit_code"
    place = units.of(row)
    if place is None:
        raise Refused(Code.NOT_FOUND, *at, named)
    if place.id not in units.allowed:
        access.require(viewer, Right.MEASURE, place, *at, named)
        units.allowed[place.id] = None
    return place


async def _there(judged: Sequence[_Judged], source: str) -> set[int]:
    """The places of those that are not there yet."""
    names = [one.rating.external_id for one in judged]
    rows = await db.fetch(
        "select external_id from rating where source = $1 and external_id = any($2::text[])", source, names
    )
    seen = {row["external_id"] for row in rows}
    new = set()
    for place, name in enumerate(names):
        if name not in seen:
            new.add(place)
        seen.add(name)
    return new


async def _write(viewer: Viewer, judged: Sequence[_Judged], source: str) -> set[int]:
    known = await staff.keys_of((one.rating.unit_id, one.met) for one in judged if one.met)
    ratings = [
        one.rating.by(known[one.rating.unit_id, one.met.code]) if one.met else one.rating for one in judged
    ]
    new = await rating.add(ratings, source)
    if new:
        # Told once a call: a customer's answer is no change of anybody's here. Whoever may do it may at headquarters.
        top = await db.fetchval("select id from unit where kind = 'HQ'")
        (headquarters,) = (await change.units([top], lock=False)).values()
        by = access.require(viewer, Right.MEASURE, headquarters)
        after = {"source": source, "submitted": len(new), "already_there": len(judged) - len(new)}
        await event.append(by, EventKind.RATINGS_SUBMITTED, ("rating", db.new_id()), None, after=after)
    return new
