"""R8: links by which anybody answers, as in the bio of an account, in the app, on a poster at the counter."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from jejak.domain import change, clock, db, event, idempotency, signing
from jejak.domain.access import Right, Viewer
from jejak.domain.checks import TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.signing import Purpose, Token
from jejak.domain.tables.rating_link import RatingLink
from jejak.domain.vocabulary import RatingChannel, Service

MOST_DAYS = 731
MOST_LINKS = 200
PATH = "/r/"
_KEPT_AFTER_END = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class CreateRatingLink:
    """`name`: where it stands, for those who made it. `expires_on`: its last day, in the unit's zone, at most two years ahead."""

    unit_id: UUID
    name: str
    service: Service
    channel: RatingChannel
    expires_on: date
    feature: str | None = None
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class RevokeRatingLink:
    rating_link_id: UUID


async def create(viewer: Viewer, wanted: CreateRatingLink) -> RatingLink:
    """Refuses NOT_FOUND, FORBIDDEN, UNIT_CLOSED, PAST_DATE, OUT_OF_RANGE, TOO_MANY beyond 200 in force at the unit."""
    async with db.transaction():
        [made_id], fresh = await idempotency.claim(
            viewer, "createRatingLink", wanted.client_mutation_id, wanted
        )
        if not fresh:
            return await change.again(RatingLink, viewer, made_id)
        unit, by = await change.unit(viewer, Right.MEASURE, wanted.unit_id, "unit_id")
        today = clock.today(unit.timezone)
        last = today + timedelta(days=MOST_DAYS)
        with Checks() as checks:
            name = checks.text(wanted.name, "name", most=TITLE)
            feature = feature_of(wanted.feature, checks)
            if wanted.expires_on < today:
                checks.refuse(Code.PAST_DATE, "expires_on")
            elif wanted.expires_on > last:
                checks.refuse(Code.OUT_OF_RANGE, "expires_on", least=today, most=last)
        in_force = (
            "select count(*) from rating_link where unit_id = $1 and revoked_at is null and expires_at > $2"
        )
        if await db.fetchval(in_force, unit.id, clock.now()) >= MOST_LINKS:
            raise Refused(Code.TOO_MANY, "unit_id", most=MOST_LINKS)
        made = RatingLink(
            id=made_id,
            unit_id=unit.id,
            name=name,
            service=wanted.service,
            feature=feature,
            channel=wanted.channel,
            token=(await signing.load()).sign(Token(Purpose.LINK, made_id)),
            created_by=viewer.person,
            created_at=clock.now(),
            expires_at=_end_of(wanted.expires_on, unit.timezone),
        )
        await made.save()
        after = {
            "name": name,
            "service": made.service,
            "feature": feature,
            "channel": made.channel,
            "expires_at": made.expires_at,
        }
        await event.append(by, EventKind.RATING_LINK_CREATED, ("rating_link", made.id), unit.id, after=after)
    return made


async def revoke(viewer: Viewer, wanted: RevokeRatingLink) -> RatingLink:
    """It ends at once; what was answered by it stays. Repeating it changes nothing. Refuses NOT_FOUND, FORBIDDEN."""
    async with db.transaction():
        link, unit, by = await change.take(
            RatingLink, viewer, Right.MEASURE, wanted.rating_link_id, None, "rating_link_id"
        )
        if link.revoked_at is None:
            link.revoked_at = clock.now()
            await link.save(columns=[RatingLink.revoked_at])
            after = {"revoked_at": link.revoked_at}
            await event.append(
                by, EventKind.RATING_LINK_REVOKED, ("rating_link", link.id), unit.id, after=after
            )
    return link


def feature_of(given: str | None, checks: Checks) -> str:
    """A menu or product as the channel's own systems call it; empty for none."""
    return "" if given is None else checks.feature(given, "feature")


async def forget_old() -> None:
    """Requests 30 days after their end: longer than anybody asks why their link does not open."""
    await db.execute("delete from rating_request where expires_at < $1", clock.now() - _KEPT_AFTER_END)


def _end_of(day: date, zone: str) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
