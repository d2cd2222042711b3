"""R6: Indonesia's national holidays and joint leave, as first known; headquarters corrects them when the decree comes."""

import hashlib
from datetime import date

import orjson

from jejak.domain import access, calendar, clock, db, event
from jejak.domain.event_kind import EventKind
from jejak.domain.vocabulary import SpecialDayKind, UnitKind

# Category of the package -> what its days are; a day that is both is what comes first.
_KINDS = {"public": SpecialDayKind.HOLIDAY, "government": SpecialDayKind.JOINT_LEAVE}


async def seed() -> list[int]:
    """Writes the days of this year and the next at headquarters; returns the years that were written.

    Once a year's, for ever: what headquarters has corrected or removed does not come back. A day of which headquarters
    has said something already stays as it is.
    """
    this = clock.today("Asia/Jakarta").year
    written = []
    async with db.transaction():
        await db.lock(db.Lock.UNIT_TREE)
        unit_id = await db.fetchval("select id from unit where kind = $1", UnitKind.HQ)
        await db.execute("select from unit where id = $1 for no key update", unit_id)
        for year in (this, this + 1):
            name = f"holidays-{year}"
            if await db.fetchval("select exists (select from reference_load where name = $1)", name):
                continue
            days = known(year)
            told = [
                {"day": day, "kind": kind, "name": said, "hours": []} for day, (kind, said) in days.items()
            ]
            await db.execute(
                """
                insert into special_day (id, unit_id, day, kind, name, hours, version, updated_at)
                select gen_random_uuid(), $1, given.day, given.kind, given.name, '[]', 1, $5
                from unnest($2::date[], $3::text[], $4::text[]) given (day, kind, name) on conflict do nothing
                """,
                unit_id,
                list(days),
                [kind.value for kind, _ in days.values()],
                [said for _, said in days.values()],
                clock.now(),
            )
            await event.append(
                access.SERVICE,
                EventKind.UNIT_SPECIAL_DAYS_SET,
                ("unit", unit_id),
                unit_id,
                after={"special_days": told},
            )
            await db.execute(
                "insert into reference_load (name, version, digest, loaded_at) values ($1, 1, $2, $3)",
                name,
                hashlib.sha256(orjson.dumps(told)).hexdigest(),
                clock.now(),
            )
            written.append(year)
        if written:
            await calendar.settle()
    return written


def known(year: int) -> dict[date, tuple[SpecialDayKind, str]]:
    """Whose name ends in "(perkiraan)" follows the moon, and is an estimate."""
    # Here, since it is asked twice a year and would take a tenth of every start.
    import holidays  # noqa: PLC0415

    found: dict[date, tuple[SpecialDayKind, str]] = {}
    for category, kind in _KINDS.items():
        days = holidays.country_holidays("ID", years=year, categories=(category,), language="id")
        for day, name in sorted(days.items()):
            if day.year == year:
                found.setdefault(day, (kind, name))
    return dict(sorted(found.items()))
