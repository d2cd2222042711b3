"""The person on whose behalf everything is asked: a contributor at headquarters, who sees and may report on every unit."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from jejak.domain import access, api_token, clock, db, person, programme
from jejak.domain.access import Viewer
from jejak.domain.api_token import CreateApiToken
from jejak.domain.person import GrantRole
from jejak.domain.tables.person import Person
from jejak.domain.vocabulary import Language, Role


@dataclass(frozen=True, slots=True)
class Reader:
    """`token` is a bearer token of theirs, `paths` are the roots of what they see."""

    person: UUID
    paths: list[str]
    token: str


async def sign_up() -> Reader:
    """Makes them in the connected database."""
    who = Person(email="reader@pln.example", name="Pembaca", language=Language.ID, created_at=clock.now())
    await who.save()
    top = programme.reference_id("unit", "HQ")
    await person.grant(access.SYSTEM, GrantRole(who.id, top, Role.CONTRIBUTOR, ranger=False))
    [role] = await db.fetch(
        "select m.id, u.path from membership m join unit u on u.id = m.unit_id where m.person_id = $1", who.id
    )
    until = clock.today("Asia/Jakarta") + timedelta(days=2)
    made = await api_token.create(
        Viewer(who.id, Language.ID, ()), CreateApiToken(UUID(str(role["id"])), "bench", until)
    )
    return Reader(who.id, [role["path"]], made.token)
