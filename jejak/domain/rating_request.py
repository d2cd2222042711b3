"""R8: links for single customers after a contact, as over WhatsApp after a call. Each is good for one answer."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from jejak.domain import bulk, change, clock, db, event, idempotency, rating_link, signing, staff, subject
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.bulk import Done, Rows, Unread
from jejak.domain.checks import Checks
from jejak.domain.errors import Path, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.signing import Keyring, Purpose, Token
from jejak.domain.staff import Met
from jejak.domain.tables.rating_link import RatingRequest
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import ErrorPolicy, RatingChannel, Service, StaffKind

MOST_DAYS = 30
DAYS = 7


@dataclass(frozen=True, slots=True)
class RequestRow:
    """`customer_ref`: how PLN's systems call the customer; kept as a hash. The officer or agent whom they met by all of
    code (the unit's own), name and kind, or none.
    """

    unit_id: UUID
    service: Service
    channel: RatingChannel
    feature: str | None = None
    staff_code: str | None = None
    staff_name: str | None = None
    staff_kind: StaffKind | None = None
    customer_ref: str | None = None
    valid_days: int = DAYS


@dataclass(frozen=True, slots=True)
class RequestRatings:
    requests: list[RequestRow | Unread]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Requested:
    """Without a path where the customer is not to be asked, or has had themselves erased since."""

    path: str | None = None
    expires_at: datetime | None = None
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class _Judged:
    row: RequestRow
    feature: str
    met: Met | None
    unit: Unit
    by: Allowed


async def create(viewer: Viewer, wanted: RequestRatings) -> Done[Requested]:
    """Each row refuses NOT_FOUND, FORBIDDEN, UNIT_CLOSED, OUT_OF_RANGE, TOO_LONG, INVALID_CODE; a retry gives the same links."""
    bulk.check_number(wanted.requests, "requests", bulk.MOST_IMPORTED)
    keys = await signing.load()
    # At once, so that nothing that is made of the input, as the digest of a retry, is made of a customer's name.
    asked = [_nameless(row, at, keys) for row, at in bulk.placed(wanted.requests, "requests")]
    claimed = (viewer, "requestRatings", wanted.client_mutation_id)
    async with db.transaction():
        ids, fresh = await idempotency.claim(*claimed, replace(wanted, requests=asked), len(asked))
        if not fresh:
            problems = await idempotency.refused(*claimed)
            return Done(await _again(asked, ids, {p.path[1] for p in problems}, keys), problems)
        rows = await _judged(viewer, asked)
        problems = rows.settle(wanted.error_policy)
        opted_out = await _opted_out(one.row for one in rows.good.values())
        known = await staff.keys_of((one.unit.id, one.met) for one in rows.good.values() if one.met)
        made = {
            n: RatingRequest(
                id=ids[n],
                unit_id=one.unit.id,
                service=one.row.service,
                feature=one.feature,
                channel=one.row.channel,
                staff_id=known[one.unit.id, one.met.code] if one.met else None,
                subject_hash=one.row.customer_ref,
                key_number=keys.newest,
                created_at=clock.now(),
                expires_at=clock.now() + timedelta(days=one.row.valid_days),
            )
            for n, one in rows.good.items()
            if one.row.customer_ref not in opted_out
        }
        await change.insert(list(made.values()))
        by = next(iter(rows.good.values())).by
        # Of nobody: one for the call, since a request is no change of what the programme keeps.
        after = {"requests": len(made), "opted_out": len(rows.good) - len(made)}
        await event.append(by, EventKind.RATINGS_REQUESTED, ("rating_request", ids[0]), None, after=after)
        await idempotency.keep_refused(*claimed, problems)
    return Done({n: _shown(made.get(n), keys, opted_out=n not in made) for n in rows.good}, problems)


def _nameless(row: RequestRow | Unread, at: Path, keys: Keyring) -> RequestRow | Unread:
    """With the hash in the place of the customer's name. A row in which that is wrong could not be read."""
    if isinstance(row, Unread) or row.customer_ref is None:
        return row
    try:
        with Checks(at) as checks:
            ref = subject.checked(row.customer_ref, checks)
    except Refused as refused:
        return Unread(refused.problems)
    return replace(row, customer_ref=subject.hashed(keys, ref))


async def _judged(viewer: Viewer, asked: list[RequestRow | Unread]) -> Rows[_Judged]:
    rows = Rows[_Judged]()
    units = await change.units(row.unit_id for row in asked if isinstance(row, RequestRow))
    for n, (given, at) in enumerate(bulk.placed(asked, "requests")):
        with rows.row():
            row = bulk.read(given)
            unit, by = change.admit(viewer, Right.MEASURE, units.get(row.unit_id), *at, "unit_id")
            with Checks(at) as checks:
                feature = rating_link.feature_of(row.feature, checks)
                checks.between(row.valid_days, 1, MOST_DAYS, "valid_days")
                met = staff.checked(checks, row.staff_code, row.staff_name, row.staff_kind)
            rows.good[n] = _Judged(row, feature, met, unit, by)
    return rows


async def _opted_out(rows: Iterable[RequestRow]) -> set[str | None]:
    hashes = [row.customer_ref for row in rows if row.customer_ref is not None]
    found = await db.fetch("select subject_hash from rating_opt_out where subject_hash = any($1)", hashes)
    return {row["subject_hash"] for row in found}


async def _again(
    asked: list[RequestRow | Unread], ids: list[UUID], failed: set[str | int], keys: Keyring
) -> dict[int, Requested]:
    """What the first call made: the same links, where they have not ended."""
    found = await RatingRequest.objects().where(RatingRequest.id.is_in(ids))
    by_id = {row.id: row for row in found}
    rows = {n: row for n, row in enumerate(asked) if isinstance(row, RequestRow) and n not in failed}
    opted_out = await _opted_out(rows.values())
    return {
        n: _shown(by_id.get(ids[n]), keys, opted_out=row.customer_ref in opted_out) for n, row in rows.items()
    }


def _shown(made: RatingRequest | None, keys: Keyring, *, opted_out: bool) -> Requested:
    if made is None:
        return Requested(opted_out=opted_out)
    # By the key of its time, so that a retry gives the very same; where that has gone, so has the link.
    token = Token(Purpose.REQUEST, made.id)
    known = made.key_number in keys.secrets
    path = rating_link.PATH + keys.sign(token, made.key_number) if known else None
    return Requested(path, made.expires_at)
