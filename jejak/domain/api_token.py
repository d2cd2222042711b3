"""API tokens: a program acts by one membership of a person's, at that unit and by that role only."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from jejak.domain import access, change, clock, db, event, secret
from jejak.domain.access import Viewer
from jejak.domain.checks import TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.secret import Kind
from jejak.domain.tables.person import Membership, Person
from jejak.domain.tables.sign_in import ApiToken
from jejak.domain.tables.unit import Unit

MOST_DAYS = 366
MOST_TOKENS = 20


@dataclass(frozen=True, slots=True)
class CreateApiToken:
    """`expires_on`: its last day in the unit's zone, at most 366 days ahead."""

    membership_id: UUID
    name: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class RevokeApiToken:
    api_token_id: UUID


@dataclass(frozen=True, slots=True)
class MadeApiToken:
    """`token` is shown once."""

    id: UUID
    token: str


async def create(viewer: Viewer, wanted: CreateApiToken) -> MadeApiToken:
    """For a membership of the viewer's own that is in force. Refuses FORBIDDEN to API tokens, TOO_MANY beyond 20 in force."""
    by = access.account(viewer)
    async with db.transaction():
        person = await change.find(Person, viewer.person)
        membership = await change.find(Membership, wanted.membership_id, "membership_id")
        if membership.person_id != person.id or membership.revoked_at is not None:
            raise Refused(Code.NOT_FOUND, "membership_id")
        unit = await Unit.objects().get(Unit.id == membership.unit_id)
        assert unit is not None  # noqa: S101 -- the foreign key says so
        today = clock.today(unit.timezone)
        last = today + timedelta(days=MOST_DAYS)
        with Checks() as checks:
            name = checks.text(wanted.name, "name", most=TITLE)
            if wanted.expires_on < today:
                checks.refuse(Code.PAST_DATE, "expires_on")
            elif wanted.expires_on > last:
                checks.refuse(Code.OUT_OF_RANGE, "expires_on", least=today, most=last)
        if await _number_in_force(person.id) >= MOST_TOKENS:
            raise Refused(Code.TOO_MANY, most=MOST_TOKENS)
        token = secret.new(Kind.API)
        made = ApiToken(
            membership_id=membership.id,
            name=name,
            token_hash=secret.digest(token),
            created_at=clock.now(),
            expires_on=wanted.expires_on,
            expires_at=_end_of(wanted.expires_on, unit.timezone),
        )
        await made.save()
        # Of the person, not of the unit: whoever sees the unit need not learn of it.
        after = {
            "name": name,
            "unit_id": unit.id,
            "role": membership.role,
            "expires_on": wanted.expires_on,
        }
        await event.append(by, EventKind.PERSON_TOKEN_CREATED, ("person", person.id), None, after=after)
    return MadeApiToken(made.id, token)


async def revoke(viewer: Viewer, wanted: RevokeApiToken) -> UUID:
    """For whose it is, and for who manages people at its unit. It ends at once; revoking twice is no error."""
    async with db.transaction():
        place = await db.fetchrow(
            """
            select m.person_id, m.unit_id, m.role, u.path from api_token k
            join membership m on m.id = k.membership_id join unit u on u.id = m.unit_id where k.id = $1
            """,
            wanted.api_token_id,
        )
        if place is None:
            raise Refused(Code.NOT_FOUND, "api_token_id")
        by = access.require_token(viewer, place["person_id"], place["path"], "api_token_id")
        person = await change.find(Person, place["person_id"])
        token = await change.find(ApiToken, wanted.api_token_id)
        if token.revoked_at is None:
            token.revoked_at = clock.now()
            await token.save(columns=[ApiToken.revoked_at])
            before = {
                "name": token.name,
                "unit_id": place["unit_id"],
                "role": place["role"],
                "expires_on": token.expires_on,
            }
            await event.append(by, EventKind.PERSON_TOKEN_REVOKED, ("person", person.id), None, before=before)
    return token.id


def in_force(token: str, membership: str, now: str) -> str:
    """SQL: the row `token` can be used, as far as it and the row `membership`, by which it acts, say so."""
    return f"({token}.revoked_at is null and {token}.expires_at > {now} and {membership}.revoked_at is null)"


async def _number_in_force(person_id: UUID) -> int:
    return int(
        await db.fetchval(
            f"""
            select count(*) from api_token k join membership m on m.id = k.membership_id
            where m.person_id = $1 and {in_force("k", "m", "$2")}
            """,
            person_id,
            clock.now(),
        )
    )


def _end_of(day: date, zone: str) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
