"""Units in three zones, each with people who work there and a credential for each that outlives the run."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from jejak.domain import clock, db
from jejak.domain.tables.person import Person
from jejak.domain.vocabulary import Role
from jejak.graphql import ids
from tests import factories as f

REGIONS = ("JATIM", "BALI", "PPB")


@dataclass(frozen=True, slots=True)
class Place:
    """A unit with an officer, who owns its tasks, and a manager, who verifies them."""

    unit_id: str
    zone: str
    initiative_id: str
    officer_id: str
    officer: str
    manager: str


async def places() -> list[Place]:
    """The database must be connected."""
    found = []
    for region in REGIONS:
        unit = await f.a_unit(parent=await f.a_unit(f.UnitKind.UP3, await f.reference_unit(region)))
        officer = await f.a_person(Role.CONTRIBUTOR, unit)
        manager = await f.a_person(Role.MANAGER, unit)
        found.append(
            Place(
                ids.encode("Unit", unit.id),
                unit.timezone,
                ids.encode("Initiative", f.initiative_id("1.1")),
                ids.encode("Person", officer.id),
                await _token(officer),
                await _token(manager),
            )
        )
    return found


async def _token(who: Person) -> str:
    token, now = f"faults_{secrets.token_hex(16)}", clock.now()
    await db.execute(
        """
        with begun as (
            insert into session (id, person_id, browser, address, agent, created_at, used_at, expires_at)
            values ($1, $2, false, '', '', $3, $3, $4) returning id, expires_at
        )
        insert into session_token (id, session_id, kind, token_hash, expires_at)
        select id, id, 'ACCESS', $5, expires_at from begun
        """,
        db.new_id(),
        who.id,
        now,
        now + timedelta(days=3650),
        hashlib.sha256(token.encode()).hexdigest(),
    )
    return token
