"""Units in three zones, each with people who work there and a credential for each that outlives the run."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from jejak.domain import clock, db
from jejak.domain.access import Viewer
from jejak.domain.tables.person import Person
from jejak.domain.vocabulary import Role
from jejak.graphql import ids
from tests import factories as f

# At which kinds of unit there is a manager.
REGIONS = {
    "JATIM": {"ULP", "UP3", "UID", "UIW"},
    "BALI": {"UP3"},
    "PPB": {"ULP", "UID", "UIW"},
}


@dataclass(frozen=True, slots=True)
class Place:
    """A unit with an officer, who owns its tasks, and whoever verifies them. `people`: all who are told of them."""

    unit_id: str
    zone: str
    initiative_id: str
    officer_id: str
    officer: str
    manager: str
    people: tuple[Viewer, ...]


async def places() -> list[Place]:
    """The database must be connected. At one nobody manages the unit, at one nobody its UP3, and one region has nobody."""
    headquarters = await f.reference_unit("HQ")
    above = [await f.a_person(role, headquarters) for role in (Role.MANAGER, Role.PROGRAMME)]
    # What people are told is held to a plain computation of the ladder, and early warning would add to it.
    await db.execute("update alert_rule set enabled = false")
    found = []
    for region, managed in REGIONS.items():
        top = await f.reference_unit(region)
        up3 = await f.a_unit(f.UnitKind.UP3, top)
        unit = await f.a_unit(parent=up3)
        officer = await f.a_person(Role.CONTRIBUTOR, unit)
        managers = [
            await f.a_person(Role.MANAGER, where) for where in (unit, up3, top) if where.kind in managed
        ]
        people = [officer, *managers, *above]
        above = []
        found.append(
            Place(
                ids.encode("Unit", unit.id),
                unit.timezone,
                ids.encode("Initiative", f.initiative_id("1.1")),
                ids.encode("Person", officer.id),
                await _token(officer),
                await _token(managers[0]),
                tuple([await f.viewer_for(one) for one in people]),
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
